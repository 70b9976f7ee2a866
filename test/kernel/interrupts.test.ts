/** The stop button ends any cell, waiting or computing, and leaves the kernel usable. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { KernelClient } from "./client.js";
import { begin, result, startKernel, traceback, wait } from "./kernel.js";

let kernel: KernelClient;
before(async () => (kernel = await startKernel()));
after(() => kernel.shutdown());

async function interrupted(code: string, times = 1): Promise<string> {
  const { done } = await begin(kernel, `console.log("running");\n${code}`);
  await wait(100);
  for (let i = 0; i < times; i++) {
    await kernel.interrupt();
    await wait(50);
  }
  const executed = await done;
  assert.equal(executed.reply.ename, "Interrupted");
  return traceback(executed);
}

test("a loop that awaits stops at its next await, even inside a catch", async () => {
  await kernel.execute("let turns = 0;\nconst sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));");
  const text = await interrupted("while (true) {\n  try { await sleep(10); turns++; } catch {}\n}");
  assert.match(text, /line 3/);
  const first = result(await kernel.execute("turns"));
  await wait(100);
  assert.equal(result(await kernel.execute("turns")), first);
  assert.notEqual(first, "0");
});

test("a catch that takes the error apart does not swallow the interrupt either", async () => {
  await kernel.execute("let rounds = 0;");
  await interrupted(
    "while (true) {\n  try { await sleep(10); rounds++; } catch ({ message }: any) { void message; }\n}",
  );
  const first = result(await kernel.execute("rounds"));
  await wait(100);
  assert.equal(result(await kernel.execute("rounds")), first);
  assert.equal(
    result(
      await kernel.execute(
        "let told = ''; try { throw new Error('parts'); } catch ({ message }: any) { told = message; } told",
      ),
    ),
    "'parts'",
  );
});

test("finally blocks of the awaiting code run", async () => {
  await interrupted("let closed = false;\ntry { while (true) await sleep(10); } finally { closed = true; }");
  assert.equal(result(await kernel.execute("closed")), "true");
});

test("a loop in a function of an earlier cell, and for await, stop", async () => {
  await kernel.execute(
    "async function* ticks() { for (let i = 0; ; i++) { await sleep(5); yield i; } }\nlet lastTick = 0;",
  );
  await interrupted("for await (const tick of ticks()) lastTick = tick;");
  const first = result(await kernel.execute("lastTick"));
  await wait(60);
  assert.equal(result(await kernel.execute("lastTick")), first);
});

test("a synchronous loop is terminated, what it did is kept", async () => {
  await interrupted("let spins = 0;\nwhile (true) spins++;");
  assert.equal(result(await kernel.execute("spins > 1000")), "true");
});

test("synchronous code after an await is terminated; asking twice does not wait", async () => {
  const started = Date.now();
  await interrupted("await sleep(10);\nlet later = 0;\nwhile (true) later++;", 2);
  assert.equal(result(await kernel.execute("later > 1000")), "true");
  assert.ok(Date.now() - started < 60_000);
});

test("a promise that never settles is left behind", async () => {
  await interrupted("const begun = 1;\nawait new Promise(() => {});\nconst never = 2;");
  assert.equal(result(await kernel.execute("begun")), "1");
});

test("long work that takes the signal ends by itself and goes on in the next cell", async () => {
  await kernel.execute(`
    const trainer = {
      step: 0,
      async run(steps: number) {
        const stop = new AbortController();
        const listener = () => stop.abort();
        process.on("SIGINT", listener);
        try {
          for (let i = 0; i < steps && !stop.signal.aborted; i++) { this.step++; await sleep(5); }
        } finally {
          process.off("SIGINT", listener);
        }
        return this.step;
      },
    };`);
  await interrupted("const reached = await trainer.run(100_000);\nconst neverReached = true;");
  const before = Number(result(await kernel.execute("trainer.step")));
  assert.equal(result(await kernel.execute("await trainer.run(3)")), String(before + 3));
});

test("the bridge's signal fires", async () => {
  await kernel.execute(`
    import type { KernelBridge } from "diffusion-lab-kernel/bridge";
    const bridge = (globalThis as Record<symbol, unknown>)[Symbol.for("diffusion-lab.kernel")] as KernelBridge;
    let told = "";`);
  await interrupted(
    "bridge.interruptSignal.addEventListener('abort', () => { told = bridge.interruptSignal.reason.name; });\nawait sleep(60_000);",
  );
  assert.equal(result(await kernel.execute("told")), "'Interrupted'");
});

test("TensorFlow is usable after a termination inside tf.tidy", async () => {
  await kernel.execute('import { tf } from "diffusion-lab";\nconst tensors = tf.memory().numTensors;');
  await interrupted("tf.tidy(() => {\n  for (;;) tf.scalar(1).dispose();\n});", 2);
  const after = await kernel.execute(
    "const kept = tf.tidy(() => tf.square(tf.scalar(2)));\nconst value = kept.dataSync()[0];\nkept.dispose();\n[value, tf.memory().numTensors - tensors]",
  );
  // The loop may have ended between two lines of TensorFlow.js's own count of a tensor that comes or goes.
  assert.match(result(after) ?? "", /^\[ 4, (-1|0|1) \]$/, traceback(after));
});

test("an interrupt while nothing runs harms nothing", async () => {
  await kernel.interrupt();
  await wait(50);
  assert.equal(result(await kernel.execute("1 + 1")), "2");
});

/** What a cell prints reaches the notebook: well-formed, from child processes too, and not without end. */
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Executed, KernelClient } from "./client.js";
import { begin, ofType, printed, result, startKernel, traceback } from "./kernel.js";

let kernel: KernelClient;
before(async () => (kernel = await startKernel()));
after(() => kernel.shutdown());

test("half a surrogate pair is U+FFFD wherever it leaves the kernel, a whole pair and a backslash are not touched", async () => {
  const shown = await kernel.execute('console.log("😀"[0] + "|😀|\\\\ud83d"); console.error("\\udc00"); "a\\ud800"');
  assert.equal(printed(shown), "\ufffd|😀|\\ud83d\n");
  assert.equal(printed(shown, "stderr"), "\ufffd\n");
  assert.equal(result(shown)?.toLowerCase(), "'a\\ud800'");
  const thrown = await kernel.execute('const odd = new Error("\\ud83d"); odd.name = "N\\udfff"; throw odd;');
  assert.equal(thrown.reply.evalue, "\ufffd");
  assert.equal(thrown.reply.ename, "N\ufffd");
  const bundle = await kernel.execute('({ [Symbol.for("Jupyter.display")]: () => ({ "text/\\ud83d": "\\ud83d" }) })');
  assert.deepEqual(ofType(bundle, "execute_result")[0].data, { "text/\ufffd": "\ufffd" });
  const comm = await kernel.execute(
    '(globalThis as any)[Symbol.for("diffusion-lab.kernel")].comms.open("t", { "\\ud83d": "\\ud83d" }); undefined',
  );
  assert.deepEqual(ofType(comm, "comm_open")[0].data, { "\ufffd": "\ufffd" });
});

const limitLine = (executed: Executed): string => {
  const displays = [...ofType(executed, "display_data"), ...ofType(executed, "update_display_data")];
  return String((displays.at(-1)?.data as Record<string, string> | undefined)?.["text/plain"] ?? "");
};

test("of 12 000 lines 5000 are shown, and one line says how many are left out and where the whole is", async () => {
  const shown = await kernel.execute('for (let i = 0; i < 12_000; i++) console.log("line", i);');
  assert.equal(printed(shown).split("\n").length - 1, 5000);
  const line = limitLine(shown);
  assert.match(line, /^… a cell shows 5,000 lines: 7,000 more lines left out; all of the output is in \S+\. /);
  assert.match(line, /DIFFUSION_LAB_OUTPUT_LINES = "0" shows all/);
  assert.equal(ofType(shown, "display_data").length, 1);
  const file = /is in (\S+)\. /.exec(line)?.[1] as string;
  assert.equal(readFileSync(file, "utf8"), Array.from({ length: 12_000 }, (_, i) => `line ${i}\n`).join(""));
  rmSync(path.dirname(file), { recursive: true });
  assert.equal(printed(await kernel.execute("console.log('next');")), "next\n");
});

test("a line of 12 MB is cut at 5 MB; displays without end are left out", async () => {
  const long = await kernel.execute("console.log('z'.repeat(12_000_000));");
  assert.equal(printed(long).length, 5_000_000);
  assert.match(limitLine(long), /1 more line left out/);
  const many = await kernel.execute(
    "import * as tslab from 'tslab'; for (let i = 0; i < 5100; i++) tslab.display.text('d');",
  );
  assert.equal(ofType(many, "display_data").length, 5001);
  assert.match(limitLine(many), /100 displays left out/);
});

test("a loop that prints without end is stopped by an interrupt, and what it showed is bounded", async () => {
  const { done } = await begin(kernel, 'let i = 0; while (true) console.log("line", i++);');
  await kernel.interrupt();
  const stopped = await done;
  assert.equal(stopped.reply.ename, "Interrupted", traceback(stopped));
  assert.ok(printed(stopped).split("\n").length <= 5001);
  assert.equal(result(await kernel.execute("i > 0")), "true");
});

test("child processes that inherit stdout and stderr show under the cell", async () => {
  const node = "process.execPath, ['-e', 'console.log(\"out\"); console.error(\"err\")']";
  const program = (call: string): string => `import * as cp from "node:child_process"; ${call}`;
  const calls = [
    `cp.spawnSync(${node}, { stdio: "inherit" }).status`,
    `cp.spawnSync(${node}, { stdio: [0, 1, 2] }).status`,
    `cp.execFileSync(${node}, { stdio: "inherit" }); 0`,
    `await new Promise((done) => cp.spawn(${node}, { stdio: "inherit" }).on("close", done))`,
    `await new Promise((done) => cp.spawn(${node}, { stdio: ["ignore", process.stdout, "inherit"] }).on("close", done))`,
  ];
  for (const call of calls) {
    const shown = await kernel.execute(program(call), { timeout: 60_000 });
    assert.equal(result(shown), "0", traceback(shown));
    assert.deepEqual([printed(shown), printed(shown, "stderr")], ["out\n", "err\n"], call);
  }
  const own = await kernel.execute(program(`cp.execFileSync(${node}, { encoding: "utf8", stdio: "pipe" })`));
  assert.deepEqual([result(own), printed(own)], ["'out\\n'", ""]);
  assert.equal(
    result(await kernel.execute(program('cp.spawn(process.execPath, ["-v"], { stdio: "inherit" }).stdout'))),
    "null",
  );
});

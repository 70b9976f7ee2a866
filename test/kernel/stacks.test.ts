/** A stack that a cell prints names the lines of cells and modules, and nothing of the kernel. */
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import type { KernelClient } from "./client.js";
import { printed, result, ROOT, startKernel, traceback } from "./kernel.js";

const MODULE = path.join(ROOT, "test", "kernel", `throws-${process.pid}.ts`);
const IMPORT = `./${path.relative(ROOT, MODULE).replace(/\.ts$/, "")}`;

let kernel: KernelClient;
before(async () => {
  kernel = await startKernel();
  writeFileSync(
    MODULE,
    `interface Erased {
  a: number;
}

export function fail(from: Erased): never {
  throw new Error(\`a = \${from.a}\`);
}
export async function failLater(): Promise<void> {
  await Promise.resolve();
  fail({ a: 2 });
}
`,
  );
});
after(async () => {
  rmSync(MODULE, { force: true });
  await kernel.shutdown();
});

/** The stack with the number of its cell as N. */
const own = (text: string, count: unknown): string => text.trimEnd().replaceAll(`cell [${String(count)}]`, "cell [N]");

test("console.error, e.stack, console.trace and an Error as the last value", async () => {
  const caught = await kernel.execute(
    "interface Erased { a: 1 }\n\ntry {\n  throw new Error('one');\n} catch (e) {\n  console.error(e);\n}",
  );
  assert.equal(own(printed(caught, "stderr"), caught.reply.execution_count), "Error: one\n    at cell [N]:4:9");
  const called = await kernel.execute(
    "const thrower = (): never => {\n  throw new TypeError('two');\n};\ntry { thrower(); } catch (e) { console.log((e as Error).stack); }",
  );
  const count = called.reply.execution_count;
  assert.equal(own(printed(called), count), "TypeError: two\n    at thrower (cell [N]:2:9)\n    at cell [N]:4:7");
  const later = await kernel.execute("try { thrower(); } catch (e) { console.log((e as Error).stack); }");
  assert.equal(
    printed(later).trimEnd(),
    `TypeError: two\n    at thrower (cell [${String(count)}]:2:9)\n    at cell [${String(later.reply.execution_count)}]:1:7`,
  );
  const value = await kernel.execute("new Error('three', { cause: new Error('four') })");
  assert.equal(
    own(result(value) ?? "", value.reply.execution_count),
    "Error: three\n    at cell [N]:1:1 {\n  [cause]: Error: four\n      at cell [N]:1:29\n}",
  );
  const traced = await kernel.execute("class Deep { go() { console.trace('here'); } }\nnew Deep().go()");
  assert.equal(
    own(printed(traced, "stderr"), traced.reply.execution_count),
    "Trace: here\n    at Deep.go (cell [N]:1:29)\n    at cell [N]:2:12",
  );
});

test("captureStackTrace, timers, async functions and eval", async () => {
  const captured = await kernel.execute(
    "const o: { stack?: string } = {};\nError.captureStackTrace(o);\nconsole.log(o.stack);",
  );
  assert.equal(own(printed(captured), captured.reply.execution_count), "Error\n    at cell [N]:2:7");
  const timer = await kernel.execute(
    "await new Promise<void>((done) => setTimeout(() => {\n  console.log(new Error('timer').stack);\n  done();\n}, 5));",
  );
  assert.match(
    own(printed(timer), timer.reply.execution_count),
    /^Error: timer\n {4}at Timeout\.\S+ \(cell \[N\]:2:15\)$/,
  );
  const waited = await kernel.execute(
    "async function outer() {\n  await new Promise((r) => setTimeout(r, 5));\n  inner();\n}\nfunction inner() { throw new Error('async'); }\nawait outer().catch((e) => console.log(e.stack));",
  );
  assert.equal(
    own(printed(waited), waited.reply.execution_count),
    "Error: async\n    at inner (cell [N]:5:26)\n    at outer (cell [N]:3:3)\n    at async cell [N]:6:1",
  );
  const evaluated = await kernel.execute(
    "1;\ntry { eval('throw new Error(\"eval\")'); } catch (e) { console.log((e as Error).stack); }",
  );
  assert.match(
    own(printed(evaluated), evaluated.reply.execution_count),
    /at eval \(eval at <anonymous> \(cell \[N\]:2:7\)/,
  );
});

test("a TypeScript module is named by its own file and lines", async () => {
  const shown = await kernel.execute(
    `import { fail, failLater } from "${IMPORT}";\ntry { fail({ a: 1 }); } catch (e) { console.log((e as Error).stack); }\nawait failLater().catch((e) => console.log(e.stack));`,
  );
  assert.equal(
    own(printed(shown), shown.reply.execution_count),
    [
      "Error: a = 1",
      `    at fail (${MODULE}:6:9)`,
      "    at cell [N]:2:11",
      "Error: a = 2",
      `    at fail (${MODULE}:6:9)`,
      `    at failLater (${MODULE}:10:3)`,
      "    at async cell [N]:3:1",
    ].join("\n"),
  );
  const failed = traceback(await kernel.execute("fail({ a: 3 })"));
  assert.match(failed, new RegExp(`at fail, ${path.relative(ROOT, MODULE)}:6\\n`));
  assert.match(failed, /> 1 \| fail\(\{ a: 3 \}\)/);
});

test("Node's own frames above the cell stay, those under it go", async () => {
  const shown = await kernel.execute(
    "import { readFileSync } from 'node:fs';\ntry { readFileSync('/no/such/file'); } catch (e) { console.log((e as Error).stack); }",
  );
  const frames = own(printed(shown), shown.reply.execution_count).split("\n").slice(1);
  assert.match(frames[0], /node:fs/);
  assert.equal(frames.at(-1), "    at cell [N]:2:19");
});

test("a cell may write stacks its own way; the next cell has the kernel's again", async () => {
  const hooked = await kernel.execute(
    "Error.prepareStackTrace = (_e, sites) => `${sites.length > 0}`;\nnew Error('mine').stack",
  );
  assert.equal(result(hooked), "'true'");
  assert.match(traceback(await kernel.execute("throw new Error('again')")), /at cell \[\d+\], line 1, column 7/);
});

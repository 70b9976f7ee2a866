/** Thousands of cells lose no output and leave the kernel's memory flat. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { KernelClient } from "./client.js";
import { ofType, printed, result, startKernel } from "./kernel.js";

let kernel: KernelClient;
before(async () => (kernel = await startKernel()));
after(() => kernel.shutdown());

async function heapMiB(): Promise<number> {
  const code = "(globalThis as any).gc?.();\nMath.round(process.memoryUsage().heapUsed / 2 ** 20)";
  return Number(result(await kernel.execute(code)));
}

test("2000 cells, 100 000 lines, 500 updates: nothing lost, idle after each, memory flat", async () => {
  await kernel.execute('import * as tslab from "tslab";\nlet total = 0;');
  await kernel.execute(
    'import v8 from "node:v8";\nimport vm from "node:vm";\nv8.setFlagsFromString("--expose-gc");\n(globalThis as any).gc = vm.runInNewContext("gc");',
  );
  let lines = 0;
  let early = 0;
  // `execute` resolves only when the reply and the idle status of its cell have both arrived.
  for (let cell = 0; cell < 2000; cell++) {
    const executed = await kernel.execute(
      `total += 1;\nfor (let i = 0; i < 50; i++) console.log("line", ${cell}, i);\ntotal`,
      { timeout: 60_000 },
    );
    const text = printed(executed);
    lines += text.split("\n").length - 1;
    assert.equal(text.endsWith(`line ${cell} 49\n`), true);
    assert.equal(result(executed), String(cell + 1));
    if (cell === 500) early = await heapMiB();
  }
  assert.equal(lines, 100_000);
  const late = await heapMiB();
  // A leak of a tenth of a MiB a cell would be 150 MiB.
  assert.ok(late - early < 60, `${early} MiB after 500 cells, ${late} MiB after 2000`);

  const shown = await kernel.execute(
    "const d = tslab.newDisplay();\nfor (let i = 0; i < 500; i++) d.text(`update ${i}`);",
  );
  const updates = ofType(shown, "update_display_data");
  assert.equal(ofType(shown, "display_data").length + updates.length, 500);
  assert.deepEqual(updates.at(-1)?.data, { "text/plain": "update 499" });
});

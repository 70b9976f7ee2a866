/** A training in a cell stops with that cell and goes on in the next. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { KernelClient } from "./client.js";
import { begin, result, startKernel, wait } from "./kernel.js";

let kernel: KernelClient;
before(async () => (kernel = await startKernel()));
after(() => kernel.shutdown());

const SETUP = `
import { DiffusionTask, linearSchedule, PointMlp, RandomStream, ringOfGaussians, Trainer } from "diffusion-lab";
const data = ringOfGaussians(200, new RandomStream(1, "ring"));
const network = new PointMlp({ hidden: [16, 16] });
const trainer = new Trainer(new DiffusionTask({ network: network, path: linearSchedule(), data: data, shape: [2], batchSize: 8 }));
await trainer.run(2);`;

test("the library's training stops with its cell, does not go on unseen, and the next cell continues it", async () => {
  const prepared = await kernel.execute(SETUP);
  assert.equal(prepared.reply.status, "ok", prepared.reply.evalue as string | undefined);
  const { done } = await begin(kernel, 'console.log("training");\nawait trainer.run(10_000_000);');
  await wait(300);
  await kernel.interrupt();
  // The trainer itself or the kernel, whichever is first.
  assert.match(String((await done).reply.ename), /^Interrupted(Error)?$/);
  await wait(300);
  const stopped = Number(result(await kernel.execute("trainer.step")));
  assert.ok(stopped > 2, `${stopped}`);
  await wait(300);
  assert.equal(Number(result(await kernel.execute("trainer.step"))), stopped);
  await kernel.execute("await trainer.run(3);");
  assert.equal(Number(result(await kernel.execute("trainer.step"))), stopped + 3);
});

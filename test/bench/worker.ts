/**
 * A process that does one kind of work when it is told to; test/bench/torch_worker.py and quality_torch.py speak the
 * same. It prints `{ ready }` after its first step and answers the lines of its input: a number with the milliseconds
 * of so many steps, `save PATH` once the averaged parameters are written there. At the end of its input it prints its
 * peak memory. What its work is, is JSON on its command line.
 */
import { createInterface } from "node:readline";
import { nativeStatus } from "diffusion-lab/runtime";
import type { Work, WorkOrder } from "./work.js";

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Loads no more of the library than the work needs, for its memory is measured. */
async function begin(order: WorkOrder): Promise<Work> {
  if ("speed" in order) return (await import("./speed/work.js")).speedWork(order.speed);
  if ("latent" in order) return (await import("./latent/work.js")).latentWork(order.latent);
  return (await import("./quality/work.js")).qualityWork(order.quality);
}

function timedSteps(work: Work, count: number): number[] {
  const ms: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    work.step();
    ms.push(performance.now() - start);
  }
  return ms;
}

const SAVE = "save ";
const work = await begin(JSON.parse(process.argv[2]) as WorkOrder);
work.step();
const version = `TensorFlow ${nativeStatus.version}`;
say({ ready: true, parameters: work.parameters, flops: work.flops?.(), version });

for await (const line of createInterface({ input: process.stdin })) {
  if (line.startsWith(SAVE) && work.save) {
    work.save(line.slice(SAVE.length));
    say({ saved: true });
  } else {
    say({ ms: timedSteps(work, Number(line)) });
  }
}
say({ peak: 1024 * process.resourceUsage().maxRSS });

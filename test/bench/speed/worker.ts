import { createInterface } from "node:readline";
import type { Precision } from "diffusion-lab/compile";
import { nativeStatus } from "diffusion-lab/runtime";
import { makeWork, type Mode, type ModelName } from "./work.js";

/**
 * A process that does one kind of work and is told when: it prints `{ ready }` after its first step, answers each line
 * `n` with the milliseconds of n steps, and at the end of its input prints its peak memory.
 */
const [model, mode, batch, precision] = process.argv.slice(2);

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const work = makeWork(model as ModelName, mode as Mode, Number(batch), precision as Precision);
work.step();
const version = `TensorFlow ${nativeStatus.version}`;
say({ ready: true, parameters: work.parameters, flops: work.flops(), version });

for await (const line of createInterface({ input: process.stdin })) {
  const ms: number[] = [];
  for (let i = 0; i < Number(line); i++) {
    const start = performance.now();
    work.step();
    ms.push(performance.now() - start);
  }
  say({ ms });
}
say({ peak: 1024 * process.resourceUsage().maxRSS });

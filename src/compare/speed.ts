/** Examples a second of every way to draw: of networks that were never trained, since the weights do not change it. */
import type { Method, Way } from "./method.js";
import type { Problem } from "./problem.js";
import { median } from "./estimate.js";

/** How fast one way draws. */
export interface Speed {
  /** Examples a second: the median of the repeats. */
  readonly perSecond: number;
  /** Of the slowest and of the fastest repeat. */
  readonly slowest: number;
  readonly fastest: number;
  /** Examples drawn in one repeat. */
  readonly count: number;
  readonly repeats: number;
}

/** By "digits/diffusion/ddim-10": kind of problem, method, way. */
export type Speeds = Readonly<Record<string, Speed>>;

/** Examples of a drawing: as many as the study draws at once. */
const COUNT: Readonly<Record<Problem["kind"], number>> = { points: 2000, digits: 100 };
const LEAST_REPEATS = 5;

export interface SpeedOptions {
  /** Seconds after which no further repeat is begun, default 3. */
  readonly seconds?: number;
  readonly signal?: AbortSignal;
}

export function speedName(kind: Problem["kind"], method: string, way: string): string {
  return `${kind}/${method}/${way}`;
}

/** Measures each way of a method; the first drawing of each records its graphs and is not counted. */
export async function measureSpeeds(problem: Problem, method: Method, options: SpeedOptions = {}): Promise<Speeds> {
  const run = method.begin(problem, { seed: 0 });
  try {
    const speeds: Record<string, Speed> = {};
    for (const way of run.ways) {
      speeds[speedName(problem.kind, method.name, way.name)] = await speedOf(way, COUNT[problem.kind], options);
    }
    return speeds;
  } finally {
    run.dispose();
  }
}

async function speedOf(way: Way, count: number, { seconds: enough = 3, signal }: SpeedOptions): Promise<Speed> {
  const secondsOfOne = async (seed: number): Promise<number> => {
    const begun = performance.now();
    const examples = await way.draw({ count, seed, signal });
    // The numbers themselves: until they are there, nothing was drawn.
    await examples.data();
    examples.dispose();
    return (performance.now() - begun) / 1000;
  };
  await secondsOfOne(0);
  const seconds: number[] = [];
  for (let total = 0; seconds.length < LEAST_REPEATS || total < enough; total += seconds.at(-1)!) {
    signal?.throwIfAborted();
    seconds.push(await secondsOfOne(seconds.length + 1));
  }
  return {
    perSecond: count / median(seconds),
    slowest: count / Math.max(...seconds),
    fastest: count / Math.min(...seconds),
    count,
    repeats: seconds.length,
  };
}

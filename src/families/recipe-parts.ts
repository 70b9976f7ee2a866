/** What recipes of several families share: their data, how the learning rate runs, how an average is kept. */
import { loadDigits, moons, Normaliser } from "../data/index.js";
import { RandomStream } from "../random/index.js";
import type { TrainerOptions } from "../training/index.js";
import type { SaveTarget } from "./family.js";

/** Training examples, flat, and how many there are. */
export interface Examples {
  readonly data: Float32Array;
  readonly count: number;
}

/** The 9000 digits in [−1, 1]. */
export function digitExamples(): Examples {
  const { images, count } = loadDigits({ split: "train" });
  return { data: new Normaliser().encode(images), count };
}

/** Points of two moons, others for another seed. */
export function moonExamples(seed: number): Examples {
  const count = 20_000;
  return { data: moons(count, new RandomStream(seed, "moons"), { noise: 0.1 }), count };
}

/** A hundred steps up to the peak, half of the training there, then down along a cosine. */
export function warmThenCosine(peak: number): (steps: number) => TrainerOptions {
  return (total) => ({
    learningRate: { peak, warmup: 100, decay: { kind: "cosine", total, from: Math.round(0.5 * total) } },
  });
}

/** Writes a model of one network, with the average of its parameters. */
export function savingAverage<N>(
  network: N,
  write: (
    folder: string,
    model: { readonly network: N; readonly record: SaveTarget["record"] },
    options: { readonly format: SaveTarget["format"]; readonly values: Float32Array },
  ) => void,
): (target: SaveTarget) => Promise<void> {
  return async ({ folder, trainer, record, format }) => {
    write(folder, { network, record }, { format, values: trainer.averageValues });
  };
}

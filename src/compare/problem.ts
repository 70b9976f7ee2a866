/** What is to be learned: four sets of points in the plane, and digits. */
import { drawModes, gridModes, loadDigits, moons, Normaliser, ringModes, type GaussianModes } from "../data/index.js";
import { RandomStream } from "../random/index.js";
import { nearestName } from "../base/check.js";

/** A distribution, as a training set and as fresh examples to judge by. Both are the same for every method and seed. */
export interface Problem {
  readonly name: string;
  /** One line for tables. */
  readonly title: string;
  readonly kind: "points" | "digits";
  /** Shape of one example. */
  readonly shape: readonly number[];
  /** Seconds of training after which a run is judged; the last ends it. */
  readonly budgets: readonly number[];
  /** Runs that differ in start values and batches. */
  readonly seeds: number;
  /** Where its modes are known. */
  readonly modes?: GaussianModes;
  /** Training data, flat. */
  training(): Float32Array;
  /** `count` fresh examples, flat; another `part` has others. */
  fresh(count: number, part: number): Float32Array;
}

/** Points of a training set: few enough that a model can repeat them, enough that none has to. */
const TRAINING_POINTS = 10_000;

function pointProblem(
  name: string,
  title: string,
  draw: (n: number, stream: RandomStream) => Float32Array,
  modes?: GaussianModes,
): Problem {
  return {
    name,
    title,
    kind: "points",
    shape: [2],
    budgets: [5, 15, 45],
    seeds: 10,
    ...(modes && { modes }),
    training: () => draw(TRAINING_POINTS, new RandomStream(0, `compare/${name}/training`)),
    fresh: (count, part) => draw(count, new RandomStream(0, `compare/${name}/fresh`, part)),
  };
}

const mixture = (name: string, title: string, modes: GaussianModes): Problem =>
  pointProblem(name, title, (n, stream) => drawModes(n, stream, modes), modes);

const digits: Problem = {
  name: "digits",
  title: "handwritten digits, 28×28",
  kind: "digits",
  shape: [28, 28, 1],
  budgets: [60, 180, 600],
  seeds: 5,
  training: () => new Normaliser().encode(loadDigits({ split: "train" }).images),
  fresh: (count) => new Normaliser().encode(loadDigits({ split: "heldOut" }).images.subarray(0, count * 784)),
};

export const problems: readonly Problem[] = [
  mixture("ring", "ring of 8 Gaussians", ringModes()),
  mixture("grid", "grid of 25 Gaussians", gridModes()),
  pointProblem("moons", "two moons", (n, stream) => moons(n, stream)),
  mixture("rare", "ring of 8, one of them seldom: 1 %", ringModes({ rare: 0.01 })),
  digits,
];

/** @throws RangeError naming the nearest problem there is */
export function problemNamed(name: string): Problem {
  const found = problems.find((problem) => problem.name === name);
  if (found) return found;
  const names = problems.map((problem) => problem.name);
  const nearest = nearestName(name, names);
  throw new RangeError(
    `there is no problem "${name}"${nearest ? `: did you mean "${nearest}"?` : ""}; there are ${names.join(", ")}`,
  );
}

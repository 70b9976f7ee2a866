/** Small things of every kind to call public functions with. */
import * as tf from "../../../src/runtime/tf.js";
import {
  gaussianDenoiser,
  linearSchedule,
  normalNoise,
  Parameters,
  RandomStream,
  type GaussianPath,
} from "../../../src/index.js";
import { toyNetwork, toyTask } from "../training/toy.js";

/** The arguments of one valid call; of a method, the object first. */
export type Call = () => readonly unknown[];
export type Calls = Readonly<Record<string, Call>>;

export const path = linearSchedule({ T: 30 });
export const denoiserOf = (on: GaussianPath) => gaussianDenoiser(on, [0.2, -0.1], 0.5);
export const denoiser = denoiserOf(path);
export const noise = normalNoise(0);
export const z = noise(0, [3, 2]);
export const images = tf.randomUniform([4, 8, 8, 1], -1, 1, "float32", 1) as tf.Tensor4D;
export const stream = new RandomStream(0, "public calls");
export const network = toyNetwork();
export const { task } = toyTask();
export const times = tf.tensor1d([3, 5, 7]);
export const scope = () => new Parameters().scope("layer");
export const axis = { title: "x", unit: "1" };

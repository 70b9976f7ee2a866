/**
 * The one door to TensorFlow. Importing it loads the native backend where it is built
 * and falls back to the pure-JavaScript one, so every other file says
 * `import * as tf from "../tf.js"` and never asks which it got.
 */
import "./native.js";
import "./second-derivatives.js";

export * from "@tensorflow/tfjs-core";

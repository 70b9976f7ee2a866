/** TensorFlow, native where it is built, and how a process that computes with it is started. */
export * as tf from "./tf.js";
export { nativeStatus, type NativeStatus } from "./native.js";
export { computingProcess, forComputing, forOthers } from "./native-process.js";
export { InterruptedError } from "./interrupt.js";
export { NotFiniteError } from "./finite.js";

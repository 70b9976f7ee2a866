// Streams of random numbers by (seed, purpose, index).
export { RandomStream, type RandomState } from "./stream.js";
export { philox4x32 } from "./philox.js";

// Streams of random numbers by (seed, purpose, index), and those of PyTorch.
export { RandomStream, type RandomState } from "./stream.js";
export { philox4x32 } from "./philox.js";
export { TorchGenerator } from "./torch-generator.js";

/** How the numbers of a layer start: distributions, and the pairs of them that dense layers know by name. */
import { requireKind } from "../base/kinds.js";
import { requireLike } from "../base/values.js";
import type { RandomStream } from "../random/index.js";

/** Starting values: a constant, uniform in [−bound, bound], normal with a standard deviation, or numbers as they are. */
export type Initializer =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "uniform"; readonly bound: number }
  | { readonly kind: "normal"; readonly deviation: number }
  | { readonly kind: "values"; readonly values: ArrayLike<number> };

/** PyTorch's default for convolutions and dense layers: U(−1/√fanIn, 1/√fanIn), kernels and biases alike. */
export function fanInUniform(fanIn: number): Initializer {
  requireKind("fanIn", fanIn, "a number");
  return { kind: "uniform", bound: 1 / Math.sqrt(fanIn) };
}

/** How the matrix and the bias of a dense layer start. */
export type DenseStart = (
  inputs: number,
  outputs: number,
) => { readonly weight: Initializer; readonly bias: Initializer };

/** PyTorch's default: {@link fanInUniform} for both. */
export const torchStart: DenseStart = (inputs) => ({ weight: fanInUniform(inputs), bias: fanInUniform(inputs) });

/** W ~ U(±√(6/(inputs + outputs))), b = 0. Source: Glorot and Bengio 2010, equation 16. */
export const xavierStart: DenseStart = (inputs, outputs) => {
  requireKind("inputs", inputs, "a number");
  requireKind("outputs", outputs, "a number");
  return { weight: { kind: "uniform", bound: Math.sqrt(6 / (inputs + outputs)) }, bias: zeros };
};

/** W ~ N(0, deviation²), b = 0. */
export const normalStart = (deviation: number): DenseStart => {
  requireKind("deviation", deviation, "a number");
  return () => ({ weight: { kind: "normal", deviation }, bias: zeros });
};

/** Everything 0: the layer says nothing until it has learned to. */
export const zeroStart: DenseStart = () => ({ weight: zeros, bias: zeros });

/** Starts at 0. */
export const zeros: Initializer = { kind: "constant", value: 0 };
/** Starts at 1. */
export const ones: Initializer = { kind: "constant", value: 1 };

/** `size` starting values, drawn from `stream` in order. */
export function startingValues(stream: RandomStream, size: number, init: Initializer): Float32Array {
  requireLike("the start of a parameter", init, ["kind"], "fanInUniform(n), or another start,");
  for (const [key, value] of Object.entries(init)) {
    if (key !== "kind")
      requireKind(`${key} of the start of a parameter`, value, key === "values" ? "a list" : "a number");
  }
  switch (init.kind) {
    case "constant":
      return new Float32Array(size).fill(init.value);
    case "uniform": {
      const values = stream.uniforms(size);
      // In place: a second array of this size would be garbage that nobody collects for long.
      for (let i = 0; i < size; i++) values[i] = (2 * values[i] - 1) * init.bound;
      return values;
    }
    case "normal": {
      const values = stream.normals(size);
      for (let i = 0; i < size; i++) values[i] *= init.deviation;
      return values;
    }
    case "values":
      if (init.values.length !== size) {
        throw new RangeError(`got ${init.values.length} starting values for a parameter of ${size} numbers`);
      }
      return Float32Array.from(init.values);
  }
}

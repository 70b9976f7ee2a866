/** Numbers from tensors and arrays alike. */
import type { Numbers } from "./figure.js";

/** What is used of a tensor: a tf.Tensor fits, and nothing here needs TensorFlow. */
export interface TensorLike {
  readonly shape: readonly number[];
  readonly dtype: string;
  dataSync(): ArrayLike<number> | ArrayLike<string>;
}

/** Whether a value has the shape and `dataSync` of a {@link TensorLike}. */
export function isTensor(value: unknown): value is TensorLike {
  const tensor = value as Partial<TensorLike> | null;
  return (
    typeof tensor === "object" &&
    tensor !== null &&
    Array.isArray(tensor.shape) &&
    typeof tensor.dataSync === "function"
  );
}

/** The values of a tensor in row-major order; a tensor of strings or complex numbers is refused. */
export function tensorValues(tensor: TensorLike): Numbers {
  if (tensor.dtype === "string" || tensor.dtype.startsWith("complex")) {
    throw new TypeError(`a tensor of ${tensor.dtype} has no real values to draw or compare`);
  }
  return tensor.dataSync() as Numbers;
}

/** Points of the plane: a tensor [n, 2], rows `[x, y]`, or x₀ y₀ x₁ y₁ … in one flat run. */
export type Points =
  TensorLike | readonly (readonly [number, number] | readonly number[])[] | Float32Array | Float64Array;

/** Columns of a set of points. @throws RangeError when it is not n × 2 with n ≥ 1. */
export function pointColumns(name: string, points: Points): { x: number[]; y: number[] } {
  const flat = isTensor(points)
    ? flatPairs(name, points)
    : Array.isArray(points)
      ? flatRows(name, points)
      : (points as Float32Array);
  if (flat.length === 0 || flat.length % 2 !== 0) {
    throw new RangeError(
      `"${name}" holds ${flat.length} numbers; points of the plane need two each and at least one point`,
    );
  }
  const even = Array.from({ length: flat.length / 2 }, (_, i) => 2 * i);
  return { x: even.map((i) => flat[i]), y: even.map((i) => flat[i + 1]) };
}

function flatPairs(name: string, tensor: TensorLike): Numbers {
  if (tensor.shape.length !== 2 || tensor.shape[1] !== 2) {
    throw new RangeError(`"${name}" has shape [${tensor.shape.join(", ")}]; points of the plane have shape [n, 2]`);
  }
  return tensorValues(tensor);
}

function flatRows(name: string, rows: readonly (readonly number[])[]): number[] {
  const wrong = rows.findIndex((row) => row?.length !== 2);
  if (wrong >= 0)
    throw new RangeError(`point ${wrong} of "${name}" has ${rows[wrong]?.length ?? 0} coordinates instead of 2`);
  return rows.flat();
}

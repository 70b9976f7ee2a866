// A tensor as text. The kernel knows no library of tensors: whatever has a shape, a type and data, and says itself what it
// holds, is shown by that instead of by its fields. A library that installs a display of its own is left alone.
import { inspect, type InspectOptions } from "node:util";

interface TensorLike {
  readonly shape: readonly number[];
  readonly dtype: string;
  dataSync(): unknown;
  toString(verbose?: boolean): string;
}

function isTensorClass(value: unknown): value is { readonly prototype: TensorLike } {
  if (typeof value !== "function") return false;
  const prototype = value.prototype as Partial<TensorLike> | undefined;
  return typeof prototype?.dataSync === "function" && Object.hasOwn(prototype, "toString");
}

function text(this: TensorLike, _depth: number, options: InspectOptions, plain: typeof inspect): string {
  try {
    const values = this.toString().replace(/^\w+\n/, "");
    return `${this.constructor.name} of ${this.dtype}, shape [${this.shape.join(", ")}]\n${values}`;
  } catch {
    // Of a tensor that was disposed of there are only the fields left.
    return plain(this, { ...options, customInspect: false });
  }
}

/** Lets `console.log` and a cell's last value show the tensors of a module that a cell imports. */
export function makeTensorsReadable(module: unknown): void {
  if (typeof module !== "object" || module === null) return;
  const { Tensor, tf, default: all } = module as Record<string, Record<string, unknown> | null | undefined>;
  for (const found of [Tensor, tf?.Tensor, all?.Tensor]) {
    if (!isTensorClass(found) || inspect.custom in found.prototype) continue;
    Object.defineProperty(found.prototype, inspect.custom, { configurable: true, writable: true, value: text });
  }
}

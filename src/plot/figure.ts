/** The figure that every chart returns: plotly's own JSON, with the numbers in it. */
import { described } from "../base/check.js";

/** One plotly trace: its `type` and whichever of plotly's own attributes it needs. */
export interface Trace {
  type?: string;
  [attribute: string]: unknown;
}

/** A plotly layout; sizes are in CSS pixels. */
export interface Layout {
  width?: number;
  height?: number;
  [attribute: string]: unknown;
}

/** What every chart of this folder returns and what plotly draws: `{ data, layout }`. */
export interface Figure {
  data: Trace[];
  layout: Layout;
}

/** Any run of numbers: a plain array, a typed array, a column of a schedule. */
export type Numbers = ArrayLike<number>;

/**
 * What stands under an axis. The unit is required, so that no axis goes without one;
 * a dimensionless quantity has unit `"1"`, which is not printed.
 */
export interface Axis {
  title: string;
  /** For example `"steps"`, `"nats"`, `"s"`; `"1"` for a pure number. */
  unit: string;
  /** Logarithmic axis (base 10). Values ≤ 0 are left out. */
  log?: boolean;
  /** Lowest and highest value shown, in data units. */
  range?: readonly [number, number];
}

/** True for anything with the shape of a plotly figure. */
export function isFigure(value: unknown): value is Figure {
  const figure = value as Partial<Figure> | null;
  return (
    typeof figure === "object" &&
    figure !== null &&
    Array.isArray(figure.data) &&
    typeof figure.layout === "object" &&
    figure.layout !== null
  );
}

/**
 * Six significant digits, finite or null: keeps saved notebooks small, and the same on every machine
 * where float32 kernels differ in the last bit.
 */
export function rounded(values: Numbers): (number | null)[] {
  return Array.from(values, (value) => (Number.isFinite(value) ? Number(value.toPrecision(6)) : null));
}

/** @throws RangeError when there is nothing to draw or the lengths differ. */
export function requirePairs(name: string, x: Numbers, y: Numbers): void {
  if (y.length === 0) throw new RangeError(`"${name}" has no values to draw; give at least one`);
  if (x.length !== y.length) {
    throw new RangeError(`"${name}" has ${x.length} x values and ${y.length} y values; give as many of each`);
  }
  if (!Array.from(y).some(Number.isFinite)) {
    throw new RangeError(`"${name}" has no finite value among its ${y.length}; look at what was computed`);
  }
}

/** @throws TypeError unless `value` is a figure with traces */
export function requireFigure(value: unknown): asserts value is Figure {
  if (isFigure(value) && value.data.every((trace) => typeof trace === "object" && trace !== null)) return;
  throw new TypeError(`a figure is needed, as lineChart and the other charts give it, got ${described(value)}`);
}

/** Lengths of axes that may be a multiple of the batch. */

/** A length, or so many times the batch. */
export type Dimension = number | { readonly batches: number };

/** Shape and element type (TensorFlow's number) of a value whose batch is open. */
export interface OpenType {
  readonly dtype: number;
  readonly shape: readonly Dimension[];
}

export function isOpen(one: Dimension): one is { readonly batches: number } {
  return typeof one !== "number";
}

export function sameDimension(a: Dimension, b: Dimension): boolean {
  return isOpen(a) ? isOpen(b) && a.batches === b.batches : a === b;
}

/** The length that was `first` for the first batch and `second` for the second; undefined if it is neither fixed nor a multiple. */
export function dimensionOf(
  [first, second]: readonly [number, number],
  batches: readonly [number, number],
): Dimension | undefined {
  if (first === second) return first;
  const multiple = first / batches[0];
  return Number.isInteger(multiple) && multiple > 0 && second / batches[1] === multiple
    ? { batches: multiple }
    : undefined;
}

/** In messages: [2·N, 28, 28, 1]. */
export function describeShape(shape: readonly Dimension[]): string {
  const one = (d: Dimension): string => (isOpen(d) ? (d.batches === 1 ? "N" : `${d.batches}·N`) : String(d));
  return `[${shape.map(one).join(", ")}]`;
}

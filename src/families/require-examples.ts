/** Refuses training data that is not finite, before a step is spent on it. */

/** @throws RangeError naming the first example, of `size` numbers each, with a value that is not finite */
export function requireExamples(what: string, values: Float32Array, size: number): void {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new RangeError(`example ${Math.floor(bad / size)} of the ${what} holds ${values[bad]}: remove it`);
}

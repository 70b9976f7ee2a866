/** Throws a RangeError naming the lengths unless all arrays have the same. */
export function checkSameLength(arrays: Readonly<Record<string, Float32Array>>): void {
  const entries = Object.entries(arrays);
  if (entries.some(([, array]) => array.length !== entries[0][1].length)) {
    const lengths = entries.map(([name, array]) => `${name} ${array.length}`).join(", ");
    throw new RangeError(`arrays of one network have one length, got ${lengths}`);
  }
}

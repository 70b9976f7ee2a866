// Jupyter counts a cursor in code points, TypeScript in UTF-16 units.

export function toUtf16(code: string, codePoints: number): number {
  let units = 0;
  let left = codePoints;
  for (const character of code) {
    if (left-- <= 0) break;
    units += character.length;
  }
  return units;
}

export function toCodePoints(code: string, units: number): number {
  return [...code.slice(0, units)].length;
}

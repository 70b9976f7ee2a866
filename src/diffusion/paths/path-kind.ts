/** How the words of a file become a path again: one kind of path, as the registry knows it. */
import type { Fields } from "../../base/fields.js";
import type { GaussianPath } from "./path.js";

/** One kind of path, as the registry knows it. */
export interface PathKind {
  readonly kind: string;
  /**
   * The path of these parameters; the caller refuses fields that were not read.
   *
   * @param path reads a path within the parameters: of one that was made from another
   * @throws RangeError naming the field that is wrong
   */
  parse(fields: Fields, path: (key: string) => GaussianPath): GaussianPath;
}

/** More steps than any process has: a larger number in a file is a slip, or damage. */
const MOST_STEPS = 1_000_000;

/**
 * The kind of a path whose parameters are numbers.
 *
 * @param defaults the parameters there are, with the values they have where they are left out; T is a number of steps
 */
export function numericKind<Options extends Readonly<Record<string, number>>>(
  kind: string,
  defaults: Options,
  make: (options: Options) => GaussianPath,
): PathKind {
  const steps = { whole: true, least: 1, most: MOST_STEPS };
  return {
    kind,
    parse: (fields) => {
      const read = ([key, value]: [string, number]): [string, number] => {
        return [key, fields.number(key, { default: value, ...(key === "T" && steps) })];
      };
      return make(Object.fromEntries(Object.entries(defaults).map(read)) as Options);
    },
  };
}

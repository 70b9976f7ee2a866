/** The one sparse operation that is told the shape of its result. */
const GIVEN_SHAPE = "SparseToDense";

const DEPENDS = /^(Unique|Where$|NonMaxSuppression|Sparse|ListDiff|Ragged)/;

/**
 * Whether an operation's values decide the shape of its result, such as how many values of a list are distinct. A graph
 * has one shape for each value, known before there are values.
 */
export function shapeDependsOnData(operation: string): boolean {
  return DEPENDS.test(operation) && operation !== GIVEN_SHAPE;
}

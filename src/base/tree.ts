/** Trees: records in records, with values at the leaves, such as the tensors of a batch. */

/**
 * A leaf, or a record of trees. A plain object is a record; anything else (a tensor, an array, a number) is a leaf.
 * In TypeScript a record type is declared with `type`, since an `interface` has no index signature.
 */
export type Tree<Leaf> = Leaf | TreeRecord<Leaf>;

/** A tree that is no single leaf. */
export interface TreeRecord<Leaf> {
  readonly [name: string]: Tree<Leaf>;
}

/** Whether a value is a plain object, and so a record of a tree. */
export function isRecord<Leaf>(tree: Tree<Leaf>): tree is TreeRecord<Leaf> {
  if (typeof tree !== "object" || tree === null) return false;
  const prototype: unknown = Object.getPrototypeOf(tree);
  return prototype === Object.prototype || prototype === null;
}

/** The tree of the same structure whose leaves are `fn(leaf, path)`; the path joins the names with "/". */
export function mapTree<Leaf, Result>(
  tree: Tree<Leaf>,
  fn: (leaf: Leaf, path: string) => Result,
  path = "",
): Tree<Result> {
  if (!isRecord(tree)) return fn(tree, path);
  const mapped = Object.entries(tree).map(([name, subtree]) => [
    name,
    mapTree(subtree, fn, path === "" ? name : `${path}/${name}`),
  ]);
  return Object.fromEntries(mapped) as TreeRecord<Result>;
}

/** The leaves with their paths, in order. @throws RangeError if two have one path: { "a/b": … , a: { b: … } } */
export function namedLeaves<Leaf>(tree: Tree<Leaf>): [path: string, leaf: Leaf][] {
  const leaves = new Map<string, Leaf>();
  mapTree(tree, (leaf, path) => {
    if (leaves.has(path)) throw new RangeError(`two leaves of a tree have the path "${path}": rename one`);
    leaves.set(path, leaf);
  });
  return [...leaves];
}

/** A tree of the structure of `tree` with other leaves, given in order. */
export function withLeaves<Leaf, Result>(tree: Tree<Leaf>, leaves: readonly Result[]): Tree<Result> {
  let next = 0;
  return mapTree(tree, () => leaves[next++]);
}

/** Trees keep their structure under every map, and unknown options are refused with the nearest name. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { requireKnownKeys } from "../../../src/base/check.js";
import { mapTree, namedLeaves, withLeaves } from "../../../src/base/tree.js";

const tree = { x: 1, condition: { label: 2, none: {} }, masks: { "mid.0": 3 } };

test("a tree keeps its structure, empty records too, while its leaves change; paths join the names", () => {
  const paths = mapTree<number, string>(tree, (leaf, path) => `${path}=${leaf}`);
  assert.deepEqual(paths, {
    x: "x=1",
    condition: { label: "condition/label=2", none: {} },
    masks: { "mid.0": "masks/mid.0=3" },
  });
  const leaves = namedLeaves<number>(tree);
  assert.deepEqual(leaves, [
    ["x", 1],
    ["condition/label", 2],
    ["masks/mid.0", 3],
  ]);
  assert.deepEqual(
    withLeaves(
      tree,
      leaves.map(([, leaf]) => 10 * leaf),
    ),
    { x: 10, condition: { label: 20, none: {} }, masks: { "mid.0": 30 } },
  );
  assert.equal(
    mapTree<number, number>(5, (leaf) => leaf + 1),
    6,
    "a leaf is a tree",
  );
});

test("arrays, instances and null are leaves, and two leaves of one path are refused", () => {
  const leaves = [[1, 2], new Float32Array(2), new Date(0), null, undefined];
  const record = Object.fromEntries(leaves.map((leaf, i) => [String(i), leaf]));
  assert.deepEqual(
    namedLeaves<unknown>(record).map(([, leaf]) => leaf),
    leaves,
  );
  assert.throws(() => namedLeaves({ "a/b": 1, a: { b: 2 } }), /two leaves of a tree have the path "a\/b"/);
});

test("an unknown option is refused with the nearest known one, a former one with its successor", () => {
  const known = { learningRate: true, seed: true } as const;
  const check = (given: object): void =>
    requireKnownKeys<{ learningRate?: number; seed?: number }>("Maker", given, known, {
      rate: "it is called learningRate",
    });
  check({ seed: undefined });
  assert.throws(
    () => check({ learingRate: 1 }),
    /^RangeError: unknown option "learingRate" of Maker: did you mean "learningRate"\?/,
  );
  assert.throws(
    () => check({ colour: 1 }),
    /unknown option "colour" of Maker: leave it out\. Known are learningRate, seed/,
  );
  assert.throws(() => check({ rate: 1 }), /unknown option "rate" of Maker: it is called learningRate/);
});

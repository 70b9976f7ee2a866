/** Values that arrive faster than they are computed with. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Latest } from "../../../src/notebook/latest.js";

test("a result that is no promise is taken at once, each value has its own", () => {
  const taken: [number, number][] = [];
  const squares = new Latest<number, number>(
    (x) => x * x,
    (square, x) => void taken.push([x, square]),
  );
  for (const x of [2, 3]) squares.run(x);
  assert.deepEqual(taken, [
    [2, 4],
    [3, 9],
  ]);
  assert.equal(squares.settled, undefined);
});

test("of the values that arrive during a computation the last is computed with, and settled waits for it", async () => {
  const begun: number[] = [];
  const taken: number[] = [];
  const finish: (() => void)[] = [];
  const latest = new Latest<number, number>(
    (x) => (begun.push(x), new Promise((resolve) => finish.push(() => resolve(x)))),
    (x) => void taken.push(x),
  );
  for (const x of [1, 2, 3]) void latest.run(x);
  let settled = false;
  const all = latest.settled?.then(() => (settled = true));
  assert.deepEqual([begun, taken], [[1], []]);
  finish[0]();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([begun, taken, settled], [[1, 3], [1], false]);
  finish[1]();
  await all;
  assert.deepEqual([taken, settled, latest.settled], [[1, 3], true, undefined]);
});

/** Graphs that nobody can reach any more free their native memory. */
import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { test } from "node:test";
import { compile, loadedGraphs, type Compiled } from "../../../src/compile/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { sessions, temporaryCache } from "./support.js";

const cacheFolder = temporaryCache();
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

type Square = Compiled<{ x: tf.Tensor }, { y: tf.Tensor }>;

/** Holds its compiled function, which holds it. */
class Owner {
  readonly square: Square = compile(({ x }: { x: tf.Tensor }) => this.program(x), { name: "owned", cacheFolder });

  private program(x: tf.Tensor): { y: tf.Tensor } {
    return { y: tf.square(x) };
  }
}

test("the graphs of functions that are dropped without being disposed are freed", async () => {
  const x = tf.tensor1d([1, 2, 3]);
  const call = (square: Square, times: number): void => {
    for (let i = 0; i < times; i++) square({ x }).y.dispose();
  };
  for (const times of [1, 3]) {
    for (let i = 0; i < 4; i++) call(new Owner().square, times);
    for (let i = 0; i < 4; i++)
      call(
        compile(({ x }: { x: tf.Tensor }) => ({ y: tf.square(x) }), { cacheFolder }),
        times,
      );
  }
  const held = new Owner();
  call(held.square, 3);
  for (let round = 0; round < 50 && sessions() > 1; round++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.equal(sessions(), 1);
  assert.equal(loadedGraphs().length, 1);
  call(held.square, 1);
  held.square.dispose();
  collect();
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(sessions(), 0);
  x.dispose();
});

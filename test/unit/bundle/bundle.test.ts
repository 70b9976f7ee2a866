/** What computes runs in a browser: bundled for one, it holds no module of Node's and gives the same numbers. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { build, type BuildResult } from "esbuild";
import { numbers } from "./part.js";

let bundle: BuildResult<{ metafile: true; write: false }>;

before(async () => {
  bundle = await build({
    entryPoints: [join(import.meta.dirname, "part.ts")],
    bundle: true,
    platform: "browser",
    format: "iife",
    globalName: "part",
    // Left in, so that the test can name who asks for them. TensorFlow.js maps its own away from browsers.
    external: ["node:*"],
    metafile: true,
    write: false,
    logLevel: "silent",
  });
});

test("the bundle asks for no module of Node's", () => {
  const [output] = Object.values(bundle.metafile.outputs);
  assert.deepEqual(
    output.imports.map(({ path }) => path),
    [],
    `reached through ${importersOfNode().join(", ")}`,
  );
});

test("in a worker's world, without Node's globals, it gives the numbers it gives in Node", async () => {
  const world = {
    // TensorFlow.js tells the console at length that there is no WebGL.
    console: { log: () => {}, warn: () => {}, error: () => {} },
    ...{ AbortController, AbortSignal, MessageChannel, performance, structuredClone },
    ...{ setTimeout, clearTimeout, TextDecoder, TextEncoder, WorkerGlobalScope: Object },
  };
  const context = createContext({ ...world, self: world });
  const run = runInContext(`${bundle.outputFiles[0].text}\npart.numbers`, context) as typeof numbers;
  const [here, there] = [await numbers(), await run()];
  assert.deepEqual(Object.keys(there), Object.keys(here));
  for (const [name, expected] of Object.entries(here)) {
    assert.equal(there[name].length, expected.length, name);
    expected.forEach((value, i) => {
      assert.ok(
        Math.abs(there[name][i] - value) <= 1e-4 * (1 + Math.abs(value)),
        `${name} ${i}: ${there[name][i]} ≠ ${value}`,
      );
    });
  }
});

/** The files of the bundle that import a module of Node's. */
function importersOfNode(): string[] {
  const { inputs, outputs } = bundle.metafile;
  const used = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
  return used.filter((path) => inputs[path].imports.some((imported) => imported.external));
}

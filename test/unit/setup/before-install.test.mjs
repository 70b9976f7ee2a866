/** What runs in a fresh clone before anything is installed imports Node's own modules and its own files, and no package. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";

const ROOT = resolve(import.meta.dirname, "../../..");
const STARTS = ["test/run.mjs", "src/setup/start.mjs", "src/setup/doctor.mjs", "src/setup/launch.mjs"];

/**
 * The modules that a file loads before its first function runs: its `import` and `export … from`, and the `await import` at
 * its top.
 *
 * @param {string} file
 */
function loadedBy(file) {
  const source = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  const statements =
    /^(?:import|export)\b[^;]*?\bfrom "([^"]+)"|^import "([^"]+)"|^(?:const|let)[^;]*?= await import\("([^"]+)"\)/gm;
  return [...source.matchAll(statements)].map(([, from, bare, awaited]) => from ?? bare ?? awaited);
}

for (const start of STARTS) {
  test(`${start} reaches no package`, () => {
    const seen = new Set();
    /** @type {string[]} */
    const packages = [];
    /** @param {string} file */
    const visit = (file) => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const name of loadedBy(file)) {
        if (name.startsWith("node:")) continue;
        const path = resolve(file, "..", name);
        if (name.startsWith(".") && existsSync(path)) visit(path);
        else packages.push(`${file.slice(ROOT.length + 1)}: ${name}`);
      }
    };
    visit(join(ROOT, start));
    assert.ok(seen.size > 3, [...seen].join());
    assert.deepEqual(packages, []);
  });
}

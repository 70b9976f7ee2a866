/** The package offers exactly the rooms that its page lists. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const src = join(import.meta.dirname, "../../src");
const manifest = JSON.parse(readFileSync(join(src, "package.json"), "utf8")) as {
  exports: Record<string, string | { types: string; default: string }>;
  typesVersions: { "*": Record<string, string[]> };
};

/** Every folder with a door; the kernel is a package of its own. */
const rooms = readdirSync(src).filter((name) => name !== "kernel" && existsSync(join(src, name, "index.ts")));

test("every room of the library can be imported by its name, and nothing else", () => {
  const expected: typeof manifest.exports = { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } };
  for (const room of rooms) {
    expected[`./${room}`] = { types: `./dist/${room}/index.d.ts`, default: `./dist/${room}/index.js` };
  }
  expected["./package.json"] = "./package.json";
  assert.deepEqual(manifest.exports, expected);
});

test("a type checker that knows no exports, such as the kernel's, finds each room's declarations", () => {
  const { "*": pattern, ...main } = manifest.typesVersions["*"];
  assert.deepEqual(pattern, ["dist/*/index.d.ts"]);
  assert.deepEqual(main, { "dist/index.d.ts": ["dist/index.d.ts"] });
});

test("the library's page lists every room", () => {
  const page = readFileSync(join(src, "README.md"), "utf8");
  const listed = [...page.matchAll(/^\| `diffusion-lab\/([\w/-]+)` \|/gm)].map(([, room]) => room);
  assert.deepEqual(listed.sort(), rooms.sort());
});

/** Links lead to the newest cache, and unlinking touches nothing else. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isLinked, linkNative, unlinkNative } from "../../../../src/setup/native/link.mjs";

function scratch() {
  const folder = mkdtempSync(join(tmpdir(), "link-"));
  const [first, second, tfjsNode] = ["first", "second", "tfjs-node"].map((name) => join(folder, name));
  for (const cache of [first, second]) {
    for (const name of ["deps", "lib"]) {
      mkdirSync(join(cache, name), { recursive: true });
      writeFileSync(join(cache, name, "from"), cache);
    }
  }
  mkdirSync(join(tfjsNode, "lib"), { recursive: true });
  writeFileSync(join(tfjsNode, "lib", "published.node"), "");
  return { first, second, tfjsNode };
}

test("the links take the place of what was there, lead to the newest cache, and leave nothing else", () => {
  const { first, second, tfjsNode } = scratch();
  assert.equal(isLinked(tfjsNode, first), false);
  for (const cache of [first, first, second]) {
    linkNative(tfjsNode, cache);
    assert.equal(isLinked(tfjsNode, cache), true);
    for (const name of ["deps", "lib"]) assert.equal(readFileSync(join(tfjsNode, name, "from"), "utf8"), cache);
    assert.deepEqual(readdirSync(tfjsNode).sort(), ["deps", "lib"]);
  }
  assert.equal(isLinked(tfjsNode, first), false);
});

test("what is unlinked stays in the cache", () => {
  const { first, tfjsNode } = scratch();
  linkNative(tfjsNode, first);
  unlinkNative(tfjsNode);
  assert.deepEqual(readdirSync(tfjsNode), []);
  assert.ok(existsSync(join(first, "lib", "from")));
});

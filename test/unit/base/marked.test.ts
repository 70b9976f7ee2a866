/** A program rewrites its own part of a page and nothing around it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { markedPart, replaceMarked } from "../../../src/base/marked.js";

test("only what stands between the marks is replaced, and missing marks are an error", () => {
  assert.equal(replaceMarked("a <!-- x -->\nold\n<!-- /x --> b", "x", "new"), "a <!-- x -->\nnew\n<!-- /x --> b");
  assert.equal(markedPart("a <!-- x -->\nold\n\nlines\n<!-- /x --> b", "x"), "old\n\nlines");
  assert.throws(() => replaceMarked("a", "x", "new"), /put <!-- x --> and <!-- \/x -->/);
});

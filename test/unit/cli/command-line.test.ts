/** Places on a command line: the caller's when npm started the command, the program's own otherwise. */
import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { afterEach, test } from "node:test";
import { fromCaller } from "../../../src/cli/command-line.js";

const before = { caller: process.env["INIT_CWD"], script: process.env["npm_package_json"] };
afterEach(() => {
  for (const [name, value] of [
    ["INIT_CWD", before.caller],
    ["npm_package_json", before.script],
  ] as const) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

test("npm's caller stands in another folder than the command", () => {
  process.env["INIT_CWD"] = join(process.cwd(), "notebooks");
  process.env["npm_package_json"] = join(process.cwd(), "package.json");
  assert.equal(fromCaller("x.png"), join("notebooks", "x.png"));
  assert.equal(fromCaller("../x.png"), "x.png");
  assert.equal(fromCaller(".."), ".");
  assert.equal(fromCaller(resolve("/x.png")), resolve("/x.png"));
});

test("a command in another folder, started from a program that npm started, writes where it stands", () => {
  process.env["INIT_CWD"] = resolve("/elsewhere");
  process.env["npm_package_json"] = resolve("/elsewhere/package.json");
  assert.equal(fromCaller("x.png"), "x.png");
});

test("without npm a place is what it says", () => {
  delete process.env["INIT_CWD"];
  assert.equal(fromCaller("x.png"), "x.png");
});

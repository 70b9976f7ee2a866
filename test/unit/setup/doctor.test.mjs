/** The doctor shows remedies only for what is missing, and fails only for essentials. */
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isWholeCheckpoint } from "../../../src/setup/checks.mjs";
import { checkNode } from "../../../src/setup/native/checks.mjs";
import { exitCode, renderRow } from "../../../src/setup/support/table.mjs";

test("a row shows its remedy only if it lacks something", () => {
  const ok = renderRow({ name: "Node", state: "ok", found: "22.12.0", remedy: "install" });
  assert.equal(ok, `✔ ${"Node".padEnd(22)}  22.12.0`);
  const lines = renderRow({ name: "kernel", state: "missing", found: "no kernelspec", remedy: "npm start" }).split(
    "\n",
  );
  assert.match(lines[0], /^✘ kernel +no kernelspec$/);
  assert.match(lines[1], /^ +→ npm start$/);
});

test("only what is essential makes the doctor fail", () => {
  const ok = { name: "a", state: "ok", found: "" };
  assert.equal(exitCode([ok, { name: "b", state: "optional", found: "" }]), 0);
  assert.equal(exitCode([ok, { name: "b", state: "missing", found: "" }]), 1);
});

test("an old Node is named with what is needed", () => {
  const row = checkNode("v18.20.4");
  assert.equal(row.state, "missing");
  assert.match(row.remedy, /20\.19/);
});

test("a checkpoint that is cut short is told from a whole one", () => {
  const folder = mkdtempSync(join(tmpdir(), "doctor-"));
  const header = Buffer.from(
    JSON.stringify({ __metadata__: {}, w: { dtype: "F32", shape: [2], data_offsets: [0, 8] } }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const whole = Buffer.concat([length, header, Buffer.alloc(8)]);
  const write = (name, bytes) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  assert.equal(isWholeCheckpoint(write("whole", whole)), true);
  assert.equal(isWholeCheckpoint(write("cut", whole.subarray(0, whole.length - 1))), false);
  assert.equal(isWholeCheckpoint(write("header", whole.subarray(0, 20))), false);
  assert.equal(isWholeCheckpoint(write("empty", Buffer.alloc(0))), false);
});

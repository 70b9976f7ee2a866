/** An npm installation is whole exactly when it holds what the lock file records. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { missingPackages } from "../../../src/setup/npm.mjs";

const machine = { platform: "linux", arch: "x64", libc: "glibc" };
const entry = (version, more = {}) => ({ version, integrity: `sha512-${version}`, ...more });
const lock = {
  packages: {
    "": { name: "course" },
    src: { name: "diffusion-lab" },
    "node_modules/diffusion-lab": { resolved: "src", link: true },
    "node_modules/d3": entry("7.9.0"),
    "node_modules/a/node_modules/b": entry("1.0.0"),
    "node_modules/esbuild-darwin": entry("0.1.0", { optional: true, os: ["darwin"] }),
    "node_modules/musl-only": entry("0.1.0", { optional: true, os: ["linux"], cpu: ["x64"], libc: ["musl"] }),
    "node_modules/not-windows": entry("0.2.0", { optional: true, os: ["!win32"] }),
  },
};
const whole = {
  packages: {
    "node_modules/diffusion-lab": { resolved: "src", link: true },
    "node_modules/d3": entry("7.9.0"),
    "node_modules/a/node_modules/b": entry("1.0.0"),
    "node_modules/not-windows": entry("0.2.0"),
  },
};
const without = (path) => ({
  packages: Object.fromEntries(Object.entries(whole.packages).filter(([name]) => name !== path)),
});

test("an installation as the lock file says lacks nothing: packages for other systems do not count", () => {
  assert.deepEqual(missingPackages(lock, whole, { machine }), []);
});

test("no record, a missing package, another version, other content and a deleted folder are all seen", () => {
  assert.deepEqual(missingPackages(lock, null, { machine }), ["node_modules"]);
  assert.deepEqual(missingPackages(lock, without("node_modules/d3"), { machine }), ["node_modules/d3"]);
  assert.deepEqual(missingPackages(lock, without("node_modules/diffusion-lab"), { machine }), [
    "node_modules/diffusion-lab",
  ]);
  const other = { packages: { ...whole.packages, "node_modules/d3": entry("7.8.0") } };
  assert.deepEqual(missingPackages(lock, other, { machine }), ["node_modules/d3"]);
  const content = { packages: { ...whole.packages, "node_modules/d3": { version: "7.9.0", integrity: "sha512-x" } } };
  assert.deepEqual(missingPackages(lock, content, { machine }), ["node_modules/d3"]);
  const exists = (path) => path !== "node_modules/a/node_modules/b";
  assert.deepEqual(missingPackages(lock, whole, { machine, exists }), ["node_modules/a/node_modules/b"]);
});

test("an optional package for this very system must be there", () => {
  assert.deepEqual(missingPackages(lock, whole, { machine: { ...machine, platform: "darwin" } }), [
    "node_modules/esbuild-darwin",
  ]);
  assert.deepEqual(missingPackages(lock, whole, { machine: { ...machine, libc: "musl" } }), ["node_modules/musl-only"]);
});

/** The kernel passes Jupyter's own conformance suite, all but the pager. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { kernelSpec } from "../../src/kernel/kernelspec.js";
import { BUILT_KERNEL, ROOT } from "./kernel.js";

const PYTHON = [path.join(ROOT, ".venv", "bin", "python"), path.join(ROOT, ".venv", "Scripts", "python.exe")];

test("jupyter_kernel_test passes; only the pager, which IPython alone has, is switched off", () => {
  const python = PYTHON.find((file) => existsSync(file));
  assert.ok(python, "the project's Python environment is missing: npm start -- --setup-only makes it");
  const folder = mkdtempSync(path.join(tmpdir(), "conformance-"));
  try {
    const kernel = path.join(folder, "kernels", "tslab");
    mkdirSync(kernel, { recursive: true });
    writeFileSync(path.join(kernel, "kernel.json"), JSON.stringify(kernelSpec({ folder: BUILT_KERNEL })));
    const script = path.join(ROOT, "test", "kernel", "conformance", "conformance.py");
    const env = { ...process.env, JUPYTER_PATH: folder, JUPYTER_RUNTIME_DIR: folder };
    const printed = execFileSync(python, [script], { cwd: ROOT, env, encoding: "utf8", timeout: 300_000 });
    const outcomes = JSON.parse(printed) as Record<string, string>;
    const { test_pager: pager, ...others } = outcomes;
    assert.match(pager, /^skipped/);
    assert.deepEqual(new Set(Object.values(others)), new Set(["passed"]), JSON.stringify(others));
    assert.equal(Object.keys(others).length, 11);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

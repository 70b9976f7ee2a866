/** What is exported is what check.py ran in ONNX Runtime and OpenVINO, and it gave this library's own outputs there. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { toOnnx } from "../../../src/onnx/index.js";
import { ONNXRUNTIME_VERSION } from "../../../src/onnx/runtime-package.js";
import { cases, networkOf, sha256 } from "./cases.js";

interface Result {
  readonly versions: Readonly<Record<string, string>>;
  readonly cases: Readonly<Record<string, { sha256: string; bytes: number; onnxruntime: number; openvino: number }>>;
}

const result = JSON.parse(readFileSync(new URL("result.json", import.meta.url), "utf8")) as Result;
const again = "run test/parity/onnx/check.py again";
const folder = mkdtempSync(join(tmpdir(), "diffusion-lab-test-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("the result has every case", () => {
  assert.deepEqual(Object.keys(result.cases), Object.keys(cases), again);
});

for (const [name, seen] of Object.entries(result.cases)) {
  test(name, () => {
    for (const engine of ["onnxruntime", "openvino"] as const) {
      assert.ok(seen[engine] <= 1e-5, `${engine} differs by ${seen[engine]} of the largest value`);
    }
    const path = join(folder, "model.onnx");
    const { network, options } = networkOf(name);
    const { bytes } = toOnnx(network, path, options);
    network.dispose();
    assert.equal(bytes, seen.bytes, again);
    assert.equal(sha256(path), seen.sha256, `${name} is exported otherwise by now: ${again}`);
  });
}

test("the engine gave what the graph gives, before parameters were assigned and after, and memory did not grow", () => {
  const text = readFileSync(new URL("engine-result.json", import.meta.url), "utf8");
  const engine = JSON.parse(text) as {
    readonly onnxruntime: string;
    readonly memory: { readonly calls: number; readonly tensors: number; readonly megabytes: number };
    readonly cases: Readonly<Record<string, { readonly before: number; readonly afterAssigning: number }>>;
  };
  assert.equal(engine.onnxruntime, ONNXRUNTIME_VERSION, "run test/parity/onnx/run-engine.ts again");
  for (const [name, { before, afterAssigning }] of Object.entries(engine.cases)) {
    assert.ok(name in cases && before <= 1e-5 && afterAssigning <= 1e-5, name);
  }
  const { calls, tensors, megabytes } = engine.memory;
  assert.deepEqual([calls, tensors, megabytes < 5], [2000, 0, true]);
});

test("the result was made with the versions in requirements.txt", () => {
  const requirements = readFileSync(new URL("requirements.txt", import.meta.url), "utf8");
  for (const [name, version] of Object.entries(result.versions)) {
    assert.ok(requirements.includes(`${name}==${version}\n`), `${name} ${version}: ${again}`);
  }
});

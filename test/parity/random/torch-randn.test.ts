/** `TorchGenerator` against the normals of PyTorch itself. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { TorchGenerator } from "../../../src/random/index.js";

interface Fixture {
  readonly torch: string;
  readonly runs: readonly { seed: number; calls: readonly number[]; drawn: readonly (readonly number[])[] }[];
  readonly large: readonly { seed: number; n: number; stride: number; drawn: readonly number[] }[];
}

const fixture = JSON.parse(readFileSync(join(import.meta.dirname, "fixtures/torch-randn.json"), "utf8")) as Fixture;
/** PyTorch takes logarithm and circle in single precision. */
const TOLERANCE = 2e-6;

function assertClose(ours: ArrayLike<number>, theirs: readonly number[]): void {
  assert.equal(ours.length, theirs.length);
  theirs.forEach((value, i) =>
    assert.ok(Math.abs(ours[i] - value) <= TOLERANCE, `number ${i}: ${ours[i]}, PyTorch has ${value}`),
  );
}

describe("normals of PyTorch's generator on the CPU", () => {
  it("was written by the pinned release", () => {
    const pinned = readFileSync(join(import.meta.dirname, "../requirements.txt"), "utf8");
    assert.ok(pinned.includes(`torch==${fixture.torch}\n`));
  });

  for (const { seed, calls, drawn } of fixture.runs) {
    it(`seed ${seed}, ${calls.join(", then ")} numbers`, () => {
      const generator = new TorchGenerator(seed);
      calls.forEach((n, i) => assertClose(generator.normals(n), drawn[i]));
    });
  }

  for (const { seed, n, stride, drawn } of fixture.large) {
    it(`seed ${seed}, latents of 64 × 64 × 4`, () => {
      const values = new TorchGenerator(seed).normals(n);
      assertClose(
        values.filter((_, i) => i % stride === 0),
        drawn,
      );
    });
  }

  it("seeds that agree in 32 bits are one seed", () => {
    assert.deepEqual(new TorchGenerator(7).normals(20), new TorchGenerator(2 ** 32 + 7).normals(20));
    assert.notDeepEqual(new TorchGenerator(7).normals(20), new TorchGenerator(8).normals(20));
  });

  it("refuses a seed or a count that is no whole number ≥ 0", () => {
    for (const seed of [-1, 0.5, NaN, 2 ** 53]) assert.throws(() => new TorchGenerator(seed), /a seed must be a whole/);
    for (const n of [-1, 1.5, NaN]) assert.throws(() => new TorchGenerator(0).normals(n), /number of values n/);
    assert.equal(new TorchGenerator(0).normals(0).length, 0);
  });
});

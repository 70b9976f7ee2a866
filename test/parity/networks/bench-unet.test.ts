/** The benchmark's PyTorch network and ours are one: weights of the first give its outputs here. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { tf } from "diffusion-lab/runtime";
import { fromTorchUnet } from "../../bench/quality/torch-weights.js";
import { smallUnetConfig, UNet2D } from "diffusion-lab/networks";
import { streamParameters } from "diffusion-lab/nn";
import { type TensorEntry, type TensorSource } from "diffusion-lab/files";
import { fromTorch, relativeError, signal, toTorch, uniforms } from "./formula.js";

interface BenchFixture {
  readonly widths: number[];
  readonly timesteps: number[];
  readonly shapes: Readonly<Record<string, number[]>>;
  readonly output: number[];
}

const fixture = JSON.parse(readFileSync(new URL("fixtures/bench_unet.json", import.meta.url), "utf8")) as BenchFixture;

/** The file PyTorch would have written, its numbers by formula.py's `fill`. */
function torchFile(shapes: BenchFixture["shapes"]): TensorSource {
  const entry = (shape: number[]): TensorEntry => ({ dtype: "F32", shape, begin: 0, end: 0 });
  return {
    path: "torch.safetensors",
    entries: new Map(Object.entries(shapes).map(([name, shape]) => [name, entry(shape)])),
    read(name) {
      const shape = shapes[name];
      const size = shape.reduce((product, n) => product * n, 1);
      const scale = Math.sqrt(3 / (size / shape[0]));
      const values = uniforms(name, size).map((u) => {
        return shape.length > 1 ? u * scale : name.endsWith("weight") ? 1 + 0.5 * u : 0.3 * u;
      });
      return { shape, values: Float32Array.from(values) };
    },
  };
}

test("the U-Net of the PyTorch loop, its weights converted, gives the same output here", () => {
  const network = new UNet2D({ ...smallUnetConfig, block_out_channels: fixture.widths }, { start: "zeros" });
  streamParameters(fromTorchUnet(torchFile(fixture.shapes)), network.parameters);
  const output = toTorch(network.apply(fromTorch(signal("input", [2, 1, 12, 12])), tf.tensor1d(fixture.timesteps)));
  const error = relativeError(output.dataSync(), fixture.output);
  assert.ok(error < 1e-5, `relative error ${error}`);
});

test("weights of another network are refused, whether a name is unknown or one is missing", () => {
  assert.throws(() => fromTorchUnet(torchFile({ "encoder.0.weight": [1] })), /"encoder.0" is no part of the U-Net/);
  const { ["leave.bias"]: _, ...rest } = fixture.shapes;
  const network = new UNet2D({ ...smallUnetConfig, block_out_channels: fixture.widths }, { start: "zeros" });
  assert.throws(
    () => streamParameters(fromTorchUnet(torchFile(rest)), network.parameters),
    /missing \(conv_out\.bias\)/,
  );
});

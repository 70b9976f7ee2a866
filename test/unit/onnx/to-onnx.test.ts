/** The file that `toOnnx` writes, read back by field numbers: ports, names, numbers, operators; and what is refused. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { AutoencoderKL, PointMlp, UNet2D, UNet2DCondition } from "../../../src/networks/index.js";
import { OnnxError, toOnnx, type Exportable } from "../../../src/onnx/index.js";
import { openGraph } from "../../../src/onnx/open-graph.js";
import { loadModel } from "../../../src/families/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { floats, readModel, type ReadModel } from "./read-model.js";

const folder = mkdtempSync(join(tmpdir(), "diffusion-lab-test-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "model.onnx");

const unet = (): UNet2D =>
  new UNet2D({
    sample_size: [4, 6],
    in_channels: 3,
    out_channels: 3,
    block_out_channels: [4, 6],
    down_block_types: ["DownBlock2D", "AttnDownBlock2D"],
    up_block_types: ["AttnUpBlock2D", "UpBlock2D"],
    layers_per_block: 1,
    norm_num_groups: 2,
    attention_head_dim: 2,
    num_class_embeds: 3,
  });

const count = ({ nodes }: ReadModel, operator: string): number =>
  nodes.filter((one) => one.operator === operator).length;

test("a U-Net has the ports of diffusers' exports, and opset 18", () => {
  const network = unet();
  const written = toOnnx(network, path);
  const file = readFileSync(path);
  assert.deepEqual(written, { path, bytes: file.length });
  const model = readModel(file);
  assert.deepEqual([model.irVersion, model.opsets, model.producer], [8, [18], "diffusion-lab"]);
  assert.deepEqual(model.inputs, [
    { name: "sample", type: 1, shape: ["batch", 3, 4, 6] },
    { name: "timestep", type: 1, shape: ["batch"] },
    { name: "class_labels", type: 6, shape: ["batch"] },
  ]);
  assert.deepEqual(model.outputs, [{ name: "out_sample", type: 1, shape: ["batch", 3, 4, 6] }]);
  network.dispose();
});

test("every parameter is an initializer of its own name, in PyTorch's layout", () => {
  const network = unet();
  toOnnx(network, path);
  const { initializers } = readModel(readFileSync(path));
  const byName = new Map(initializers.map((one) => [one.name, one]));
  const axes = { conv: [3, 2, 0, 1], dense: [1, 0] };
  for (const { name, kind, variable } of network.parameters.all) {
    const found = byName.get(name);
    assert.ok(found, `${name} is missing`);
    const expected = kind === "plain" ? tf.clone(variable) : tf.transpose(variable, axes[kind]);
    assert.deepEqual([found.type, found.shape], [1, expected.shape], name);
    assert.deepEqual(floats(found.bytes!), expected.dataSync(), name);
    expected.dispose();
  }
  const others = initializers.filter(({ name }) => !network.parameters.tensors[name]);
  assert.ok(others.every(({ name }) => name.startsWith("constant_")));
  network.dispose();
});

test("norms are one operation, biases are inside products, and images are turned only where attention needs tokens", () => {
  const network = unet();
  toOnnx(network, path);
  const model = readModel(readFileSync(path));
  const names = network.parameters.names;
  const convolutions = names.filter((name) => network.parameters.get(name).kind === "conv").length;
  assert.equal(count(model, "Conv"), convolutions);
  assert.ok(model.nodes.filter(({ operator }) => operator === "Conv").every(({ inputs }) => inputs.length === 3));
  const norms = names.filter((name) => /norm\w*\.weight$/.test(name)).length;
  assert.equal(count(model, "InstanceNormalization"), norms);
  assert.equal(count(model, "ReduceSum") + count(model, "ReduceMean"), 0);
  const attentions = names.filter((name) => name.endsWith("to_q.weight")).length;
  // Pixels to tokens and back, and q, k, v and what comes out by head; k once more, as it is multiplied transposed.
  assert.ok(count(model, "Transpose") <= 7 * attentions, `${count(model, "Transpose")} for ${attentions} attentions`);
  assert.equal(count(model, "Pad"), 0);
  network.dispose();
});

test("one network gives one file, byte for byte", () => {
  const network = unet();
  toOnnx(network, path);
  const first = readFileSync(path);
  toOnnx(network, path);
  assert.ok(first.equals(readFileSync(path)));
  network.dispose();
});

test("a model is exported by its network, and nhwc leaves images as they are here", () => {
  const model = loadModel("assets/mnist-unet");
  toOnnx(model as unknown as Exportable, path, { layout: "nhwc" });
  assert.deepEqual(readModel(readFileSync(path)).inputs[0].shape, ["batch", 28, 28, 1]);
  model.dispose();
});
test("beyond maxBytes numbers lie beside the model, each at a multiple of 4096", () => {
  const network = unet();
  toOnnx(network, path);
  const whole = new Map(readModel(readFileSync(path)).initializers.map((one) => [one.name, one]));
  const written = toOnnx(network, path, { maxBytes: 20_000 });
  assert.equal(written.data?.path, `${path}.data`);
  const data = readFileSync(written.data.path);
  assert.equal(data.length, written.data.bytes);
  let outside = 0;
  for (const { name, bytes, external } of readModel(readFileSync(path)).initializers) {
    if (bytes) {
      assert.ok(bytes.length < 1024, name);
      continue;
    }
    outside++;
    const [offset, length] = [Number(external["offset"]), Number(external["length"])];
    assert.deepEqual([external["location"], offset % 4096], ["model.onnx.data", 0], name);
    assert.deepEqual(data.subarray(offset, offset + length), Buffer.from(whole.get(name)!.bytes!), name);
  }
  assert.ok(outside > 10);
  network.dispose();
});

test("a number that is none leaves the old file as it was, and nothing beside it", () => {
  const network = new PointMlp({ hidden: [4] });
  const place = join(folder, "kept");
  const kept = join(place, "model.onnx");
  toOnnx(network, kept);
  const before = readFileSync(kept);
  const values = network.parameters.toFlat();
  network.parameters.assignFlat(values.map((value, i) => (i === 3 ? NaN : value)));
  assert.throws(() => toOnnx(network, kept), /"layers\.0\.weight" holds NaN|holds NaN/);
  assert.ok(before.equals(readFileSync(kept)));
  assert.deepEqual(readdirSync(place), ["model.onnx"]);
  network.dispose();
});

test("what cannot be written is refused by name and line before anything is", () => {
  const place = join(folder, "refused.onnx");
  const source = (fn: (x: tf.Tensor) => tf.Tensor): Parameters<typeof openGraph>[0] => ({
    name: "mine",
    fn: ({ x }) => ({ y: fn(x as tf.Tensor) }),
    inputs: { x: "x" },
    examples: new Map([["x", { shape: [4], dtype: "float32" }]]),
    captures: new Map(),
    layout: "nchw",
  });
  const refused = (fn: (x: tf.Tensor) => tf.Tensor, message: RegExp): void => {
    assert.throws(
      () => openGraph(source(fn)),
      (error: Error) => error instanceof OnnxError && message.test(error.message),
    );
  };
  refused(
    (x) => tf.cumsum(x, 1),
    /"mine" cannot be written as ONNX: there is no translation of Cumsum[^]*to-onnx\.test/,
  );
  refused((x) => tf.div(x, x.shape[0]), /open batch: a constant of shape \[\] has other values[^]*to-onnx\.test/);
  refused((x) => (x.shape[0] === 2 ? tf.exp(x) : tf.sin(x)), /its Exp is another operation for another batch/);
  refused((x) => (x.shape[0] === 2 ? x : tf.exp(x)), /0 operations for a batch of 2 and 1 for 3/);
  assert.ok(!existsSync(place));
});

test("options and sources that are wrong are refused by a sentence", () => {
  const mlp = new PointMlp({ hidden: [4] });
  const wrong = (options: object): unknown => toOnnx(mlp, path, options);
  assert.throws(() => wrong({ layuot: "nchw" }), /layuot/);
  assert.throws(() => wrong({ layout: "chwn" }), /unknown layout "chwn": choose "nchw" or "nhwc"/);
  assert.throws(() => wrong({ maxBytes: 0 }), /maxBytes must be a whole number from 1 to 2147483647, got 0/);
  assert.throws(() => wrong({ part: "decoder" }), /PointMlp has no part "decoder": it is exported whole/);
  assert.throws(() => toOnnx(mlp, ""), /needs the path of a file/);
  assert.throws(() => toOnnx({} as never, path), /takes a network, or a model with one/);
  writeFileSync(join(folder, "file"), "");
  assert.throws(() => toOnnx(mlp, join(folder, "file", "model.onnx")), /cannot be written/);
  const open = new UNet2D({
    block_out_channels: [4],
    down_block_types: ["DownBlock2D"],
    up_block_types: ["UpBlock2D"],
    norm_num_groups: 2,
    attention_head_dim: null,
  });
  assert.throws(() => toOnnx(open, path), /UNet2DModel says no size of its images: give toOnnx the shape/);
  assert.throws(() => toOnnx(open, path, { shape: [4, 0, 3] }), /shape must be positive whole numbers, got \[4,0,3\]/);
  open.dispose();
  const latent = { block_out_channels: [4], norm_num_groups: 2 };
  const blocks = { down_block_types: ["DownEncoderBlock2D"], up_block_types: ["UpDecoderBlock2D"] } as const;
  const vae = new AutoencoderKL({ ...latent, ...blocks });
  assert.throws(() => toOnnx(vae, path, { part: "inverse" }), /has the parts decoder, encoder/);
  vae.dispose();
  mlp.dispose();
});

test("attention that is computed in blocks is exported in one piece", () => {
  const network = new UNet2DCondition({
    in_channels: 1,
    out_channels: 1,
    sample_size: 64,
    block_out_channels: [4],
    down_block_types: ["CrossAttnDownBlock2D"],
    up_block_types: ["CrossAttnUpBlock2D"],
    layers_per_block: 1,
    norm_num_groups: 2,
    cross_attention_dim: 3,
    attention_head_dim: 2,
  });
  toOnnx(network, path, { words: 5 });
  const model = readModel(readFileSync(path));
  const attentions = network.parameters.names.filter((name) => name.endsWith("to_q.weight")).length;
  assert.equal(count(model, "Softmax"), attentions);
  network.dispose();
});

test("nothing is left in memory", () => {
  const network = unet();
  const before = tf.memory().numTensors;
  toOnnx(network, path);
  assert.equal(tf.memory().numTensors, before);
  network.dispose();
});

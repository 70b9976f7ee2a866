/** A diffusion model that is saved opens as the same model, and bad folders are refused. */
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as tf from "../../../src/runtime/tf.js";
import {
  cosineSchedule,
  edmPath,
  flowPath,
  laplaceSchedule,
  linearSchedule,
  vpPath,
  zeroTerminalSnr,
} from "../../../src/diffusion/index.js";
import {
  diffusionModel,
  isDiffusionModel,
  loadClassifier,
  loadDiffusionModel,
  loadModel,
  saveClassifier,
  saveDiffusionModel,
  type DiffusionModelParts,
  type DiffusionNetwork,
} from "../../../src/families/index.js";
import { Classifier, DiT, PointMlp, UNet2D, UNet2DCondition, UVit } from "../../../src/networks/index.js";

const root = mkdtempSync(join(tmpdir(), "models-"));
after(() => rmSync(root, { recursive: true }));
let count = 0;
const newFolder = (): string => join(root, String(count++));
const fixtures = fileURLToPath(new URL("fixtures", import.meta.url));

const levels = { block_out_channels: [4, 4], layers_per_block: 1, norm_num_groups: 2, attention_head_dim: 2 } as const;
const blocks = {
  down_block_types: ["DownBlock2D", "DownBlock2D"],
  up_block_types: ["UpBlock2D", "UpBlock2D"],
} as const;
const unet = (classes: number | null = null, channels = 1): UNet2D => {
  return new UNet2D({ ...levels, ...blocks, in_channels: channels, out_channels: channels, num_class_embeds: classes });
};
const image = [8, 8, 1] as const;

/** Models whose folders a pipeline of diffusers opens, and models of our own: every network, every family of paths. */
const models: readonly { pipeline: string; network: string; scheduler: string; parts: () => DiffusionModelParts }[] = [
  {
    pipeline: "DDPMPipeline",
    network: "UNet2DModel",
    scheduler: "DDPMScheduler",
    parts: () => ({ network: unet(), path: linearSchedule(), config: { prediction: "noise", shape: image } }),
  },
  {
    pipeline: "DDPMPipeline",
    network: "UNet2DModel",
    scheduler: "DDPMScheduler",
    parts: () => ({
      network: unet(4),
      path: zeroTerminalSnr(laplaceSchedule({ T: 50 })),
      config: { prediction: "velocity", shape: [8, 16, 1], unconditionalLabel: 3 },
    }),
  },
  {
    pipeline: "DDPMPipeline",
    network: "UNet2DModel",
    scheduler: "FlowMatchEulerDiscreteScheduler",
    parts: () => ({
      network: unet(),
      path: flowPath(),
      config: { prediction: "flow", shape: image },
      sampling: { grid: { kind: "flow", shift: 1 }, clipping: null, clipKeepsNoise: false, variance: "posterior" },
    }),
  },
  {
    pipeline: "DiffusionModel",
    network: "UNet2DModel",
    scheduler: "GaussianPath",
    parts: () => ({ network: unet(), path: vpPath({ betaMax: 15 }), config: { prediction: "score", shape: image } }),
  },
  {
    pipeline: "DiffusionModel",
    network: "UNet2DModel",
    scheduler: "EDMEulerScheduler",
    parts: () => ({
      network: unet(),
      path: edmPath(),
      config: { prediction: "preconditioned", shape: image, sigmaData: 0.4 },
      sampling: {
        grid: { kind: "levels", rule: "karras", sigmaMin: 0.002, rho: 7 },
        clipping: null,
        clipKeepsNoise: false,
        variance: "posterior",
      },
    }),
  },
  {
    pipeline: "DiffusionModel",
    network: "DiTTransformer2DModel",
    scheduler: "DDPMScheduler",
    parts: () => ({
      network: new DiT({
        sample_size: 8,
        num_layers: 1,
        num_attention_heads: 1,
        attention_head_dim: 4,
        num_embeds_ada_norm: 2,
      }),
      path: cosineSchedule({ T: 100 }),
      config: { prediction: "noise", shape: image, unconditionalLabel: 2 },
    }),
  },
  {
    pipeline: "DiffusionModel",
    network: "DiT",
    scheduler: "DDPMScheduler",
    parts: () => ({
      network: new DiT({ sample_size: 8, num_layers: 1, num_attention_heads: 1, attention_head_dim: 4 }),
      path: linearSchedule(),
      config: { prediction: "noise", shape: image },
    }),
  },
  {
    pipeline: "DiffusionModel",
    network: "UNet2DConditionModel",
    scheduler: "DDPMScheduler",
    parts: () => ({
      network: new UNet2DCondition({
        ...levels,
        in_channels: 1,
        out_channels: 1,
        cross_attention_dim: 3,
        down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
        up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
      }),
      path: linearSchedule(),
      config: { prediction: "noise", shape: image },
    }),
  },
  {
    pipeline: "DiffusionModel",
    network: "UVit",
    scheduler: "DDPMScheduler",
    parts: () => ({
      network: new UVit({ image_size: [8, 8], embed_dim: 8, depth: 3, num_heads: 2, num_classes: 2 }),
      path: linearSchedule({ T: 100 }),
      config: { prediction: "sample", shape: image },
    }),
  },
  {
    pipeline: "DiffusionModel",
    network: "PointMlp",
    scheduler: "DDPMScheduler",
    parts: () => ({
      network: new PointMlp({ hidden: [8], time_channels: 4 }),
      path: linearSchedule({ T: 100 }),
      config: { prediction: "noise", shape: [2] },
    }),
  },
];

const read = (...path: string[]): Record<string, unknown> =>
  JSON.parse(readFileSync(join(...path), "utf8")) as Record<string, unknown>;

describe("a model that is saved opens as the same model", () => {
  for (const { pipeline, network: name, scheduler, parts } of models) {
    test(`${name} with ${scheduler} in a ${pipeline}`, () => {
      const folder = newFolder();
      const made = parts();
      saveDiffusionModel(folder, made);
      const index = read(folder, "model_index.json");
      assert.equal(index["_class_name"], pipeline);
      const named = Object.values(index)
        .filter(Array.isArray)
        .map(([, one]) => one as string);
      assert.deepEqual(new Set(named), new Set([name, scheduler]));
      const before = tf.memory().numTensors;
      const opened = loadModel(folder);
      assert.ok(isDiffusionModel(opened));
      assert.deepEqual(opened.path.config, made.path.config);
      assert.deepEqual(opened.config, made.config);
      if (made.sampling) assert.deepEqual(opened.sampling, made.sampling);
      assert.deepEqual(opened.network.parameters.toFlat(), made.network.parameters.toFlat());
      assert.deepEqual(opened.shape, made.config.shape);
      const [h, w] = made.config.shape;
      const size = { sample_size: h === w ? h : [h, w] };
      const config = { ...made.network.config, ...("sample_size" in made.network.config && size) };
      assert.deepEqual(opened.network.config, config);
      // Saved again, it is the same folder.
      const again = newFolder();
      saveDiffusionModel(again, opened);
      const files = ["model_index.json", "scheduler/scheduler_config.json"];
      for (const file of files) assert.deepEqual(read(again, file), read(folder, file), file);
      opened.dispose();
      assert.equal(tf.memory().numTensors, before);
      made.network.dispose();
    });
  }
});

test("the network's class is the one that is expected, and any for loadModel", () => {
  const folder = newFolder();
  const network = new PointMlp({ hidden: [4], time_channels: 4 });
  saveDiffusionModel(folder, { network, path: linearSchedule(), config: { prediction: "noise", shape: [2] } });
  assert.throws(
    () => loadDiffusionModel(folder),
    /holds a network of class "PointMlp", not "UNet2DModel": loadDiffusionModel\(folder, { expect: "PointMlp" }\)/,
  );
  const opened = loadDiffusionModel(folder, { expect: "PointMlp" });
  assert.deepEqual(opened.network.config.hidden, [4]);
  opened.dispose();
});

test("what is no model is refused before anything is written", () => {
  const folder = newFolder();
  const network = unet(3);
  const path = linearSchedule();
  const good: DiffusionModelParts = {
    network,
    path,
    config: { prediction: "noise", shape: image, unconditionalLabel: 2 },
  };
  const { config: _config, ...nameless } = vpPath();
  const bad: [object, RegExp][] = [
    [
      { config: { ...good.config, prediction: "epsilon" } },
      /unknown prediction "epsilon": did you mean "noise"\? It is one of noise, /,
    ],
    [{ config: { prediction: "noise" } }, /shape must list the size of one example/],
    [{ config: { ...good.config, shape: [8, 8.5, 1] } }, /shape must list/],
    [{ config: { ...good.config, unconditionalLabel: 1 } }, /unconditionalLabel 1 must be the last row .* 2/],
    [{ config: { ...good.config, sigmaData: 0.5 } }, /sigmaData is for a "preconditioned" network/],
    [{ path: zeroTerminalSnr(path) }, /zero terminal SNR/],
    [{ path: nameless }, /the path "vp" has no config of a known kind/],
    [{ network: { ...network, apply: () => network } }, /is of no class that a folder could name/],
  ];
  for (const [change, message] of bad) {
    assert.throws(() => saveDiffusionModel(folder, { ...good, ...change } as DiffusionModelParts), message);
  }
  const wrong = {
    ...good,
    network: new PointMlp() as DiffusionNetwork,
    config: { prediction: "noise", shape: [3] },
  } as const;
  assert.throws(() => saveDiffusionModel(folder, wrong), /made for examples of shape \[2\], but shape is \[3\]/);
  assert.ok(!existsSync(folder));
});

describe("an index", () => {
  const saved = (): string => {
    const folder = newFolder();
    const network = unet();
    saveDiffusionModel(folder, { network, path: linearSchedule(), config: { prediction: "noise", shape: image } });
    network.dispose();
    return folder;
  };
  const edit = (folder: string, change: Record<string, unknown>): void => {
    const path = join(folder, "model_index.json");
    writeFileSync(path, JSON.stringify({ ...read(path), ...change }));
  };

  test("leads to no place outside of its folder", () => {
    for (const name of ["../unet", "/etc", "..", "a/b", ""]) {
      const folder = saved();
      edit(folder, { [name]: ["diffusers", "UNet2DModel"] });
      assert.throws(() => loadModel(folder), /names a part ".*": a folder beside the index is needed/, name);
    }
    const folder = saved();
    rmSync(join(folder, "unet"), { recursive: true });
    mkdirSync(join(root, "elsewhere"));
    symlinkSync(join(root, "elsewhere"), join(folder, "unet"));
    assert.throws(() => loadModel(folder), /names a part "unet", which leads out of its folder/);
  });

  test("is read strictly, and each refusal names what is wrong", () => {
    const bad: [Record<string, unknown>, RegExp][] = [
      [{ _class_name: "DDPMPipelin" }, /is of class "DDPMPipelin" \(did you mean DDPMPipeline\?\); what can be opened/],
      [{ _class_name: "StableDiffusionXLPipeline" }, /"StableDiffusionXLPipeline".*Its network alone opens as .*unet$/],
      [{ _class_name: 3 }, /_class_name must be a text, got 3/],
      [{ unet: "diffusers" }, /unet must be a part, \[library, class\] such as .*, got "diffusers"/],
      [
        { unet: ["diffusers", "UNet2DConditionModel"] },
        /is of class "UNet2DModel", but the index says "UNet2DConditionModel"/,
      ],
      [{ unet: null }, /names no part unet or transformer or network; its parts: scheduler/],
      [
        { scheduler: ["diffusers", "DDIMScheduler"] },
        /is of class "DDPMScheduler", but the index says "DDIMScheduler"/,
      ],
      [{ scheduler: [null, null] }, /names no part scheduler; its parts: unet/],
      [{ vae: ["diffusers", "AutoencoderKL"] }, /names a part "vae", but there is no folder/],
      [{ _diffusion_lab: { shape: [8, 8, 1], label: 3 } }, /_diffusion_lab: unknown label = 3/],
      [{ _diffusion_lab: { shape: "8" } }, /_diffusion_lab: shape must be a list of numbers, got "8"/],
      [{ _diffusion_lab: { shape: [8, 8, 3] } }, /made for examples of shape \[8,8,1\], but shape is \[8,8,3\]/],
    ];
    for (const [change, message] of bad) {
      const folder = saved();
      edit(folder, change);
      const before = tf.memory().numTensors;
      assert.throws(() => loadModel(folder), message);
      assert.equal(tf.memory().numTensors, before, "tensors left behind");
    }
  });

  test("that is damaged, or has lost a part, says so", () => {
    const folder = saved();
    writeFileSync(join(folder, "model_index.json"), "{");
    assert.throws(() => loadModel(folder), /model_index\.json is not valid JSON: the file is damaged/);
    const other = saved();
    rmSync(join(other, "scheduler", "scheduler_config.json"));
    assert.throws(
      () => loadModel(other),
      /cannot read .*scheduler_config\.json: it says what the network was trained on/,
    );
    assert.throws(
      () => loadModel(join(root, "nothing")),
      /holds no diffusion model: that is a folder with model_index/,
    );
  });

  test("names nobody's shape where diffusers wrote it: the network's sample_size is", () => {
    const folder = saved();
    edit(folder, { _diffusion_lab: undefined });
    const model = loadDiffusionModel(folder);
    assert.deepEqual(model.shape, [8, 8, 1]);
    model.dispose();
    const config = join(folder, "unet", "config.json");
    writeFileSync(config, JSON.stringify({ ...read(config), sample_size: null }));
    assert.throws(() => loadModel(folder), /a UNet2DModel without sample_size does not say what shape to draw/);
  });
});

test("folders of before there were indices open, and are replaced by new ones", () => {
  const old = join(fixtures, "old-diffusion");
  const model = loadDiffusionModel(old);
  assert.deepEqual(model.path.config, cosineSchedule({ T: 100 }).config);
  assert.deepEqual(model.config, { prediction: "velocity", shape: [8, 8, 1], unconditionalLabel: 2 });
  assert.equal(model.classes, 2);
  assert.equal(model.record?.command, "npm run train");
  const folder = newFolder();
  cpSync(old, folder, { recursive: true });
  saveDiffusionModel(folder, model);
  for (const name of ["diffusion.json", "config.json", "diffusion_pytorch_model.safetensors"]) {
    assert.ok(!existsSync(join(folder, name)), name);
  }
  const again = loadDiffusionModel(folder);
  assert.deepEqual(again.network.parameters.toFlat(), model.network.parameters.toFlat());
  assert.deepEqual(again.config, model.config);
  [model, again].forEach((one) => one.dispose());

  const judge = loadClassifier(join(fixtures, "old-classifier"));
  const place = newFolder();
  cpSync(join(fixtures, "old-classifier"), place, { recursive: true });
  saveClassifier(place, { classifier: judge, heldOutAccuracy: 0.5 });
  assert.ok(!existsSync(join(place, "model.safetensors")));
  const same = loadClassifier(place);
  assert.ok(same instanceof Classifier);
  assert.deepEqual(same.config, judge.config);
  assert.deepEqual(same.parameters.toFlat(), judge.parameters.toFlat());
  assert.equal(read(place, "training.json")["heldOutAccuracy"], 0.5);
  [judge, same].forEach((one) => one.dispose());
});

test("a model draws by request, without a folder too, and refuses what it does not know before any work", async () => {
  const network = unet(4);
  const config = { prediction: "noise", shape: image, unconditionalLabel: 3 } as const;
  const model = diffusionModel({ network, path: linearSchedule({ T: 100 }), config });
  assert.equal(model.family, "diffusion");
  assert.deepEqual(model.conditions, { label: { kind: "class", classes: 3 } });
  assert.equal(model.describe({ count: 1, steps: 3 }), "ddim, 3 steps, guidance 1.25");
  const request = { count: 2, seed: 5, steps: 2 };
  const [turn, asked] = [await model.draw(request), await model.draw({ ...request, condition: { label: [0, 1] } })];
  assert.deepEqual(turn.shape, [2, 8, 8, 1]);
  assert.deepEqual(turn.dataSync(), asked.dataSync());
  tf.dispose([turn, asked]);
  const bad: [object, RegExp][] = [
    [{ step: 3 }, /unknown option "step" of drawing from a diffusion model: did you mean "steps"\?/],
    [{ sampler: "dddim" }, /there is no sampler "dddim"/],
    [{ sampler: "heun", eta: 0.5 }, /eta is the noise of ddim, not of heun/],
    [{ steps: 0 }, /steps must be a whole number ≥ 1, got 0/],
    [{ guidance: NaN }, /guidance must be a finite number, got NaN/],
    [{ count: 1.5 }, /count must be a whole number/],
    [{ condition: { label: 3 } }, /knows the classes 0 … 2, got 3/],
    [{ condition: { label: [0, 1, 2] } }, /got 3 classes for 2 examples/],
    [{ condition: { text: "a seven" } }, /knows no condition text: what may be asked for is label/],
    [{ condition: { label: "seven" } }, /label must be a class, or one for each example, got "seven"/],
  ];
  for (const [change, message] of bad) await assert.rejects(model.draw({ ...request, ...change }), message);
  model.dispose();
});

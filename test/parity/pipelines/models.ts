/** Small models of every path that diffusers can draw from, as this library saves them: what open_models.py opens. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import {
  cosineSchedule,
  edmPath,
  flowPath,
  laplaceSchedule,
  linearSchedule,
  logLinearSchedule,
  quadraticSchedule,
  respace,
  scaledLinearSchedule,
  scheduleFromAlphaBars,
  scheduleFromBetas,
  sigmoidAlphaBarSchedule,
  sigmoidBetaSchedule,
  vpPath,
  zeroTerminalSnr,
} from "../../../src/diffusion/index.js";
import { saveDiffusionModel, type DiffusionModelParts } from "../../../src/families/index.js";
import { DiT, UNet2D, UNet2DCondition } from "../../../src/networks/index.js";
import { fill } from "../networks/formula.js";

const unet = (): UNet2D =>
  new UNet2D({
    in_channels: 1,
    out_channels: 1,
    block_out_channels: [4, 8],
    down_block_types: ["DownBlock2D", "AttnDownBlock2D"],
    up_block_types: ["AttnUpBlock2D", "UpBlock2D"],
    layers_per_block: 1,
    norm_num_groups: 2,
    attention_head_dim: 4,
  });
const shape = [8, 8, 1] as const;
const noise = { prediction: "noise", shape } as const;
const velocity = { prediction: "velocity", shape } as const;
const unbounded = { clipping: null, clipKeepsNoise: false, variance: "posterior" } as const;

/** One model: which sampler here is the step of its scheduler, and in how many steps it is drawn. */
export interface OpenedModel {
  readonly sampler: "ddpm" | "ddim" | "flow-euler" | "euler" | null;
  readonly steps: number;
  readonly parts: () => DiffusionModelParts;
}

const onUnet = (
  path: DiffusionModelParts["path"],
  config: DiffusionModelParts["config"] = noise,
  steps = 10,
): OpenedModel => ({
  sampler: "ddpm",
  steps,
  parts: () => ({ network: unet(), path, config }),
});

/** All of them, by the name of their folder. */
export const models: Readonly<Record<string, () => OpenedModel>> = {
  linear: () => onUnet(linearSchedule()),
  "linear-100": () => onUnet(linearSchedule({ T: 100 })),
  "linear-sample": () => onUnet(linearSchedule(), { prediction: "sample", shape }),
  quadratic: () => onUnet(quadraticSchedule()),
  "scaled-linear": () => onUnet(scaledLinearSchedule(), velocity),
  cosine: () => onUnet(cosineSchedule()),
  "cosine-other": () => onUnet(cosineSchedule({ T: 200, s: 0.01 })),
  "sigmoid-beta": () => onUnet(sigmoidBetaSchedule()),
  "sigmoid-alpha-bar": () => onUnet(sigmoidAlphaBarSchedule()),
  laplace: () => onUnet(laplaceSchedule({ T: 300 }), velocity),
  "log-linear": () => onUnet(logLinearSchedule({ T: 300 })),
  "zero-snr": () => onUnet(zeroTerminalSnr(linearSchedule()), velocity),
  respaced: () => onUnet(respace(linearSchedule(), [1000, 750, 500, 250, 100, 1]), velocity, 6),
  betas: () => onUnet(scheduleFromBetas("mine", [0.02, 0.1, 0.3, 0.6, 0.9, 0.95]), velocity, 6),
  "alpha-bars": () => onUnet(scheduleFromAlphaBars("mine", [1, 0.95, 0.7, 0.3, 0.05, 0.003]), velocity, 5),
  ddim: () => ({
    sampler: "ddim",
    steps: 10,
    parts: () => ({
      network: unet(),
      path: linearSchedule(),
      config: noise,
      sampling: {
        grid: { kind: "spaced", spacing: "leading", stepsOffset: 1, toFirstLevel: true },
        clipping: { kind: "static", limit: 1 },
        clipKeepsNoise: true,
        variance: "posterior",
      },
    }),
  }),
  flow: () => ({
    sampler: "flow-euler",
    steps: 10,
    parts: () => ({
      network: unet(),
      path: flowPath(),
      config: { prediction: "flow", shape },
      sampling: { ...unbounded, grid: { kind: "flow", shift: 3 } },
    }),
  }),
  edm: () => ({
    sampler: "euler",
    steps: 10,
    parts: () => ({
      network: unet(),
      path: edmPath(),
      config: { prediction: "preconditioned", shape, sigmaData: 0.5 },
      sampling: { ...unbounded, grid: { kind: "levels", rule: "karras", sigmaMin: 0.002, rho: 7 } },
    }),
  }),
  // No scheduler of diffusers walks this path: only the network is opened there.
  vp: () => ({ ...onUnet(vpPath()), sampler: null }),
  dit: () => ({
    sampler: "ddpm",
    steps: 10,
    parts: () => ({
      network: new DiT({
        sample_size: 8,
        num_layers: 2,
        num_attention_heads: 2,
        attention_head_dim: 4,
        num_embeds_ada_norm: 3,
      }),
      path: linearSchedule(),
      config: { ...velocity, unconditionalLabel: 3 },
    }),
  }),
  conditional: () => ({
    sampler: "ddpm",
    steps: 10,
    parts: () => ({
      network: new UNet2DCondition({
        in_channels: 1,
        out_channels: 1,
        block_out_channels: [4, 8],
        norm_num_groups: 2,
        cross_attention_dim: 5,
        attention_head_dim: 2,
        layers_per_block: 1,
        down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
        up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
      }),
      path: linearSchedule(),
      config: velocity,
    }),
  }),
};

/** Saves a model with weights that a formula gives, so that its files are the same whenever it is saved. */
export function saveModel(name: string, folder: string): void {
  const parts = models[name]().parts();
  fill(parts.network.parameters);
  saveDiffusionModel(folder, parts);
  parts.network.dispose();
}

/**
 * A file as PyTorch sees it: numbers of JSON to nine digits, as float32 holds them. A later V8 computes a table of levels
 * that differs in the sixteenth.
 */
function contentOf(path: string): string | Buffer {
  const bytes = readFileSync(path);
  if (!path.endsWith(".json")) return bytes;
  const round = (_key: string, value: unknown): unknown =>
    typeof value === "number" ? Number(value.toPrecision(9)) : value;
  return JSON.stringify(JSON.parse(bytes.toString("utf8")), round);
}

/** SHA-256 of all that a model is: the names and contents of its JSON and its weights, but for notes of its training. */
export function hashOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(json|safetensors)$/.test(entry.name))
    .map((entry) =>
      relative(folder, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join("/"),
    )
    .filter((name) => name.includes("/") || name === "model_index.json")
    .sort();
  const hash = createHash("sha256");
  for (const name of files) hash.update(`${name}\0`).update(contentOf(join(folder, name)));
  return hash.digest("hex");
}

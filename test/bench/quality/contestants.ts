/** Who trains in a study: this library in two precisions, and a plain PyTorch loop. */
import { bfloat16Supported, type Precision } from "diffusion-lab/compile";
import { forOthers } from "diffusion-lab/runtime";
import { pythonWith, script } from "../peers.js";
import { libraryWorker } from "../work.js";
import type { Command } from "../worker-process.js";
import { RECIPE, type ContestantName, type QualityOrder } from "./recipe.js";

/** What they are called in tables. */
export const TITLES: Readonly<Record<ContestantName, string>> = { float32: "float32", bf16: "bf16", torch: "PyTorch" };

export interface QualityContestant {
  readonly name: ContestantName;
  command(seed: number, data: string): Command;
}

/** Those that can run here: bf16 needs the processor's instructions, PyTorch a Python that has it. */
export function qualityContestants(): QualityContestant[] {
  const python = pythonWith("torch");
  return [
    library("float32"),
    ...(bfloat16Supported() ? [library("bf16")] : []),
    ...(python === undefined ? [] : [plainTorch(python)]),
  ];
}

function library(precision: Precision & ContestantName): QualityContestant {
  return {
    name: precision,
    command: (seed, data) => libraryWorker({ quality: { ...RECIPE, seed, data, precision } }),
  };
}

function plainTorch(python: string): QualityContestant {
  return {
    name: "torch",
    command: (seed, data) => ({
      program: python,
      args: [
        script("quality_torch.py"),
        JSON.stringify({ ...RECIPE, seed, data, precision: "float32" } satisfies QualityOrder),
      ],
      environment: forOthers(process.env),
    }),
  };
}

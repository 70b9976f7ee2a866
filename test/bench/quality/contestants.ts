/** Who trains in a study: this library in two precisions, a plain PyTorch loop, and projects as they are. */
import { bfloat16Supported, type Precision } from "diffusion-lab/compile";
import { forOthers } from "diffusion-lab/runtime";
import { projectsPython, pythonWith, script } from "../peers.js";
import { libraryWorker } from "../work.js";
import type { Command } from "../worker-process.js";
import { RECIPE, type ContestantName, type ProjectName, type ProjectOrder, type QualityOrder } from "./recipe.js";

/** What they are called in tables. */
export const TITLES: Readonly<Record<ContestantName, string>> = {
  float32: "float32",
  bf16: "bf16",
  torch: "PyTorch",
  smalldiffusion: "smalldiffusion",
  "denoising-diffusion-pytorch": "denoising-diffusion-pytorch",
};

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

/** Those of the projects that are installed; each draws `samples` digits when it is done. */
export function projectContestants(samples: number): QualityContestant[] {
  return [
    { name: "smalldiffusion" as const, module: "smalldiffusion" },
    { name: "denoising-diffusion-pytorch" as const, module: "denoising_diffusion_pytorch" },
  ].flatMap(({ name, module }) => {
    const python = projectsPython(module);
    return python === undefined ? [] : [project(name, python, samples)];
  });
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

function project(name: ProjectName, python: string, samples: number): QualityContestant {
  const { batchSize, learningRate } = RECIPE;
  return {
    name,
    command: (seed, data) => ({
      program: python,
      args: [
        script("quality_projects.py"),
        JSON.stringify({ project: name, batchSize, learningRate, seed, data, samples } satisfies ProjectOrder),
      ],
      environment: forOthers(process.env),
    }),
  };
}

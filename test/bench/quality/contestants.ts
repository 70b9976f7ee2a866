import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bfloat16Supported } from "diffusion-lab/compile";
import { computingProcess, forComputing, forOthers } from "diffusion-lab/runtime";
import { checkoutRoot, pythonWith } from "../speed/contestants.js";
import type { Command } from "../worker-process.js";
import { RECIPE, type ContestantName, type WorkerOrder } from "./recipe.js";

/** What they are called in tables. */
export const TITLES: Readonly<Record<ContestantName, string>> = { float32: "float32", bf16: "bf16", torch: "PyTorch" };

export interface QualityContestant {
  readonly name: ContestantName;
  command(seed: number, data: string): Command;
}

/** Those that can run here: bf16 needs the processor's instructions, PyTorch a Python that has it. */
export function qualityContestants(): QualityContestant[] {
  const python = pythonWith("torch", checkoutRoot());
  return [
    library("float32"),
    ...(bfloat16Supported() ? [library("bf16")] : []),
    ...(python === undefined ? [] : [plainTorch(python)]),
  ];
}

function library(precision: "float32" | "bf16"): QualityContestant {
  const file = fileURLToPath(import.meta.url);
  const worker = join(dirname(file), file.endsWith(".ts") ? "worker.ts" : "worker.js");
  return {
    name: precision,
    command: (seed, data) => ({
      program: process.execPath,
      args: [
        ...process.execArgv,
        ...computingProcess.nodeFlags,
        worker,
        JSON.stringify({ ...RECIPE, seed, data, precision } satisfies WorkerOrder),
      ],
      environment: forComputing(process.env),
    }),
  };
}

function plainTorch(python: string): QualityContestant {
  const script = join(checkoutRoot()!, "test", "bench", "quality_torch.py");
  return {
    name: "torch",
    command: (seed, data) => ({
      program: python,
      args: [script, JSON.stringify({ ...RECIPE, seed, data, precision: "float32" } satisfies WorkerOrder)],
      environment: forOthers(process.env),
    }),
  };
}

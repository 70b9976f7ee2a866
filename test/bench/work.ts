/** What a worker of this library does, one step a call, and how it is started. */
import { fileURLToPath } from "node:url";
import { computingProcess, forComputing } from "diffusion-lab/runtime";
import type { LatentOrder } from "./latent/work.js";
import type { QualityOrder } from "./quality/recipe.js";
import type { SpeedOrder } from "./speed/work.js";
import type { Command } from "./worker-process.js";

/** The whole order to a worker, as JSON on its command line. */
export type WorkOrder =
  { readonly speed: SpeedOrder } | { readonly quality: QualityOrder } | { readonly latent: LatentOrder };

/** Something that is done in steps; a step has finished when the call returns. */
export interface Work {
  readonly parameters: number;
  step(): void;
  /** Floating-point operations of a step's convolutions and matrix products; known after the first step. */
  flops?(): number;
  /** Writes the averaged parameters, of work that trains. */
  save?(path: string): void;
}

/** A process of this library's, from source or built, as the benchmark itself runs. */
export function libraryWorker(order: WorkOrder): Command {
  const extension = fileURLToPath(import.meta.url).endsWith(".ts") ? "ts" : "js";
  const worker = fileURLToPath(new URL(`worker.${extension}`, import.meta.url));
  return {
    program: process.execPath,
    args: [...process.execArgv, ...computingProcess.nodeFlags, worker, JSON.stringify(order)],
    environment: forComputing(process.env),
  };
}

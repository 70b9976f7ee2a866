/** Measures each part in a process of its own, and puts the cost of a picture together. */
import { libraryWorker } from "../work.js";
import { WorkerProcess } from "../worker-process.js";
import { median } from "../statistics.js";
import type { Space } from "./networks.js";
import { TRAINED, type LatentOrder } from "./work.js";

/** One part, measured. */
export interface PartCost {
  readonly ms: number;
  readonly flops: number;
  /** Bytes. */
  readonly peak: number;
  readonly parameters: number;
}

/** What one picture costs on one side. */
export interface PictureCost {
  readonly space: Space;
  readonly side: number;
  readonly seconds: number;
  readonly flops: number;
  /** The largest resident memory of any of its parts, libraries included, in bytes. */
  readonly peak: number;
  /** Of the U-Net. */
  readonly parameters: number;
}

/** Of training, for one picture of a step. */
export interface TrainingCost {
  readonly space: Space;
  readonly side: number;
  readonly seconds: number;
  readonly flops: number;
  readonly peak: number;
}

export type MeasurePart = (order: LatentOrder) => Promise<PartCost>;

/** Medians of so many steps after the first. */
export function partMeasurer(rounds: number): MeasurePart {
  return async (order) => {
    const { worker, ready } = await WorkerProcess.start(libraryWorker({ latent: order }));
    try {
      const ms = median(await worker.steps(rounds));
      const peak = await worker.end();
      return { ms, flops: ready.flops ?? 0, peak, parameters: ready.parameters };
    } finally {
      worker.kill();
    }
  };
}

/** A picture of `steps` guided steps: steps·evaluation, and of latents one decoding. */
export async function pictureCost(
  measure: MeasurePart,
  space: Space,
  side: number,
  steps: number,
): Promise<PictureCost> {
  const evaluation = await measure({ space, side, part: "evaluation" });
  const decoding =
    space === "latents" ? await measure({ space, side, part: "decoding" }) : { ms: 0, flops: 0, peak: 0 };
  return {
    space,
    side,
    seconds: (steps * evaluation.ms + decoding.ms) / 1000,
    flops: steps * evaluation.flops + decoding.flops,
    peak: Math.max(evaluation.peak, decoding.peak),
    parameters: evaluation.parameters,
  };
}

export async function trainingCost(measure: MeasurePart, space: Space, side: number): Promise<TrainingCost> {
  const { ms, flops, peak } = await measure({ space, side, part: "training" });
  return { space, side, seconds: ms / 1000 / TRAINED, flops: flops / TRAINED, peak };
}

/**
 * The side of a picture that takes so many seconds: between two that were measured by a power law through both. Undefined
 * where all take less, 0 where all take more.
 */
export function sideWithin(costs: readonly PictureCost[], seconds: number): number | undefined {
  const sorted = [...costs].sort((a, b) => a.side - b.side);
  const above = sorted.findIndex((cost) => cost.seconds > seconds);
  if (above < 0) return undefined;
  if (above === 0) return 0;
  const [a, b] = [sorted[above - 1], sorted[above]];
  const power = Math.log(b.side / a.side) / Math.log(b.seconds / a.seconds);
  return a.side * (seconds / a.seconds) ** power;
}

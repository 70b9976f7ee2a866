/** Latents and pixels side by side, as a table and two sentences. */
import { markdownTable } from "diffusion-lab/base";
import type { Space } from "./networks.js";
import { sideWithin, type PictureCost, type TrainingCost } from "./measure.js";

export interface LatentReport {
  readonly steps: number;
  readonly pictures: readonly PictureCost[];
  readonly training: readonly TrainingCost[];
  /** "2 cores, …" */
  readonly machine: string;
}

const SPACES: readonly Space[] = ["latents", "pixels"];

export function latentMarkdown({ steps, pictures, training, machine }: LatentReport): string {
  const sides = [...new Set(pictures.map(({ side }) => side))].sort((a, b) => a - b);
  const cells = (cost: { flops: number; seconds: number; peak: number } | undefined): string[] =>
    cost
      ? [(cost.flops / 1e9).toPrecision(3), cost.seconds.toPrecision(3), (cost.peak / 2 ** 20).toFixed(0)]
      : ["–", "–", "–"];
  const ratio = (a: { seconds: number } | undefined, b: { seconds: number } | undefined): string =>
    a && b ? (b.seconds / a.seconds).toFixed(1) : "–";
  const line = (what: string, of: readonly (PictureCost | TrainingCost)[], side: number): string[] => {
    const [latents, pixels] = SPACES.map((space) => of.find((cost) => cost.space === space && cost.side === side));
    return [what, String(side), ...cells(latents), ...cells(pixels), ratio(latents, pixels)];
  };
  const columns = (space: Space): string[] => [`${space}: GFLOP`, "s", "peak MB"];
  const table = markdownTable({
    head: ["for one picture", "side", ...columns("latents"), ...columns("pixels"), "pixels/latents, s"],
    rows: [
      ...sides.map((side) => line("drawn", pictures, side)),
      ...[...new Set(training.map(({ side }) => side))].map((side) => line("of a training step", training, side)),
    ],
  });
  const [latents, pixels] = SPACES.map((space) => pictures.find((cost) => cost.space === space)!.parameters);
  return (
    `${table}\n\n${secondSentence(pictures)} U-Nets of ${millions(latents)} (latents) and ${millions(pixels)} million parameters; ` +
    `${steps} steps with guidance, one picture at a time, the decoder counted in. ${machine}.`
  );
}

const millions = (count: number): string => (count / 1e6).toFixed(2);

/** "In one second a picture of 180 pixels a side is drawn on latents, of 60 on pixels." */
export function secondSentence(pictures: readonly PictureCost[]): string {
  const side = (space: Space): string => {
    const costs = pictures.filter((cost) => cost.space === space);
    const found = sideWithin(costs, 1);
    if (found === undefined) return `more than ${Math.max(...costs.map((cost) => cost.side))}`;
    return found === 0 ? `less than ${Math.min(...costs.map((cost) => cost.side))}` : found.toFixed(0);
  };
  return `In one second a picture of ${side("latents")} pixels a side is drawn on latents, of ${side("pixels")} on pixels.`;
}

/** The table of speed, and the ratios that it comes to. */
import { markdownTable, textTable } from "diffusion-lab/base";
import type { Measurement, Row } from "./measure.js";
import { rateOf } from "./roofline.js";

const HEAD = [
  "work",
  "contestant",
  "ms a step",
  "fastest",
  "slowest",
  "GFLOP/s",
  "first step s",
  "peak MB",
  "ours/theirs",
];

const RIGHT = HEAD.map((_, column) => column > 1);

/** A table of all rows, the library's time over each contestant's in the last column. */
export function speedText(rows: readonly Row[]): string {
  return textTable({ head: HEAD, rows: tableCells(rows), right: RIGHT });
}

/** The same in Markdown, below it the lines given. */
export function speedMarkdown(rows: readonly Row[], lines: readonly string[]): string {
  return [markdownTable({ head: HEAD, rows: tableCells(rows), right: RIGHT }), "", ...lines].join("\n");
}

function tableCells(rows: readonly Row[]): string[][] {
  return rows.flatMap((row) => {
    const { plan, measurements } = row;
    return measurements.map((m) => {
      const times = [m.medianMs, m.fastestMs, m.slowestMs].map((ms) => ms.toFixed(ms < 20 ? 2 : 0));
      const rate = rateOf(row, m);
      return [
        `${plan.model} ${plan.mode} ${plan.batch}`,
        m.contestant,
        ...times,
        rate === undefined ? "–" : (rate / 1e9).toFixed(0),
        (m.firstStepMs / 1000).toFixed(1),
        (m.peakBytes / 1e6).toFixed(0),
        m === measurements[0] ? "" : (measurements[0].medianMs / m.medianMs).toFixed(3),
      ];
    });
  });
}

export interface Ratios {
  readonly train_ratio: number | null;
  readonly sample_ratio: number | null;
  readonly memory_ratio: number | null;
  readonly mlp_ratio: number | null;
}

/** Ours over PyTorch eager's: the U-Net's steps and peak memory of training at batch 64, the MLP's training step. */
export function ratios(rows: readonly Row[]): Ratios {
  const time = (m: Measurement): number => m.medianMs;
  return {
    train_ratio: toEager(rows, "unet train 64", time),
    sample_ratio: toEager(rows, "unet sample 64", time),
    memory_ratio: toEager(rows, "unet train 64", (m) => m.peakBytes),
    mlp_ratio: toEager(rows, "mlp train 256", time),
  };
}

/** The U-Net's training step with bfloat16 products over PyTorch eager's in float32, at batch 64. */
export function bfloat16Ratio(rows: readonly Row[]): number | null {
  return toEager(rows, "unet train 64", (m) => m.medianMs, "diffusion-lab bf16");
}

function toEager(
  rows: readonly Row[],
  work: string,
  value: (m: Measurement) => number,
  ours = "diffusion-lab",
): number | null {
  const row = rows.find(({ plan }) => `${plan.model} ${plan.mode} ${plan.batch}` === work);
  const [own, eager] = [ours, "PyTorch eager"].map((name) =>
    row?.measurements.find(({ contestant }) => contestant === name),
  );
  return own && eager ? Number((value(own) / value(eager)).toFixed(4)) : null;
}

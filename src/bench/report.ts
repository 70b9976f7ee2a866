import type { Measurement, Plan } from "./measure.js";

/** What was measured of one kind of work. */
export interface Row {
  readonly plan: Plan;
  readonly measurements: readonly Measurement[];
}

/** A table of all rows, the library's time over each contestant's in the last column. */
export function table(rows: readonly Row[]): string {
  const cells = [
    ["work", "contestant", "ms a step", "fastest", "slowest", "first step s", "peak MB", "ours/theirs"],
  ];
  for (const { plan, measurements } of rows) {
    const work = `${plan.model} ${plan.mode} ${plan.batch}`;
    for (const m of measurements) {
      const times = [m.medianMs, m.fastestMs, m.slowestMs].map((ms) => ms.toFixed(ms < 20 ? 2 : 0));
      const ratio = m === measurements[0] ? "" : (measurements[0].medianMs / m.medianMs).toFixed(3);
      const first = (m.firstStepMs / 1000).toFixed(1);
      cells.push([work, m.contestant, ...times, first, (m.peakBytes / 1e6).toFixed(0), ratio]);
    }
  }
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ");
  return `${cells.map(line).join("\n")}\n`;
}

export interface Ratios {
  readonly train_ratio: number | null;
  readonly sample_ratio: number | null;
  readonly memory_ratio: number | null;
  readonly mlp_ratio: number | null;
}

/** Ours over PyTorch eager's: the U-Net's steps and peak memory of training at batch 64, the MLP's training step. */
export function ratios(rows: readonly Row[]): Ratios {
  const ratio = (
    model: string,
    mode: string,
    batch: number,
    value: (m: Measurement) => number,
  ): number | null => {
    const row = rows.find(({ plan }) => plan.model === model && plan.mode === mode && plan.batch === batch);
    const theirs = row?.measurements.find((m) => m.contestant === "PyTorch eager");
    return row && theirs ? Number((value(row.measurements[0]) / value(theirs)).toFixed(4)) : null;
  };
  return {
    train_ratio: ratio("unet", "train", 64, (m) => m.medianMs),
    sample_ratio: ratio("unet", "sample", 64, (m) => m.medianMs),
    memory_ratio: ratio("unet", "train", 64, (m) => m.peakBytes),
    mlp_ratio: ratio("mlp", "train", 256, (m) => m.medianMs),
  };
}

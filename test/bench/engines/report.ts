/** The line of ratios: this library over the fastest of the others. */
import type { Row } from "../speed/measure.js";

/** Medians over that of the fastest other: of our own graph, and of what `auto` chose; null where one was not timed. */
export interface EngineRatio {
  readonly graph: number | null;
  readonly auto: number | null;
  /** Who was fastest. */
  readonly best: string;
}

const OURS = ["diffusion-lab", "diffusion-lab auto"] as const;

/** Of each kind of work that another took part in. */
export function engineRatios(rows: readonly Row[]): Readonly<Record<string, EngineRatio>> {
  return Object.fromEntries(
    rows.flatMap(({ plan, measurements }) => {
      const others = measurements.filter(({ contestant }) => !(OURS as readonly string[]).includes(contestant));
      if (others.length === 0) return [];
      const best = others.reduce((a, b) => (b.medianMs < a.medianMs ? b : a));
      const [graph, auto] = OURS.map((name) => {
        const own = measurements.find(({ contestant }) => contestant === name);
        return own ? Number((own.medianMs / best.medianMs).toFixed(3)) : null;
      });
      return [[`${plan.model} ${plan.mode} ${plan.batch}`, { graph, auto, best: best.contestant }]];
    }),
  );
}

/** How much room a figure's legend takes. */
import type { Figure, Trace } from "./figure.js";
import { textWidth } from "./font.js";

/** CSS pixels. */
export const legendRowHeight = 20;

/** The curves that have a name to show. */
export function namedTraces(data: readonly Trace[]): Trace[] {
  return data.filter((trace) => trace.showlegend !== false && typeof trace.name === "string");
}

/**
 * Rows that plotly's horizontal legend takes: one if all entries fit side by side, else a grid as wide as its
 * longest entry.
 */
export function legendRows(data: readonly Trace[], room: number): number {
  // A line sample, the gaps around it, and the name.
  const entries = namedTraces(data).map(({ name }) => 52 + textWidth(String(name).replace(/<[^>]*>/g, ""), 13));
  if (entries.reduce((sum, width) => sum + width, 0) <= room) return 1;
  return Math.ceil(entries.length / Math.max(1, Math.floor(room / Math.max(...entries))));
}

/** Makes room over the plot for the names of its curves; a single curve needs no legend. */
export function withLegend({ data, layout }: Figure): Figure {
  if (namedTraces(data).length <= 1) return { data, layout: { ...layout, showlegend: false } };
  const margin = layout.margin as { l: number; r: number; t: number };
  const rows = legendRows(data, layout.width! - margin.l - margin.r);
  return {
    data,
    layout: { ...layout, showlegend: true, margin: { ...margin, t: margin.t + legendRowHeight * rows } },
  };
}

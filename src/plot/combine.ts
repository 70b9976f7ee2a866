import type { Figure, Layout, Trace } from "./figure.js";
import { pageLayout, type ChartSize } from "./style.js";

/**
 * Draws figures over one another on the axes of the first: arrows over a density, points over both.
 *
 * @throws RangeError when no figure is given.
 */
export function overlay(...figures: readonly Figure[]): Figure {
  if (figures.length === 0) throw new RangeError("overlay needs at least one figure");
  return { data: figures.flatMap(({ data }) => data), layout: figures[0].layout };
}

export interface SideBySide extends ChartSize {
  /** Charts in a row; default all, up to three. */
  columns?: number;
}

/**
 * Several charts as panels of one figure, each with its own axes; a chart's title becomes its panel's.
 * A panel is as large as the first chart, or shares `width` and `height` where these are given.
 *
 * @throws RangeError when no figure is given.
 */
export function sideBySide(figures: readonly Figure[], options: SideBySide = {}): Figure {
  if (figures.length === 0) throw new RangeError("sideBySide needs at least one figure");
  const columns = options.columns ?? Math.min(3, figures.length);
  const rows = Math.ceil(figures.length / columns);
  const width = options.width ?? Math.min(1100, columns * (figures[0].layout.width ?? 400));
  const height = options.height ?? rows * Math.min(360, figures[0].layout.height ?? 360);
  const gap = { x: 78 / width, y: 90 / height };
  const page = pageLayout({ title: options.title, width, height });
  const merged: Layout = {
    ...page,
    margin: { ...(page.margin as object), t: options.title ? 84 : 48 },
    showlegend: false,
  };
  const data: Trace[] = [];
  const annotations: object[] = [];
  const legends = figures.map(({ layout }) => layout.showlegend === true);
  let next = 1;
  figures.forEach((figure, index) => {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    const x = span(column, columns, gap.x);
    const y = span(rows - 1 - row, rows, gap.y);
    // The second y axis of a panel takes a number of its own, so numbers are given per figure, not per panel.
    const number = next;
    const extra = figure.layout.yaxis2 ? 1 : 0;
    next += 1 + extra;
    const name = (axis: "x" | "y", k: number) => `${axis}${k === 1 ? "" : k}`;
    merged[axisKey("x", number)] = {
      ...(figure.layout.xaxis as object),
      domain: x,
      anchor: name("y", number),
    };
    merged[axisKey("y", number)] = {
      ...(figure.layout.yaxis as { scaleanchor?: string }),
      domain: y,
      anchor: name("x", number),
      ...((figure.layout.yaxis as { scaleanchor?: string } | undefined)?.scaleanchor
        ? { scaleanchor: name("x", number) }
        : {}),
    };
    if (extra) {
      merged[axisKey("y", number + 1)] = {
        ...(figure.layout.yaxis2 as object),
        overlaying: name("y", number),
        anchor: name("x", number),
      };
    }
    const title = (figure.layout.title as { text?: string } | undefined)?.text;
    if (title) {
      annotations.push({
        text: title,
        showarrow: false,
        font: { size: 14 },
        xref: "paper",
        yref: "paper",
        x: (x[0] + x[1]) / 2,
        xanchor: "center",
        y: y[1],
        yanchor: "bottom",
        yshift: legends[index] ? 22 : 4,
      });
    }
    for (const trace of figure.data) {
      const legend = `legend${index === 0 ? "" : index + 1}`;
      data.push({
        ...trace,
        xaxis: name("x", number),
        yaxis: name("y", trace.yaxis === "y2" ? number + 1 : number),
        ...(legends[index] ? { legend } : { showlegend: false }),
        ...placedColourBar(trace, x, y),
      });
    }
    if (legends[index]) {
      merged.showlegend = true;
      merged[`legend${index === 0 ? "" : index + 1}`] = {
        ...(figure.layout.legend as object),
        x: x[0],
        y: y[1],
      };
    }
  });
  return { data, layout: { ...merged, annotations } };
}

function axisKey(axis: "x" | "y", number: number): string {
  return `${axis}axis${number === 1 ? "" : number}`;
}

function span(index: number, count: number, gap: number): [number, number] {
  const size = (1 - gap * (count - 1)) / count;
  return [index * (size + gap), index * (size + gap) + size];
}

/** A colour bar stands beside its own panel, as high as it. */
function placedColourBar(trace: Trace, x: [number, number], y: [number, number]): Partial<Trace> {
  const place = { x: x[1] + 0.005, y: (y[0] + y[1]) / 2, len: y[1] - y[0] };
  if (trace.colorbar) return { colorbar: { ...(trace.colorbar as object), ...place } };
  const marker = trace.marker as { colorbar?: object } | undefined;
  return marker?.colorbar ? { marker: { ...marker, colorbar: { ...marker.colorbar, ...place } } } : {};
}

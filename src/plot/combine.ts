/** Figures over one another and side by side. */
import { requireFigure } from "./figure.js";
import { requireList } from "../base/values.js";
import { requireKnownKeys } from "../base/check.js";
import type { Figure, Layout, Trace } from "./figure.js";
import { legendRowHeight, legendRows, namedTraces } from "./legend.js";
import { fittedTitle, pageLayout, type ChartSize } from "./style.js";

/**
 * Draws figures over one another on the axes of the first: arrows over a density, points over both.
 *
 * @throws RangeError when no figure is given.
 */
export function overlay(...figures: readonly Figure[]): Figure {
  figures.forEach(requireFigure);
  if (figures.length === 0) throw new RangeError("overlay needs at least one figure");
  return { data: figures.flatMap(({ data }) => data), layout: figures[0].layout };
}

export interface SideBySide extends ChartSize {
  /** Charts in a row; default all, up to three. */
  columns?: number;
}

/**
 * Several charts as panels of one figure, each with its own axes; a chart's title becomes its panel's.
 * Curves of one name and look share one entry of a common legend.
 * A panel is as large as the first chart, or shares `width` and `height` where these are given.
 *
 * @throws RangeError when no figure is given.
 */
export function sideBySide(figures: readonly Figure[], options: SideBySide = {}): Figure {
  requireList("figures", figures, "figures");
  figures.forEach(requireFigure);
  requireKnownKeys("sideBySide", options, {
    columns: "a number",
    title: "a text",
    width: "a number",
    height: "a number",
  });
  if (figures.length === 0) throw new RangeError("sideBySide needs at least one figure");
  const columns = options.columns ?? Math.min(3, figures.length);
  const rows = Math.ceil(figures.length / columns);
  const width = options.width ?? Math.min(1100, columns * (figures[0].layout.width ?? 400));
  const height = options.height ?? rows * Math.min(360, figures[0].layout.height ?? 360);
  const gap = { x: 84 / width, y: 96 / height };
  const page = pageLayout({ title: options.title, width, height });
  const panelTitles = figures.map(({ layout }) => {
    const text = (layout.title as { text?: string } | undefined)?.text?.replaceAll("<br>", " ");
    return text ? fittedTitle(text, panelTitleSize, width / columns - 84) : undefined;
  });

  const data: Trace[] = [];
  const axes: Record<string, unknown> = {};
  const annotations: object[] = [];
  const named = new Set<string>();
  let next = 1;
  figures.forEach((figure, index) => {
    const x = span(index % columns, columns, gap.x);
    const y = span(rows - 1 - Math.floor(index / columns), rows, gap.y);
    // The second y axis of a panel takes a number of its own, so numbers are given per figure, not per panel.
    const number = next;
    next += figure.layout.yaxis2 ? 2 : 1;
    const [xName, yName, secondName] = [axisName("x", number), axisName("y", number), axisName("y", number + 1)];
    const yaxis = figure.layout.yaxis as { scaleanchor?: string } | undefined;
    axes[axisKey("x", number)] = { ...(figure.layout.xaxis as object), domain: x, anchor: yName };
    axes[axisKey("y", number)] = {
      ...yaxis,
      domain: y,
      anchor: xName,
      ...(yaxis?.scaleanchor ? { scaleanchor: xName } : {}),
    };
    if (figure.layout.yaxis2) {
      const second = figure.layout.yaxis2 as object;
      axes[axisKey("y", number + 1)] = { ...second, overlaying: yName, anchor: xName };
    }
    const title = panelTitles[index];
    if (title) annotations.push(panelTitle(title.text, x, y));
    const known = new Set(figure.layout.showlegend === true ? namedTraces(figure.data) : []);
    for (const trace of figure.data) {
      const look = JSON.stringify([trace.name, trace.line, trace.type]);
      const first = known.has(trace) && !named.has(look);
      named.add(known.has(trace) ? look : "");
      data.push({
        ...trace,
        xaxis: xName,
        yaxis: trace.yaxis === "y2" ? secondName : yName,
        legendgroup: look,
        showlegend: first,
        ...placedColourBar(trace, x, y),
      });
    }
  });

  const legend = namedTraces(data);
  const titleRows = Math.max(0, ...panelTitles.map((title) => title?.lines ?? 0));
  const top = (page.margin as { t: number }).t;
  const legendHeight = legend.length === 0 ? 0 : legendRowHeight * legendRows(legend, width - 88) + 6;
  const layout: Layout = {
    ...page,
    ...axes,
    annotations,
    showlegend: legend.length > 0,
    margin: { ...(page.margin as object), t: top + legendHeight + (titleRows > 0 ? 19 * titleRows + 4 : 0) },
    // Under the title of the page and over those of the panels.
    legend: { ...(page.legend as object), yref: "container", y: 1 - (top - 6) / height, yanchor: "top" },
  };
  return { data, layout };
}

const panelTitleSize = 14;

function panelTitle(text: string, x: [number, number], y: [number, number]): object {
  return {
    text,
    showarrow: false,
    font: { size: panelTitleSize },
    xref: "paper",
    yref: "paper",
    x: (x[0] + x[1]) / 2,
    xanchor: "center",
    y: y[1],
    yanchor: "bottom",
    yshift: 4,
  };
}

function axisName(axis: "x" | "y", number: number): string {
  return `${axis}${number === 1 ? "" : number}`;
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

/** Draws a network as a column of blocks, and the way of the time beside it. */
import { path as pathOf, scaleLinear } from "d3";
import type { BlockDescription, NetworkDescription } from "../networks/describe-network.js";
import { colourOf, drawBox, drawLegend, label, readableName, shortNumber, sizeText } from "./architecture-style.js";
import { arrow, drawing } from "./drawing.js";
import type { Pen } from "./pen.js";
import type { Picture } from "./picture.js";
import { textWidth } from "./font.js";
import { grey, gridColour, palette } from "./style.js";

const ROW = 34;
const BOX = { width: 196, height: 24 };
const TOP = 82;
const INDENT = 20;
/** From the left edge of the boxes to the line of the data, and to the boxes beside it. */
const [LINE, ASIDE] = [34, 56];

/** A block, or a part of the one that is opened, on a row of its own. */
interface Row {
  readonly block: BlockDescription;
  readonly depth: 0 | 1;
  /** Made of the time or the class, not of the data: its box stands beside the line. */
  readonly aside: boolean;
  readonly y: number;
}

/** Blocks from top to bottom in their order, long connections beside them; to the right, what each one costs. */
export function drawColumn(network: NetworkDescription, width: number, open: string | undefined): Picture {
  const bare = network.blocks.filter(({ kind }) => kind === "parameters");
  const running = network.blocks.filter(({ kind }) => kind !== "parameters");
  // Where the answer is an image, a vector on the way is not made of it: blocks run in one order, on two ways.
  const isAside = ({ kind, shape }: BlockDescription): boolean =>
    kind === "time" || kind === "table" || (kind !== "parameters" && network.output.length > 1 && shape.length === 1);
  const shown = [...running, ...bare].flatMap((block): Omit<Row, "y">[] => [
    { block, depth: 0, aside: isAside(block) },
    ...(block.name === open
      ? block.inner.map((inner) => ({ block: inner, depth: 1 as const, aside: isAside(inner) }))
      : []),
  ]);
  // Numbers that no block holds stand below the way out.
  const rows = shown.map((row, i): Row => ({ ...row, y: TOP + (i + 0.5) * ROW + (bare.includes(row.block) ? 30 : 0) }));
  const lanes = skipsOf(rows).length;
  const left = 26 + (lanes > 0 ? 12 + 11 * lanes : 0);
  const panels = left + BOX.width + 118;
  const panelWidth = (width - panels - 24 - 40) / 2;
  const height = rows[rows.length - 1].y + ROW / 2 + 34;

  const draw = (svg: Pen): void => {
    const kinds = rows.map(({ block }) => block.kind);
    drawLegend(svg, kinds, 26, 20);
    drawWay(svg, rows, left + LINE, network);
    drawSkips(svg, rows, left);
    for (const row of rows) drawRow(svg, row, left);
    drawEntries(svg, rows, left);
    const bars = (x: number, title: string, key: "parameters" | "multiplyAdds"): void => {
      drawBars(svg, rows, { x, width: panelWidth, title, value: (block) => block[key] });
    };
    bars(panels, "parameters (numbers)", "parameters");
    bars(panels + panelWidth + 40, "multiply–adds (per image)", "multiplyAdds");
  };
  const alt =
    `${network.name} as a column: ${network.blocks.length} blocks, ${shortNumber(network.parameters)} parameters, ` +
    `${shortNumber(network.multiplyAdds)} multiply–adds an image`;
  return drawing(width, height, draw, alt);
}

function drawRow(svg: Pen, { block, depth, aside, y }: Row, left: number): void {
  const { kind, shape } = block;
  const inset = aside ? ASIDE : depth * INDENT;
  drawBox(svg, kind, {
    x: left + inset,
    y: y - BOX.height / 2,
    width: BOX.width - inset,
    height: BOX.height,
    radius: shape.length === 1 ? BOX.height / 2 : 3,
  });
  const name =
    depth === 0 ? readableName(block.name) : readableName(block.name.split(".").slice(2).join(".") || block.name);
  const room = BOX.width - inset - 14;
  const size = depth === 0 ? 11.5 : 10.5;
  const fitted = Math.min(size, (size * room) / textWidth(name, size));
  label(svg, name, left + (BOX.width + inset) / 2, y + 4, { size: Number(fitted.toFixed(1)) });
  label(svg, sizeText(shape), left + BOX.width + 12, y + 4, { size: 10.5, anchor: "start", colour: grey });
}

/** Where the time enters: from each box beside the line to the next box, in the colour of the time. */
function drawEntries(svg: Pen, rows: readonly Row[], left: number): void {
  const x = left + (BOX.width + ASIDE) / 2;
  rows.slice(0, -1).forEach(({ aside, y }, i) => {
    const next = rows[i + 1];
    if (!aside || next.block.kind === "parameters") return;
    arrow(svg, [x, y + BOX.height / 2], [x, next.y - BOX.height / 2 - 0.5], { colour: palette[4] });
  });
}

function drawWay(svg: Pen, rows: readonly Row[], x: number, network: NetworkDescription): void {
  const colour = "#6B6B6B";
  const main = rows
    .filter(({ block, depth }) => depth === 0 && block.kind !== "parameters")
    .filter(({ aside }) => !aside);
  const [first, last] = [main[0], main[main.length - 1]];
  svg
    .append("line")
    .attr("x1", x)
    .attr("x2", x)
    .attr("y1", first.y)
    .attr("y2", last.y)
    .attr("stroke", colour)
    .attr("stroke-width", 1.3);
  arrow(svg, [x, first.y - BOX.height / 2 - 18], [x, first.y - BOX.height / 2 - 1], { colour });
  arrow(svg, [x, last.y + BOX.height / 2], [x, last.y + BOX.height / 2 + 18], { colour });
  label(svg, `in: ${sizeText(network.input)}`, x + 10, first.y - BOX.height / 2 - 8, { size: 10.5, anchor: "start" });
  label(svg, `out: ${sizeText(network.output)}`, x + 10, last.y + BOX.height / 2 + 14, { size: 10.5, anchor: "start" });
}

function skipsOf(rows: readonly Row[]): { from: Row; to: Row }[] {
  return rows.flatMap((to) =>
    to.block.skips.flatMap((name) =>
      rows.filter(({ block, depth }) => depth === 0 && block.name === name).map((from) => ({ from, to })),
    ),
  );
}

/** Long connections as brackets to the left, the shortest innermost. */
function drawSkips(svg: Pen, rows: readonly Row[], left: number): void {
  const colour = palette[5];
  const skips = skipsOf(rows).sort((a, b) => a.to.y - a.from.y - (b.to.y - b.from.y));
  skips.forEach(({ from, to }, lane) => {
    const x = left - 14 - 11 * lane;
    const route = pathOf();
    route.moveTo(left, from.y);
    route.arcTo(x, from.y, x, to.y, 7);
    route.arcTo(x, to.y, left, to.y, 7);
    route.lineTo(left - 8, to.y);
    svg
      .append("path")
      .attr("d", route.toString())
      .attr("stroke", colour)
      .attr("stroke-width", 1.5)
      .attr("fill", "none");
    arrow(svg, [left - 9, to.y], [left - 1, to.y], { colour });
  });
}

interface Panel {
  readonly x: number;
  readonly width: number;
  readonly title: string;
  readonly value: (block: BlockDescription) => number;
}

function drawBars(svg: Pen, rows: readonly Row[], { x, width, title, value }: Panel): void {
  const most = Math.max(...rows.map(({ block }) => value(block)));
  const scale = scaleLinear()
    .domain([0, most || 1])
    .nice(3)
    .range([x, x + width]);
  const bottom = rows[rows.length - 1].y + BOX.height / 2 + 4;
  label(svg, title, x, TOP - 28, { size: 11.5, anchor: "start" });
  for (const tick of scale.ticks(3)) {
    const at = scale(tick);
    svg
      .append("line")
      .attr("x1", at)
      .attr("x2", at)
      .attr("y1", TOP - 2)
      .attr("y2", bottom)
      .attr("stroke", gridColour);
    label(svg, shortNumber(tick), at, TOP - 8, { size: 9.5, colour: grey });
  }
  for (const { block, depth, y } of rows) {
    const [length, thick] = [scale(value(block)) - x, depth === 0 ? 16 : 9];
    svg
      .append("rect")
      .attr("x", x)
      .attr("y", y - thick / 2)
      .attr("width", length.toFixed(1))
      .attr("height", thick)
      .attr("fill", colourOf(block.kind))
      .attr("opacity", depth === 0 ? 0.85 : 0.55);
    if (value(block) === 0) continue;
    label(svg, shortNumber(value(block)), x + length + 4, y + 3.5, { size: 9.5, anchor: "start", colour: grey });
  }
}

/** Draws a network as a U, by the resolution of its images. */
import { path as pathOf, scaleLinear, scaleSqrt } from "d3";
import type { BlockDescription, NetworkDescription } from "../networks/describe-network.js";
import {
  colourOf,
  drawBox,
  drawLegend,
  label,
  readableName,
  shortNumber,
  sizeText,
  tint,
} from "./architecture-style.js";
import { arrow, drawing } from "./drawing.js";
import type { Pen } from "./pen.js";
import { textWidth } from "./font.js";
import type { Picture } from "./picture.js";
import { grey, gridColour, ink, palette } from "./style.js";

const MARGIN = { left: 86, right: 30, top: 46 };
const SKIP_STEP = 9;
const BARS = 74;

/** A block and its place on the page. */
interface Placed {
  readonly block: BlockDescription;
  /** Middle of the box. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Row from the top, one for each resolution. */
  readonly level: number;
}

interface Row {
  readonly middle: number;
  readonly height: number;
}

/** Blocks from left to right in their order, each on the row of its resolution; below, what each one costs. */
export function drawU(network: NetworkDescription, width: number): Picture {
  const blocks = network.blocks.filter(({ kind, shape }) => kind !== "parameters" && shape.length === 3);
  const heights = [...new Set(blocks.map(({ shape }) => shape[0]))].sort((a, b) => b - a);
  const rows = placeRows(blocks, heights);
  const slot = (width - MARGIN.left - MARGIN.right) / blocks.length;
  const most = Math.max(...blocks.map(({ shape }) => shape[2]));
  const thickness = scaleLinear()
    .domain([0, most])
    .range([0.16 * slot, 0.74 * slot]);
  const placed = blocks.map((block, i): Placed => {
    const level = heights.indexOf(block.shape[0]);
    const { middle, height } = rows[level];
    return { block, level, x: MARGIN.left + (i + 0.5) * slot, y: middle, width: thickness(block.shape[2]), height };
  });
  const bottom = rows[rows.length - 1].middle + rows[rows.length - 1].height / 2 + 34;
  const names = Math.max(...blocks.map(({ name }) => textWidth(readableName(name), 9.5))) * 0.94 + 14;
  const height = bottom + 2 * BARS + 26 + names;

  const draw = (svg: Pen): void => {
    drawLegend(
      svg,
      network.blocks.map(({ kind }) => kind),
      MARGIN.left,
      20,
    );
    drawLevels(svg, rows, heights, blocks, width);
    drawSkips(svg, placed);
    drawWay(svg, placed, network);
    for (const { block, x, y, width: w, height: h } of placed) {
      drawBox(svg, block.kind, { x: x - w / 2, y: y - h / 2, width: w, height: h });
      label(svg, String(block.shape[2]), x, y + h / 2 + 12, { size: 9.5, colour: grey });
    }
    drawTime(svg, network, rows[0], (placed[0].x + placed[placed.length - 1].x) / 2);
    const panel = (top: number, title: string, unit: string, key: "parameters" | "multiplyAdds"): void => {
      drawBars(svg, placed, { top, width, slot, title, unit, value: (block) => block[key] });
    };
    panel(bottom, "parameters", "numbers", "parameters");
    panel(bottom + BARS + 14, "multiply–adds", "per image", "multiplyAdds");
    const below = bottom + 2 * BARS + 24;
    for (const { block, x } of placed) {
      label(svg, readableName(block.name), x + 3, below + 4, { size: 9.5, anchor: "end", turn: -62 });
    }
  };
  const levels = heights.map((h) => `${h}`).join(", ");
  const alt =
    `${network.name} as a U: ${blocks.length} blocks on rows of height ${levels}, ` +
    `${shortNumber(network.parameters)} parameters, ${shortNumber(network.multiplyAdds)} multiply–adds an image`;
  return drawing(width, Math.ceil(height), draw, alt);
}

/** Rows far enough apart for the long connections that run above each. */
function placeRows(blocks: readonly BlockDescription[], heights: readonly number[]): Row[] {
  const tall = scaleSqrt().domain([0, heights[0]]).range([6, 92]);
  const crossing = heights.map((h) => blocks.filter(({ shape, skips }) => shape[0] === h && skips.length > 0).length);
  let y = MARGIN.top;
  return heights.map((h, level) => {
    const height = tall(h);
    y += 20 + SKIP_STEP * crossing[level];
    const middle = y + height / 2;
    y += height + 18;
    return { middle, height };
  });
}

function drawLevels(
  svg: Pen,
  rows: readonly Row[],
  heights: readonly number[],
  blocks: readonly BlockDescription[],
  width: number,
): void {
  rows.forEach(({ middle }, level) => {
    const [h, w] = blocks.find(({ shape }) => shape[0] === heights[level])!.shape;
    svg
      .append("line")
      .attr("x1", MARGIN.left - 8)
      .attr("x2", width - MARGIN.right + 8)
      .attr("y1", middle)
      .attr("y2", middle)
      .attr("stroke", gridColour)
      .attr("stroke-dasharray", "2 4");
    label(svg, sizeText([h, w]), 10, middle - 1, { anchor: "start", size: 12.5 });
    label(svg, "pixels", 10, middle + 13, { anchor: "start", size: 10, colour: grey });
  });
}

/** From block to block: straight on one row, a bend between rows. */
function drawWay(svg: Pen, placed: readonly Placed[], network: NetworkDescription): void {
  const colour = "#6B6B6B";
  placed.slice(1).forEach((to, i) => {
    const from = placed[i];
    const [left, right] = [from.x + from.width / 2, to.x - to.width / 2];
    if (from.level === to.level)
      return arrowHeadless(
        svg,
        [
          [left, from.y],
          [right, to.y],
        ],
        colour,
      );
    const down = to.level > from.level;
    // Into the top of a smaller box, or from the top of a smaller box into the side of a larger one.
    const [entry, exit] = [to.x - to.width / 4, from.x + from.width / 4];
    if (down)
      return bend(
        svg,
        [
          [left, from.y],
          [entry, from.y],
          [entry, to.y - to.height / 2 - 1],
        ],
        colour,
      );
    return bend(
      svg,
      [
        [exit, from.y - from.height / 2],
        [exit, to.y],
        [right - 1, to.y],
      ],
      colour,
    );
  });
  const [first, last] = [placed[0], placed[placed.length - 1]];
  arrow(svg, [first.x - first.width / 2 - 16, first.y], [first.x - first.width / 2 - 1, first.y], { colour });
  arrow(svg, [last.x + last.width / 2, last.y], [last.x + last.width / 2 + 17, last.y], { colour });
  const below = first.y + first.height / 2 + 27;
  label(svg, `in: ${sizeText(network.input)}`, first.x, below, { size: 10, colour: ink });
  label(svg, `out: ${sizeText(network.output)}`, last.x + last.width / 2 + 20, below, {
    size: 10,
    colour: ink,
    anchor: "end",
  });
}

type Point = readonly [number, number];

function arrowHeadless(svg: Pen, [from, to]: readonly [Point, Point], colour: string): void {
  svg.append("path").attr("d", `M${from}L${to}`).attr("stroke", colour).attr("stroke-width", 1.3).attr("fill", "none");
}

/** Two strokes with a rounded corner, and a head. */
function bend(svg: Pen, [from, corner, to]: readonly [Point, Point, Point], colour: string): void {
  const route = pathOf();
  route.moveTo(...from);
  route.arcTo(...corner, ...to, 6);
  const [dx, dy] = [Math.sign(to[0] - corner[0]), Math.sign(to[1] - corner[1])];
  const before: Point = [to[0] - 7 * dx, to[1] - 7 * dy];
  route.lineTo(...before);
  svg.append("path").attr("d", route.toString()).attr("stroke", colour).attr("stroke-width", 1.3).attr("fill", "none");
  arrow(svg, before, to, { colour });
}

/** Results handed across: up from the box on the way down, along, and down into the box on the way up. */
function drawSkips(svg: Pen, placed: readonly Placed[]): void {
  const byName = new Map(placed.map((one) => [one.block.name, one]));
  const colour = palette[5];
  const lanes = new Map<number, number>();
  for (const to of placed) {
    for (const name of to.block.skips) {
      const from = byName.get(name);
      if (!from) continue;
      const lane = lanes.get(to.level) ?? 0;
      lanes.set(to.level, lane + 1);
      // Where the way comes down into a box, or goes up from one, the two keep apart.
      const start = from.x + (isFirst(placed, from) ? from.width / 4 : 0);
      const end = to.x - (isLast(placed, to) ? to.width / 4 : 0);
      const top = Math.min(from.y - from.height / 2, to.y - to.height / 2);
      const over = top - 17 - SKIP_STEP * lane;
      const route = pathOf();
      route.moveTo(start, from.y - from.height / 2);
      route.arcTo(start, over, end, over, 7);
      route.arcTo(end, over, end, to.y, 7);
      route.lineTo(end, to.y - to.height / 2 - 8);
      svg
        .append("path")
        .attr("d", route.toString())
        .attr("stroke", colour)
        .attr("stroke-width", 1.5)
        .attr("fill", "none");
      arrow(svg, [end, to.y - to.height / 2 - 9], [end, to.y - to.height / 2 - 1], { colour });
    }
  }
}

function isFirst(placed: readonly Placed[], one: Placed): boolean {
  const before = placed[placed.indexOf(one) - 1];
  return before !== undefined && before.level < one.level;
}

function isLast(placed: readonly Placed[], one: Placed): boolean {
  const after = placed[placed.indexOf(one) + 1];
  return after !== undefined && after.level < one.level;
}

/** Time has no place on a row: it enters every residual block. */
function drawTime(svg: Pen, network: NetworkDescription, top: Row, x: number): void {
  const vectors = network.blocks.filter(({ shape }) => shape.length === 1);
  if (vectors.length === 0) return;
  const { shape } = vectors[vectors.length - 1];
  const text = `time t → ${shape[0]} numbers → every residual block`;
  const width = textWidth(text, 11.5) + 24;
  svg
    .append("rect")
    .attr("x", x - width / 2)
    .attr("y", top.middle - 13)
    .attr("width", width)
    .attr("height", 26)
    .attr("rx", 13)
    .attr("fill", tint(colourOf("time"), 0.25))
    .attr("stroke", colourOf("time"))
    .attr("stroke-width", 1.2);
  label(svg, text, x, top.middle + 4);
}

interface Panel {
  readonly top: number;
  readonly width: number;
  readonly slot: number;
  readonly title: string;
  readonly unit: string;
  readonly value: (block: BlockDescription) => number;
}

/** One bar under each block. */
function drawBars(svg: Pen, placed: readonly Placed[], { top, width, slot, title, unit, value }: Panel): void {
  const most = Math.max(...placed.map(({ block }) => value(block)));
  const scale = scaleLinear()
    .domain([0, most || 1])
    .nice(3)
    .range([top + BARS - 8, top + 6]);
  for (const tick of scale.ticks(3)) {
    const y = scale(tick);
    svg
      .append("line")
      .attr("x1", MARGIN.left - 4)
      .attr("x2", width - MARGIN.right)
      .attr("y1", y)
      .attr("y2", y)
      .attr("stroke", gridColour);
    label(svg, shortNumber(tick), MARGIN.left - 8, y + 3.5, { size: 9.5, anchor: "end", colour: grey });
  }
  const middle = top + BARS / 2;
  label(svg, title, 16, middle, { size: 10.5, turn: -90 });
  label(svg, unit, 29, middle, { size: 9.5, turn: -90, colour: grey });
  for (const { block, x } of placed) {
    const y = scale(value(block));
    svg
      .append("rect")
      .attr("x", (x - 0.31 * slot).toFixed(1))
      .attr("y", y.toFixed(1))
      .attr("width", (0.62 * slot).toFixed(1))
      .attr("height", Math.max(0, scale(0) - y).toFixed(1))
      .attr("fill", colourOf(block.kind))
      .attr("opacity", 0.85);
  }
}

/** Grids and strips of images. */
import { requireList } from "../base/values.js";
import { requireKnownKeys } from "../base/check.js";
import { textWidth } from "./font.js";
import { escaped } from "./pen.js";
import type { Picture } from "./picture.js";
import { toPixels, type Images, type PixelImages } from "./pixels.js";
import { encodePng } from "../files/png.js";
import { svgToBitmap } from "./rasterise.js";
import { fontFamily, ink } from "./style.js";

export interface GridOptions {
  /** Images in a row; default the square root of their number, rounded up. */
  columns?: number;
  /** Whole number of picture pixels for each image pixel; default so that an image is about 56 wide. */
  scale?: number;
  /** Pixels between images; default 2. */
  gap?: number;
  /** A caption under each image. */
  labels?: readonly string[];
  /** A line above the grid. */
  title?: string;
  /** Values that become black and white; default [−1, 1], and [0, 255] for bytes. */
  range?: readonly [number, number];
  /** Colour of the ground between images, default white. */
  background?: "white" | "black";
}

export interface StripOptions extends Omit<GridOptions, "columns" | "labels"> {
  /** A caption under each frame, for example `t = 500`. */
  labels?: readonly string[];
  /** A caption left of each row. */
  rowLabels?: readonly string[];
}

/**
 * Images side by side, enlarged by whole pixels without smoothing.
 *
 * @example imageGrid(samples, { columns: 8, labels: digits.map(String) })
 * @throws RangeError when the images have no shape of images, the scale is no whole number ≥ 1,
 * or there are not as many labels as images.
 */
export function imageGrid(images: Images, options: GridOptions = {}): Picture {
  requireKnownKeys("imageGrid", options, {
    columns: "a number",
    scale: "a number",
    gap: true,
    labels: "a list",
    title: "a text",
    range: "a list",
    background: ["white", "black"],
  });
  const pixels = toPixels(images, options.range);
  const columns = options.columns ?? Math.ceil(Math.sqrt(pixels.count));
  requireCount("columns", columns);
  requireLabels("labels", options.labels, pixels.count, "image");
  const cells = Array.from({ length: pixels.count }, (_, k) => ({
    image: k,
    column: k % columns,
    row: Math.floor(k / columns),
    label: options.labels?.[k],
  }));
  return compose([pixels], cells, options, {}, `${pixels.count} images of ${pixels.width}×${pixels.height} pixels`);
}

/**
 * A film: one column a frame, one row an example. Each frame is a batch of images of the same size.
 *
 * @example filmStrip(noisy, { labels: steps.map((t) => `t = ${t}`) })
 * @throws RangeError when there is no frame, frames differ in size, or labels do not match in number.
 */
export function filmStrip(frames: readonly Images[], options: StripOptions = {}): Picture {
  requireList("frames", frames, "tensors of images");
  requireKnownKeys("filmStrip", options, {
    labels: "a list",
    rowLabels: "a list",
    title: "a text",
    scale: "a number",
    gap: true,
    range: "a list",
    background: ["white", "black"],
  });
  if (frames.length === 0) throw new RangeError("a film strip needs at least one frame");
  const pixels = frames.map((frame) => toPixels(frame, options.range));
  const [{ count, height, width }] = pixels;
  if (pixels.some((frame) => frame.count !== count || frame.height !== height || frame.width !== width)) {
    throw new RangeError(
      "the frames of a film strip differ in number or size of their images; give batches of one shape",
    );
  }
  requireLabels("labels", options.labels, frames.length, "frame");
  requireLabels("rowLabels", options.rowLabels, count, "row");
  const cells = pixels.flatMap((_, column) =>
    Array.from({ length: count }, (_, row) => ({
      frame: column,
      image: row,
      column,
      row,
      label: row === count - 1 ? options.labels?.[column] : undefined,
    })),
  );
  const alt = `${frames.length} frames of ${count === 1 ? "one image" : `${count} images`} of ${width}×${height} pixels`;
  return compose(pixels, cells, options, { rowLabels: options.rowLabels }, alt);
}

interface Cell {
  readonly frame?: number;
  readonly image: number;
  readonly column: number;
  readonly row: number;
  readonly label?: string;
}

const labelSize = 11;
const labelLine = 16;
const titleLine = 26;

function compose(
  frames: readonly PixelImages[],
  cells: readonly Cell[],
  { scale: given, gap = 2, title, background = "white" }: GridOptions,
  { rowLabels }: { rowLabels?: readonly string[] },
  alt: string,
): Picture {
  const [{ width, height }] = frames;
  const scale = given ?? Math.max(1, Math.round(56 / width));
  requireCount("scale", scale);
  if (!Number.isInteger(gap) || gap < 0) throw new RangeError(`gap is ${gap}; give a whole number of pixels ≥ 0`);
  const columns = Math.max(...cells.map((cell) => cell.column)) + 1;
  const rows = Math.max(...cells.map((cell) => cell.row)) + 1;
  const labelledRows = new Set(cells.filter((cell) => cell.label !== undefined).map((cell) => cell.row));
  const left = rowLabels ? Math.ceil(Math.max(...rowLabels.map((label) => textWidth(label, labelSize)))) + 8 : 0;
  const top = title ? titleLine : 0;
  const rowTops = Array.from(
    { length: rows },
    (_, row) =>
      top + row * (height * scale + gap) + [...labelledRows].filter((labelled) => labelled < row).length * labelLine,
  );
  const at = (cell: Cell) => ({ x: left + cell.column * (width * scale + gap), y: rowTops[cell.row] });
  const inner = left + columns * (width * scale + gap) - gap;
  const full = Math.max(inner, title ? Math.ceil(textWidth(title, 13, true)) + 4 : 0);
  const bottom = rowTops[rows - 1] + height * scale + (labelledRows.has(rows - 1) ? labelLine : 0);
  const hasText = title !== undefined || rowLabels !== undefined || labelledRows.size > 0;
  const colour = background === "black" && !hasText ? 0 : 255;

  const texts: string[] = [];
  if (title) texts.push(text(title, inner / 2, 16, { size: 13, bold: true, room: full }));
  rowLabels?.forEach((label, row) => {
    texts.push(text(label, left - 6, rowTops[row] + (height * scale) / 2 + 4, { anchor: "end" }));
  });
  for (const cell of cells) {
    if (cell.label === undefined) continue;
    const { x, y } = at(cell);
    texts.push(text(cell.label, x + (width * scale) / 2, y + height * scale + 12, { room: width * scale + gap }));
  }
  // Text is drawn at twice the density, and the images are enlarged twice as much to go with it.
  const density = hasText ? 2 : 1;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${full}" height="${bottom}">${texts.join("")}</svg>`;
  const ground = hasText
    ? svgToBitmap(svg, { scale: density })
    : { width: full, height: bottom, channels: 3, data: new Uint8Array(full * bottom * 3).fill(colour) };
  for (const cell of cells) {
    const { x, y } = at(cell);
    blit(ground, frames[cell.frame ?? 0], cell.image, x * density, y * density, scale * density);
  }
  const bad = frames.reduce((sum, frame) => sum + frame.nonFinite, 0);
  const warning = bad > 0 ? ` (${bad} pixels are not finite: magenta)` : "";
  const described = (title ? `${title}: ${alt}` : alt) + warning;
  return { png: encodePng(greyIfGrey(ground)), width: full, height: bottom, alt: described };
}

/** Copies one image, each pixel as a square of `scale`. */
function blit(
  target: { width: number; data: Uint8Array },
  source: PixelImages,
  image: number,
  left: number,
  top: number,
  scale: number,
): void {
  for (let y = 0; y < source.height * scale; y++) {
    const row = (image * source.height + Math.floor(y / scale)) * source.width;
    for (let x = 0; x < source.width * scale; x++) {
      const from = 3 * (row + Math.floor(x / scale));
      target.data.set(source.rgb.subarray(from, from + 3), 3 * ((top + y) * target.width + left + x));
    }
  }
}

function greyIfGrey({ width, height, data }: { width: number; height: number; data: Uint8Array }) {
  for (let i = 0; i < data.length; i += 3) {
    if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return { width, height, channels: 3, data };
  }
  return { width, height, channels: 1, data: data.filter((_, i) => i % 3 === 0) };
}

interface TextOptions {
  size?: number;
  bold?: boolean;
  anchor?: "middle" | "end";
  /** Longest width in pixels; what is longer is cut and ends in an ellipsis. */
  room?: number;
}

function text(content: string, x: number, y: number, options: TextOptions): string {
  const { size = labelSize, bold = false, anchor = "middle", room = Infinity } = options;
  let shown = content;
  while (shown.length > 1 && textWidth(shown, size, bold) > room) shown = `${shown.replace(/…$/, "").slice(0, -1)}…`;
  return (
    `<text x="${x}" y="${y}" font-family="${fontFamily}" font-size="${size}" fill="${ink}" text-anchor="${anchor}"` +
    `${bold ? ' font-weight="bold"' : ""}>${escaped(shown)}</text>`
  );
}

function requireCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} is ${value}; give a whole number ≥ 1`);
}

function requireLabels(name: string, labels: readonly string[] | undefined, count: number, each: string): void {
  if (labels && labels.length !== count)
    throw new RangeError(`${labels.length} ${name} for ${count} ${each}s; give one a ${each}`);
}

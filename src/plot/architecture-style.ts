/** Colours, labels and numbers of drawn networks. */
import { format, rgb } from "d3";
import type { BlockDescription } from "../networks/describe-network.js";
import type { Pen } from "./pen.js";
import { textWidth } from "./font.js";
import { grey, ink, palette } from "./style.js";

type Kind = BlockDescription["kind"];

/** Kinds that look alike share a family, which the legend names. */
const families: readonly { readonly label: string; readonly colour: string; readonly kinds: readonly Kind[] }[] = [
  { label: "residual block", colour: palette[0], kinds: ["residual"] },
  { label: "attention", colour: palette[1], kinds: ["attention", "attention weights"] },
  { label: "halving, doubling", colour: palette[2], kinds: ["downsample", "upsample"] },
  { label: "transformer block", colour: palette[0], kinds: ["transformer"] },
  { label: "feed-forward", colour: palette[2], kinds: ["feed-forward"] },
  { label: "convolution, matrix", colour: palette[3], kinds: ["convolution", "dense", "patches"] },
  { label: "time, class", colour: palette[4], kinds: ["time", "table"] },
  { label: "norm", colour: grey, kinds: ["norm"] },
  { label: "numbers alone", colour: palette[7], kinds: ["parameters"] },
];

/** The colour of a kind's family. */
export function colourOf(kind: Kind): string {
  return families.find(({ kinds }) => kinds.includes(kind))!.colour;
}

/** A lighter shade, as a plain colour. */
export function tint(colour: string, share: number): string {
  const { r, g, b } = rgb(colour);
  const mix = (v: number): number => Math.round(255 - share * (255 - v));
  return rgb(mix(r), mix(g), mix(b)).formatHex();
}

/** "down_blocks.0.resnets.1" → "down 0 resnet 1" */
export function readableName(name: string): string {
  const words = name.split(".");
  const shown = words.map((word, i) => {
    const plain = word.replace(/_blocks?$/, "").replace(/_/g, " ");
    return /^\d+$/.test(words[i + 1] ?? "") ? plain.replace(/s$/, "") : plain;
  });
  return shown.join(" ");
}

/** [28, 28, 32] → "28 × 28 × 32" */
export function sizeText(shape: readonly number[]): string {
  return shape.join(" × ");
}

const withPrefix = format(".3~s");

/** 127616 → "128 k", 0 → "0" */
export function shortNumber(value: number): string {
  return withPrefix(value).replace(/([kMGT])$/, " $1");
}

/** Which kind has which colour, on one line from `x` on. */
export function drawLegend(svg: Pen, kinds: Iterable<Kind>, x: number, y: number): void {
  const present = new Set(kinds);
  let at = x;
  for (const { label, colour, kinds: family } of families) {
    if (!family.some((kind) => present.has(kind))) continue;
    svg
      .append("rect")
      .attr("x", at)
      .attr("y", y - 10)
      .attr("width", 12)
      .attr("height", 12)
      .attr("rx", 2.5)
      .attr("fill", tint(colour, 0.35))
      .attr("stroke", colour)
      .attr("stroke-width", 1.2);
    svg
      .append("text")
      .attr("x", at + 17)
      .attr("y", y)
      .attr("font-size", 11.5)
      .text(label);
    at += 17 + textWidth(label, 11.5) + 18;
  }
}

export interface TextStyle {
  readonly size?: number;
  readonly anchor?: "start" | "middle" | "end";
  readonly colour?: string;
  /** Degrees about the point. */
  readonly turn?: number;
}

/** Writes a line of text at (x, y), which is on its baseline. */
export function label(svg: Pen, text: string, x: number, y: number, style: TextStyle = {}): void {
  const { size = 11.5, anchor = "middle", colour = ink, turn } = style;
  const node = svg.append("text").attr("x", x).attr("y", y).attr("font-size", size);
  node.attr("text-anchor", anchor).attr("fill", colour).text(text);
  if (turn !== undefined) node.attr("transform", `rotate(${turn} ${x} ${y})`);
}

/** A box in its kind's colour. */
export function drawBox(
  svg: Pen,
  kind: Kind,
  box: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly radius?: number;
  },
): void {
  const colour = colourOf(kind);
  svg
    .append("rect")
    .attr("x", box.x.toFixed(1))
    .attr("y", box.y.toFixed(1))
    .attr("width", box.width.toFixed(1))
    .attr("height", box.height.toFixed(1))
    .attr("rx", box.radius ?? 3)
    .attr("fill", tint(colour, 0.35))
    .attr("stroke", colour)
    .attr("stroke-width", 1.3)
    .attr("stroke-dasharray", kind === "parameters" ? "3 2" : "none");
}

/** Takes out of an SVG what lies so far outside of its picture that resvg would end the process at it. */

/**
 * An SVG as resvg writes it after it has resolved styles, uses and texts: groups with a matrix, paths of absolute M, L, C, Q
 * and Z, and images, a tag each.
 */
type NormalisedSvg = string;

type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** The least rectangle around what is drawn; empty while its left is right of its right. */
interface Bounds {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

interface Open {
  readonly matrix: Matrix;
  readonly bounds: Bounds;
  /** Where its tag begins. */
  readonly start: number;
  /** Drawn for itself first, as opacity, clips, masks and filters want it. */
  readonly layer: boolean;
}

const IDENTITY: Matrix = [1, 0, 0, 1, 0, 0];
const TAG = /<(\/?)([a-zA-Z]+)([^>]*?)(\/?)>/g;
/** What is drawn only where something refers to it. */
const REFERRED = new Set(["defs", "clipPath", "mask", "pattern", "filter"]);
const LAYER = /\b(opacity|clip-path|mask|filter|mix-blend-mode|isolation)\b/;

/**
 * The SVG without the layers that lie wholly out of sight, or undefined where there is none: resvg 2.6 panics, which no
 * `catch` sees, at a layer that ends more than the picture's own size away from it.
 */
export function withoutLayersOutOfSight(svg: NormalisedSvg): string | undefined {
  const sight = sightOf(svg);
  const cuts: [start: number, end: number][] = [];
  const open: Open[] = [];
  let referred = 0;
  for (const { 0: tag, 1: closes, 2: name, 3: attributes, 4: single, index } of svg.matchAll(TAG)) {
    if (REFERRED.has(name)) referred += closes ? -1 : single ? 0 : 1;
    if (referred > 0 || (closes && name !== "g")) continue;
    if (name === "g" && closes) {
      const { bounds, start, layer } = open.pop()!;
      if (layer && isOutOf(sight, bounds)) cuts.push([start, index + tag.length]);
      else if (open.length > 0) include(open.at(-1)!.bounds, bounds);
    } else if (name === "g") {
      const matrix = times(open.at(-1)?.matrix ?? IDENTITY, matrixOf(attributes));
      open.push({ matrix, bounds: nothing(), start: index, layer: LAYER.test(attributes) });
      if (single) open.pop();
    } else if (open.length > 0 && (name === "path" || name === "image")) {
      const { matrix, bounds } = open.at(-1)!;
      include(bounds, name === "path" ? pathBounds(attributes, matrix) : imageBounds(attributes, matrix));
    }
  }
  // An outer cut comes after those within it.
  const outer = cuts.filter(([start, end]) => !cuts.some(([from, to]) => from < start && end < to));
  if (outer.length === 0) return undefined;
  let [kept, from] = ["", 0];
  for (const [start, end] of outer) [kept, from] = [kept + svg.slice(from, start), end];
  return kept + svg.slice(from);
}

/** In the root's units: the picture, and around it less than resvg allows for. */
function sightOf(svg: NormalisedSvg): Bounds {
  const root = /<svg[^>]*>/.exec(svg)?.[0] ?? "";
  const [width, height] = [attribute(root, "width"), attribute(root, "height")];
  const [x, y, w, h] = /viewBox="([^"]*)"/.exec(root)?.[1].split(" ").map(Number) ?? [0, 0, width, height];
  // A box of another shape is scaled by the lesser of the two, and may stand anywhere in the picture.
  const scale = Math.min(width / w, height / h);
  const [across, down] = [width / scale, height / scale];
  return { left: x - across, top: y - down, right: x + across + w / 2, bottom: y + down + h / 2 };
}

function matrixOf(attributes: string): Matrix {
  const given = /transform="matrix\(([^)]*)\)"/.exec(attributes)?.[1].split(" ").map(Number);
  return given?.length === 6 ? (given as unknown as Matrix) : IDENTITY;
}

function times([a, b, c, d, e, f]: Matrix, [g, h, i, j, k, l]: Matrix): Matrix {
  return [a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * l + e, b * k + d * l + f];
}

/** Around all points of the path, those that only bend it too, and half its line's width about them. */
function pathBounds(attributes: string, matrix: Matrix): Bounds {
  const bounds = nothing();
  const numbers = (/ d="([^"]*)"/.exec(attributes)?.[1] ?? "").match(/-?\d[\d.e+-]*/g) ?? [];
  for (let i = 0; i + 1 < numbers.length; i += 2) add(bounds, matrix, Number(numbers[i]), Number(numbers[i + 1]));
  const [a, b, c, d] = matrix;
  const line = (attribute(attributes, "stroke-width", 1) * Math.hypot(a, b, c, d)) / 2;
  return {
    left: bounds.left - line,
    top: bounds.top - line,
    right: bounds.right + line,
    bottom: bounds.bottom + line,
  };
}

function imageBounds(attributes: string, matrix: Matrix): Bounds {
  const bounds = nothing();
  const [x, y] = [attribute(attributes, "x", 0), attribute(attributes, "y", 0)];
  const [right, bottom] = [x + attribute(attributes, "width", 0), y + attribute(attributes, "height", 0)];
  for (const [atX, atY] of [
    [x, y],
    [right, y],
    [x, bottom],
    [right, bottom],
  ]) {
    add(bounds, matrix, atX, atY);
  }
  return bounds;
}

function attribute(attributes: string, name: string, otherwise = NaN): number {
  const given = new RegExp(`\\s${name}="([^"]*)"`).exec(attributes)?.[1];
  return given === undefined ? otherwise : Number(given);
}

function nothing(): Bounds {
  return { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
}

function add(bounds: Bounds, [a, b, c, d, e, f]: Matrix, x: number, y: number): void {
  const [atX, atY] = [a * x + c * y + e, b * x + d * y + f];
  include(bounds, { left: atX, top: atY, right: atX, bottom: atY });
}

function include(bounds: Bounds, { left, top, right, bottom }: Bounds): void {
  bounds.left = Math.min(bounds.left, left);
  bounds.top = Math.min(bounds.top, top);
  bounds.right = Math.max(bounds.right, right);
  bounds.bottom = Math.max(bounds.bottom, bottom);
}

/** An empty rectangle is nowhere. */
function isOutOf(sight: Bounds, bounds: Bounds): boolean {
  const beside = bounds.left > sight.right || bounds.right < sight.left;
  return bounds.left <= bounds.right && (beside || bounds.top > sight.bottom || bounds.bottom < sight.top);
}

/** A figure's layout for the width there is. */

export interface Layout extends Record<string, unknown> {
  readonly width?: number;
  readonly height?: number;
}

/** What a layout without a size is drawn at, as in `src/plot/style.ts`. */
const WIDTH = 720;
const HEIGHT = 400;

/** Below this share of its width a figure of several panels is made smaller as a whole. */
const NARROWEST_PANELS = 0.75;
/** CSS pixels. */
const NARROWEST = 300;
const LINE = 21;

export interface Fit {
  readonly layout: Layout & { readonly width: number; readonly height: number };
  /** How large it is drawn on the page: 1, or less where it would be illegible at the page's width. */
  readonly scale: number;
}

interface Title {
  readonly text?: string;
  readonly font?: { readonly size?: number };
}

const axes = (layout: Layout): Record<string, unknown>[] =>
  Object.entries(layout)
    .filter(([key]) => /^[xy]axis\d*$/.test(key))
    .map(([, axis]) => axis as Record<string, unknown>);

/** A text of several lines, broken anew between words so that none is wider than `room`. */
export function rewrapped(text: string, room: number, measure: (text: string) => number): string[] {
  const lines: string[] = [];
  for (const word of text.replaceAll("<br>", " ").split(" ")) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length === 0 || measure(longer.replace(/<[^>]*>/g, "")) > room) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/**
 * Makes a figure as wide as it was meant to be, or as there is room for. Where there is less, its title is broken into
 * more lines, and panels or maps with equal axes become lower, too.
 *
 * @param room CSS pixels.
 * @param measure width of a line of the title in CSS pixels.
 */
export function fitted(layout: Layout, room: number, measure: (text: string, size: number) => number): Fit {
  const [designed, high] = [layout.width ?? WIDTH, layout.height ?? HEIGHT];
  const panels = axes(layout).some((axis) => Array.isArray(axis.domain) && axis.domain[0] > 0);
  const narrowest = Math.min(designed, panels ? NARROWEST_PANELS * designed : NARROWEST);
  const width = Math.round(Math.max(narrowest, Math.min(designed, room)));
  const scale = Math.min(1, room / width);
  const lost = designed - width;
  if (lost === 0) return { layout: { ...layout, width, height: high }, scale };

  const square = axes(layout).some((axis) => axis.scaleanchor !== undefined);
  const height = square ? Math.round(panels ? (high * width) / designed : Math.max(high / 2, high - lost)) : high;
  const title = layout.title as Title | undefined;
  if (!title?.text) return { layout: { ...layout, width, height }, scale };
  const lines = rewrapped(title.text, width - 32, (text) => measure(text, title.font?.size ?? 16));
  const more = LINE * Math.max(0, lines.length - title.text.split("<br>").length);
  const margin = layout.margin as { readonly t?: number } | undefined;
  return {
    layout: {
      ...layout,
      ...{ width, height: height + more },
      title: { ...title, text: lines.join("<br>") },
      margin: { ...margin, t: (margin?.t ?? 100) + more },
    },
    scale,
  };
}

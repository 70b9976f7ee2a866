/** The font of all pictures, and how wide its text is. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** The regular and bold faces of DejaVu Sans, which every picture is set in: the same on every machine. */
export function fontFiles(): string[] {
  return ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((file) => require.resolve(`dejavu-fonts-ttf/ttf/${file}`));
}

interface Metrics {
  readonly unitsPerEm: number;
  /** Advance width of each glyph in font units. */
  readonly advances: Uint16Array;
  readonly glyphOf: Map<number, number>;
}

const loaded = new Map<boolean, Metrics>();

/**
 * Width of a line of text set in DejaVu Sans, in the unit of `size`: the sum of the glyphs' advances
 * (OpenType `hmtx`), without kerning. What is not in the font counts as one em.
 */
export function textWidth(text: string, size: number, bold = false): number {
  const { unitsPerEm, advances, glyphOf } = metrics(bold);
  let units = 0;
  for (const character of text) {
    const glyph = glyphOf.get(character.codePointAt(0)!);
    units += glyph === undefined ? unitsPerEm : advances[Math.min(glyph, advances.length - 1)];
  }
  return (units * size) / unitsPerEm;
}

/** Height of a line above its baseline, in ems (DejaVu's `hhea` ascender). */
export const ascent = 0.928;
/** Depth of a line below its baseline, in ems (DejaVu's `hhea` descender). */
export const descent = 0.236;

function metrics(bold: boolean): Metrics {
  let found = loaded.get(bold);
  if (!found) loaded.set(bold, (found = readMetrics(readFileSync(fontFiles()[bold ? 1 : 0]))));
  return found;
}

function readMetrics(font: Buffer): Metrics {
  const tables = new Map<string, number>();
  for (let i = 0; i < font.readUInt16BE(4); i++) {
    const record = 12 + 16 * i;
    tables.set(font.toString("latin1", record, record + 4), font.readUInt32BE(record + 8));
  }
  const unitsPerEm = font.readUInt16BE(tables.get("head")! + 18);
  const count = font.readUInt16BE(tables.get("hhea")! + 34);
  const hmtx = tables.get("hmtx")!;
  const advances = Uint16Array.from({ length: count }, (_, glyph) => font.readUInt16BE(hmtx + 4 * glyph));
  return { unitsPerEm, advances, glyphOf: readCharacterMap(font, tables.get("cmap")!) };
}

/** The format-12 subtable of `cmap`: groups of code points mapped to runs of glyphs. */
function readCharacterMap(font: Buffer, cmap: number): Map<number, number> {
  const glyphOf = new Map<number, number>();
  for (let i = 0; i < font.readUInt16BE(cmap + 2); i++) {
    const subtable = cmap + font.readUInt32BE(cmap + 4 + 8 * i + 4);
    if (font.readUInt16BE(subtable) !== 12) continue;
    for (let group = 0; group < font.readUInt32BE(subtable + 12); group++) {
      const at = subtable + 16 + 12 * group;
      const [first, last, glyph] = [font.readUInt32BE(at), font.readUInt32BE(at + 4), font.readUInt32BE(at + 8)];
      for (let code = first; code <= last; code++) glyphOf.set(code, glyph + code - first);
    }
    break;
  }
  return glyphOf;
}

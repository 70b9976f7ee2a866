/** Emoji in three free styles of drawing, with their names in English and Chinese. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { requireKnownKeys } from "../base/check.js";
import { requireChoice, requireLike } from "../base/values.js";
import { decodePng } from "../files/index.js";
import { RandomStream } from "../random/index.js";
import { datasetDirectory } from "./fetch.js";

/** The styles, each the name of its file, with the letter that stands for it in the table. */
const LETTERS = { noto: "n", "fluent-emoji-flat": "f", twemoji: "t" } as const;
export type EmojiStyle = keyof typeof LETTERS;
export const emojiStyles = Object.keys(LETTERS) as readonly EmojiStyle[];

/** How a caption calls a style. */
const CALLED: Readonly<Record<EmojiStyle, string>> = {
  noto: "noto",
  "fluent-emoji-flat": "fluent",
  twemoji: "twemoji",
};

/** One picture of one emoji. */
export interface EmojiPicture {
  /** Its code points, "1F98A". */
  readonly code: string;
  /** "animals-nature", for instance. */
  readonly group: string;
  readonly style: EmojiStyle;
  /** Its name: "fox". */
  readonly en: string;
  /** "狐狸". */
  readonly zh: string;
}

/** Pictures of emoji, as bytes in the order example, row, column, channel. */
export interface EmojiSet {
  /** N·32·32·3 bytes: `Normaliser` makes numbers of them. */
  readonly images: Uint8Array;
  /** What each picture shows. */
  readonly pictures: readonly EmojiPicture[];
  readonly count: number;
  readonly height: 32;
  readonly width: 32;
  readonly channels: 3;
}

export interface LoadEmojiOptions {
  /**
   * Which pictures: "train", or "heldOut", a tenth of them: each is of an emoji that training has in another style only.
   * Default "all".
   */
  readonly split?: "train" | "heldOut" | "all";
  /** Default all three. */
  readonly styles?: readonly EmojiStyle[];
  /** Bytes of red, green and blue of the ground that the drawings lie on, default white. */
  readonly ground?: readonly [number, number, number];
  /** Default: `datasets/emoji` of the nearest folder, from the working directory upwards, that has a `datasets` folder. */
  readonly folder?: string;
}

const SIDE = 32;
const COLUMNS = 48;
/** Of the emoji that two styles have, this share has one picture held out: a tenth of all pictures. */
const HELD_OUT = 0.3;
const SEED = 1999;

/**
 * 5155 pictures of 1914 emoji: Noto (Apache-2.0), Fluent Emoji (MIT) and Twemoji (CC-BY-4.0), by style, then in the order of
 * the table, which goes by groups. Licences and what they ask for: `datasets/emoji/README.md`.
 *
 * @example
 * const { images, pictures } = loadEmoji({ split: "train" });
 * const captions = pictures.map((picture) => emojiCaption(picture, "en")); // "fox, noto style"
 *
 * @throws RangeError for an unknown option, style or split, a ground that is no three bytes, or a file that is damaged
 * @throws Error when a file is missing
 */
export function loadEmoji(options: LoadEmojiOptions = {}): EmojiSet {
  requireKnownKeys("loadEmoji", options, { split: true, styles: "a list", ground: "a list", folder: "a text" });
  const { split = "all", styles = emojiStyles, ground = [255, 255, 255] } = options;
  requireChoice("split", split, ["train", "heldOut", "all"]);
  styles.forEach((style) => requireChoice("style", style, emojiStyles));
  if (ground.length !== 3 || !ground.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)) {
    throw new RangeError(`ground must be three bytes, red, green and blue, got [${ground.join(", ")}]`);
  }
  const folder = options.folder ?? join(dirname(datasetDirectory()), "emoji");
  const table = readTable(folder);
  const parts = styles.map((style) => {
    const all = table.filter((row) => row.styles.includes(LETTERS[style]));
    const drawn = readSprite(folder, style, all.length, ground);
    const kept = all.flatMap((row, i) =>
      split === "all" || isHeldOut(row, style) === (split === "heldOut") ? [i] : [],
    );
    const pictures = kept.map((i): EmojiPicture => {
      const { code, group, en, zh } = all[i];
      return { code, group, style, en, zh };
    });
    return { pictures, images: kept.map((i) => drawn(i)) };
  });
  const pictures = parts.flatMap((part) => part.pictures);
  const images = new Uint8Array(Buffer.concat(parts.flatMap((part) => part.images)));
  return { images, pictures, count: pictures.length, height: SIDE, width: SIDE, channels: 3 };
}

/** A caption of a picture, its name and its style: "fox, noto style", "狐狸，noto风格". @throws RangeError for another language */
export function emojiCaption(picture: EmojiPicture, language: "en" | "zh"): string {
  requireLike("picture", picture, ["style", "en", "zh"], "loadEmoji().pictures");
  requireChoice("language", language, ["en", "zh"]);
  const style = CALLED[picture.style];
  return language === "en" ? `${picture.en}, ${style} style` : `${picture.zh}，${style}风格`;
}

interface Row {
  readonly code: string;
  readonly group: string;
  /** Letters of the styles that have it. */
  readonly styles: string;
  readonly en: string;
  readonly zh: string;
}

/** Whether training goes without this picture: a pure function of the emoji, so that a longer table moves none. */
function isHeldOut({ code, styles }: Row, style: EmojiStyle): boolean {
  if (styles.length < 2) return false;
  const stream = new RandomStream(SEED, `emoji held out: ${code}`);
  return stream.uniform() < HELD_OUT && styles[stream.integer(0, styles.length)] === LETTERS[style];
}

const HEAD = "code\tgroup\tstyles\ten\tzh";

function readTable(folder: string): Row[] {
  const path = join(folder, "captions.tsv");
  const damaged = (why: string): RangeError =>
    new RangeError(`${path}: ${why}; git checkout datasets/emoji brings it back`);
  const [head, ...lines] = read(path).toString("utf8").trimEnd().split("\n");
  if (head !== HEAD) throw damaged("the first line does not name code, group, styles, en and zh");
  return lines.map((line, i) => {
    const cells = line.split("\t");
    const [code, group, styles, en, zh] = cells;
    if (cells.length !== 5 || cells.includes("") || !/^n?f?t?$/.test(styles))
      throw damaged(`line ${i + 2} is no emoji`);
    return { code, group, styles, en, zh };
  });
}

/** The pictures of a sprite on a ground, by their number. */
function readSprite(
  folder: string,
  style: EmojiStyle,
  count: number,
  ground: readonly [number, number, number],
): (index: number) => Uint8Array {
  const path = join(folder, `${style}.png`);
  const { width, height, channels, data } = decodePng(read(path), { maximumPixels: 2 ** 22 });
  const rows = Math.ceil(count / COLUMNS);
  if (width !== SIDE * COLUMNS || height !== SIDE * rows || channels !== 4) {
    throw new RangeError(
      `${path} has ${width}×${height} pixels of ${channels} channels, and captions.tsv wants ${SIDE * COLUMNS}×${SIDE * rows} ` +
        "of 4: git checkout datasets/emoji brings both back",
    );
  }
  return (index) => {
    const [top, left] = [SIDE * Math.floor(index / COLUMNS), SIDE * (index % COLUMNS)];
    const picture = new Uint8Array(SIDE * SIDE * 3);
    for (let i = 0; i < SIDE * SIDE; i++) {
      const from = 4 * ((top + Math.floor(i / SIDE)) * width + left + (i % SIDE));
      const alpha = data[from + 3] / 255;
      for (let c = 0; c < 3; c++) picture[3 * i + c] = Math.round(ground[c] + alpha * (data[from + c] - ground[c]));
    }
    return picture;
  };
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(
      `${path} cannot be read (${(error as Error).message}): emoji come with the repository, in datasets/emoji; name their ` +
        "folder in `folder`",
      { cause: error },
    );
  }
}

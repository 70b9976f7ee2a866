/** A folder of pictures as a data set. */
import type { Dirent } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { requireKnownKeys, requireKeys } from "../base/check.js";
import { requireChoice, requireWhole, requireText } from "../base/values.js";
import { decodePicture } from "../files/picture-decoder.js";
import { flattenAlpha, withChannels, type Rgb } from "./bitmap-colour.js";
import { imageDataset, type ImageDataset } from "./dataset.js";
import { fitBitmap, RESIZE_FILTERS, type ResizeFilter } from "./resize.js";

/** How far the reading of a folder is. */
export interface ImageFolderProgress {
  /** The path that was read last, from the folder on. */
  readonly file: string;
  readonly done: number;
  readonly total: number;
  /** Files that could not be read so far. */
  readonly skipped: number;
}

export interface ImageFolderOptions {
  /** What every picture becomes: one number for squares, or [height, width]. */
  readonly size: number | readonly [height: number, width: number];
  /** 3 for RGB (default), 1 for grey. */
  readonly channels?: 1 | 3;
  /** "folders" makes each direct subfolder a class of its name; "none" (default) calls every picture "picture". */
  readonly labels?: "none" | "folders";
  /** What shows through where a picture is transparent. Default white, [255, 255, 255]. */
  readonly ground?: Rgb;
  /** How pixels are weighed. Default "bicubic". */
  readonly filter?: ResizeFilter;
  /** A file that cannot be read is left out and named in the result ("skip", default), or ends it all ("refuse"). */
  readonly damaged?: "skip" | "refuse";
  /** Refuse a picture of more pixels than this. Default 2²⁶. */
  readonly maximumPixels?: number;
  readonly onProgress?: (progress: ImageFolderProgress) => void;
  readonly signal?: AbortSignal;
}

/** A file that is no example, and why. */
export interface SkippedFile {
  readonly file: string;
  readonly reason: string;
}

/** The pictures, the file each came from, and the files that could not be read. */
export interface ImageFolder extends ImageDataset {
  /** Paths from the folder on, one an example, in their order. */
  readonly files: readonly string[];
  readonly skipped: readonly SkippedFile[];
}

/** Names that claim to be pictures. What is no PNG or JPEG among them is skipped by name, as other files are not. */
const PICTURE = /\.(png|jpe?g|jfif|gif|webp|bmp|tiff?|avif|heic)$/i;
/** Labels are bytes. */
const MOST_CLASSES = 256;
const MOST_FILE_BYTES = 2 ** 28;

/**
 * Reads every PNG and JPEG of a folder and of the folders in it, in the order of their paths. Each is turned as its
 * EXIF says, laid on the ground where it is transparent, made grey or RGB, and its largest centred part of the shape
 * asked for is resized to it without aliasing (Pillow's `ImageOps.fit`, {@link fitBitmap}).
 *
 * The images are bytes, N·H·W·C: `new Normaliser().encode(folder.images)` has the numbers in [−1, 1] that a task trains
 * on. Hidden files and files of other kinds are passed over. A link to a folder is not followed, but named
 * among what was skipped.
 *
 * @example
 * const photos = await loadImageFolder("photos", { size: 64, labels: "folders" });
 * const data = new Normaliser().encode(photos.images);
 * for (const { file, reason } of photos.skipped) console.log(`${file}: ${reason}`);
 * @throws RangeError for an option that is none, a folder without pictures, more than 256 classes, a picture outside
 *   the subfolders where they are the classes, or, with `damaged: "refuse"`, the first file that cannot be read
 * @throws the signal's reason when it was aborted
 */
export async function loadImageFolder(folder: string, options: ImageFolderOptions): Promise<ImageFolder> {
  requireText("folder", folder, "the name of a folder");
  const { height, width, channels, labels, ground, filter, damaged, maximumPixels } = checked(options);
  const paths = await picturesIn(folder, "");
  if (paths.length === 0) throw new RangeError(`${folder} has no pictures: put PNG or JPEG files into it`);
  const classes = labels === "folders" ? classesOf(folder, paths) : ["picture"];
  const size = height * width * channels;
  const images = new Uint8Array(paths.length * size);
  const kept: string[] = [];
  const skipped: SkippedFile[] = [];
  for (const [i, file] of paths.entries()) {
    options.signal?.throwIfAborted();
    try {
      const bitmap = decodePicture(await contentOf(join(folder, file)), { maximumPixels });
      const fitted = fitBitmap(withChannels(flattenAlpha(bitmap, ground), channels), { height, width, filter });
      images.set(fitted.data, kept.length * size);
      kept.push(file);
    } catch (error) {
      const reason = (error as Error).message;
      if (damaged === "refuse") throw new RangeError(`${join(folder, file)}: ${reason}`, { cause: error });
      skipped.push({ file, reason });
    }
    options.onProgress?.({ file, done: i + 1, total: paths.length, skipped: skipped.length });
  }
  if (kept.length === 0) {
    const [{ file, reason }] = skipped;
    throw new RangeError(`no picture in ${folder} can be read; ${file}: ${reason}`);
  }
  const dataset = imageDataset({
    name: folder,
    images: images.subarray(0, kept.length * size),
    labels: Uint8Array.from(kept, (file) => Math.max(0, classes.indexOf(firstFolder(file) ?? ""))),
    height,
    width,
    channels,
    classes,
  });
  return Object.freeze({ ...dataset, files: kept, skipped });
}

function checked(options: ImageFolderOptions) {
  requireKnownKeys("loadImageFolder", options, {
    ...{ size: "a number or a list", channels: true, labels: true, ground: "a list", filter: true, damaged: true },
    ...{ maximumPixels: true, onProgress: "a function", signal: "a signal" },
  });
  requireKeys("loadImageFolder", options, ["size"]);
  const { size, channels = 3, labels = "none", ground = [255, 255, 255], filter = "bicubic" } = options;
  const { damaged = "skip", maximumPixels = 2 ** 26 } = options;
  const [height, width] = typeof size === "number" ? [size, size] : size;
  requireWhole("size (height)", height);
  requireWhole("size (width)", width);
  requireChoice("channels", channels, [1, 3]);
  requireChoice("labels", labels, ["none", "folders"]);
  requireChoice("filter", filter, RESIZE_FILTERS);
  requireChoice("damaged", damaged, ["skip", "refuse"]);
  requireWhole("maximumPixels", maximumPixels);
  if (ground.length !== 3 || ground.some((value) => !Number.isInteger(value) || value < 0 || value > 255)) {
    throw new RangeError(`ground must be three whole numbers of 0 … 255, got ${ground.join(", ")}`);
  }
  return { height, width, channels, labels, ground, filter, damaged, maximumPixels };
}

/** Paths of what claims to be a picture, from the folder on, in the order of their code units. */
async function picturesIn(folder: string, within: string): Promise<string[]> {
  const entries = await readdir(join(folder, within), { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = within === "" ? entry.name : `${within}/${entry.name}`;
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) found.push(...(await picturesIn(folder, path)));
    else if (PICTURE.test(entry.name) || (await isLinkToFolder(entry, join(folder, path)))) found.push(path);
  }
  return found;
}

/** It is found in order to be named among what was skipped. */
async function isLinkToFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return false;
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The bytes of a file, of a size that a picture may have; a pipe or a device would never end. */
async function contentOf(path: string): Promise<Uint8Array> {
  const found = await stat(path);
  if (found.isDirectory()) throw new RangeError("this is a link to a folder, which is not followed");
  if (!found.isFile()) throw new RangeError("this is no file");
  if (found.size > MOST_FILE_BYTES) throw new RangeError(`${found.size} bytes, more than the ${MOST_FILE_BYTES} read`);
  return readFile(path);
}

const firstFolder = (file: string): string | undefined => /^([^/]*)\//.exec(file)?.[1];

function classesOf(folder: string, paths: readonly string[]): string[] {
  const names = new Set<string>();
  for (const path of paths) {
    const name = firstFolder(path);
    if (name === undefined) {
      throw new RangeError(`${join(folder, path)} lies in no class: move it into a subfolder, or give labels: "none"`);
    }
    names.add(name);
  }
  if (names.size > MOST_CLASSES) {
    throw new RangeError(`${folder} has ${names.size} subfolders with pictures; at most ${MOST_CLASSES} classes fit`);
  }
  return [...names];
}

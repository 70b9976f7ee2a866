/** Writes files whole or not at all: beside their place first, then in it. */
import { requireText } from "../base/values.js";
import { randomBytes } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";

/** The system takes less than 2 GiB at once. */
const LARGEST_WRITE = 2 ** 30;

/** Text, bytes, or several pieces of bytes that follow each other, each asked for when the one before is written. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array>;

/** A file that is written, beside its place. */
export interface StagedFile {
  /** Puts it in its place, at once. */
  commit(): void;
  /** Takes it away again, unless it is in its place. */
  discard(): void;
}

/** Writes and flushes a file under a temporary name. Nothing is left of it if that fails. */
export function stageFile(path: string, content: FileContent): StagedFile {
  requireText("path", path, "the name of a file");
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.tmp-${process.pid}-${randomBytes(4).toString("hex")}`;
  const discard = (): void => rmSync(temporary, { force: true });
  const whole = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  const pieces: Iterable<Uint8Array> = whole instanceof Uint8Array ? [whole] : whole;
  try {
    // "x": a link that lies in wait under this name is not followed.
    const file = openSync(temporary, "wx");
    try {
      for (const bytes of pieces) {
        for (let done = 0; done < bytes.length;) {
          done += writeSync(file, bytes, done, Math.min(LARGEST_WRITE, bytes.length - done));
        }
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    discard();
    throw error;
  }
  return { commit: () => renameSync(temporary, path), discard };
}

/** Writes a file so that its path shows the old content or the new, never a part: temporary name, flush, rename. */
export function writeFileAtomically(path: string, content: FileContent): void {
  commitTogether([stageFile(path, content)]);
}

/** @throws RangeError if a file cannot be written there, before the work that would go into it */
export function requireWritable(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) refusePlace(path, "it is a folder");
  try {
    stageFile(path, "").discard();
  } catch (error) {
    refusePlace(path, (error as Error).message);
  }
}

/**
 * Makes nothing: the folder, or the nearest one above it that is there, must be one to write into.
 *
 * @throws RangeError if no files can be written into a folder of this name, before the work that would go into them
 */
export function requireWritableFolder(path: string): void {
  let place = resolve(path);
  while (!existsSync(place)) place = dirname(place);
  if (!statSync(place).isDirectory()) {
    refusePlace(path, place === resolve(path) ? "it is a file, a folder is needed" : `${place} is a file`);
  }
  try {
    accessSync(place, constants.W_OK | constants.X_OK);
  } catch (error) {
    refusePlace(path, (error as Error).message);
  }
}

function refusePlace(path: string, why: string): never {
  throw new RangeError(`${path} cannot be written: ${why}. Name another place`);
}

/**
 * Puts files in their places one after the other, once all of them are written; if writing one fails, none is touched.
 *
 * @param before done when all are written and none is in its place
 */
export function commitTogether(files: Iterable<StagedFile>, before: () => void = () => undefined): void {
  const staged: StagedFile[] = [];
  try {
    for (const file of files) staged.push(file);
    before();
    for (const file of staged) file.commit();
  } catch (error) {
    for (const file of staged) file.discard();
    throw error;
  }
}

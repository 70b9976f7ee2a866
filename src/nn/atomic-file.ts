import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** The system takes less than 2 GiB at once. */
const LARGEST_WRITE = 2 ** 30;

/**
 * Writes a file so that its path shows the old content or the new, never a part: temporary name, flush, rename.
 *
 * @param content text, bytes, or several pieces of bytes that follow each other
 */
export function writeFileAtomically(path: string, content: string | Uint8Array | readonly Uint8Array[]): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.tmp-${process.pid}`;
  const whole = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  const pieces = whole instanceof Uint8Array ? [whole] : whole;
  try {
    const file = openSync(temporary, "w");
    try {
      for (const bytes of pieces) {
        for (let done = 0; done < bytes.length; ) {
          done += writeSync(file, bytes, done, Math.min(LARGEST_WRITE, bytes.length - done));
        }
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

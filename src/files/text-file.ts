/** Reads a text that others wrote: never a pipe or a device, which would not end, and never more than a text has. */
import { requireText } from "../base/values.js";
import { readFileSync, statSync } from "node:fs";

/** What is larger is no configuration and no index. */
const MOST_BYTES = 100_000_000;

/**
 * The text of a file.
 *
 * @throws RangeError if it is no regular file, or larger than `maximumBytes`; the system's error if it cannot be read
 */
export function readTextFile(path: string, maximumBytes = MOST_BYTES): string {
  requireText("path", path, "the name of a file");
  const found = statSync(path);
  if (!found.isFile()) throw new RangeError(`${path} is no file: put the file that it stands for in its place`);
  if (found.size > maximumBytes) {
    throw new RangeError(
      `${path} has ${found.size} bytes, more than the ${maximumBytes} that are read: is it another file?`,
    );
  }
  return readFileSync(path, "utf8");
}

/** How model folders write and read their JSON. */
import { existsSync } from "node:fs";
import { Fields, parseJson } from "../base/fields.js";
import { readTextFile } from "../files/text-file.js";

/** The release of diffusers whose keys are written. */
export const DIFFUSERS_VERSION = "0.42.1";

export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/**
 * The fields of a JSON file.
 *
 * @param purpose what the message says of a file that is not there
 * @throws Error if it is not there or cannot be read, RangeError if it is no file, or no JSON object
 */
export function readFields(path: string, purpose: string): Fields {
  if (!existsSync(path)) throw new Error(`cannot read ${path}: ${purpose}`);
  return new Fields(path, parseJson(path, readTextFile(path)));
}

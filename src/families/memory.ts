/** Refuses networks that the free memory cannot hold, before a number of them is read. */
import { sizeOf } from "../base/shape.js";
import { availableMemory } from "../files/available-memory.js";
import type { TensorSource } from "../files/index.js";

/** A network on disk, by the name a message gives it. */
export interface WeightsOnDisk {
  readonly name: string;
  readonly source: Pick<TensorSource, "entries">;
}

/** Networks lie in memory as float32, whatever they are on disk. */
const BYTES = 4;

/**
 * Bytes that opening a network takes: its numbers in float32, and while the largest tensor is on its way, that one as it
 * is on disk, decoded, and turned. From headers, whose numbers a reader has compared with the file's length.
 */
export function memoryOf({ entries }: Pick<TensorSource, "entries">): { kept: number; passing: number } {
  let [kept, passing] = [0, 0];
  for (const { shape, begin, end } of entries.values()) {
    const bytes = BYTES * sizeOf(shape);
    kept += bytes;
    passing = Math.max(passing, end - begin + 2 * bytes);
  }
  return { kept, passing };
}

/**
 * @param what the folder or file that is opened, for the message
 * @throws RangeError saying what is needed, what there is, and what would fit
 */
export function requireMemoryFor(what: string, parts: readonly WeightsOnDisk[], available = availableMemory()): void {
  const needs = parts.map(({ name, source }) => ({ name, ...memoryOf(source) }));
  const kept = needs.reduce((sum, part) => sum + part.kept, 0);
  const needed = kept + Math.max(0, ...needs.map(({ passing }) => passing));
  if (needed <= available) return;
  const each = needs.map(({ name, kept: bytes }) => `${name} ${bytesInWords(bytes)}`).join(", ");
  const alone = needs.filter((part) => part.kept + part.passing <= available).map(({ name }) => name);
  const millions = Math.max(1, Math.floor(available / BYTES / 1e6));
  const parted = parts.length > 1;
  throw new RangeError(
    `${what} needs ${bytesInWords(needed)} of memory for its weights in float32${parted ? ` (${each})` : ""}, but ` +
      `${bytesInWords(available)} are free: close other programs, raise the limit of the container, or open a model of ` +
      `less than ${millions} million numbers` +
      (parted && alone.length > 0 ? `; by itself ${alone.join(" or ")} would fit, opened by loadNetwork` : ""),
  );
}

/** `512 bytes`, `34.2 MB`, `3.44 GB`: in powers of ten, as disks count them. */
export function bytesInWords(bytes: number): string {
  const units = ["kB", "MB", "GB", "TB"];
  if (bytes < 1000) return `${Math.round(bytes)} bytes`;
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${units[power - 1]}`;
}

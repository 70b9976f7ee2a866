/** Remembers the types of operations' results from process to process. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomically } from "../files/atomic-file.js";
import type { ValueType } from "./recording.js";

type Table = Record<string, readonly ValueType[]>;

/**
 * Output types of operations by signature, kept on disk so that a later process records without running anything. They
 * depend on nothing but TensorFlow's version, which is part of the file's name. A damaged file is an empty one.
 */
export class SignatureStore {
  private readonly path: string;
  private readonly table: Map<string, readonly ValueType[]>;
  private changed = false;

  constructor(folder: string, version: string) {
    this.path = join(folder, `signatures-1-${version.replace(/[^\w.-]/g, "_")}.json`);
    this.table = new Map(Object.entries(readTable(this.path)));
  }

  get(signature: string): readonly ValueType[] | undefined {
    return this.table.get(signature);
  }

  set(signature: string, types: readonly ValueType[]): void {
    this.table.set(signature, types);
    this.changed = true;
  }

  /** Writes what was learnt, together with what other processes wrote meanwhile. A folder that cannot be written is no error. */
  save(): void {
    if (!this.changed) return;
    for (const [signature, types] of Object.entries(readTable(this.path))) {
      if (!this.table.has(signature)) this.table.set(signature, types);
    }
    const table = JSON.stringify(Object.fromEntries(this.table));
    try {
      writeFileAtomically(this.path, `${digest(table)}\n${table}`);
      this.changed = false;
    } catch {
      // The next process runs the operations again.
    }
  }
}

function readTable(path: string): Table {
  try {
    const content = readFileSync(path, "utf8");
    const end = content.indexOf("\n");
    const table = content.slice(end + 1);
    return content.slice(0, end) === digest(table) ? (JSON.parse(table) as Table) : {};
  } catch {
    return {};
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

// The door to the unmodified tslab package: the parts of it that the kernel uses, and their types.
import { createRequire } from "node:module";
import path from "node:path";
import type typescript from "typescript";

export const TSLAB_VERSION = "1.0.22";

const fromHere = createRequire(import.meta.url);
const tslabFolder = path.dirname(fromHere.resolve("tslab/package.json"));
const fromTslab = createRequire(path.join(tslabFolder, "package.json"));

export type TypeScript = typeof typescript;

/** A place in a cell, all counted from zero. */
export interface Place {
  readonly offset: number;
  readonly line: number;
  readonly character: number;
}

export interface Diagnostic {
  readonly start: Place;
  readonly end: Place;
  readonly messageText: string;
  readonly category: number;
  readonly code: number;
  readonly fileName?: string;
}

export interface Conversion {
  readonly output?: string;
  readonly declOutput?: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly hasToplevelAwait?: boolean;
  readonly lastExpressionVar?: string;
  readonly sideOutputs?: readonly { readonly path: string; readonly data: string }[];
}

export interface Completion {
  readonly start: number;
  readonly end: number;
  readonly candidates: readonly string[];
  readonly original?: { readonly entries: readonly { readonly name: string; readonly kind: string }[] };
}

/** tslab's incremental compiler. `declarations` is the .d.ts text of what earlier cells left alive. */
export interface Converter {
  convert(declarations: string, code: string): Conversion;
  inspect(declarations: string, code: string, position: number): typescript.QuickInfo | undefined;
  complete(declarations: string, code: string, position: number): Completion;
  addModule(name: string, code: string, meta: CellMetadata): readonly Diagnostic[];
  close(): void;
}

export interface CellMetadata {
  readonly module?: string;
  readonly mode?: "node" | "browser";
  readonly jsx?: boolean;
}

interface ConverterModule {
  createConverter(options: { isJS: boolean; isBrowser: boolean }): Converter;
  isCompleteCode(code: string): { completed: boolean; indent?: string };
}

interface JupyterModule {
  lastWriteDisplayData: ((content: Record<string, unknown>, update?: boolean) => void) | null;
}

export const zeromq = fromTslab("zeromq") as typeof import("zeromq");

export const typescriptPath = fromTslab.resolve("@tslab/typescript-for-tslab");

export function loadTypeScript(): TypeScript {
  return fromTslab(typescriptPath) as TypeScript;
}

export function loadConverterModule(): ConverterModule {
  return fromTslab("./dist/converter.js") as ConverterModule;
}

export function loadJupyterModule(): JupyterModule {
  return fromTslab("./dist/jupyter.js") as JupyterModule;
}

export function cellMetadata(code: string): CellMetadata {
  const { getCodeMetadata } = fromTslab("./dist/metadata.js") as { getCodeMetadata(code: string): CellMetadata };
  return getCodeMetadata(code);
}

export function printQuickInfo(info: typescript.QuickInfo): string {
  const { printQuickInfo: print } = fromTslab("./dist/inspect.js") as {
    printQuickInfo(info: typescript.QuickInfo): string;
  };
  return print(info);
}

/** Replaces an already loaded CommonJS module's exports, so that tslab sees the replacement. */
export function replaceExports(file: string, replacement: object): void {
  fromTslab(file);
  const loaded = fromTslab.cache[file];
  if (!loaded) throw new Error(`${file} is not a CommonJS module`);
  loaded.exports = replacement;
}

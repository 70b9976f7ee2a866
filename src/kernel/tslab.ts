// The door to the unmodified tslab package: the parts of it that the kernel uses, and their types.
import Module, { createRequire } from "node:module";
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

/** The TypeScript of this repository, in which cells are written, too. */
export function loadTypeScript(): TypeScript {
  return fromHere("typescript") as TypeScript;
}

export interface ParsedModule extends typescript.SourceFile {
  readonly parseDiagnostics: readonly typescript.Diagnostic[];
}

/** The syntax tree of a cell: that of a module, which may await. */
export function parseModule(ts: TypeScript, code: string): ParsedModule {
  const options: typescript.CreateSourceFileOptions = {
    languageVersion: ts.ScriptTarget.ESNext,
    setExternalModuleIndicator: (file) => Object.assign(file, { externalModuleIndicator: true }),
  };
  return ts.createSourceFile("cell.ts", code, options, true) as ParsedModule;
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

/** tslab finds `typeScript` where it looks for its own fork of TypeScript 5.0.4, which is then never loaded. */
export function giveTypeScript(typeScript: object): void {
  const file = fromTslab.resolve("@tslab/typescript-for-tslab");
  const module = new Module(file);
  Object.assign(module, { filename: file, loaded: true, exports: typeScript });
  fromTslab.cache[file] = module;
}

// TypeScript cells to JavaScript: tslab's incremental converter, with strict checks, modern module resolution,
// guarded awaits, expanded shorthands and source maps.
import { existsSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import path from "node:path";
import type typescript from "typescript";
import { handOverNames, unmarkModule, type CellBindings } from "./bindings.js";
import { withNamespaces } from "./declarations.js";
import { guardAwaits, hasTopLevelForAwait } from "./guards.js";
import { declaredNames, mendEarlierNames } from "./shorthands.js";
import {
  loadConverterModule,
  loadTypeScript,
  replaceExports,
  typescriptPath,
  type CellMetadata,
  type Completion,
  type Conversion,
  type Converter,
  type Diagnostic,
  type TypeScript,
} from "./tslab.js";

/** Line and column counted from zero. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where in the learner's cell a place of the running JavaScript comes from. */
export type Locate = (place: Position) => Position | undefined;

export interface Compiled extends Conversion {
  readonly locate: Locate;
  readonly bindings: CellBindings;
}

const INLINE_MAP = /\n?\/\/# sourceMappingURL=data:application\/json;base64,([A-Za-z0-9+/=]+)\s*$/;
const MAP_COMMENT = /\n?\/\/# sourceMappingURL=.*\s*$/;

/** tslab puts `export {};` on a line of its own before each cell. */
const PREFIX_LINES = 1;

function parseMap(text: string): SourceMap {
  return new SourceMap(JSON.parse(text) as SourceMapPayload);
}

function through(map: SourceMap, place: Position): Position | undefined {
  const entry = map.findEntry(place.line, place.column) as { originalLine?: number; originalColumn?: number };
  if (entry.originalLine === undefined || entry.originalColumn === undefined) return undefined;
  return { line: entry.originalLine, column: entry.originalColumn };
}

/** JavaScript as run ← (CommonJS step) ← JavaScript as emitted ← (TypeScript step) ← the cell. */
function locator(commonJsMap: string, emitMap: string, lines: number): Locate {
  let maps: [SourceMap, SourceMap] | undefined;
  return (place) => {
    // The line that calls the wrapper around a cell is no line of the cell.
    if (place.line >= lines) return undefined;
    maps ??= [parseMap(commonJsMap), parseMap(emitMap)];
    const emitted = through(maps[0], place);
    const original = emitted && through(maps[1], emitted);
    if (!original || original.line < PREFIX_LINES) return undefined;
    return { line: original.line - PREFIX_LINES, column: original.column };
  };
}

/** Whether emitted JavaScript, by its map in base64, is a cell's and not a module's. */
function isCell(emitMap: string): boolean {
  const { sources } = JSON.parse(Buffer.from(emitMap, "base64").toString()) as SourceMapPayload;
  return sources.some((source) => path.basename(source) === "__tslab__.ts");
}

const CANNOT_FIND_MODULE = 2307;

/** Files that a learner edits, and tslab's own; packages and declarations do not change under a running kernel. */
function isEdited(file: string): boolean {
  if (file.endsWith("__prev__.d.ts")) return true;
  return !file.endsWith(".d.ts") && !/[\\/]node_modules[\\/]/.test(file);
}

export class Compiler {
  readonly ts: TypeScript;
  private readonly root: string;
  /** By JavaScript. */
  private readonly cells = new Map<string, { readonly locate: Locate; readonly bindings: CellBindings }>();
  /** Modules whose appearance has already been taken notice of. */
  private readonly appeared = new Set<string>();
  private converter: Converter;
  /** Names of earlier cells, while a cell is converted. */
  private earlier: ReadonlySet<string> = new Set();

  constructor(root: string) {
    this.root = root;
    this.ts = loadTypeScript();
    this.ts.sys.useCaseSensitiveFileNames = true;
    // A cell may change into another folder, and take that away.
    this.ts.sys.getCurrentDirectory = () => root;
    replaceExports(typescriptPath, this.patched());
    this.converter = this.newConverter();
  }

  convert(declarations: string, code: string): Compiled {
    this.cells.clear();
    this.earlier = declaredNames(this.ts, declarations);
    let conversion = this.surely((converter) => converter.convert(declarations, code));
    if (this.hasAppeared(conversion)) {
      this.renew();
      conversion = this.surely((converter) => converter.convert(declarations, code));
    }
    const nothing = { locate: () => undefined, bindings: { names: [], imports: [] } };
    return {
      ...conversion,
      ...(this.cells.get(conversion.output ?? "") ?? nothing),
      declOutput: withNamespaces(this.ts, declarations, conversion.declOutput ?? ""),
      hasToplevelAwait: conversion.hasToplevelAwait || this.forAwait(code),
    };
  }

  addModule(name: string, code: string, meta: CellMetadata): readonly Diagnostic[] {
    return this.converter.addModule(name, code, meta);
  }

  complete(declarations: string, code: string, position: number): Completion {
    return this.surely((converter) => converter.complete(declarations, code, position));
  }

  inspect(declarations: string, code: string, position: number): typescript.QuickInfo | undefined {
    return this.surely((converter) => converter.inspect(declarations, code, position));
  }

  close(): void {
    this.converter.close();
  }

  private newConverter(): Converter {
    return loadConverterModule().createConverter({ isJS: false, isBrowser: false });
  }

  private renew(): void {
    this.converter.close();
    this.converter = this.newConverter();
  }

  /** An exception inside TypeScript leaves tslab's converter unusable, so the second try gets a new one. */
  private surely<T>(ask: (converter: Converter) => T): T {
    try {
      return ask(this.converter);
    } catch {
      this.renew();
      return ask(this.converter);
    }
  }

  /** Whether a module that TypeScript remembers as missing has been installed or written since. */
  private hasAppeared({ diagnostics }: Conversion): boolean {
    return diagnostics.some(({ code, messageText }) => {
      const name = code === CANNOT_FIND_MODULE && /'([^']+)'/.exec(messageText)?.[1];
      if (!name || this.appeared.has(name)) return false;
      const [scope, rest] = name.split("/");
      const folder = path.join(this.root, "node_modules", scope, name.startsWith("@") ? (rest ?? "") : "");
      const files = name.startsWith(".") ? [name, `${name}.ts`, name.replace(/\.js$/, ".ts")] : [];
      const exists = name.startsWith(".")
        ? files.some((file) => existsSync(path.resolve(this.root, file)))
        : existsSync(folder);
      if (exists) this.appeared.add(name);
      return exists;
    });
  }

  /** tslab knows only of `await` itself. */
  private forAwait(code: string): boolean {
    if (!/\bfor\s+await\b/.test(code)) return false;
    const { ts } = this;
    return hasTopLevelForAwait(ts, ts.createSourceFile("cell.ts", code, ts.ScriptTarget.ES2022, true));
  }

  /** The TypeScript module as tslab sees it: two of its functions are ours, all others its own. */
  private patched(): object {
    const original = this.ts as TypeScript & Record<string, unknown>;
    const createWatchCompilerHost = (
      files: string[],
      options: typescript.CompilerOptions,
      sys: typescript.System,
      ...rest: unknown[]
    ): unknown => {
      // A change anywhere in the project would make tslab's one timer trip over a second one.
      const watchFile = sys.watchFile?.bind(sys);
      const nothing: typescript.FileWatcher = { close: () => undefined };
      sys.watchDirectory = () => nothing;
      sys.watchFile = (file, ...more) => (isEdited(file) ? (watchFile?.(file, ...more) ?? nothing) : nothing);
      return (original.createWatchCompilerHost as (...args: unknown[]) => unknown)(
        files,
        {
          ...options,
          strict: true,
          alwaysStrict: false,
          moduleResolution: original.ModuleResolutionKind.Bundler,
          lib: ["lib.es2023.d.ts"],
          // Types of other packages are read when a cell imports them, not all of them before each cell.
          types: ["node"],
          inlineSourceMap: true,
        },
        sys,
        ...rest,
      );
    };
    const replaced: Record<string, unknown> = {
      createWatchCompilerHost,
      transpileModule: this.transpile.bind(this, original),
    };
    const view = {};
    for (const name of Object.keys(original)) {
      const get = (): unknown => replaced[name] ?? original[name];
      Object.defineProperty(view, name, { enumerable: true, configurable: true, get });
    }
    return view;
  }

  private transpile(ts: TypeScript, input: string, options: typescript.TranspileOptions): typescript.TranspileOutput {
    const emitMap = INLINE_MAP.exec(input)?.[1];
    const text = input.replace(MAP_COMMENT, "");
    // Modules that a cell imports come this way too; they have no earlier cells and no guard.
    let bindings: CellBindings = { names: [], imports: [] };
    const before =
      emitMap && isCell(emitMap)
        ? [mendEarlierNames(ts, text, this.earlier), handOverNames(ts, (found) => (bindings = found)), guardAwaits(ts)]
        : [];
    const result = ts.transpileModule(text, {
      ...options,
      compilerOptions: { ...options.compilerOptions, sourceMap: true },
      transformers: before.length > 0 ? { before, after: [unmarkModule(ts)] } : {},
    });
    const outputText = result.outputText.replace(MAP_COMMENT, "\n");
    if (emitMap && result.sourceMapText) {
      const map = Buffer.from(emitMap, "base64").toString();
      const locate = locator(result.sourceMapText, map, outputText.split("\n").length);
      this.cells.set(outputText, { locate, bindings });
    }
    return { ...result, outputText };
  }
}

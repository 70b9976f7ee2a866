// TypeScript cells to JavaScript: tslab's incremental converter, with strict checks, modern module resolution,
// guarded awaits, expanded shorthands and source maps.
import { existsSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import path from "node:path";
import type typescript from "typescript";
import { handOverNames, unmarkModule, type CellBindings } from "./bindings.js";
import { CellText, takenNames } from "./cell-text.js";
import { withNamespaces } from "./declarations.js";
import { dependenciesOf } from "./dependencies.js";
import { bindFile, forkOf } from "./fork.js";
import { guardAwaits, hasTopLevelAwait } from "./guards.js";
import { libraries } from "./libraries.js";
import { isMoved, movedNames, moveLocalTypes, withoutUnusedTypes } from "./local-types.js";
import { declaredNames, mendEarlierNames, mendPropertyNames } from "./shorthands.js";
import {
  giveTypeScript,
  loadConverterModule,
  loadTypeScript,
  parseModule,
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

/** A TypeScript module that a cell imports, as JavaScript. */
export interface CompiledModule {
  readonly path: string;
  readonly data: string;
  /** The path of its TypeScript. */
  readonly source: string;
  readonly locate: Locate;
}

interface Script {
  /** Name of the file. */
  readonly source: string;
  readonly locate: Locate;
  readonly bindings: CellBindings;
}

const NO_BINDINGS: CellBindings = { names: [], imports: [] };

export interface Compiled extends Omit<Conversion, "sideOutputs"> {
  readonly locate: Locate;
  readonly bindings: CellBindings;
  readonly modules: readonly CompiledModule[];
}

const INLINE_MAP = /\n?\/\/# sourceMappingURL=data:application\/json;base64,([A-Za-z0-9+/=]+)\s*$/;
const MAP_COMMENT = /\n?\/\/# sourceMappingURL=.*\s*$/;

const CELL_FILE = "__tslab__.ts";

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

/** JavaScript as run ← (CommonJS step) ← JavaScript as emitted ← (TypeScript step) ← the source, after `prefix` lines. */
function locator(commonJsMap: string, emitMap: string, lines: number, prefix: number): Locate {
  let maps: [SourceMap, SourceMap] | undefined;
  return (place) => {
    // The line that calls the wrapper around a cell is no line of the cell.
    if (place.line >= lines) return undefined;
    maps ??= [parseMap(commonJsMap), parseMap(emitMap)];
    const emitted = through(maps[0], place);
    const original = emitted && through(maps[1], emitted);
    if (!original || original.line < prefix) return undefined;
    return { line: original.line - prefix, column: original.column };
  };
}

/** The name of the source of emitted JavaScript, by its map in base64, without its folder. */
function sourceName(emitMap: string): string {
  const { sources } = JSON.parse(Buffer.from(emitMap, "base64").toString()) as SourceMapPayload;
  return path.basename(sources[0]);
}

const CANNOT_FIND_MODULE = 2307;

/** Files that a learner edits, and tslab's own; packages and declarations do not change under a running kernel. */
function isEdited(file: string): boolean {
  if (file.endsWith("__prev__.d.ts")) return true;
  return !file.endsWith(".d.ts") && !/[\\/]node_modules[\\/]/.test(file);
}

function cellOptions(ts: TypeScript): typescript.CompilerOptions {
  return {
    strict: true,
    // What is newer than the target stays as it is until the CommonJS step, which sees the last expression set apart.
    target: ts.ScriptTarget.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: libraries(),
    // Types of other packages are read when a cell imports them, not all of them before each cell.
    types: ["node"],
    inlineSourceMap: true,
  };
}

export class Compiler {
  readonly ts: TypeScript;
  private readonly root: string;
  /** By JavaScript, where it comes from and what it declares. */
  private readonly compiled = new Map<string, Script>();
  /** Names of the modules that are cells, as `@module` in a comment makes them. */
  private readonly cellModules = new Set<string>();
  /** Modules whose appearance has already been taken notice of. */
  private readonly appeared = new Set<string>();
  private converter: Converter;
  /** Names of earlier cells, while a cell is converted. */
  private earlier: ReadonlySet<string> = new Set();
  private moved: ReadonlySet<string> = new Set();

  constructor(root: string) {
    this.root = root;
    this.ts = loadTypeScript();
    this.ts.sys.useCaseSensitiveFileNames = true;
    // A cell may change into another folder, and take that away.
    this.ts.sys.getCurrentDirectory = () => root;
    giveTypeScript(this.patched());
    this.converter = this.newConverter();
  }

  convert(declarations: string, code: string): Compiled {
    this.compiled.clear();
    this.earlier = declaredNames(this.ts, declarations);
    this.moved = movedNames(declarations);
    const cell = new CellText(this.ts, code);
    let conversion = this.surely((converter) => converter.convert(declarations, cell.text));
    if (this.hasAppeared(conversion)) {
      this.renew();
      conversion = this.surely((converter) => converter.convert(declarations, cell.text));
    }
    const { sideOutputs = [], ...rest } = conversion;
    const script = this.compiled.get(conversion.output ?? "");
    const { diagnostics } = conversion;
    return {
      ...rest,
      diagnostics: diagnostics.length > 0 ? cell.told(diagnostics) : takenNames(this.ts, code),
      declOutput: withoutUnusedTypes(this.ts, withNamespaces(this.ts, declarations, conversion.declOutput ?? "")),
      locate: (place) => {
        const at = script?.locate(place);
        return at && cell.position(at);
      },
      bindings: script?.bindings ?? NO_BINDINGS,
      modules: sideOutputs.map(({ path: file, data }) => {
        const { source = path.basename(file), locate = (place: Position) => place } = this.compiled.get(data) ?? {};
        return { path: file, data, source: path.join(path.dirname(file), source), locate };
      }),
      hasToplevelAwait: this.awaits(cell.text),
    };
  }

  addModule(name: string, code: string, meta: CellMetadata): readonly Diagnostic[] {
    this.cellModules.add(name);
    return this.converter.addModule(name, code, meta);
  }

  complete(declarations: string, code: string, position: number): Completion {
    const found = this.surely((converter) => converter.complete(declarations, code, position));
    return { ...found, candidates: found.candidates.filter((name) => !isMoved(name)) };
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

  /** Whether the cell waits outside all functions. */
  private awaits(code: string): boolean {
    if (!/\bawait\b/.test(code)) return false;
    return hasTopLevelAwait(this.ts, parseModule(this.ts, code));
  }

  /** TypeScript as tslab sees it: what its fork adds is ours, and so are two functions; all others are TypeScript's. */
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
      const create = original.createWatchCompilerHost as (...args: unknown[]) => unknown;
      const [, ...reporters] = rest;
      return create(files, { ...options, ...cellOptions(original) }, sys, this.createProgram.bind(this), ...reporters);
    };
    const replaced: Record<string, unknown> = {
      ...forkOf(original),
      createWatchCompilerHost,
      transpileModule: this.transpile.bind(this, original),
    };
    const view = {};
    for (const name of new Set([...Object.keys(original), ...Object.keys(replaced)])) {
      const get = (): unknown => replaced[name] ?? original[name];
      Object.defineProperty(view, name, { enumerable: true, configurable: true, get });
    }
    return view;
  }

  /** Programs that write the declarations of a cell, even of what only a module would refuse to export. */
  private createProgram(...args: Parameters<typeof typescript.createAbstractBuilder>): typescript.BuilderProgram {
    const { ts } = this;
    const builder = ts.createAbstractBuilder(...args);
    const program = builder.getProgram();
    // tslab asks at once which names a cell has; all files are bound with the first question about a type.
    const [cell] = program.getSourceFiles().filter(({ fileName }) => path.basename(fileName) === CELL_FILE);
    if (cell) bindFile(ts, cell, program.getCompilerOptions());
    builder.getAllDependencies = (file) => dependenciesOf(program, file).map(({ fileName }) => fileName);
    builder.emit = (file, writeFile, token, only, transformers = {}) => {
      const { after = [], afterDeclarations = [] } = transformers;
      const isCell = file && path.basename(file.fileName) === CELL_FILE;
      const moving = isCell ? [moveLocalTypes(ts, program, file, this.moved)] : [];
      const emit = program.emit as (
        ...all: [...Parameters<typeof program.emit>, force: boolean]
      ) => typescript.EmitResult;
      const mending = isCell ? [mendPropertyNames(ts)] : [];
      const all = {
        ...transformers,
        after: [...after, ...mending],
        afterDeclarations: [...moving, ...afterDeclarations],
      };
      return emit(file, writeFile, token, only, all as typescript.CustomTransformers, true);
    };
    return builder;
  }

  private transpile(ts: TypeScript, input: string, options: typescript.TranspileOptions): typescript.TranspileOutput {
    const emitMap = INLINE_MAP.exec(input)?.[1];
    const text = input.replace(MAP_COMMENT, "");
    const source = emitMap ? sourceName(emitMap) : "";
    // Modules that a cell imports come this way too; they have no earlier cells and no guard.
    let bindings = NO_BINDINGS;
    const before =
      source === CELL_FILE
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
      const prefix = source === CELL_FILE || this.cellModules.has(path.parse(source).name) ? PREFIX_LINES : 0;
      const locate = locator(result.sourceMapText, map, outputText.split("\n").length, prefix);
      this.compiled.set(outputText, { source, locate, bindings });
    }
    return { ...result, outputText };
  }
}

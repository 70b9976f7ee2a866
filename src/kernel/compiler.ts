// TypeScript cells to JavaScript: tslab's incremental converter, with strict checks, modern module resolution,
// guarded awaits and source maps.
import { SourceMap, type SourceMapPayload } from "node:module";
import type typescript from "typescript";
import { guardAwaits, hasTopLevelForAwait } from "./guards.js";
import {
  loadConverterModule,
  loadTypeScript,
  replaceExports,
  typescriptPath,
  type Conversion,
  type Converter,
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

export class Compiler {
  readonly ts: TypeScript;
  readonly converter: Converter;
  readonly #locators = new Map<string, Locate>();

  constructor() {
    this.ts = loadTypeScript();
    replaceExports(typescriptPath, this.#patched());
    this.converter = loadConverterModule().createConverter({ isJS: false, isBrowser: false });
  }

  convert(declarations: string, code: string): Compiled {
    this.#locators.clear();
    const conversion = this.converter.convert(declarations, code);
    const locate = this.#locators.get(conversion.output ?? "") ?? (() => undefined);
    return { ...conversion, locate, hasToplevelAwait: conversion.hasToplevelAwait || this.#forAwait(code) };
  }

  /** tslab knows only of `await` itself. */
  #forAwait(code: string): boolean {
    if (!/\bfor\s+await\b/.test(code)) return false;
    const { ts } = this;
    return hasTopLevelForAwait(ts, ts.createSourceFile("cell.ts", code, ts.ScriptTarget.ES2022, true));
  }

  /** The TypeScript module as tslab sees it: two of its functions are ours, all others its own. */
  #patched(): object {
    const original = this.ts as TypeScript & Record<string, unknown>;
    const createWatchCompilerHost = (
      files: string[],
      options: typescript.CompilerOptions,
      ...rest: unknown[]
    ): unknown =>
      (original.createWatchCompilerHost as (...args: unknown[]) => unknown)(
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
        ...rest,
      );
    const replaced: Record<string, unknown> = {
      createWatchCompilerHost,
      transpileModule: this.#transpile.bind(this, original),
    };
    const view = {};
    for (const name of Object.keys(original)) {
      const get = (): unknown => replaced[name] ?? original[name];
      Object.defineProperty(view, name, { enumerable: true, configurable: true, get });
    }
    return view;
  }

  #transpile(
    ts: TypeScript,
    input: string,
    options: typescript.TranspileOptions,
  ): typescript.TranspileOutput {
    const emitMap = INLINE_MAP.exec(input)?.[1];
    const result = ts.transpileModule(input.replace(MAP_COMMENT, ""), {
      ...options,
      compilerOptions: { ...options.compilerOptions, sourceMap: true },
      transformers: { before: [guardAwaits(ts)] },
    });
    const outputText = result.outputText.replace(MAP_COMMENT, "\n");
    if (emitMap && result.sourceMapText) {
      const map = Buffer.from(emitMap, "base64").toString();
      this.#locators.set(outputText, locator(result.sourceMapText, map, outputText.split("\n").length));
    }
    return { ...result, outputText };
  }
}

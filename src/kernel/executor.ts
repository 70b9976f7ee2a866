// Runs one cell at a time: compile, run, collect what it defined, and say how it ended.
import { setImmediate } from "node:timers";
import vm from "node:vm";
import { survivingDeclarations } from "./declarations.js";
import { NAMES } from "./bindings.js";
import { runtimeError, typeErrors, type CellError } from "./errors.js";
import { GUARD, isInterrupted } from "./guards.js";
import { Imports } from "./imports.js";
import { ours } from "./intrinsics.js";
import { Interrupts } from "./interrupts.js";
import { mimeBundle, type MimeBundle } from "./rich-display.js";
import { Scope, type CellNames } from "./scope.js";
import { Sources } from "./sources.js";
import { stackInstaller } from "./stacks.js";
import { closeTensorScopes, tensorScopeDepth } from "./tensor-scopes.js";
import { cellMetadata } from "./tslab.js";
import { Compiler, type Compiled } from "./compiler.js";

export type Outcome =
  | { readonly status: "ok"; readonly shown?: MimeBundle }
  | { readonly status: "error"; readonly error: CellError; readonly interrupted: boolean };

type Runnable = Compiled & { readonly output: string };

// Cells may replace what belongs to all.
const { hasOwn } = Object;
const { Script } = vm;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** The first of promises, built without what a cell may have made of `Promise`. */
const first = <T>(start: () => readonly Promise<T>[]): Promise<T> => ours(() => Promise.race(start()));

export class Executor {
  readonly compiler: Compiler;
  readonly interrupts = new Interrupts();
  private readonly root: string;
  private readonly scope = new Scope();
  private readonly imports: Imports;
  private readonly sources = new Sources();
  private readonly installStacks = stackInstaller(this.sources);
  private living = "";
  private runs = 0;

  constructor(root: string) {
    this.root = root;
    this.compiler = new Compiler(root);
    this.imports = new Imports(root);
    this.installStacks();
  }

  /** The .d.ts text of all names alive, against which the next cell is checked. */
  get declarations(): string {
    return this.living;
  }

  /**
   * @param label how the cell is called in tracebacks, for example `cell [3]`
   * @param show whether its last value is wanted
   */
  async execute(code: string, label: string, show: boolean): Promise<Outcome> {
    const failed = ours(() => {
      let fail!: (error: unknown) => void;
      const promise = new Promise<never>((_resolve, reject) => (fail = reject));
      promise.catch(() => undefined);
      this.interrupts.begin({ fail, controller: new AbortController() });
      return promise;
    });
    try {
      return await this.compileAndRun(code, label, show, failed);
    } finally {
      this.interrupts.end();
    }
  }

  describe(thrown: unknown): CellError {
    return ours(() => runtimeError(thrown, this.sources, this.root));
  }

  close(): void {
    this.compiler.close();
  }

  /** What is wrong with a cell before it runs, or what is to be run. */
  private compile(code: string): Outcome | Runnable {
    const meta = cellMetadata(code);
    if (meta.module) {
      const diagnostics = this.compiler.addModule(meta.module, code, meta);
      return diagnostics.length > 0 ? this.failed(typeErrors(code, diagnostics)) : { status: "ok" };
    }
    const compiled = this.compiler.convert(this.living, code);
    this.imports.update(compiled.modules);
    for (const { path: file, source, locate } of compiled.modules)
      this.sources.add(file, { label: source, locate, firstLineOffset: 0 });
    if (compiled.diagnostics.length > 0) return this.failed(typeErrors(code, compiled.diagnostics));
    const { output, declOutput = "" } = compiled;
    if (output) return { ...compiled, output, declOutput };
    this.living = declOutput;
    return { status: "ok" };
  }

  private async compileAndRun(code: string, label: string, show: boolean, failed: Promise<never>): Promise<Outcome> {
    const compiled = ours(() => this.compile(code));
    if (hasOwn(compiled, "status")) return compiled as Outcome;
    const cell = compiled as Runnable;
    const { declOutput: declared = "", lastExpressionVar, bindings } = cell;
    const depth = tensorScopeDepth();
    const names = ours(() => this.scope.begin(bindings.names, bindings.imports));
    try {
      await this.run(cell, names, code, label, failed);
      ours(() => names.end(true));
      this.living = declared;
    } catch (thrown) {
      return ours(() => {
        if (isInterrupted(thrown)) closeTensorScopes(depth);
        const lost = names.end(false);
        if (lastExpressionVar) this.scope.take(lastExpressionVar);
        this.living = survivingDeclarations(this.compiler.ts, this.living, declared, new Set(lost));
        return this.failed(this.describe(thrown), isInterrupted(thrown));
      });
    }
    const value = lastExpressionVar === undefined ? undefined : this.scope.take(lastExpressionVar);
    if (!show || value === undefined) return { status: "ok" };
    try {
      // In a turn of its own and under the cell's interrupts: a value's own way to show itself may never end.
      const shown = this.turn(() => mimeBundle(value));
      return { status: "ok", shown: await first(() => [shown, failed]) };
    } catch (thrown) {
      return this.failed(this.describe(thrown), isInterrupted(thrown));
    }
  }

  private failed(error: CellError, interrupted = false): Outcome {
    return { status: "error", error, interrupted };
  }

  private async run(
    compiled: Compiled,
    names: CellNames,
    code: string,
    label: string,
    failed: Promise<never>,
  ): Promise<void> {
    const filename = `cell-${++this.runs}`;
    const start = `(${compiled.hasToplevelAwait ? "async " : ""}function(exports, require, ${GUARD}, ${NAMES})`;
    const prefix = `${start} { "use strict"; `;
    ours(() => this.sources.add(filename, { label, code, locate: compiled.locate, firstLineOffset: prefix.length }));
    // In each cell anew: what one cell makes of stacks is not what the next ones get.
    this.installStacks();
    const script = new Script(`${prefix}${compiled.output}\n})`, { filename });
    try {
      // Not `breakOnSigint`: it takes the process's SIGINT listeners away and loses them when V8 terminates.
      const cell = script.runInThisContext() as (...args: readonly unknown[]) => Promise<void> | undefined;
      const { guard } = this.interrupts;
      const ended = this.turn(() => cell(names.exports, this.imports.require, guard, names));
      await first(() => [ended, failed]);
      // One more turn lets a rejection that nobody handles, and what the cell threw in a callback, reach it.
      await first(() => [nextTurn(), failed]);
    } catch (thrown) {
      this.interrupts.abandon();
      throw thrown;
    }
  }

  /** Code of a cell starts in a turn of its own, so that terminating it takes none of the kernel's code with it. */
  private turn<T>(code: () => T | Promise<T>): Promise<T> {
    const begin = async (resolve: (value: T) => void, reject: (error: unknown) => void): Promise<void> => {
      try {
        this.interrupts.enter();
        const ended = code();
        ours(() => undefined);
        // `await` asks the promise itself, and no method that a cell can replace.
        resolve(await ended);
      } catch (thrown) {
        reject(thrown);
      }
    };
    return ours(() => new Promise<T>((resolve, reject) => setImmediate(() => void begin(resolve, reject))));
  }
}

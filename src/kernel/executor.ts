// Runs one cell at a time: compile, run, collect what it defined, and say how it ended.
import vm from "node:vm";
import { survivingDeclarations } from "./declarations.js";
import { runtimeError, typeErrors, type CellError, type CellSource } from "./errors.js";
import { NAMES } from "./bindings.js";
import { GUARD, Interrupted } from "./guards.js";
import { Imports } from "./imports.js";
import { Interrupts } from "./interrupts.js";
import { Scope, type CellNames } from "./scope.js";
import { closeTensorScopes, tensorScopeDepth } from "./tensor-scopes.js";
import { cellMetadata } from "./tslab.js";
import { Compiler, type Compiled } from "./compiler.js";

export type Outcome =
  | { readonly status: "ok"; readonly value: unknown }
  | { readonly status: "error"; readonly error: CellError; readonly interrupted: boolean };

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Executor {
  readonly compiler: Compiler;
  readonly interrupts = new Interrupts();
  private readonly root: string;
  private readonly scope = new Scope();
  /** Of the running cell. */
  private names: CellNames | undefined;
  private readonly imports: Imports;
  private readonly sources = new Map<string, CellSource>();
  private living = "";
  private runs = 0;

  constructor(root: string) {
    this.root = root;
    this.compiler = new Compiler(root);
    this.imports = new Imports(root);
    // The wrapper of a cell reads its arguments from here: vm has no other way to hand them over.
    const { interrupts } = this;
    const running = (): CellNames | undefined => this.names;
    const value = {
      get [NAMES]() {
        return running();
      },
      require: this.imports.require,
      get [GUARD]() {
        return interrupts.guard;
      },
    };
    Object.defineProperty(globalThis, "__tslab__", { configurable: true, value });
  }

  /** The .d.ts text of all names alive, against which the next cell is checked. */
  get declarations(): string {
    return this.living;
  }

  /** @param label how the cell is called in tracebacks, for example `cell [3]` */
  async execute(code: string, label: string): Promise<Outcome> {
    let fail!: (error: unknown) => void;
    const failed = new Promise<never>((_resolve, reject) => (fail = reject));
    failed.catch(() => undefined);
    this.interrupts.begin({ fail, controller: new AbortController() });
    try {
      return await this.compileAndRun(code, label, failed);
    } finally {
      this.interrupts.end();
    }
  }

  describe(thrown: unknown): CellError {
    return runtimeError(thrown, this.sources, this.root);
  }

  close(): void {
    this.compiler.close();
  }

  private async compileAndRun(code: string, label: string, failed: Promise<never>): Promise<Outcome> {
    const meta = cellMetadata(code);
    if (meta.module) {
      const diagnostics = this.compiler.addModule(meta.module, code, meta);
      if (diagnostics.length > 0) return this.failed(typeErrors(code, diagnostics));
      return { status: "ok", value: undefined };
    }
    const compiled = this.compiler.convert(this.living, code);
    this.imports.update(compiled.sideOutputs);
    if (compiled.diagnostics.length > 0) return this.failed(typeErrors(code, compiled.diagnostics));
    const declared = compiled.declOutput ?? "";
    if (!compiled.output) {
      this.living = declared;
      return { status: "ok", value: undefined };
    }
    const depth = tensorScopeDepth();
    const names = (this.names = this.scope.begin(compiled.bindings.names, compiled.bindings.imports));
    try {
      await this.run(compiled, code, label, failed);
      names.end(true);
    } catch (thrown) {
      if (thrown instanceof Interrupted) closeTensorScopes(depth);
      const lost = names.end(false);
      if (compiled.lastExpressionVar) this.scope.take(compiled.lastExpressionVar);
      this.living = survivingDeclarations(this.compiler.ts, this.living, declared, new Set(lost));
      return this.failed(this.describe(thrown), thrown instanceof Interrupted);
    }
    this.living = declared;
    const name = compiled.lastExpressionVar;
    return { status: "ok", value: name === undefined ? undefined : this.scope.take(name) };
  }

  private failed(error: CellError, interrupted = false): Outcome {
    return { status: "error", error, interrupted };
  }

  private async run(compiled: Compiled, code: string, label: string, failed: Promise<never>): Promise<void> {
    const filename = `cell-${++this.runs}`;
    const prefix = `(${compiled.hasToplevelAwait ? "async " : ""}function(exports, require, ${GUARD}, ${NAMES}) { `;
    const call = `})(__tslab__.${NAMES}.exports, __tslab__.require, __tslab__.${GUARD}, __tslab__.${NAMES})`;
    this.sources.set(filename, { label, code, locate: compiled.locate, firstLineOffset: prefix.length });
    try {
      await Promise.race([this.start(`${prefix}${compiled.output}\n${call}`, filename), failed]);
      // One more turn lets a rejection that nobody handles, and what the cell threw in a callback, reach it.
      await Promise.race([nextTurn(), failed]);
    } catch (thrown) {
      this.interrupts.abandon();
      throw thrown;
    }
  }

  /** The cell starts in a turn of its own, so that terminating it takes none of the kernel's code with it. */
  private start(wrapped: string, filename: string): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      setImmediate(() => {
        try {
          const script = new vm.Script(wrapped, { filename });
          this.interrupts.enter();
          // Not `breakOnSigint`: it takes the process's SIGINT listeners away and loses them when V8 terminates.
          Promise.resolve(script.runInThisContext()).then(() => resolve(), reject);
        } catch (thrown) {
          reject(thrown);
        }
      });
    });
  }
}

// What `require` means inside a cell: packages and files from the project's root, and TypeScript files that a
// cell imports, which the converter compiles on the way.
import Module, { createRequire } from "node:module";
import path from "node:path";
import type { CompiledModule } from "./compiler.js";
import { makeTensorsReadable } from "./tensor-text.js";

interface CompilableModule extends Module {
  _compile(code: string, filename: string): void;
}

type Require = (id: string) => unknown;

export class Imports {
  readonly require: Require;
  private readonly sources = new Map<string, string>();
  private readonly loaded = new Map<string, NodeModule>();
  /** By file, the files that import it. */
  private readonly importers = new Map<string, Set<string>>();

  constructor(root: string) {
    const require = this.within(createRequire(path.join(root, "cell.js")), root);
    this.require = (id) => {
      const module = require(id);
      makeTensorsReadable(module);
      return module;
    };
  }

  /** Compiled local files; one that changed, and all that lead to it, are loaded anew at their next import. */
  update(outputs: readonly CompiledModule[]): void {
    for (const { path: file, data } of outputs) {
      this.forget(file);
      this.sources.set(file, data);
    }
  }

  private forget(file: string, seen = new Set<string>()): void {
    if (seen.has(file)) return;
    seen.add(file);
    this.loaded.delete(file);
    for (const importer of this.importers.get(file) ?? []) this.forget(importer, seen);
  }

  /** @param importer the file whose imports these are; none for a cell */
  private within(plain: Require, folder: string, importer?: string): Require {
    return (id) => {
      if (id.startsWith(".") || path.isAbsolute(id)) {
        const target = path.resolve(folder, id);
        for (const file of [target, `${target}.js`, path.join(target, "index.js")]) {
          if (!this.sources.has(file)) continue;
          if (importer) this.importers.set(file, (this.importers.get(file) ?? new Set()).add(importer));
          return this.local(file).exports;
        }
      }
      return plain(id);
    };
  }

  private local(file: string): NodeModule {
    const loaded = this.loaded.get(file);
    if (loaded) return loaded;
    const module = new Module(file) as CompilableModule;
    module.filename = file;
    const plain = createRequire(file);
    module.require = this.within(plain, path.dirname(file), file) as NodeJS.Require;
    this.loaded.set(file, module);
    try {
      module._compile(this.sources.get(file) as string, file);
    } catch (error) {
      // Half a module is none: the next import tries again.
      this.loaded.delete(file);
      throw error;
    }
    return module;
  }
}

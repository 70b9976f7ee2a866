// What `require` means inside a cell: packages and files from the project's root, and TypeScript files that a
// cell imports, which the converter compiles on the way.
import Module, { createRequire } from "node:module";
import path from "node:path";
import type { Conversion } from "./tslab.js";

interface CompilableModule extends Module {
  _compile(code: string, filename: string): void;
}

type Require = (id: string) => unknown;

export class Imports {
  readonly require: Require;
  private readonly sources = new Map<string, string>();
  private readonly loaded = new Map<string, NodeModule>();

  constructor(root: string) {
    this.require = this.within(createRequire(path.join(root, "cell.js")), root);
  }

  /** Compiled local files; a changed file is loaded anew at its next import. */
  update(outputs: Conversion["sideOutputs"]): void {
    for (const { path: file, data } of outputs ?? []) {
      this.loaded.delete(file);
      this.sources.set(file, data);
    }
  }

  private within(plain: Require, folder: string): Require {
    return (id) => {
      if (id.startsWith(".") || path.isAbsolute(id)) {
        const target = path.resolve(folder, id);
        for (const file of [target, `${target}.js`, path.join(target, "index.js")]) {
          const local = this.local(file);
          if (local) return local.exports;
        }
      }
      return plain(id);
    };
  }

  private local(file: string): NodeModule | undefined {
    const loaded = this.loaded.get(file);
    if (loaded) return loaded;
    const source = this.sources.get(file);
    if (source === undefined) return undefined;
    const module = new Module(file) as CompilableModule;
    module.filename = file;
    const plain = createRequire(file);
    module.require = this.within(plain, path.dirname(file)) as NodeJS.Require;
    this.loaded.set(file, module);
    try {
      module._compile(source, file);
    } catch (error) {
      // Half a module is none: the next import tries again.
      this.loaded.delete(file);
      throw error;
    }
    return module;
  }
}

// Where running JavaScript comes from: the cells and TypeScript modules that were compiled, by the name of their script.
import type { Locate, Position } from "./compiler.js";

export interface Source {
  /** How it is called in stacks: `cell [3]`, or the path of a module's TypeScript. */
  readonly label: string;
  /** The text of a cell, which is shown with its errors. */
  readonly code?: string;
  readonly locate: Locate;
  /** Characters that the wrapper puts before the first line. */
  readonly firstLineOffset: number;
}

export interface Origin extends Position {
  readonly source: Source;
}

export class Sources {
  private readonly scripts = new Map<string, Source>();
  private readonly labels = new Map<string, Source>();

  add(script: string, source: Source): void {
    this.scripts.set(script, source);
    this.labels.set(source.label, source);
  }

  isCell(file: string): boolean {
    return (this.scripts.get(file) ?? this.labels.get(file))?.code !== undefined;
  }

  has(script: string): boolean {
    return this.scripts.has(script);
  }

  /**
   * What a line and column of a stack, both counted from 1, stand for: `undefined` in a file that is not compiled here,
   * `"nothing"` in what the compiler put around the source. Stacks that `stacks.ts` wrote name the source already.
   */
  origin(file: string, line: number, column: number): Origin | "nothing" | undefined {
    const source = this.scripts.get(file);
    if (!source) {
      const named = this.labels.get(file);
      return named && { source: named, line: line - 1, column: column - 1 };
    }
    const offset = line === 1 ? source.firstLineOffset : 0;
    const at = source.locate({ line: line - 1, column: Math.max(0, column - 1 - offset) });
    return at ? { source, ...at } : "nothing";
  }
}

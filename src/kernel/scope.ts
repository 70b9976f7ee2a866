// The names that cells share. Each is a property with a getter and a setter, which read and write the one variable of
// the cell that declared it.

// Cells may replace what belongs to all.
const { create, defineProperty, keys } = Object;

type Get = () => unknown;
type Set = (value: unknown) => void;

function constantSetter(): never {
  throw new TypeError("Assignment to constant variable.");
}

export class Scope {
  private readonly properties = {};

  /** @param names those that the cell declares; @param imports those of them that it imports */
  begin(names: readonly string[], imports: readonly string[]): CellNames {
    return new CellNames(this.properties, names, imports);
  }

  /** Takes the value of the last expression out, so that it is not kept alive. */
  take(name: string): unknown {
    const { properties } = this as unknown as { properties: Record<string, unknown> };
    const value = properties[name];
    delete properties[name];
    return value;
  }
}

/**
 * What a cell sees as `__names`: it hands each of its names over as the line that declares it has run. Until then the
 * name means what an earlier cell made of it, and so it does for good if the line is never reached.
 */
export class CellNames {
  /**
   * The cell's `exports`, from which it reads the names of earlier cells. They are on the prototype because V8 keeps
   * the properties of a prototype fast, however many there are and however often they change.
   */
  readonly exports: object;
  private readonly shared: object;
  private readonly unreached: Record<string, true> = { __proto__: null } as never;
  private readonly waiting: Record<string, { readonly get: Get; readonly set: Set }> = { __proto__: null } as never;
  private ended = false;

  constructor(shared: object, names: readonly string[], imports: readonly string[]) {
    this.shared = shared;
    this.exports = create(shared) as object;
    for (const name of names) this.unreached[name] = true;
    // TypeScript writes an import here first, which must not reach a variable of the same name.
    for (const name of imports)
      defineProperty(this.exports, name, {
        configurable: true,
        enumerable: true,
        writable: true,
        value: undefined,
      });
  }

  constant(name: string, value: unknown): void {
    this.define(name, () => value, constantSetter);
  }

  variable(name: string, get: Get, set: Set): void {
    this.define(name, get, set);
  }

  imported(name: string): void {
    const exports = this.exports as Record<string, unknown>;
    this.define(name, () => exports[name], constantSetter);
  }

  /** A `var` inside a block: it has a value by the end of the cell, or never got one. */
  hoisted(name: string, get: Get, set: Set): void {
    this.waiting[name] = { get, set };
  }

  /** Names of the cell that were never reached. What of the cell still runs hands over nothing more. */
  end(succeeded: boolean): string[] {
    for (const name in this.waiting) {
      const { get, set } = this.waiting[name];
      if (succeeded || get() !== undefined) this.define(name, get, set);
    }
    this.ended = true;
    return keys(this.unreached);
  }

  private define(name: string, get: Get, set: Set): void {
    if (this.ended) return;
    delete this.unreached[name];
    defineProperty(this.shared, name, {
      __proto__: null,
      configurable: true,
      enumerable: true,
      get,
      set,
    } as PropertyDescriptor);
  }
}

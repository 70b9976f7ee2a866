// The values that cells share: one object, whose writes are watched while a cell runs.

/**
 * tslab's JavaScript writes every top-level name to `exports`: first `void 0` for all, then each value as its line
 * runs. So a name whose last write is `undefined` has not been reached.
 */
export class Scope {
  readonly values: Record<string, unknown> = {};
  readonly exports: Record<string, unknown>;
  readonly #unreached = new Map<string, unknown>();

  constructor() {
    this.exports = new Proxy(this.values, {
      set: (_target, name, value) => this.#write(String(name), value),
      // Re-exported imports arrive as getters, and must be writable by a later cell.
      defineProperty: (_target, name, attributes) =>
        name === "__esModule" || this.#write(String(name), attributes.get ? attributes.get() : attributes.value),
    });
  }

  begin(): void {
    this.#unreached.clear();
  }

  /** Names that the cell declares and never gave a value; earlier values come back. */
  rollBack(): Set<string> {
    for (const [name, earlier] of this.#unreached) {
      if (earlier === undefined) delete this.values[name];
      else this.values[name] = earlier;
    }
    const names = new Set(this.#unreached.keys());
    this.#unreached.clear();
    return names;
  }

  /** Takes the value of the last expression out, so that it is not kept alive. */
  take(name: string): unknown {
    const value = this.values[name];
    delete this.values[name];
    return value;
  }

  #write(name: string, value: unknown): true {
    if (value !== undefined) this.#unreached.delete(name);
    else if (!this.#unreached.has(name)) this.#unreached.set(name, this.values[name]);
    this.values[name] = value;
    return true;
  }
}

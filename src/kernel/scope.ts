// The values that cells share: one object, whose writes are watched while a cell runs.

/**
 * tslab's JavaScript writes every top-level name to `exports`: first `void 0` for all, then each value as its line
 * runs. So a name whose last write is `undefined` has not been reached.
 */
type Setter = (value: unknown) => void;

export class Scope {
  readonly values: Record<string, unknown> = {};
  readonly exports: Record<string, unknown>;
  private readonly unreached = new Map<string, unknown>();
  /**
   * By name, what sets the variable of the cell that declared it. Functions of that cell read the variable and not
   * `exports`, so another cell's assignment must reach both.
   */
  private readonly setters = new Map<string, Setter>();
  /** Setters of the names that the running cell declares anew. */
  private readonly hidden = new Map<string, Setter>();

  constructor() {
    this.exports = new Proxy(this.values, {
      set: (_target, name, value) => this.write(String(name), value),
      // Re-exported imports arrive as getters, and must be writable by a later cell.
      defineProperty: (_target, name, attributes) =>
        name === "__esModule" || this.write(String(name), attributes.get ? attributes.get() : attributes.value),
    });
  }

  /** @param declared names that the cell declares: no assignment to them is one to an earlier cell's variable */
  begin(declared: readonly string[]): void {
    this.unreached.clear();
    this.hidden.clear();
    for (const name of declared) {
      const setter = this.setters.get(name);
      if (setter) this.hidden.set(name, setter);
      this.setters.delete(name);
    }
  }

  /** Called by a cell as it begins. */
  link(setters: Readonly<Record<string, Setter>>): void {
    for (const [name, setter] of Object.entries(setters)) this.setters.set(name, setter);
  }

  /** Names that the cell declares and never gave a value; earlier values come back. */
  rollBack(): Set<string> {
    for (const [name, earlier] of this.unreached) {
      if (earlier === undefined) delete this.values[name];
      else this.values[name] = earlier;
      const hidden = this.hidden.get(name);
      if (hidden) this.setters.set(name, hidden);
      else this.setters.delete(name);
    }
    const names = new Set(this.unreached.keys());
    this.unreached.clear();
    return names;
  }

  /** Takes the value of the last expression out, so that it is not kept alive. */
  take(name: string): unknown {
    const value = this.values[name];
    delete this.values[name];
    return value;
  }

  private write(name: string, value: unknown): true {
    if (value !== undefined) this.unreached.delete(name);
    else if (!this.unreached.has(name)) this.unreached.set(name, this.values[name]);
    this.values[name] = value;
    try {
      this.setters.get(name)?.(value);
    } catch {
      // tslab writes `undefined` to all names before their lines have run, when a `let` cannot be set yet.
    }
    return true;
  }
}

/** One computation at a time, for values that arrive faster than they can be computed with. */

/** Computes with the latest value: of those that arrive while a computation is under way, only the last one waits. */
export class Latest<V, R> {
  private working: Promise<void> | undefined;
  private waiting: { readonly value: V } | undefined;

  /**
   * @param compute gives the result, or a promise of it; it must not throw or reject.
   * @param take receives each result with its value, in order.
   */
  constructor(
    private readonly compute: (value: V) => R | Promise<R>,
    private readonly take: (result: R, value: V) => void,
  ) {}

  /** Resolves when the result of the latest value is taken; undefined if it already is. */
  get settled(): Promise<void> | undefined {
    return this.working;
  }

  /** Computes now or after the one under way. A result that is no promise is taken before this returns. */
  run(value: V): void | Promise<void> {
    if (this.working) {
      this.waiting = { value };
      return this.working;
    }
    const result = this.compute(value);
    if (!(result instanceof Promise)) return this.take(result, value);
    this.working = result.then((computed) => {
      const next = this.waiting;
      this.working = this.waiting = undefined;
      this.take(computed, value);
      return next && this.run(next.value);
    });
    return this.working;
  }
}

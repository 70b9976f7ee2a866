/** Progress bars for loops, with the time that is left. */
import { requireKind } from "../base/kinds.js";
import { requireKnownKeys, described } from "../base/check.js";
import { duration } from "../base/words.js";
import { isHeadless, isWatched } from "./environment.js";
import { say } from "./messages.js";
import { bundle, DisplaySlot, Throttle } from "./publish.js";

export interface ProgressOptions {
  /** What is being done, written before the bar. */
  label?: string;
  /** Number of items, for an iterable that does not tell. */
  total?: number;
}

/**
 * A progress bar that is replaced in place, at most five times a second.
 *
 * - `for (const batch of progress(batches)) …` counts the items of an iterable;
 * - `for (const i of progress(500)) …` counts 0 … 499;
 * - `for await (const batch of progress(stream)) …` lets other work run between the items;
 * - `trainer.run(500, { onStep: progress(500).onStep })` counts calls.
 *
 * Where nobody watches (headless run, CI, output to a file) only the last state is written; in a headless run it
 * names no time, so that a second run writes the same.
 *
 * @throws RangeError when the total is no whole number ≥ 0.
 */
export function progress(total: number, options?: ProgressOptions): Progress<number>;
export function progress<T>(source: Iterable<T> | AsyncIterable<T>, options?: ProgressOptions): Progress<T>;
export function progress<T>(
  source: number | Iterable<T> | AsyncIterable<T>,
  options: ProgressOptions = {},
): Progress<T | number> {
  requireKnownKeys("progress", options, { label: "a text", total: "a number" });
  if (typeof source !== "number") {
    requireIterable("progress", source);
    const size = (source as { length?: number; size?: number }).length ?? (source as { size?: number }).size;
    return new Progress<T | number>(source, options.total ?? size, options.label);
  }
  if (!Number.isInteger(source) || source < 0) throw new RangeError(say("progressOf", { total: source }));
  return new Progress<T | number>(
    Array.from({ length: source }, (_, i) => i),
    source,
    options.label,
  );
}

/** Made by {@link progress}. */
export class Progress<T> {
  private readonly slot = new DisplaySlot();
  private readonly throttle = new Throttle();
  private readonly started = performance.now();
  private count = 0;
  private note = "";
  private over = false;

  constructor(
    private readonly source: Iterable<T> | AsyncIterable<T>,
    private readonly total: number | undefined,
    private readonly label: string | undefined,
  ) {
    requireIterable("Progress", source);
    if (label !== undefined) requireKind("label", label, "a text");
    if (total !== undefined) requireKind("total", total, "a number");
  }

  /** Counts one; passes as the `onStep` of a trainer or of `sample`. Shows the loss where it is told one. */
  readonly onStep = (step?: { readonly loss?: number }): void => {
    if (step !== undefined) requireKind("step", step, "an object");
    if (step?.loss !== undefined) requireKind("loss", step.loss, "a number");
    if (typeof step?.loss === "number") this.note = say("loss", { loss: step.loss.toPrecision(3) });
    this.tick();
  };

  /** Counts `items` more and shows `note` behind the bar. Reaching the total ends the bar. */
  tick(items = 1, note?: string): void {
    if (note !== undefined) requireKind("note", note, "a text");
    requireKind("items", items, "a number");
    this.count += items;
    if (note !== undefined) this.note = note;
    if (this.total !== undefined && this.count >= this.total) this.done();
    else if (isWatched()) this.throttle.run(() => this.slot.replace(this.state()));
  }

  /** Writes the last state; called by itself at the end of a loop, also of one that is left early. */
  done(): void {
    if (this.over) return;
    this.over = true;
    this.slot.replace(this.state(), { last: true });
  }

  *[Symbol.iterator](): Generator<T> {
    const items = this.source as Iterable<T>;
    if (typeof items[Symbol.iterator] !== "function") {
      throw new TypeError(say("asynchronous"));
    }
    try {
      for (const item of items) {
        yield item;
        this.tick();
      }
    } finally {
      this.done();
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    let rested = performance.now();
    try {
      for await (const item of this.source) {
        yield item;
        this.tick();
        if (performance.now() - rested > 50) {
          await new Promise((resolve) => setImmediate(resolve));
          rested = performance.now();
        }
      }
    } finally {
      this.done();
    }
  }

  private state(): ReturnType<typeof bundle> {
    const head = this.label ? `${this.label}  ` : "";
    const tail = this.note ? ` · ${this.note}` : "";
    return bundle({ "text/plain": `${head}${this.bar()}${this.timing()}${tail}` });
  }

  private bar(): string {
    if (this.total === undefined) return `${this.count}`;
    const cells = 24;
    const share = this.total === 0 ? 1 : Math.min(1, this.count / this.total);
    const full = Math.floor(share * cells);
    return `${"█".repeat(full)}${"░".repeat(cells - full)} ${this.count}/${this.total}`;
  }

  private timing(): string {
    if (isHeadless()) return "";
    const seconds = (performance.now() - this.started) / 1000;
    if (this.over) return ` · ${duration(seconds)}`;
    const rate = this.count / seconds;
    const speed = ` · ${rate.toPrecision(3)}/s`;
    if (this.total === undefined || rate === 0) return speed;
    return `${speed} · ${say("left", { time: duration((this.total - this.count) / rate) })}`;
  }
}

function requireIterable(what: string, source: unknown): void {
  const iterable = typeof source === "string" || (typeof source === "object" && source !== null);
  if (iterable && (Symbol.iterator in Object(source) || Symbol.asyncIterator in Object(source))) return;
  throw new TypeError(`${what} goes with a number of steps, or over a list or a generator, got ${described(source)}`);
}

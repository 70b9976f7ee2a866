// The three ways in which a cell is stopped, mildest first.
//
// 1. Its AbortSignal fires, listeners of the process's SIGINT run, and every `await` in code of a cell throws.
// 2. A cell that still waits after GRACE_MS (for a promise that never settles) is left behind: it is reported as
//    interrupted and its remaining code throws if it ever resumes.
// 3. A cell that never lets the event loop turn is terminated by V8 from the control thread. This runs no `catch`
//    and no `finally`. A native call (one TensorFlow kernel, one readFileSync) is finished first: nothing stops that.
import { setImmediate, setTimeout } from "node:timers";
import { Guard, Interrupted } from "./guards.js";
import { ours } from "./intrinsics.js";

// Cells may replace what belongs to all.
const { add, exchange, store } = Atomics;

export const GRACE_MS = 1500;

/** Slots of the memory shared with the control thread. */
export const SHARED = {
  /** Number of the cell whose code may be terminated, 0 while there is none. */
  running: 0,
  /** Counts the interrupts that the main thread has seen. */
  seen: 1,
  length: 2,
} as const;

export interface Run {
  readonly fail: (error: unknown) => void;
  readonly controller: AbortController;
}

export class Interrupts {
  /** Interrupts reach what all cells have left running. */
  private readonly everyone = new Guard();
  private current = new Guard(this.everyone);
  readonly shared: Int32Array = new Int32Array(new SharedArrayBuffer(4 * SHARED.length));
  private run: Run | undefined;
  private cells = 0;
  private readonly callbacks = new Set<(error: unknown) => void>();
  private readonly idleSignal = new AbortController().signal;

  /** Signal of the running cell; one that never fires when no cell runs. */
  get signal(): AbortSignal {
    return this.run?.controller.signal ?? this.idleSignal;
  }

  get running(): boolean {
    return this.run !== undefined;
  }

  /** Of the run that has begun last. */
  get guard(): Guard {
    return this.current;
  }

  begin(run: Run): void {
    this.run = run;
    this.current = new Guard(this.everyone);
  }

  /** From here on only code of the cell runs, which may be terminated; the compiler may not. */
  enter(): void {
    if (this.signal.aborted) throw new Interrupted();
    store(this.shared, SHARED.running, ++this.cells);
  }

  end(): void {
    this.run = undefined;
    store(this.shared, SHARED.running, 0);
  }

  /** A cell is left behind: what of it still runs throws at its next await. */
  abandon(): void {
    this.current.nextEpoch();
  }

  interrupt(): void {
    add(this.shared, SHARED.seen, 1);
    this.everyone.nextEpoch();
    const run = this.run;
    if (!run || run.controller.signal.aborted) return;
    const reason = new Interrupted();
    run.controller.abort(reason);
    setTimeout(() => run.fail(reason), GRACE_MS);
  }

  /** Runs a callback in a turn of its own, so that terminating it takes none of the kernel's code with it. */
  callback<T>(call: () => T | Promise<T>): Promise<T> {
    const ended = (resolve: (value: T | Promise<T>) => void, reject: (error: unknown) => void): void => {
      this.callbacks.add(reject);
      setImmediate(() => {
        const before = exchange(this.shared, SHARED.running, ++this.cells);
        try {
          resolve(call());
        } catch (thrown) {
          reject(thrown);
        }
        ours(() => this.callbacks.delete(reject));
        store(this.shared, SHARED.running, before);
      });
    };
    return ours(() => new Promise<T>(ended));
  }

  /** The control thread has terminated the running code. */
  terminated(): void {
    const message = "the cell was interrupted while it computed; variables of the lines that ran are kept";
    this.interrupt();
    this.run?.fail(new Interrupted(message));
    for (const reject of this.callbacks) reject(new Interrupted(message));
    this.callbacks.clear();
    if (!this.run) store(this.shared, SHARED.running, 0);
  }

  /** Something the running cell started went wrong outside its own line of control. */
  fail(error: unknown): boolean {
    this.run?.fail(error);
    return this.run !== undefined;
  }
}

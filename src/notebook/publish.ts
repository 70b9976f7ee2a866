/** Sends outputs to the notebook, or to the terminal. */
import { displaySender } from "./kernel.js";

/** One output in every form it has, by MIME type; binary forms in base64. */
export interface MimeBundle {
  data: Record<string, unknown>;
  /** By MIME type, for example `{ "image/png": { width, height } }` in CSS pixels. */
  metadata: Record<string, Record<string, unknown>>;
}

/** A bundle with no metadata. */
export function bundle(data: Record<string, unknown>): MimeBundle {
  return { data, metadata: {} };
}

/** Sends an output to the notebook; in a terminal its `text/plain` is written to standard output. */
export function publish(output: MimeBundle): void {
  const send = displaySender();
  if (send) send({ ...output, transient: {} }, false);
  else process.stdout.write(`${String(output.data["text/plain"] ?? "")}\n`);
}

let displays = 0;

/** A place in the output that is written once and then replaced. */
export class DisplaySlot {
  private readonly id = `diffusion-lab-${process.pid}-${++displays}`;
  private used = false;

  /** @param options.last ends a terminal's line; a notebook takes no notice of it. */
  replace(output: MimeBundle, { last = false }: { last?: boolean } = {}): void {
    const send = displaySender();
    if (send) {
      send({ ...output, transient: { display_id: this.id } }, this.used);
      this.used = true;
      return;
    }
    const line = String(output.data["text/plain"] ?? "");
    // Carriage return and "erase line": the next state is written over this one.
    const over = process.stdout.isTTY ? "\r\x1b[2K" : "";
    if (process.stdout.isTTY || last) process.stdout.write(`${over}${line}${last ? "\n" : ""}`);
  }
}

/** Lets an action through at most once in an interval, and less often when the action itself is slow. */
export class Throttle {
  private next = 0;

  /** @param seconds shortest time between two runs; 0.2 keeps to five a second. */
  constructor(private readonly seconds = 0.2) {}

  run(action: () => void): void {
    const start = performance.now();
    if (start < this.next) return;
    action();
    const spent = performance.now() - start;
    // Drawing may take a tenth of the time, no more: what is watched should not be slowed by being watched.
    this.next = start + Math.max(1000 * this.seconds, 10 * spent);
  }
}

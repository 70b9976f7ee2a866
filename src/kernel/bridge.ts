// What the kernel offers to the code of cells and libraries, under one well-known symbol of the global object.
// A library looks it up and does without it on another kernel:
//
//   const kernel = (globalThis as { [key: symbol]: unknown })[Symbol.for("diffusion-lab.kernel")] as KernelBridge | undefined
import type { Comms } from "./comms.js";

export interface KernelBridge {
  /** Fires when the running cell is interrupted. */
  readonly interruptSignal: AbortSignal;
  readonly comms: Comms;
  /** Sends a MIME bundle as output of the running cell; `update` replaces the display of the same id. */
  display(content: Record<string, unknown>, update?: boolean): void;
  /** Takes the running cell's output away; with `wait` only when the next one arrives. */
  clearOutput(wait?: boolean): void;
}

export const KERNEL = Symbol.for("diffusion-lab.kernel");

// What the kernel offers to the code of cells and libraries, under one well-known symbol of the global object.
// A library imports the types alone, which are erased, and does without the bridge on another kernel:
//
//   import type { KernelBridge } from "diffusion-lab-kernel/bridge";
//   const kernel = (globalThis as Record<symbol, unknown>)[Symbol.for("diffusion-lab.kernel")] as KernelBridge | undefined;
import type { Comms } from "./comms.js";

/** What a Jupyter `display_data` message carries. */
export type DisplayContent = {
  readonly data: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
  readonly transient: { readonly display_id?: string };
};

export interface KernelBridge {
  /** Fires when the running cell is interrupted. */
  readonly interruptSignal: AbortSignal;
  readonly comms: Comms;
  /** Sends a MIME bundle as output of the running cell; `update` replaces the display of the same id. */
  display(content: DisplayContent, update?: boolean): void;
  /** Takes the running cell's output away; with `wait` only when the next one arrives. */
  clearOutput(wait?: boolean): void;
}

export const KERNEL = Symbol.for("diffusion-lab.kernel");

/** Captures as constants of a graph, for as long as they stay what they are. */
import type * as tf from "../runtime/tf.js";
import { bytesOf } from "./constant-bytes.js";
import type { RecordedConstant, Recording, ValueSource } from "./recording.js";
import type { GraphSession } from "./session.js";

/** Captures of more bytes than this stay inputs: a graph that holds them would be as large, several times while it loads. */
export const LARGEST_FROZEN = 64 * 2 ** 20;

/** A graph of constants that served fewer calls than this was not worth loading. */
const WORTH_LOADING = 64;
const LONGEST_PATIENCE = 4096;

/**
 * The recording with its last inputs, the captures, as constants. TensorFlow then packs the weights of a convolution once
 * instead of at each call, and folds and fuses what they alone decide.
 */
export function frozenRecording(recording: Recording, captures: readonly tf.Tensor[]): Recording {
  const first = recording.inputs.length - captures.length;
  const frozen = captures.map((tensor, i): RecordedConstant => {
    const { dtype, shape } = recording.inputs[first + i];
    return { dtype, shape, bytes: bytesOf(dtype, tensor.dataSync() as Float32Array), origin: {} };
  });
  const held = recording.constants.length;
  const source = (from: ValueSource): ValueSource =>
    from.kind === "input" && from.index >= first ? { kind: "constant", index: held + from.index - first } : from;
  return {
    inputs: recording.inputs.slice(0, first),
    constants: [...recording.constants, ...frozen],
    operations: recording.operations.map((operation) => ({ ...operation, inputs: operation.inputs.map(source) })),
    outputs: recording.outputs.map(source),
  };
}

/** Whether these fit into a graph. */
export function canFreeze(captures: readonly tf.Tensor[]): boolean {
  return captures.reduce((bytes, { size }) => bytes + 4 * size, 0) <= LARGEST_FROZEN;
}

/**
 * The graph of a function with its captures frozen. A variable that was assigned has other data: the graph is dropped, and
 * made anew when the new values have served as many calls as seem to be worth it, at first none. So what alternates
 * between training and evaluation is not loaded again for each evaluation.
 */
export class FrozenSession {
  private held: { readonly session: GraphSession; readonly data: readonly object[] } | undefined;
  private seen: readonly object[] = [];
  private calls = 0;
  private patience = 0;

  /** @param load loads the graph with the captures' values of now */
  constructor(private readonly load: (captures: readonly tf.Tensor[]) => GraphSession) {}

  /** The graph of these values; undefined while they have to be inputs. */
  of(captures: readonly tf.Tensor[]): GraphSession | undefined {
    if (!this.sees(captures)) this.change(captures);
    if (!this.held && this.calls >= this.patience) this.held = { session: this.load(captures), data: this.seen };
    this.calls++;
    return this.held?.session;
  }

  dispose(): void {
    this.held?.session.dispose();
    this.held = undefined;
  }

  private sees(captures: readonly tf.Tensor[]): boolean {
    return captures.length === this.seen.length && captures.every(({ dataId }, i) => dataId === this.seen[i]);
  }

  private change(captures: readonly tf.Tensor[]): void {
    if (this.held && this.calls < WORTH_LOADING) {
      this.patience = Math.min(LONGEST_PATIENCE, Math.max(4, 4 * this.patience));
    }
    this.dispose();
    this.seen = captures.map(({ dataId }) => dataId);
    this.calls = 0;
  }
}

/** What goes on inside a network while it runs: its parts, what each makes and what it costs. */
import { requireChoice } from "../base/values.js";
import { requireKind } from "../base/kinds.js";
import { requireKnownKeys } from "../base/check.js";
import { valuesExist } from "../runtime/recording.js";
import * as tf from "../runtime/tf.js";

const PART_KINDS = [
  "attention",
  "attention weights",
  "convolution",
  "dense",
  "downsample",
  "feed-forward",
  "norm",
  "patches",
  "residual",
  "table",
  "time",
  "transformer",
  "upsample",
] as const;

/** What a part of a network does. */
export type PartKind = (typeof PART_KINDS)[number];

/** A part of a network, as it ran once. */
export interface Part {
  /** As in the tree of parameters: "mid_block.resnets.0"; attention weights add ".weights". */
  readonly name: string;
  readonly kind: PartKind;
  /** Of what the part returned, the batch included. */
  readonly shape: readonly number[];
  /** Multiplications with an addition, of convolutions and matrix products, for the whole batch, inner parts included. */
  readonly multiplyAdds: number;
  /** Earlier parts whose results reach this one's input across those between, as over the U of a U-Net. */
  readonly skips: readonly string[];
  /** The parts it is made of, in the order they ran. */
  readonly inner: readonly Part[];
  /** What it returned; undefined where it was not kept. Of attention weights [N, heads, queries, keys]. */
  readonly output: tf.Tensor | undefined;
}

export interface ProbeOptions {
  /** Whether to keep what a part returns; default all is kept. */
  readonly keep?: (part: { readonly name: string; readonly kind: PartKind }) => boolean;
}

/** What {@link probe} saw. It owns its tensors. */
export class Probe<T> {
  constructor(
    /** What the function returned. */
    readonly output: T,
    /** The outermost parts, in the order they ran; each holds its inner ones. */
    readonly parts: readonly Part[],
  ) {}

  /** Every part, each before those inside it. */
  *all(parts: readonly Part[] = this.parts): Generator<Part> {
    for (const part of parts) {
      yield part;
      yield* this.all(part.inner);
    }
  }

  /** What the part of this name returned, the first time it ran. @throws RangeError if nothing of that name was kept */
  get(name: string): tf.Tensor {
    const kept = [...this.all()].filter(({ output }) => output !== undefined);
    const found = kept.find((part) => part.name === name)?.output;
    if (found) return found;
    const names = kept.map((part) => part.name);
    const shown = names.length > 12 ? [...names.slice(0, 12), "…"] : names;
    throw new RangeError(
      `no part "${name}" was kept; there are ${shown.join(", ") || "none: call a network's own apply"}`,
    );
  }

  /** Frees what was kept, and the output. */
  dispose(): void {
    tf.dispose([...this.all()].flatMap(({ output }) => output ?? []));
    tf.dispose(this.output as tf.TensorContainer);
  }
}

interface OpenPart {
  readonly name: string;
  readonly skips: readonly string[];
  readonly inner: Part[];
  multiplyAdds: number;
}

interface Session {
  readonly keep: NonNullable<ProbeOptions["keep"]>;
  /** The part that runs now and those around it; the first stands for the whole. */
  readonly open: OpenPart[];
  /** Which part returned a tensor, by the tensor's number. */
  readonly origins: Map<number, string>;
  readonly kept: tf.Tensor[];
  arriving: string[];
}

let session: Session | undefined;

/** The session, unless a compiled function is being recorded: its tensors have no values to show. */
function watching(): Session | undefined {
  return valuesExist() ? session : undefined;
}

/**
 * Runs a function and looks inside: every part of the networks it calls, with what the part returned, attention weights
 * included. The networks need not know, and gradients pass through as ever.
 *
 * @param run synchronous; returns tensors. A compiled function shows nothing: call the network's own `apply`
 * @returns dispose it when done
 *
 * @example
 * const seen = probe(() => unet.apply(xt, timestep));
 * seen.get("mid_block.attentions.0.weights"); // [N, heads, pixels, pixels]
 * seen.dispose();
 */
export function probe<T extends tf.TensorContainer>(run: () => T, options: ProbeOptions = {}): Probe<T> {
  requireKnownKeys("probe", options, { keep: "a function" });
  const { keep = () => true } = options;
  const whole: OpenPart = { name: "", skips: [], inner: [], multiplyAdds: 0 };
  const outer = session;
  const mine: Session = { keep, open: [whole], origins: new Map(), kept: [], arriving: [] };
  session = mine;
  try {
    return new Probe(tf.tidy(run), whole.inner);
  } catch (error) {
    tf.dispose(mine.kept);
    throw error;
  } finally {
    session = outer;
  }
}

/**
 * `tf.tidy` for a part of a network: what layers run their work in, so that {@link probe} sees it. A part within one of
 * the same name is the same part.
 */
export function part<T extends tf.Tensor>(name: string, kind: PartKind, run: () => T): T {
  requireKind("name", name, "a text");
  requireChoice("kind", kind, PART_KINDS);
  const seen = watching();
  if (!seen || innermost(seen).name === name) return tf.tidy(run);
  const { open, origins } = seen;
  const mine: OpenPart = { name, skips: seen.arriving, inner: [], multiplyAdds: 0 };
  seen.arriving = [];
  const around = innermost(seen);
  open.push(mine);
  let result: T;
  try {
    result = tf.tidy(run);
  } finally {
    open.pop();
  }
  const { skips, inner, multiplyAdds } = mine;
  around.multiplyAdds += multiplyAdds;
  around.inner.push({
    name,
    kind,
    shape: result.shape,
    multiplyAdds,
    skips,
    inner,
    output: kept(seen, name, kind, result),
  });
  origins.set(result.id, name);
  return result;
}

/** Says that the part running now multiplies and adds so often. */
export function countMultiplyAdds(count: number): void {
  requireKind("count", count, "a number");
  const seen = watching();
  if (seen) innermost(seen).multiplyAdds += count;
}

/** Says that an earlier result enters the part that runs next, beside what comes from the part before it. */
export function joinsNext(earlier: tf.Tensor): void {
  const seen = watching();
  const origin = seen?.origins.get(earlier.id);
  if (seen && origin !== undefined) seen.arriving = [...seen.arriving, origin];
}

/**
 * Hands attention weights to whoever keeps them; computes nothing otherwise.
 *
 * @returns what `weights` gives, or undefined where nobody looks
 */
export function lookAtWeights(weights: () => tf.Tensor): tf.Tensor | undefined {
  requireKind("weights", weights, "a function");
  const seen = watching();
  if (!seen) return undefined;
  const around = innermost(seen);
  const [name, kind] = [`${around.name}.weights`, "attention weights"] as const;
  if (!seen.keep({ name, kind })) return undefined;
  const value = weights();
  const output = kept(seen, name, kind, value);
  around.inner.push({ name, kind, shape: value.shape, multiplyAdds: 0, skips: [], inner: [], output });
  return value;
}

function innermost({ open }: Session): OpenPart {
  return open[open.length - 1];
}

function kept(into: Session, name: string, kind: PartKind, tensor: tf.Tensor): tf.Tensor | undefined {
  if (!into.keep({ name, kind })) return undefined;
  const own = tf.keep(tf.clone(tensor));
  into.kept.push(own);
  return own;
}

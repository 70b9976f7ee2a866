/** The contract of a trained model, whatever its family: it can be drawn from, and knows what may be asked of it. */
import type * as tf from "../runtime/tf.js";

/** What may be asked for under a condition's name: one of so many classes, or a text. */
export type AskableCondition = { readonly kind: "class"; readonly classes: number } | { readonly kind: "text" };

/** What to draw. A family adds options of its own ({@link Family.options}); it refuses those it does not know. */
export interface DrawRequest {
  /** How many examples. */
  readonly count: number;
  /** Default 0. Example i depends on the seed and i alone. */
  readonly seed?: number;
  /** Examples drawn at once, default 64; it does not change them. */
  readonly batchSize?: number;
  /**
   * What is asked for, by the names in {@link GenerativeModel.conditions}: one value for all examples, or one each.
   * Left out, a model with classes draws all of them in turn.
   */
  readonly condition?: Readonly<Record<string, number | string | ArrayLike<number> | readonly string[]>>;
  /** Ends the drawing between two steps. */
  readonly signal?: AbortSignal;
  /** Called with the share done, 0 … 1. */
  readonly onProgress?: (done: number) => void;
}

/** A trained model. Commands and notebooks need to know no more of it, and no family. */
export interface GenerativeModel<Request extends DrawRequest = DrawRequest> {
  /** Name of its family, "diffusion" for instance. */
  readonly family: string;
  /** Shape of one example: [H, W, C] of an image, [2] of a point. */
  readonly shape: readonly number[];
  /** What may be asked for, by name; empty if nothing. */
  readonly conditions: Readonly<Record<string, AskableCondition>>;
  /**
   * Draws examples, [count, …shape]; images lie in [−1, 1]. The caller disposes them.
   *
   * @throws RangeError for an option or a condition that the model does not know, or a value out of range, before any work
   */
  draw(request: Request): Promise<tf.Tensor>;
  /** How a request is drawn, defaults filled in, in a few words: "ddim, 50 steps, guidance 1.25". */
  describe(request: Request): string;
  /** ln p(x) of examples [N, …shape] in nats, [N], exact or a lower bound as the family says; absent if it has none. */
  logLikelihood?(x: tf.Tensor): Promise<Float64Array>;
  /**
   * What {@link logLikelihood} is of: the probability of 8-bit grey levels over their width, so that its bits a dimension
   * (`bitsPerDimension`) compare between models and with published figures, or a density of numbers, whose do not.
   */
  readonly likelihoodOf?: "grey levels" | "numbers";
  /** Frees its parameters: it cannot be used any more. */
  dispose(): void;
}

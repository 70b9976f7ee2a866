/** A trained normalising flow: z from N(0, I), back through the network, to an example. */
import { requireKind } from "../../base/kinds.js";
import { requireLike } from "../../base/values.js";
import { requireKnownKeys, type OptionRule } from "../../base/check.js";
import { sizeOf } from "../../base/shape.js";
import { compile, type Compiled } from "../../compile/index.js";
import type { InvertibleNetwork } from "../../networks/index.js";
import * as tf from "../../runtime/tf.js";
import { normalNoise } from "../../samplers/index.js";
import {
  drawBatches,
  drawRequestKeys,
  requireTemperature,
  temperatureOption,
  unconditionalNumbers,
  type DrawNumbers,
} from "../draw-batches.js";
import type { DrawOption } from "../family.js";
import type { DrawRequest, GenerativeModel } from "../model.js";
import type { TrainingRecord } from "../record.js";
import { logDensity } from "./density.js";
import { LEVELS } from "./dequantisation.js";
import { flowLogLikelihood, type DensityGraph, type FlowLikelihoodOptions } from "./likelihood.js";

export interface FlowDrawRequest extends DrawRequest {
  /**
   * Standard deviation of z, default 1: the model's own. Less gives examples nearer to its mean, and fewer kinds; digits,
   * most of whose pixels are black, lose their strokes.
   */
  readonly temperature?: number;
}

/** {@link FlowDrawRequest}'s own options, as a command line offers them. */
export const flowDrawOptions: Readonly<Record<string, DrawOption>> = { temperature: temperatureOption };

const KNOWN: Record<keyof FlowDrawRequest, OptionRule> = { ...drawRequestKeys, temperature: true };

/** A flow that can be drawn from and knows how likely an example is. Both run as one recorded graph a shape. */
export class NormalisingFlowModel implements GenerativeModel<FlowDrawRequest> {
  readonly family = "flow";
  readonly shape: readonly number[];
  readonly conditions = {};
  readonly likelihoodOf: "grey levels" | "numbers";
  private readonly density: DensityGraph;
  private readonly examples: Compiled<{ z: tf.Tensor2D; temperature: tf.Scalar }, { x: tf.Tensor }>;

  /** Takes over the network: `dispose` frees it. */
  constructor(
    readonly network: InvertibleNetwork,
    readonly record?: TrainingRecord,
  ) {
    if (record !== undefined) requireKind("record", record, "an object");
    requireLike("network", network, ["shape", "forward", "inverse"], "new RealNvp(…) or new Glow(…)");
    this.shape = network.shape;
    this.likelihoodOf = network.domain === "unit" ? "grey levels" : "numbers";
    const captures = network.parameters.tensors;
    this.density = compile(({ x }: { x: tf.Tensor }) => ({ density: logDensity(network, x) }), {
      name: "density of the flow",
      captures,
      frozen: true,
    });
    this.examples = compile(
      ({ z, temperature }: { z: tf.Tensor2D; temperature: tf.Scalar }) => {
        const x = network.inverse(tf.mul(z, temperature) as tf.Tensor2D);
        return { x: network.domain === "unit" ? quantised(x) : x };
      },
      { name: "drawing from the flow", captures, frozen: true },
    );
  }

  /**
   * Examples [count, …shape]: z ~ N(0, temperature²·I), then x = f⁻¹(z); images on the 256 grey levels, in [−1, 1].
   * Example i depends on the seed and i alone; where rounding in another batch takes a grey value over the edge of its
   * level, it is the next level.
   *
   * @throws RangeError for an unknown option, a condition (this model knows none), or a number out of range
   */
  async draw(request: FlowDrawRequest): Promise<tf.Tensor> {
    const settings = settingsOf(request);
    const latents = sizeOf(this.shape);
    return drawBatches("drawing from the flow", settings, request, (first, size) =>
      tf.tidy(() => {
        const z = normalNoise(settings.seed, { firstSample: first })(0, [size, latents]) as tf.Tensor2D;
        return this.examples({ z, temperature: tf.scalar(settings.temperature) }).x;
      }),
    );
  }

  describe(request: FlowDrawRequest): string {
    return `one pass back, temperature ${settingsOf(request).temperature}`;
  }

  /**
   * ln p(x), [N], in nats: exact for points, a lower bound for 8-bit images. See {@link flowLogLikelihood}.
   *
   * @param x [N, …shape]
   */
  logLikelihood(x: tf.Tensor, options: FlowLikelihoodOptions = {}): Promise<Float64Array> {
    return flowLogLikelihood(this.network, this.density, x, options);
  }

  dispose(): void {
    this.density.dispose();
    this.examples.dispose();
    this.network.dispose();
  }
}

/** 2·v/255 − 1 of v = ⌊256·x⌋, bounded to 0 … 255. */
function quantised(x: tf.Tensor): tf.Tensor {
  const levels = tf.clipByValue(tf.floor(tf.mul(x, LEVELS)), 0, LEVELS - 1);
  return tf.sub(tf.mul(levels, 2 / (LEVELS - 1)), 1);
}

/** The request with its defaults. */
function settingsOf(request: FlowDrawRequest): DrawNumbers & { readonly temperature: number } {
  requireKnownKeys("the request of a flow", request, KNOWN);
  return { ...unconditionalNumbers("this flow", request), temperature: requireTemperature(request.temperature) };
}

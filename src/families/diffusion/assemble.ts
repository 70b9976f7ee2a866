/** A diffusion model put together from its parts, ready to be drawn from. */
import * as tf from "../../runtime/tf.js";
import { learnsVariance } from "../../diffusion/denoiser.js";
import type { Denoiser, LearnedVarianceDenoiser, SamplingDefaults, Schedule } from "../../diffusion/index.js";
import type { Condition } from "../../nn/index.js";
import type { UNet2D } from "../../networks/index.js";
import { requireEngine } from "../../onnx/engine-names.js";
import type { EngineName } from "../../onnx/index.js";
import type { AskableCondition } from "../model.js";
import { describeDraw, drawFrom } from "./draw.js";
import {
  classesOf,
  requireFitting,
  usualSampling,
  type DiffusionModel,
  type DiffusionModelParts,
  type DiffusionNetwork,
} from "./model.js";
import { learnedVarianceDenoiser, networkDenoiser } from "./network-denoiser.js";
import { preconditionedDenoiser } from "./preconditioned-objective.js";

/**
 * A model from its parts, which it does not copy: `dispose` frees the network too.
 *
 * @throws RangeError if the parts do not fit each other
 */
export function diffusionModel<N extends DiffusionNetwork = UNet2D>(parts: DiffusionModelParts<N>): DiffusionModel<N> {
  requireFitting(parts);
  const { network, path, config, record, sampling = usualSampling(path, config.shape) } = parts;
  const classes = classesOf(network, config);
  const made = new Map<EngineName, Denoiser & { dispose(): void }>();
  const { unconditionalLabel: none } = config;
  const denoiserOn = (engine: EngineName): Denoiser => {
    requireEngine(engine);
    const evaluation = made.get(engine) ?? evaluationOf(parts, sampling, engine);
    made.set(engine, evaluation);
    return none === undefined ? evaluation : withDefaultLabel(evaluation, none);
  };
  const conditions: Record<string, AskableCondition> = classes > 0 ? { label: { kind: "class", classes } } : {};
  const model: DiffusionModel<N> = {
    family: "diffusion",
    network,
    path,
    get schedule() {
      if (path.discrete) return path as Schedule;
      throw new RangeError(
        `this model was trained on the continuous path "${path.name}", which is no schedule: use path`,
      );
    },
    config,
    sampling,
    record,
    classes,
    shape: config.shape,
    conditions,
    denoiser: denoiserOn("graph"),
    denoiserOn,
    draw: (request) => drawFrom(model, request),
    describe: (request) => describeDraw(model, request),
    dispose: () => {
      for (const evaluation of made.values()) evaluation.dispose();
      network.dispose();
    },
  };
  return model;
}

function evaluationOf(
  { network, path, config: { prediction, sigmaData } }: DiffusionModelParts<DiffusionNetwork>,
  { variance }: SamplingDefaults,
  engine: EngineName,
): Denoiser & { dispose(): void } {
  if (prediction === "preconditioned") return preconditionedDenoiser(network, path, { sigmaData, engine });
  const make = variance === "learned" ? learnedVarianceDenoiser : networkDenoiser;
  return make(network, path, { predicts: prediction, engine });
}

function withDefaultLabel(denoiser: Denoiser, label: number): Denoiser {
  const labelled = <T>(xt: tf.Tensor, condition: Condition | undefined, ask: (condition: Condition) => T): T => {
    if (condition) return ask(condition);
    const none = tf.fill([xt.shape[0]], label, "int32");
    try {
      return ask({ label: none });
    } finally {
      none.dispose();
    }
  };
  const plain: Denoiser = {
    ...denoiser,
    predict: (xt, t, condition) => labelled(xt, condition, (given) => denoiser.predict(xt, t, given)),
  };
  if (!learnsVariance(denoiser)) return plain;
  const withVariance: LearnedVarianceDenoiser = {
    ...plain,
    predictWithVariance: (xt, t, condition) => {
      return labelled(xt, condition, (given) => denoiser.predictWithVariance(xt, t, given));
    },
  };
  return withVariance;
}

/** Drawing from a diffusion model by request: names and numbers, as a command line or a notebook has them. */
import type * as tf from "../../runtime/tf.js";
import { requireKnownKeys } from "../../base/check.js";
import { samplers } from "../../samplers/index.js";
import { requireEngine } from "../../onnx/engine-names.js";
import type { DrawOption } from "../family.js";
import { generate, GUIDANCE_SCALE, labelsFor } from "./generate.js";
import type { DiffusionDrawRequest, DiffusionModel } from "./model.js";
import { chooseSampler, DEFAULT_STEPS, type SamplerChoice } from "./sampler-choice.js";

/** The options of the command line. */
export const drawOptions: Readonly<Record<string, DrawOption>> = {
  sampler: {
    kind: "name",
    placeholder: "NAME",
    about: [
      "default ddim; one of",
      ...samplers.map(({ name, title, choosesSteps }) => {
        return `  ${name.padEnd(20)}${title}${choosesSteps ? "; takes no --steps" : ""}`;
      }),
    ].join("\n"),
  },
  steps: { kind: "whole", placeholder: "N", about: `default ${DEFAULT_STEPS}; some samplers choose their own` },
  eta: { kind: "number", placeholder: "X", about: "noise of ddim, 0 … 1, default 0" },
  engine: {
    kind: "name",
    placeholder: "NAME",
    about: [
      "what evaluates the network, default graph; one of",
      "  graph               the library's own, by TensorFlow",
      "  onnxruntime         ONNX Runtime: npm run doctor -- --install onnxruntime (114 MB)",
      "  auto                whichever is faster here, measured once for each network and batch",
    ].join("\n"),
  },
  guidance: {
    kind: "number",
    placeholder: "W",
    about: `weight of the class in classifier-free guidance, default ${GUIDANCE_SCALE}; 1 is without, in half the time`,
  },
};

const known = {
  count: true,
  seed: true,
  batchSize: true,
  condition: "an object",
  signal: "a signal",
  onProgress: "a function",
  sampler: true,
  steps: true,
  eta: true,
  guidance: true,
  context: true,
  engine: true,
} as const;

/** @throws RangeError for an option or a condition that the model does not know, or a value out of range, before any work */
export async function drawFrom(model: DiffusionModel, request: DiffusionDrawRequest): Promise<tf.Tensor> {
  const { count, seed = 0, batchSize = 64, context, guidance, engine, signal, onProgress } = request;
  const { sampler, steps } = choiceOf(model, request);
  const label = labelOf(request);
  labelsFor(model, { count, label });
  requireConditions(model, request);
  return generate(model, {
    sampler,
    ...(steps !== null && { steps }),
    count,
    seed,
    batchSize,
    label,
    context,
    guidanceScale: guidance,
    ...(engine !== undefined && { engine }),
    signal,
    onProgress,
  });
}

/** @throws RangeError for a network that takes more than a class, unless the request brings it */
function requireConditions({ network }: DiffusionModel, { context }: DiffusionDrawRequest): void {
  const takes = Object.keys(network.conditions ?? {}).filter((name) => name !== "label");
  const missing = takes.filter((name) => name !== "context" || !context);
  if (missing.length > 0) {
    throw new RangeError(
      `this model's network takes ${missing.join(" and ")}, tokens that no command line has: draw from it in a program, ` +
        "loadModel(folder).draw({ count, context })",
    );
  }
  if (context && !takes.includes("context"))
    throw new RangeError("this model's network takes no context: leave it out");
}

/** "ddim, 50 steps, guidance 1.25". */
export function describeDraw(model: DiffusionModel, request: DiffusionDrawRequest): string {
  const { pace } = choiceOf(model, request);
  const { sampler = "ddim", eta = 0, engine = "graph" } = request;
  const canBeGuided = model.config.unconditionalLabel !== undefined && !request.context;
  const guidance = request.guidance ?? (canBeGuided ? GUIDANCE_SCALE : 1);
  const noisy = eta === 0 ? "" : `, η ${eta}`;
  const by = engine === "graph" ? "" : `, engine ${engine}`;
  return `${sampler}${noisy}, ${pace}${canBeGuided || guidance !== 1 ? `, guidance ${guidance}` : ""}${by}`;
}

function choiceOf(model: DiffusionModel, request: DiffusionDrawRequest): SamplerChoice {
  requireKnownKeys("drawing from a diffusion model", request, known);
  for (const [name, least] of [
    ["count", 1],
    ["batchSize", 1],
    ["steps", 1],
    ["seed", 0],
  ] as const) {
    const value = request[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= least)) {
      throw new RangeError(`${name} must be a whole number ≥ ${least}, got ${value}`);
    }
  }
  for (const name of ["eta", "guidance"] as const) {
    const value = request[name];
    if (value !== undefined && !Number.isFinite(value)) {
      throw new RangeError(`${name} must be a finite number, got ${value}`);
    }
  }
  if (request.engine !== undefined) requireEngine(request.engine);
  return chooseSampler(request.sampler ?? "ddim", request, model.sampling);
}

function labelOf({ condition = {} }: DiffusionDrawRequest): number | ArrayLike<number> | undefined {
  const unknown = Object.keys(condition).filter((name) => name !== "label");
  if (unknown.length > 0) {
    throw new RangeError(`this model knows no condition ${unknown.join(", ")}: what may be asked for is label`);
  }
  const { label } = condition;
  const numbers = typeof label === "object" ? Array.from(label as ArrayLike<unknown>) : [label ?? 0];
  if (!numbers.every((one) => typeof one === "number")) {
    throw new RangeError(`label must be a class, or one for each example, got ${JSON.stringify(label)}`);
  }
  return label as number | ArrayLike<number> | undefined;
}

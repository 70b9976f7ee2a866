/** `toOnnx`: a network as an ONNX file that any runtime of ONNX opens. */
import { described, requireKnownKeys } from "../base/check.js";
import type { TensorRecord } from "../compile/outputs.js";
import { networkClassOf, type StoredNetwork } from "../networks/registry.js";
import type { CapturedTensor, ImageLayout } from "./emit.js";
import { LARGEST_MESSAGE, writeModel, type OnnxFiles } from "./model-file.js";
import type { OnnxGraph } from "./model-proto.js";
import { networkFunction, type NetworkFunctionOptions, type NetworkPart } from "./network-function.js";
import { openGraph } from "./open-graph.js";
import type { ParameterView } from "../nn/index.js";

export interface OnnxOptions {
  /** The half of an autoencoder, default "decoder", or the direction of a flow, default "inverse", which draws. */
  readonly part?: NetworkPart;
  /**
   * Shape of one example, [height, width, channels] of an image; default what the network's configuration says. Height
   * and width are fixed in the file, the batch is open.
   */
  readonly shape?: readonly number[];
  /** How many tokens a text has, where the network takes any number, default 77. */
  readonly words?: number;
  /** How images lie at the borders, default "nchw": [N, C, H, W] as in PyTorch's exports. "nhwc" is as in this library. */
  readonly layout?: ImageLayout;
  /** The largest model file, default 2 GiB, which ONNX's format cannot exceed: beyond it numbers go to a file beside it. */
  readonly maxBytes?: number;
}

/** What {@link toOnnx} takes: a network, or a model that has one. */
export type Exportable = StoredNetwork | { readonly network: StoredNetwork };

/**
 * Writes a network as ONNX, opset 18, float32, with any batch: for ONNX Runtime, OpenVINO and every other runtime of it.
 *
 * Inputs and outputs have the names of diffusers' and transformers' exports: `sample`, `timestep` (float32 [N], the
 * network's own time), `class_labels` (int32 [N]), `encoder_hidden_states`, and `out_sample`; `latent_sample` and
 * `sample` of a decoder; `input_ids` (int32), `last_hidden_state`, `pooler_output` of CLIP. Parameters are initializers
 * with their own names, in PyTorch's layout. The results equal the network's own to about 1e-6 of their largest. Beyond 2
 * GiB numbers go to `path + ".data"`, which must stay beside the model.
 *
 * @param path of the file, which is written whole or not at all
 * @returns what was written
 * @throws OnnxError naming an operation that cannot be written, or a parameter that is no number; nothing is written then
 * @throws RangeError for an option out of range, a part that the network does not have, or a place that cannot be written
 *
 * @example
 * toOnnx(loadModel("assets/mnist-unet"), "mnist-unet.onnx");
 *
 * Source: ONNX, "Operators", opset 18.
 */
export function toOnnx(source: Exportable, path: string, options: OnnxOptions = {}): OnnxFiles {
  requireKnownKeys("toOnnx", options, {
    part: ["decoder", "encoder", "forward", "inverse"],
    shape: "a list",
    words: "a number",
    layout: true,
    maxBytes: true,
  });
  const { layout = "nchw", maxBytes = LARGEST_MESSAGE, words, ...rest } = options;
  if (layout !== "nchw" && layout !== "nhwc") {
    throw new RangeError(`unknown layout ${JSON.stringify(layout)}: choose "nchw" or "nhwc"`);
  }
  for (const [name, value, most] of [
    ["maxBytes", maxBytes, LARGEST_MESSAGE],
    ["words", words ?? 1, Infinity],
  ] as const) {
    if (Number.isInteger(value) && value >= 1 && value <= most) continue;
    throw new RangeError(`${name} must be a whole number from 1${most < Infinity ? ` to ${most}` : ""}, got ${value}`);
  }
  if (typeof path !== "string" || path === "") {
    throw new TypeError(`toOnnx needs the path of a file, such as "model.onnx", got ${described(path)}`);
  }
  const graph = networkGraph(networkOf(source), layout, { ...rest, words });
  return writeModel(path, graph, maxBytes);
}

/** The graph of a network, its parameters yet to be read. */
export function networkGraph(network: StoredNetwork, layout: ImageLayout, options: NetworkFunctionOptions): OnnxGraph {
  const { inputs, run } = networkFunction(network, options);
  return openGraph({
    name: networkClassOf(network).name,
    fn: (given) => run(given as Parameters<typeof run>[0]) as TensorRecord,
    inputs: Object.fromEntries(Object.keys(inputs).map((name) => [name, name])),
    examples: new Map(Object.entries(inputs)),
    captures: capturesOf(network.parameters),
    layout,
  });
}

/** Every number of a network by its name. */
export function capturesOf(parameters: ParameterView): Map<string, CapturedTensor> {
  return new Map(parameters.all.map(({ name, kind, variable }) => [name, { tensor: variable, kind }]));
}

function networkOf(source: Exportable): StoredNetwork {
  const network = ((source ?? {}) as { readonly network?: StoredNetwork }).network ?? (source as StoredNetwork);
  if (typeof network === "object" && network !== null && network.parameters !== undefined) return network;
  throw new TypeError(
    `toOnnx takes a network, or a model with one, got ${described(source)}; of a model of several parts, give it each part`,
  );
}

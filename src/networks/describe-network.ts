/** A network as data: its blocks, their shapes, parameters and cost. */
import { requireLike } from "../base/values.js";
import { requireTensor } from "../runtime/tensor.js";
import * as tf from "../runtime/tf.js";
import { probe, type Parameters, type Part, type PartKind } from "../nn/index.js";

/** A block of a network: what it makes, and what it costs. */
export interface BlockDescription {
  /** As its parameters are named: "down_blocks.0.resnets.0". */
  readonly name: string;
  readonly kind: PartKind | "parameters";
  /** What it makes of one example: [height, width, channels], [tokens, channels] or [channels]. */
  readonly shape: readonly number[];
  /** Trained numbers. Those of a part that runs twice are counted where it runs first. */
  readonly parameters: number;
  /** Multiplications with an addition, of convolutions and matrix products, for one example. */
  readonly multiplyAdds: number;
  /** Earlier blocks whose results enter here beside that of the block before: the long connections. */
  readonly skips: readonly string[];
  /** What it is made of; numbers of the inner blocks are contained in its own. */
  readonly inner: readonly BlockDescription[];
}

/** A network as data: its blocks in the order they run. */
export interface NetworkDescription {
  /** The class: "UNet2D". */
  readonly name: string;
  /** Of one example. */
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly blocks: readonly BlockDescription[];
  /** The sums over the blocks. */
  readonly parameters: number;
  readonly multiplyAdds: number;
}

/** What can be described: any network of this library. */
export interface DescribableNetwork<Inputs extends unknown[]> {
  readonly parameters: Parameters;
  apply(...inputs: Inputs): tf.Tensor;
}

/**
 * Runs a network once and writes down its blocks: where each stands, how many parameters it has, what it costs. Every
 * trained number belongs to exactly one block; one that no part used while running is a block of kind "parameters".
 *
 * @param inputs what `apply` takes, for one example or several of the size in question
 *
 * @example
 * const { blocks } = describeNetwork(unet, tf.zeros([1, 28, 28, 1]), tf.zeros([1]));
 * table(blocks.map(({ name, kind, parameters, multiplyAdds }) => ({ name, kind, parameters, multiplyAdds })));
 */
export function describeNetwork<Inputs extends [tf.Tensor, ...unknown[]]>(
  network: DescribableNetwork<Inputs>,
  ...inputs: Inputs
): NetworkDescription {
  requireLike("network", network, ["apply", "parameters"], "new UNet2D(…), or another network,");
  requireTensor("the first input", inputs[0], "numbers");
  const seen = probe(() => network.apply(...inputs), { keep: () => false });
  try {
    const [examples, ...input] = inputs[0].shape;
    const unclaimed = new Map([...network.parameters].map(({ name, variable }) => [name, variable.size]));
    const blocks = seen.parts.map((part) => describePart(part, examples, unclaimed));
    const rest = [...unclaimed].map(([name, size]) => leftOver(name, size, network.parameters));
    return {
      name: network.constructor.name,
      input,
      output: seen.output.shape.slice(1),
      blocks: [...blocks, ...rest],
      parameters: network.parameters.count,
      multiplyAdds: blocks.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0),
    };
  } finally {
    seen.dispose();
  }
}

/** Takes what belongs to the part out of `unclaimed`. */
function describePart(part: Part, examples: number, unclaimed: Map<string, number>): BlockDescription {
  const own = new Map([...unclaimed].filter(([name]) => name === part.name || name.startsWith(`${part.name}.`)));
  for (const name of own.keys()) unclaimed.delete(name);
  const parameters = [...own.values()].reduce((sum, size) => sum + size, 0);
  return {
    name: part.name,
    kind: part.kind,
    shape: part.shape.slice(1),
    parameters,
    multiplyAdds: part.multiplyAdds / examples,
    skips: part.skips,
    inner: part.inner.map((inner) => describePart(inner, examples, own)),
  };
}

function leftOver(name: string, parameters: number, all: Parameters): BlockDescription {
  const { shape } = all.get(name).variable;
  return { name, kind: "parameters", shape: [...shape], parameters, multiplyAdds: 0, skips: [], inner: [] };
}

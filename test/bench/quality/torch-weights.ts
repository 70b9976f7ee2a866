/** PyTorch's weights under this library's names. */
import type { NamedTensor, TensorEntry, TensorSource } from "diffusion-lab/files";

const RESIDUAL = { time: "time_emb_proj", skip: "conv_shortcut" } as const;

/** Residual blocks on each level of the way up. */
const UP_BLOCKS = 2;

const ROOT: Readonly<Record<string, string>> = {
  time1: "time_embedding.linear_1",
  time2: "time_embedding.linear_2",
  enter: "conv_in",
  norm_out: "conv_norm_out",
  leave: "conv_out",
  "attention.norm": "mid_block.attentions.0.group_norm",
  "attention.out": "mid_block.attentions.0.to_out.0",
};

/** Where a parameter of ours lies: the name there, and which third of the rows, if it is not all of it. */
interface Origin {
  readonly name: string;
  readonly part: number | undefined;
}

/**
 * A file of the parameters of `UNet` in test/bench/torch_worker.py, as `UNet2D` would have written it: other names, and
 * the one matrix for queries, keys and values in three. Shapes and order of axes are PyTorch's in both.
 *
 * @throws RangeError for a name that network does not have
 */
export function fromTorchUnet(source: TensorSource): TensorSource {
  const origins = new Map([...source.entries.keys()].flatMap(ourNames));
  const entries = new Map<string, TensorEntry>();
  for (const [ours, { name, part }] of origins) {
    const entry = source.entries.get(name)!;
    entries.set(ours, part === undefined ? entry : { ...entry, shape: thirdOf(entry.shape) });
  }
  return {
    path: source.path,
    entries,
    read(ours: string): NamedTensor {
      const { name, part } = origins.get(ours)!;
      const tensor = source.read(name);
      if (part === undefined) return tensor;
      const size = tensor.values.length / 3;
      return { shape: thirdOf(tensor.shape), values: tensor.values.slice(part * size, (part + 1) * size) };
    },
  };
}

function thirdOf([rows, ...rest]: readonly number[]): number[] {
  return [rows / 3, ...rest];
}

function ourNames(name: string): [string, Origin][] {
  const dot = name.lastIndexOf(".");
  const [module, leaf] = [name.slice(0, dot), name.slice(dot + 1)];
  if (module === "attention.qkv") {
    return ["to_q", "to_k", "to_v"].map((part, i) => [`mid_block.attentions.0.${part}.${leaf}`, { name, part: i }]);
  }
  return [[`${ourModule(module)}.${leaf}`, { name, part: undefined }]];
}

function ourModule(module: string): string {
  if (Object.hasOwn(ROOT, module)) return ROOT[module];
  const [part, index, ...rest] = module.split(".");
  const i = Number(index);
  const [layer] = rest;
  const inner = layer === "time" || layer === "skip" ? RESIDUAL[layer] : layer;
  switch (part) {
    case "down":
      return `down_blocks.${i}.resnets.0.${inner}`;
    case "shrink":
      return `down_blocks.${i}.downsamplers.0.conv`;
    case "middle":
      return `mid_block.resnets.${i}.${inner}`;
    case "up":
      return `up_blocks.${Math.floor(i / UP_BLOCKS)}.resnets.${i % UP_BLOCKS}.${inner}`;
    case "grow":
      return `up_blocks.${i}.upsamplers.0.conv`;
    default:
      throw new RangeError(`"${module}" is no part of the U-Net in test/bench/torch_worker.py`);
  }
}

/** What published folders call by a former name: classes and tensors that diffusers itself still opens. */
import type { NetworkClassName } from "./registry.js";

/** The class a DiT was published as at first: one for several networks, told apart by the kind of norm. */
const FORMER_CLASS = "Transformer2DModel";
const FORMER_DIT_NORM = "ada_norm_zero";

/**
 * The class of a configuration by its present name, as diffusers' `LegacyModelMixin` finds it: facebook/DiT-XL-2-256 is
 * a `Transformer2DModel` with norm_type "ada_norm_zero". Keys that only the former class has are left to the network,
 * which knows them at their neutral values; but a text, which a DiT may have here, has none there.
 *
 * @throws RangeError naming the file, for any other network of the former class
 */
export function presentClass(file: string, config: Readonly<Record<string, unknown>>): unknown {
  const { architectures, norm_type, cross_attention_dim: text = null } = config;
  // A library other than diffusers lists the class, alone, under a name of its own.
  const listed =
    Array.isArray(architectures) && architectures.length === 1 ? (architectures as unknown[])[0] : undefined;
  const name = config._class_name ?? listed;
  if (name !== FORMER_CLASS) return name;
  if (norm_type !== FORMER_DIT_NORM) {
    throw new RangeError(
      `${file} is of class "${FORMER_CLASS}" with norm_type = ${JSON.stringify(norm_type)}: of that class only a DiT can be ` +
        `opened, which has norm_type "${FORMER_DIT_NORM}"`,
    );
  }
  if (text !== null) {
    throw new RangeError(
      `${file} has cross_attention_dim = ${JSON.stringify(text)}: a DiT of diffusers takes no text, so it must be null`,
    );
  }
  return "DiTTransformer2DModel" satisfies NetworkClassName;
}

/** Checkpoints of before 2023 name the attention's matrices otherwise. */
const formerTensors: readonly (readonly [RegExp, string])[] = [
  [/\.query\.(weight|bias)$/, ".to_q.$1"],
  [/\.key\.(weight|bias)$/, ".to_k.$1"],
  [/\.value\.(weight|bias)$/, ".to_v.$1"],
  [/\.proj_attn\.(weight|bias)$/, ".to_out.0.$1"],
];

/** The present name of a tensor. */
export function presentTensor(name: string): string {
  return formerTensors.reduce((result, [pattern, now]) => result.replace(pattern, now), name);
}

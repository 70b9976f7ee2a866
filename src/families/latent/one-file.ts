/** One-file checkpoints of Stable Diffusion 1 and 2, in the layout of their own program ("ldm"), read without a network. */
import { requireChoice, requireWhole } from "../../base/values.js";
import { readSafetensors, type SafetensorsFile, type TensorSource } from "../../files/index.js";
import { AutoencoderKL, ClipTextModel, UNet2DCondition, type StoredNetwork } from "../../networks/index.js";
import { openClipPrefix, openClipSource } from "../../networks/clip/open-clip.js";
import {
  ldmTextConfig,
  ldmUNetConfig,
  ldmVaeConfig,
  openClipTextConfig,
  requireLdmFile,
} from "../../networks/ldm-config.js";
import { ldmPrefixes, ldmSource, type LdmPartConfig } from "../../networks/ldm-names.js";
import { streamParameters, type NetworkOptions } from "../../nn/index.js";
import { roomFor } from "../../nn/weights.js";
import { openAiTokenizer } from "../../text/open-ai-vocabulary.js";
import { requireMemoryFor } from "../memory.js";
import type { SchedulerKeys, StoredLatentParts } from "./parts.js";

/** What a checkpoint in one file does not say of itself. */
export interface OneFileOptions {
  /** What the U-Net predicts: Stable Diffusion 2 comes in both kinds, and its weights do not show which. */
  readonly prediction?: OneFilePrediction;
  /** Heads of the U-Net's attention, of every level or of each, for widths that neither Stable Diffusion 1 nor 2 has. */
  readonly heads?: number | readonly number[];
}
export type OneFilePrediction = "noise" | "velocity";

/** Latents across: of pictures of 512², and of 768² where velocity is predicted. */
const [SIDE, LARGE_SIDE] = [64, 96];
/** Pixels a latent. */
const FACTOR = 8;
/** A tensor by this name says that velocity is predicted, as programs for images of anime have it. */
const VELOCITY_MARK = "v_pred";

/** Of every Stable Diffusion; the solver is what its folders name beside each kind. */
const betas = {
  num_train_timesteps: 1000,
  beta_schedule: "scaled_linear",
  beta_start: 0.00085,
  beta_end: 0.012,
  set_alpha_to_one: false,
  steps_offset: 1,
  skip_prk_steps: true,
  timestep_spacing: "leading",
} as const;
const schedulers: Readonly<Record<OneFilePrediction, SchedulerKeys>> = {
  noise: { _class_name: "PNDMScheduler", ...betas, prediction_type: "epsilon" },
  velocity: { _class_name: "DDIMScheduler", ...betas, prediction_type: "v_prediction", clip_sample: false },
};

/**
 * Opens a checkpoint in one `.safetensors` file. Its networks' configurations follow from names and shapes; tokenizer and
 * scheduler are those of every Stable Diffusion. Averages of the training (`model_ema.…`) and tables of the schedule are
 * not read.
 *
 * @throws RangeError if it is of another kind of model, or does not say what it predicts, naming the option; or memory is
 *   too small; SafetensorsError if it is damaged
 */
export function openOneFile(path: string, { prediction, heads }: OneFileOptions): StoredLatentParts {
  for (const count of heads === undefined ? [] : [heads].flat()) requireWhole("heads", count as number);
  if (prediction !== undefined) requireChoice("prediction", prediction, ["noise", "velocity"]);
  return readSafetensors(path, (file) => {
    requireLdmFile(file);
    const second = [...file.entries.keys()].some((name) => name.startsWith(openClipPrefix));
    const unetConfig = ldmUNetConfig(file, heads);
    const predicts = prediction ?? saidPrediction(file, second, unetConfig.in_channels !== unetConfig.out_channels);
    const side = second && predicts === "velocity" ? LARGE_SIDE : SIDE;
    const vaeConfig = ldmVaeConfig(file, side * FACTOR);
    const textConfig = second ? openClipTextConfig(file) : ldmTextConfig(file);
    const [unetPart, vaePart, textPart] = [
      only(file, ldmPrefixes.unet),
      only(file, ldmPrefixes.vae),
      second ? openClipSource(file, textConfig.num_hidden_layers!) : only(file, ldmPrefixes.text_encoder),
    ];
    const named = { unet: unetPart, vae: vaePart, text_encoder: textPart };
    requireMemoryFor(
      path,
      Object.entries(named).map(([name, source]) => ({ name, source })),
    );
    const tokenizer = openAiTokenizer(second ? { pad: "!" } : {});
    const opened: StoredNetwork[] = [];
    const network = <N extends StoredNetwork>(made: N, source: (names: readonly string[]) => TensorSource): N => {
      opened.push(made);
      streamParameters(source(made.parameters.all.map(({ name }) => name)), made.parameters);
      return made;
    };
    const start = (source: TensorSource): NetworkOptions => ({ start: "zeros", maxNumbers: roomFor(source) });
    const ldm = (of: LdmPartConfig) => (names: readonly string[]) => ldmSource(file, of, names);
    try {
      const unet = new UNet2DCondition({ ...unetConfig, sample_size: side }, start(unetPart));
      network(unet, ldm({ part: "unet", config: unet.config }));
      const vae = new AutoencoderKL(vaeConfig, start(vaePart));
      network(vae, ldm({ part: "vae", config: vae.config }));
      const textEncoder = new ClipTextModel({ ...textConfig, eos_token_id: tokenizer.end }, start(textPart));
      network(textEncoder, second ? () => textPart : ldm({ part: "text_encoder" }));
      return { unet, vae, textEncoder, tokenizer, scheduler: schedulers[predicts] };
    } catch (error) {
      for (const made of opened) made.dispose();
      throw error;
    }
  });
}

/** The tensors below a prefix, by their own names. */
function only(file: TensorSource, prefix: string): TensorSource {
  const entries = new Map([...file.entries].filter(([name]) => name.startsWith(prefix)));
  return { path: file.path, entries, read: (name) => file.read(name) };
}

/** What a file says of its prediction: by a mark, by its notes (the model specification of Stability AI), or by its kind. */
function saidPrediction({ path, entries, metadata }: SafetensorsFile, second: boolean, paints: boolean) {
  if (entries.has(VELOCITY_MARK)) return "velocity";
  const said = metadata["modelspec.prediction_type"] ?? metadata["modelspec.prediction_key"];
  if (said === "epsilon") return "noise";
  if (said === "v" || said === "v_prediction") return "velocity";
  // Of the first kind, and of U-Nets that paint, none was published that predicts velocity.
  if (!second || paints) return "noise";
  throw new RangeError(
    `${path} is of Stable Diffusion 2, which comes in two kinds that look alike: give prediction: "velocity" for those of ` +
      '768² pixels, or "noise" for the "base" ones of 512²',
  );
}

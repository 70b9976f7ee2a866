/** The narrow Stable Diffusion of parts.py: the same configurations, weights by formula. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "../../../src/runtime/tf.js";
import {
  AutoencoderKL,
  UNet2DCondition,
  type AutoencoderKLConfig,
  type UNet2DConditionConfig,
} from "../../../src/index.js";
import type { LatentTextEncoder, LatentTokenizer } from "../../../src/families/latent/parts.js";
import { Parameters } from "../../../src/nn/index.js";
import { fill, uniforms } from "../networks/formula.js";

export const FOLDER = join(import.meta.dirname, "fixtures/pipeline");
/** What transformers' text encoder made of each prompt, by how many layers are left out. */
interface TextFixture {
  readonly tokens: readonly number[];
  readonly states: readonly (readonly number[])[];
}
const { texts } = JSON.parse(readFileSync(join(import.meta.dirname, "fixtures/pipelines.json"), "utf8")) as {
  texts: Readonly<Record<string, TextFixture>>;
};

const config = (part: string): Record<string, unknown> => {
  return JSON.parse(readFileSync(join(FOLDER, part, "config.json"), "utf8")) as Record<string, unknown>;
};
const without = ({ _class_name, _diffusers_version, ...keys }: Record<string, unknown>) => keys;

const [START, END] = [texts[""].tokens[0], texts[""].tokens[1]];

/** The tokens of the texts of the fixture. */
const tokenizer: LatentTokenizer = {
  size: END + 1,
  start: START,
  end: END,
  pad: END,
  tokensOf: (text) => {
    const { tokens } = texts[text];
    return tokens.slice(1, tokens.indexOf(END));
  },
};

/** A text encoder that knows the states of those texts alone. */
class KnownTexts implements LatentTextEncoder {
  readonly config = { vocab_size: END + 1, hidden_size: 12, max_position_embeddings: 77, num_hidden_layers: 3 };
  readonly parameters = new Parameters();

  apply(tokens: tf.Tensor2D, { clipSkip = 0 }: { readonly clipSkip?: number } = {}): tf.Tensor3D {
    const found = Object.values(texts).find((text) => text.tokens.join() === tokens.dataSync().join());
    assert.ok(found, "tokens that transformers makes of the prompt");
    return tf.tensor3d(Float32Array.from(found.states[clipSkip]), [1, 77, 12]);
  }

  dispose(): void {
    this.parameters.dispose();
  }
}

/** U-Net, autoencoder, text encoder and tokenizer. */
export function filledParts(channels: number) {
  const unet = new UNet2DCondition({
    ...without(config("unet")),
    in_channels: channels,
  } as Partial<UNet2DConditionConfig>);
  const vae = new AutoencoderKL(without(config("vae")) as Partial<AutoencoderKLConfig>);
  [unet, vae].forEach(({ parameters }) => fill(parameters));
  return { unet, vae, textEncoder: new KnownTexts(), tokenizer };
}

/** Waves and a little grain in −1 … 1, [height, width, 3]. */
export function picture(height: number, width: number): tf.Tensor3D {
  const grain = uniforms("picture", 3 * height * width);
  const values = new Float32Array(height * width * 3);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const wave = Math.sin(((c + 2) * x) / 9) * Math.cos(((4 - c) * y) / 11);
        values[(y * width + x) * 3 + c] = 0.7 * wave + 0.2 * grain[(c * height + y) * width + x];
      }
    }
  }
  return tf.tensor3d(values, [height, width, 3]);
}

/** 1 in a rectangle off the middle, [height, width]. */
export function hole(height: number, width: number): tf.Tensor2D {
  const inside = (y: number, x: number): boolean => {
    return y >= Math.floor(height / 4) && y < Math.floor((height * 3) / 4) + 3 && x >= Math.floor(width / 2);
  };
  const values = Float32Array.from({ length: height * width }, (_, i) =>
    Number(inside(Math.floor(i / width), i % width)),
  );
  return tf.tensor2d(values, [height, width]);
}

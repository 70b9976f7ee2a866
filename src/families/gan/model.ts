/** A trained GAN: z from a normal distribution, through the generator, to an example. */
import { requireKind } from "../../base/kinds.js";
import { requireLike } from "../../base/values.js";
import { requireKnownKeys, type OptionRule } from "../../base/check.js";
import { compile, type Compiled } from "../../compile/index.js";
import type { DiscriminatorNetwork, GeneratorNetwork } from "../../networks/index.js";
import * as tf from "../../runtime/tf.js";
import { normalNoise } from "../../samplers/index.js";
import {
  drawBatches,
  drawRequestKeys,
  requireTemperature,
  temperatureOption,
  unconditionalNumbers,
} from "../draw-batches.js";
import type { DrawOption } from "../family.js";
import type { DrawRequest, GenerativeModel } from "../model.js";
import type { TrainingRecord } from "../record.js";

export interface GanDrawRequest extends DrawRequest {
  /** Standard deviation of z, default 1: that of the training. Less gives more usual examples, and fewer kinds. */
  readonly temperature?: number;
}

/** {@link GanDrawRequest}'s own options, as a command line offers them. */
export const ganDrawOptions: Readonly<Record<string, DrawOption>> = { temperature: temperatureOption };

const KNOWN: Readonly<Record<keyof GanDrawRequest, OptionRule>> = { ...drawRequestKeys, temperature: true };

/** The parts of a GAN. */
export interface GanParts {
  readonly generator: GeneratorNetwork;
  /** Nothing is drawn with it; a folder may have it for those who go on training, or look at its scores. */
  readonly discriminator?: DiscriminatorNetwork;
  readonly record?: TrainingRecord;
}

/** @throws RangeError for a part that is misspelt */
export function requireGanKeys(parts: GanParts): void {
  requireKnownKeys("the parts of a GAN", parts, { generator: true, discriminator: "an object", record: "an object" });
}

/** A GAN that can be drawn from: one pass through its generator, which runs as one recorded graph a batch size. */
export class GanModel implements GenerativeModel<GanDrawRequest> {
  readonly family = "gan";
  readonly shape: readonly number[];
  readonly conditions = {};
  readonly generator: GeneratorNetwork;
  readonly discriminator: DiscriminatorNetwork | undefined;
  readonly record: TrainingRecord | undefined;
  private readonly generate: Compiled<{ z: tf.Tensor2D }, { examples: tf.Tensor }>;

  /** Takes over the networks: `dispose` frees them. */
  constructor(parts: GanParts) {
    requireLike("a GAN's parts", parts, ["generator"], "{ generator: new MlpGenerator() }");
    const { generator, discriminator, record } = parts;
    const such = "new DcganGenerator(…) or new MlpGenerator(…)";
    requireLike("generator", generator, ["exampleShape", "apply"], such);
    if (discriminator !== undefined) {
      requireLike("discriminator", discriminator, ["exampleShape", "apply"], "new MlpDiscriminator(…)");
    }
    if (record !== undefined) requireKind("record", record, "an object");
    this.generator = generator;
    this.discriminator = discriminator;
    this.record = record;
    this.shape = generator.exampleShape;
    this.generate = compile(({ z }: { z: tf.Tensor2D }) => ({ examples: generator.apply(z) }), {
      name: "generator",
      captures: generator.parameters.tensors,
      frozen: true,
    });
  }

  /**
   * Examples [count, …shape], G(z) with z ~ N(0, temperature²·I); images lie in [−1, 1]. Example i depends on the seed and
   * i alone.
   *
   * @throws RangeError for an unknown option, a condition (this model knows none), or a number out of range
   */
  async draw(request: GanDrawRequest): Promise<tf.Tensor> {
    const { temperature, ...numbers } = settingsOf(request);
    return drawBatches("drawing from the GAN", numbers, request, (first, size) =>
      tf.tidy(() => {
        const noise = normalNoise(numbers.seed, { firstSample: first })(0, [size, this.generator.latentSize]);
        return this.generate({ z: tf.mul(noise, temperature) }).examples;
      }),
    );
  }

  describe(request: GanDrawRequest): string {
    return `temperature ${settingsOf(request).temperature}`;
  }

  dispose(): void {
    this.generate.dispose();
    this.generator.dispose();
    this.discriminator?.dispose();
  }
}

/** The request with its defaults. */
function settingsOf(request: GanDrawRequest) {
  requireKnownKeys("the request of a GAN", request, KNOWN);
  const temperature = requireTemperature(request.temperature);
  return { ...unconditionalNumbers("this GAN", request), temperature };
}

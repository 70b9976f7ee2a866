/** Training of a GAN: a discriminator and a generator, each with its loss, in turn. */
import { requireKnownKeys, requireKeys } from "../../base/check.js";
import { sizeOf } from "../../base/shape.js";
import { requireWhole, requireLike } from "../../base/values.js";
import type { GaussianModes } from "../../data/index.js";
import type { DiscriminatorNetwork, GeneratorNetwork } from "../../networks/index.js";
import { RandomStream } from "../../random/index.js";
import * as tf from "../../runtime/tf.js";
import {
  adam,
  ShuffledOrder,
  type PhaseLoss,
  type PhaseOptions,
  type TrainingPhase,
  type TrainingTask,
} from "../../training/index.js";
import { requireBatchOf, requireExamples } from "../require-examples.js";
import { adversarialLoss, type AdversarialLoss, type AdversarialLossName } from "./losses.js";
import { scoredSlopes, type SlopePenalty } from "./penalties.js";
import { discriminatorAccuracy, meanPairwiseDistance, modesCovered } from "./signs.js";

export interface GanTaskOptions {
  readonly generator: GeneratorNetwork;
  readonly discriminator: DiscriminatorNetwork;
  /** Training examples, [count, …shape] flat; images lie in [−1, 1]. */
  readonly data: Float32Array;
  /** Default "non-saturating". */
  readonly loss?: AdversarialLossName;
  /** On the discriminator's slope, such as `r1Penalty()` or `gradientPenalty()`; default none. */
  readonly penalty?: SlopePenalty;
  /** Batches from which the discriminator learns for each from which the generator does, default 1. */
  readonly discriminatorSteps?: number;
  /** How each player descends; default Adam with β₁ = 0, β₂ = 0.99, without clipping. */
  readonly players?: { readonly discriminator?: PhaseOptions; readonly generator?: PhaseOptions };
  /** Where the data's modes are, if that is known: the generator's report then says how many a batch reaches. */
  readonly modes?: GaussianModes;
  /** Default 64. */
  readonly batchSize?: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * One batch: real examples [N, …shape], latents [N, latentSize] for each player, and u of the points between a real and a
 * generated example, [N, 1, …], where the penalty asks for them.
 */
export type GanBatch = {
  readonly real: tf.Tensor;
  readonly latents: { readonly discriminator: tf.Tensor2D; readonly generator: tf.Tensor2D };
  readonly between: { readonly share?: tf.Tensor };
};

/** Both players start with it. Source of β₁ = 0, β₂ = 0.99: Karras et al. 2018, "Progressive growing of GANs". */
const PLAYER: PhaseOptions = { optimiser: adam({ beta1: 0, beta2: 0.99 }), maxGradientNorm: Infinity };

const KNOWN = {
  generator: "an object",
  discriminator: "an object",
  data: "a list",
  loss: ["non-saturating", "least-squares", "wasserstein"],
  penalty: "an object",
  discriminatorSteps: true,
  players: true,
  modes: "an object",
  batchSize: true,
  seed: "a number",
} as const;

/**
 * The game of a generator G and a discriminator with scores s, as two phases of a step. Reports tell
 *
 * | phase | metrics |
 * |---|---|
 * | `discriminator` | `real`, `fake`: mean scores; `accuracy`: {@link discriminatorAccuracy}; `penalty` |
 * | `generator` | `diversity`: mean distance of two generated examples, in units of that of two real ones; `modes` |
 *
 * {@link signsOfFailure} reads them.
 *
 * @example
 * const task = new GanTask({ generator, discriminator, data, penalty: r1Penalty({ gamma: 0.1 }) });
 * const trainer = new Trainer(task, { learningRate: 1e-3 });
 *
 * @throws RangeError if the players or the data do not fit each other, the data is smaller than a batch or holds a value
 *   that is not finite (of images, outside [−1, 1]), or an option is unknown or out of range
 */
export class GanTask implements TrainingTask<GanBatch> {
  readonly batchSize: number;
  readonly phases: readonly TrainingPhase<GanBatch>[];
  private readonly order: ShuffledOrder;
  private readonly shape: readonly number[];
  private readonly size: number;
  private readonly seed: number;
  private readonly game: AdversarialLoss;

  constructor(private readonly options: GanTaskOptions) {
    requireKnownKeys("GanTask", options, KNOWN);
    requireKeys("GanTask", options, ["generator", "discriminator", "data"]);
    const { generator, discriminator, discriminatorSteps = 1, players = {}, batchSize = 64, seed = 0 } = options;
    requireLike("generator", generator, ["exampleShape", "apply", "parameters"], "new MlpGenerator(…)");
    requireLike("discriminator", discriminator, ["exampleShape", "apply", "parameters"], "new MlpDiscriminator(…)");
    this.game = adversarialLoss(options.loss ?? "non-saturating");
    requireKnownKeys("players of GanTask", players, { discriminator: true, generator: true });
    requireWhole("discriminatorSteps", discriminatorSteps);
    requireBatchSize(batchSize);
    this.batchSize = batchSize;
    this.seed = seed;
    this.shape = generator.exampleShape;
    this.size = sizeOf(this.shape);
    if (String(discriminator.exampleShape) !== String(this.shape)) {
      throw new RangeError(
        `the generator makes examples of shape [${this.shape}], the discriminator takes [${discriminator.exampleShape}]`,
      );
    }
    this.order = new ShuffledOrder(this.requireData(), seed);
    this.requireModes();
    this.phases = [
      {
        ...PLAYER,
        ...players.discriminator,
        name: "discriminator",
        trains: discriminator.parameters,
        reads: [generator.parameters],
        loss: (batch) => this.discriminatorLoss(batch),
      },
      {
        ...PLAYER,
        ...players.generator,
        name: "generator",
        trains: generator.parameters,
        reads: [discriminator.parameters],
        every: discriminatorSteps,
        loss: (batch) => this.generatorLoss(batch),
      },
    ];
  }

  batch(step: number): GanBatch {
    const { data, generator, penalty } = this.options;
    const { batchSize: n, size, seed, shape } = this;
    const real = new Float32Array(n * size);
    this.order
      .indices(step, n)
      .forEach((index, i) => real.set(data.subarray(index * size, (index + 1) * size), i * size));
    // z ~ N(0, I), drawn anew for each player
    const latents = (player: string): tf.Tensor2D => {
      const values = new RandomStream(seed, `latents/${player}`, step).normals(n * generator.latentSize);
      return tf.tensor2d(values, [n, generator.latentSize]);
    };
    const shares = (): tf.Tensor =>
      tf.tensor(new RandomStream(seed, "between", step).uniforms(n), [n, ...shape.map(() => 1)]);
    return {
      real: tf.tensor(real, [n, ...shape]),
      latents: { discriminator: latents("discriminator"), generator: latents("generator") },
      between: penalty?.at === "between" ? { share: shares() } : {},
    };
  }

  /** L_D of the game and the penalty on the slope. */
  private discriminatorLoss({ real, latents, between }: GanBatch): PhaseLoss {
    const { generator, discriminator, penalty } = this.options;
    const fake = generator.apply(latents.discriminator);
    const score = (x: tf.Tensor): tf.Tensor1D => discriminator.apply(x);
    const fakeScores = score(fake);
    let realScores: tf.Tensor1D;
    let paid: tf.Scalar | undefined;
    if (penalty?.at === "real") {
      const { scores, squaredSlopes } = scoredSlopes(score, real);
      [realScores, paid] = [scores, penalty.of(squaredSlopes)];
    } else {
      realScores = score(real);
      // x̂ = u·x + (1 − u)·G(z)
      const mixed = between.share && tf.add(fake, tf.mul(between.share, tf.sub(real, fake)));
      if (penalty && mixed) paid = penalty.of(scoredSlopes(score, mixed).squaredSlopes);
    }
    const loss = this.game.discriminator(realScores, fakeScores);
    const metrics = {
      real: tf.mean(realScores) as tf.Scalar,
      fake: tf.mean(fakeScores) as tf.Scalar,
      accuracy: discriminatorAccuracy(realScores, fakeScores),
      ...(paid && { penalty: paid }),
    };
    return { loss: paid ? tf.add(loss, paid) : loss, metrics, buffers: discriminator.buffers() };
  }

  /** L_G of the game. */
  private generatorLoss({ real, latents }: GanBatch): PhaseLoss {
    const { generator, discriminator, modes } = this.options;
    const fake = generator.apply(latents.generator);
    const diversity = tf.div(meanPairwiseDistance(fake), meanPairwiseDistance(real)) as tf.Scalar;
    return {
      loss: this.game.generator(discriminator.apply(fake)),
      metrics: { diversity, ...(modes && { modes: modesCovered(fake, modes) }) },
    };
  }

  /** How many examples there are. */
  private requireData(): number {
    const { data } = this.options;
    const count = data.length / this.size;
    if (!Number.isInteger(count)) {
      throw new RangeError(`${data.length} numbers are no whole count of examples of shape [${this.shape}]`);
    }
    requireBatchOf(count, this.batchSize);
    requireExamples("data", data, this.size);
    const outside = this.shape.length === 3 ? data.findIndex((value) => value < -1 || value > 1) : -1;
    if (outside < 0) return count;
    throw new RangeError(
      `example ${Math.floor(outside / this.size)} of the data holds ${data[outside]}: images lie in [−1, 1], as a Normaliser makes them`,
    );
  }

  private requireModes(): void {
    const { modes } = this.options;
    if (!modes) return;
    requireLike("modes", modes, ["means", "std"], "ringModes()");
    const [dimensions] = this.shape;
    if (this.shape.length === 1 && modes.means.length > 0 && modes.means.length % dimensions === 0) return;
    throw new RangeError(`${modes.means.length} numbers are no means of examples of shape [${this.shape}]`);
  }
}

/** A diversity is of two examples or more. */
function requireBatchSize(batchSize: number): void {
  if (Number.isInteger(batchSize) && batchSize >= 2) return;
  throw new RangeError(`batchSize of a GAN must be a whole number ≥ 2, got ${batchSize}`);
}

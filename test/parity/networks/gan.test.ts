/** The players of a GAN, their losses and the penalties on slopes equal PyTorch's, gradients and second gradients too. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  adversarialLosses,
  DcganDiscriminator,
  DcganGenerator,
  gradientPenalty,
  r1Penalty,
  scoredSlopes,
  type AdversarialLossName,
  type DcganDiscriminatorConfig,
  type DcganGeneratorConfig,
} from "../../../src/index.js";
import {
  checkAgainst,
  fill,
  fromTorch,
  readFixtures,
  relativeError,
  signal,
  toTorch,
  uniforms,
  type Fixture,
} from "./formula.js";

type Case = Fixture &
  (
    | { readonly of: "generator"; readonly config: Partial<DcganGeneratorConfig> }
    | {
        readonly of: "discriminator" | "r1" | "gradient";
        readonly config: Partial<DcganDiscriminatorConfig>;
        readonly buffers?: Readonly<Record<string, number[]>>;
      }
  );

const BATCH = 3;

function discriminatorOf(config: Partial<DcganDiscriminatorConfig>): DcganDiscriminator {
  const network = new DcganDiscriminator(config);
  fill(network.parameters);
  for (const { name, variable } of network.parameters.buffers) {
    variable.assign(tf.tensor1d(Float32Array.from(uniforms(name, variable.size))));
  }
  return network;
}

for (const [name, fixture] of readFixtures<Case>("gan.json")) {
  test(`the GAN's ${name} equals PyTorch's`, () => {
    if (fixture.of === "generator") {
      const network = new DcganGenerator(fixture.config);
      fill(network.parameters);
      checkAgainst(fixture, network.parameters, signal("input", [BATCH, network.latentSize]), (z) =>
        toTorch(network.apply(z as tf.Tensor2D)),
      );
      return;
    }
    const network = discriminatorOf(fixture.config);
    const [height, width, channels] = network.exampleShape;
    const x = signal("input", [BATCH, channels, height, width]);
    const penalty = { r1: r1Penalty({ gamma: 3 }), gradient: gradientPenalty(), discriminator: undefined }[fixture.of];
    const score = (images: tf.Tensor): tf.Tensor1D => network.apply(images);
    checkAgainst(fixture, network.parameters, x, (images) => {
      if (!penalty) return score(fromTorch(images));
      const { scores, squaredSlopes } = scoredSlopes(score, fromTorch(images));
      return tf.add(tf.mean(scores), penalty.of(squaredSlopes));
    });
    const next = network.buffers();
    for (const [buffer, expected] of Object.entries(fixture.buffers ?? {})) {
      const apart = relativeError(next[buffer].dataSync(), expected);
      assert.ok(apart < 1e-6, `${buffer}: relative error ${apart}`);
    }
  });
}

interface Losses {
  readonly discriminator: number;
  readonly generator: number;
  /** Of the discriminator's loss by real and fake scores, of the generator's by fake ones. */
  readonly gradients: readonly [number[], number[], number[]];
}

const text = readFileSync(new URL("fixtures/gan.json", import.meta.url), "utf8");
const { losses } = JSON.parse(text) as { losses: Readonly<Record<AdversarialLossName, Losses>> };

for (const [name, expected] of Object.entries(losses)) {
  test(`the ${name} losses of both players equal PyTorch's`, () => {
    const game = adversarialLosses[name as AdversarialLossName];
    const [real, fake] = ["real", "fake"].map((player) => signal(player, [BATCH]) as tf.Tensor1D);
    const judged = tf.valueAndGrads((r: tf.Tensor, f: tf.Tensor) =>
      game.discriminator(r as tf.Tensor1D, f as tf.Tensor1D),
    );
    const drawn = tf.valueAndGrad((f: tf.Tensor) => game.generator(f as tf.Tensor1D));
    const [a, b] = [judged([real, fake]), drawn(fake)];
    assert.ok(Math.abs(a.value.dataSync()[0] - expected.discriminator) < 1e-6);
    assert.ok(Math.abs(b.value.dataSync()[0] - expected.generator) < 1e-6);
    [...a.grads, b.grad].forEach((gradient, i) => {
      assert.ok(relativeError(gradient.dataSync(), expected.gradients[i]) < 1e-6);
    });
  });
}

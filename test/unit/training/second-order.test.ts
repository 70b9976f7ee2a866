/** Penalties on a gradient train exactly, recorded or not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Conv2d, Dense, Parameters } from "../../../src/nn/index.js";
import { RandomStream } from "../../../src/random/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { sgd, TrainingStep, type TrainingTask } from "../../../src/training/index.js";
import { assertGraphEqualsEager, distance, withoutGraphs } from "./graph-equals-eager.js";

type Batch = { readonly x: tf.Tensor };

/** A critic and the penalty mean ‖∇_x D(x)‖² on its slope, which is all that is minimised. */
interface Penalised {
  readonly task: TrainingTask<Batch>;
  readonly parameters: Parameters;
}

function penalised(parameters: Parameters, critic: (x: tf.Tensor) => tf.Tensor, x: () => tf.Tensor): Penalised {
  const loss = ({ x: at }: Batch) => {
    const slope = tf.grad((input: tf.Tensor) => tf.sum(critic(input)))(at);
    return { loss: tf.div(tf.sum(tf.square(slope)), at.shape[0]) as tf.Scalar };
  };
  const phases = [{ name: "critic", trains: parameters, loss }];
  return { parameters, task: { batchSize: 1, batch: () => ({ x: x() }), phases } };
}

/** D(x) = w₂·tanh(w₁x), x in R¹. */
function tanhCritic(): Penalised {
  const parameters = new Parameters({ seed: 3 });
  const hidden = parameters.create("hidden", "plain", [1, 4], { kind: "normal", deviation: 1 });
  const out = parameters.create("out", "plain", [4, 1], { kind: "normal", deviation: 1 });
  const critic = (x: tf.Tensor): tf.Tensor =>
    tf.matMul(tf.tanh(tf.matMul(x as tf.Tensor2D, hidden as tf.Tensor2D)), out as tf.Tensor2D);
  return penalised(parameters, critic, () => tf.tensor2d([-0.7, 0.2, 1.1], [3, 1]));
}

/** The same penalty in float64: ∂D/∂x = Σ_k w₂_k·(1 − tanh²(w₁_k·x))·w₁_k. */
function tanhPenalty(values: readonly number[]): number {
  const slopes = [-0.7, 0.2, 1.1].map(Math.fround).map((x) => {
    return [0, 1, 2, 3].reduce((sum, k) => sum + values[4 + k] * (1 - Math.tanh(values[k] * x) ** 2) * values[k], 0);
  });
  return slopes.reduce((sum, slope) => sum + slope ** 2, 0) / 3;
}

/** A critic of images as a GAN has them: convolutions with stride and a dense layer; smooth, so that differences are near derivatives. */
function convolutionalCritic(): Penalised {
  const parameters = new Parameters({ seed: 4 });
  const first = new Conv2d(parameters.scope("first"), { inputs: 1, outputs: 4, stride: 2 });
  const second = new Conv2d(parameters.scope("second"), { inputs: 4, outputs: 4, stride: 2 });
  const out = new Dense(parameters.scope("out"), { inputs: 16, outputs: 1 });
  const critic = (x: tf.Tensor): tf.Tensor => {
    const inner = tf.tanh(second.apply(tf.tanh(first.apply(x as tf.Tensor4D))));
    return out.apply(tf.reshape(inner, [-1, 16]));
  };
  const pictures = new RandomStream(1, "pictures").normals(2 * 64);
  return penalised(parameters, critic, () => tf.tensor4d(pictures, [2, 8, 8, 1]));
}

/** The gradient that a step found: with plain descent at rate 1 what the step takes off. */
function gradientOf({ task, parameters }: Penalised): { loss: number; gradient: Float32Array } {
  const before = parameters.toFlat();
  const step = new TrainingStep(task, { optimiser: sgd(), learningRate: 1, maxGradientNorm: Infinity });
  const batch = task.batch(1);
  const { phases } = step.run(batch, 1);
  tf.dispose(batch as tf.TensorContainer);
  step.dispose();
  const gradient = parameters.toFlat().map((value, i) => before[i] - value);
  parameters.assignFlat(before);
  return { loss: phases.critic.loss, gradient };
}

test("the gradient of a penalty on a slope, a second derivative, is exact within the recorded step", () => {
  const critic = tanhCritic();
  const { loss, gradient } = gradientOf(critic);
  const values = [...critic.parameters.toFlat()];
  assert.ok(Math.abs(loss - tanhPenalty(values)) < 1e-5 * loss);
  const h = 1e-5;
  const expected = values.map((_, i) => {
    const shifted = (by: number): number => tanhPenalty(values.map((value, k) => (k === i ? value + by : value)));
    return (shifted(h) - shifted(-h)) / (2 * h);
  });
  const apart = distance(gradient, Float32Array.from(expected));
  assert.ok(apart < 1e-5, `relative error ${apart}`);
  critic.parameters.dispose();
});

test("so it is through convolutions: along the gradient the penalty grows by its squared norm", () => {
  const critic = convolutionalCritic();
  const { gradient } = gradientOf(critic);
  const eager = withoutGraphs(() => gradientOf(critic));
  assert.ok(distance(gradient, eager.gradient) < 1e-5, "compiled and operation by operation");
  const kernel = critic.parameters.get("first.weight").variable.size;
  assert.ok(
    gradient.slice(0, kernel).some((value) => Math.abs(value) > 1e-4),
    "it reaches the first convolution",
  );
  const start = critic.parameters.toFlat();
  const squared = gradient.reduce((sum, value) => sum + value ** 2, 0);
  const h = 0.02 / Math.sqrt(squared);
  const penaltyAt = (by: number): number => {
    critic.parameters.assignFlat(start.map((value, i) => value + by * gradient[i]));
    return gradientOf(critic).loss;
  };
  const slope = (penaltyAt(h) - penaltyAt(-h)) / (2 * h);
  assert.ok(Math.abs(slope - squared) < 5e-3 * squared, `slope ${slope}, squared norm ${squared}`);
  critic.parameters.dispose();
});

test("a critic with a penalty, reading a generator, and the generator reading it: two graphs equal two players", () => {
  assertGraphEqualsEager(() => {
    const [drawn, judged] = [new Parameters({ seed: 1 }), new Parameters({ seed: 2 })];
    const generator = new Dense(drawn.scope("out"), { inputs: 3, outputs: 2 });
    const layers = [
      new Dense(judged.scope("hidden"), { inputs: 2, outputs: 8 }),
      new Dense(judged.scope("out"), { inputs: 8, outputs: 1 }),
    ];
    const critic = (x: tf.Tensor): tf.Tensor => layers[1].apply(tf.leakyRelu(layers[0].apply(x as tf.Tensor2D), 0.2));
    type Points = { readonly real: tf.Tensor2D; readonly z: tf.Tensor2D; readonly share: tf.Tensor2D };
    const points = (step: number, name: string, size: number): tf.Tensor2D =>
      tf.tensor2d(new RandomStream(5, name, step).normals(4 * size), [4, size]);
    const task: TrainingTask<Points> = {
      batchSize: 4,
      batch: (step) => ({ real: points(step, "real", 2), z: points(step, "z", 3), share: points(step, "share", 1) }),
      phases: [
        {
          name: "critic",
          trains: judged,
          reads: [drawn],
          // Gulrajani et al. 2017, equation 3.
          loss: ({ real, z, share }) => {
            const fake = generator.apply(z);
            const between = tf.add(real, tf.mul(tf.sigmoid(share), tf.sub(fake, real)));
            const slope = tf.grad((x: tf.Tensor) => tf.sum(critic(x)))(between);
            const norm = tf.sqrt(tf.add(tf.sum(tf.square(slope), 1), 1e-12));
            const penalty = tf.mul(10, tf.mean(tf.square(tf.sub(norm, 1))));
            const gap = tf.sub(tf.mean(critic(fake)), tf.mean(critic(real)));
            return { loss: tf.add(gap, penalty) as tf.Scalar, metrics: { penalty: penalty as tf.Scalar } };
          },
        },
        {
          name: "generator",
          trains: drawn,
          reads: [judged],
          loss: ({ z }) => ({ loss: tf.neg(tf.mean(critic(generator.apply(z)))) as tf.Scalar }),
        },
      ],
    };
    return task;
  });
});

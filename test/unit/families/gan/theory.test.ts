/** The game against what is known of it: best discriminators, Dirac's GAN, penalties in closed form. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  adversarialLosses,
  GanTask,
  gradientPenalty,
  nonSaturating,
  r1Penalty,
  scoredSlopes,
  sgd,
  Trainer,
  type AdversarialLossName,
  type GanBatch,
  type GanTaskOptions,
  type SlopePenalty,
} from "../../../../src/index.js";
import * as tf from "../../../../src/runtime/tf.js";
import { lossAndGradient } from "../../../../src/training/gradient.js";
import { withoutGraphs } from "../../training/graph-equals-eager.js";
import { linearDiscriminator, pointGenerator } from "./players.js";

/** One point at 0 is all the data, θ is all the generator makes, s(x) = ψ·x: Dirac's GAN. */
function dirac(options: Partial<GanTaskOptions>, start: readonly [theta: number, psi: number]): GanTask {
  return new GanTask({
    generator: pointGenerator([start[0]]),
    discriminator: linearDiscriminator([start[1]]),
    data: new Float32Array(2),
    batchSize: 2,
    ...options,
  });
}

/** Where both players are, (θ, ψ). */
function state({ phases }: GanTask): [number, number] {
  const [psi, theta] = phases.map(({ trains }) => trains.toFlat()[0]);
  return [theta, psi];
}

/** (θ, ψ) after both players descend at once from where they are, at rate h. */
function simultaneous(task: GanTask, h: number): [number, number] {
  const batch = task.batch(1);
  const [psi, theta] = task.phases.map((phase) => {
    const step = tf.tidy(() => lossAndGradient(phase, batch).gradient.dataSync()[0]);
    return phase.trains.toFlat()[0] - h * step;
  });
  tf.dispose(batch as tf.TensorContainer);
  return [theta, psi];
}

const games: readonly [AdversarialLossName, slope: number][] = [
  ["wasserstein", 1],
  ["non-saturating", 0.5],
];

for (const [loss, slope] of games) {
  test(`Dirac's GAN, ${loss}: a step of both players at once leads away from rest by √(1 + h²f′²)`, () => {
    for (const h of [0.1, 0.5, 1]) {
      for (const angle of [0, 0.7, 2.5]) {
        // Near rest, where f′ is f′(0).
        const start = [1e-3 * Math.cos(angle), 1e-3 * Math.sin(angle)] as const;
        const task = dirac({ loss }, start);
        const growth = Math.hypot(...simultaneous(task, h)) / Math.hypot(...state(task));
        assert.ok(Math.abs(growth - Math.sqrt(1 + (h * slope) ** 2)) < 1e-6, `h ${h}, angle ${angle}: ${growth}`);
      }
    }
  });
}

test("with R1 it converges: by √(1 − hγ + h²) a step of both at once, where the roots are complex", () => {
  const [h, gamma] = [0.2, 0.5];
  // (θ, ψ) ← ((1, h), (−h, 1 − hγ))·(θ, ψ): roots of modulus √det
  const root = Math.sqrt(1 - h * gamma + h * h);
  let at: [number, number] = [1, 0];
  const steps = 60;
  for (let i = 0; i < steps; i++)
    at = simultaneous(dirac({ loss: "wasserstein", penalty: r1Penalty({ gamma }) }, at), h);
  // The form that the map multiplies by its determinant.
  const form = ([theta, psi]: readonly number[]): number => theta ** 2 + psi ** 2 + gamma * theta * psi;
  const expected = form([1, 0]) * root ** (2 * steps);
  assert.ok(Math.abs(form(at) / expected - 1) < 1e-4, `${form(at)}, expected ${expected}`);
  assert.ok(Math.hypot(...at) < 0.2);
});

test("the trainer takes the players in turn: Dirac's GAN goes round and round without R1, and to rest with it", async () => {
  const options = { optimiser: sgd(), learningRate: 0.1, maxGradientNorm: Infinity };
  const players = { discriminator: options, generator: options };
  const run = async (penalty?: SlopePenalty): Promise<number[]> => {
    const task = dirac({ loss: "wasserstein", players, penalty }, [1, 0]);
    const trainer = new Trainer(task);
    const radii: number[] = [];
    await trainer.run(300, { onStep: () => radii.push(Math.hypot(...state(task))) });
    trainer.dispose();
    return radii;
  };
  const round = await run();
  // A rotation in the norm θ² + ψ² − hθψ (Mescheder et al. 2018, lemma 2.4).
  assert.ok(Math.max(...round) < 1.06 && Math.min(...round) > 0.94);
  const rest = await run(r1Penalty({ gamma: 1 }));
  assert.ok(rest.at(-1)! < 1e-4, `${rest.at(-1)}`);
});

/** Two distributions on {0 … k − 1} as counts of equal sum. */
const counts = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })), { minLength: 2, maxLength: 5 })
  .map((pairs) => pairs.map(([p, q]) => ({ p, q })));

/** Scores of every outcome as a table, descended to the discriminator's optimum; the loss there too. */
function bestTable(
  loss: AdversarialLossName,
  p: readonly number[],
  q: readonly number[],
): { table: number[]; loss: number } {
  const game = adversarialLosses[loss];
  const outcomes = (weights: readonly number[]): number[] => weights.flatMap((n, k) => Array<number>(n).fill(k));
  return tf.tidy(() => {
    const [real, fake] = [p, q].map((weights) => tf.tensor1d(outcomes(weights), "int32"));
    const judged = (table: tf.Tensor): tf.Scalar =>
      game.discriminator(tf.gather(table, real) as tf.Tensor1D, tf.gather(table, fake) as tf.Tensor1D);
    let table: tf.Tensor = tf.zeros([p.length]);
    const slope = tf.grad(judged);
    // Newton, coordinate by coordinate: the loss is a sum over outcomes, convex in each score.
    for (let i = 0; i < 30; i++) {
      const g = slope(table);
      const curvature = tf.div(tf.sub(slope(tf.add(table, 1e-2)), slope(tf.sub(table, 1e-2))), 2e-2);
      table = tf.sub(table, tf.div(g, curvature));
    }
    return { table: [...table.dataSync()], loss: judged(table).dataSync()[0] };
  });
}

test("the best discriminator is p/(p + q), and its loss ln 4 − 2·JS", () => {
  fc.assert(
    fc.property(counts, (pairs) => {
      // As many real examples as generated ones.
      const total = { p: pairs.reduce((n, { p }) => n + p, 0), q: pairs.reduce((n, { q }) => n + q, 0) };
      const [p, q] = [pairs.map(({ p: n }) => n * total.q), pairs.map(({ q: n }) => n * total.p)];
      const size = total.p * total.q;
      const kl = (a: number[], b: number[]): number =>
        a.reduce((sum, n, k) => sum + (n / size) * Math.log(n / b[k]), 0);
      const middle = p.map((n, k) => (n + q[k]) / 2);
      const shannon = (kl(p, middle) + kl(q, middle)) / 2;
      const { table, loss } = bestTable("non-saturating", p, q);
      table.forEach((score, k) => {
        const expected = p[k] / (p[k] + q[k]);
        assert.ok(Math.abs(1 / (1 + Math.exp(-score)) - expected) < 1e-4, `D(${k}) ${score}, expected ${expected}`);
      });
      assert.ok(Math.abs(loss - (Math.log(4) - 2 * shannon)) < 1e-5, `${loss}, JS ${shannon}`);
      const squares = bestTable("least-squares", p, q);
      squares.table.forEach((score, k) => assert.ok(Math.abs(score - p[k] / (p[k] + q[k])) < 1e-4));
    }),
    { numRuns: 8 },
  );
});

test("at rest, p = q, the discriminator's loss is ln 4 and its scores say nothing", () => {
  const { table, loss } = bestTable("non-saturating", [3, 1, 2], [3, 1, 2]);
  assert.ok(Math.abs(loss - Math.log(4)) < 1e-6);
  assert.ok(table.every((score) => Math.abs(score) < 1e-6));
});

test("softplus of large scores neither overflows nor loses the gradient", () => {
  const scores = tf.tensor1d([-200, 200]);
  const loss = nonSaturating.generator(scores);
  assert.ok(Math.abs(loss.dataSync()[0] - 100) < 1e-3);
  const slope = tf
    .grad((s: tf.Tensor) => nonSaturating.generator(s as tf.Tensor1D))(scores)
    .dataSync();
  assert.ok(Math.abs(slope[0] + 0.5) < 1e-6 && Math.abs(slope[1]) < 1e-6);
});

/** What a phase of plain descent at rate 1 takes off is the gradient. */
async function gradientOf(task: GanTask): Promise<{ penalty: number; gradient: number[] }> {
  const [phase] = task.phases;
  const before = phase.trains.toFlat();
  const trainer = new Trainer({
    batchSize: task.batchSize,
    batch: (step: number): GanBatch => task.batch(step),
    phases: [phase],
  });
  const report = await trainer.run(1);
  const gradient = [...phase.trains.toFlat()].map((value, i) => before[i] - value);
  trainer.dispose();
  return { penalty: report!.phases["discriminator"].metrics["penalty"], gradient };
}

test("of s(x) = w·x both penalties and their gradients by w are known, recorded and not", async () => {
  const w = [0.6, -1.7];
  const norm = Math.hypot(...w);
  const descent = { optimiser: sgd(), learningRate: 1, maxGradientNorm: Infinity };
  const make = (penalty: SlopePenalty): GanTask =>
    new GanTask({
      // Real and generated examples are one point, so that the game itself pulls at nothing.
      generator: pointGenerator([0.5, 0.25]),
      discriminator: linearDiscriminator(w),
      data: Float32Array.from([0.5, 0.25, 0.5, 0.25]),
      batchSize: 2,
      loss: "wasserstein",
      penalty,
      players: { discriminator: descent },
    });
  for (const graphs of [true, false]) {
    const found = (penalty: SlopePenalty) =>
      graphs ? gradientOf(make(penalty)) : withoutGraphs(() => gradientOf(make(penalty)));
    // γ/2·‖w‖², γw
    const r1 = await found(r1Penalty({ gamma: 3 }));
    assert.ok(Math.abs(r1.penalty - 1.5 * norm ** 2) < 1e-5);
    r1.gradient.forEach((g, i) => assert.ok(Math.abs(g - 3 * w[i]) < 1e-5));
    // λ(‖w‖ − 1)², 2λ(‖w‖ − 1)·w/‖w‖
    const gp = await found(gradientPenalty({ weight: 2 }));
    assert.ok(Math.abs(gp.penalty - 2 * (norm - 1) ** 2) < 1e-5);
    gp.gradient.forEach((g, i) => assert.ok(Math.abs(g - (4 * (norm - 1) * w[i]) / norm) < 1e-5));
  }
});

test("where the discriminator is flat the gradient penalty is its weight, with a gradient that is finite", async () => {
  const task = new GanTask({
    generator: pointGenerator([0.5, 0]),
    discriminator: linearDiscriminator([0, 0]),
    data: new Float32Array(4),
    batchSize: 2,
    penalty: gradientPenalty({ weight: 7 }),
    players: { discriminator: { optimiser: sgd(), learningRate: 1 } },
  });
  const { penalty, gradient } = await gradientOf(task);
  assert.ok(Math.abs(penalty - 7) < 1e-4);
  assert.ok(gradient.every(Number.isFinite));
});

test("a slope of s(x) = ½·xᵀAx is Ax, example by example", () => {
  const quadratic = (x: tf.Tensor): tf.Tensor1D =>
    tf.tidy(() => {
      const ax = tf.matMul(x as tf.Tensor2D, tf.tensor2d([2, 1, 1, 3], [2, 2]));
      return tf.mul(tf.sum(tf.mul(ax, x), 1), 0.5) as tf.Tensor1D;
    });
  const x = tf.tensor2d([1, 2, -3, 0.5], [2, 2]);
  const before = tf.memory().numTensors;
  const { scores, squaredSlopes } = scoredSlopes(quadratic, x);
  const expected = [
    [0.5 * (1 * 4 + 2 * 7), 16 + 49],
    [0.5 * (-3 * -5.5 + 0.5 * -1.5), 5.5 ** 2 + 1.5 ** 2],
  ];
  expected.forEach(([score, slope], i) => {
    assert.ok(Math.abs(scores.dataSync()[i] - score) < 1e-5);
    assert.ok(Math.abs(squaredSlopes.dataSync()[i] - slope) < 1e-4);
  });
  tf.dispose([scores, squaredSlopes]);
  assert.equal(tf.memory().numTensors, before);
});

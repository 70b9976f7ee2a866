/** Steps of several phases alternate, restore and fail as one. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Parameters } from "../../../src/nn/index.js";
import * as tf from "../../../src/runtime/tf.js";
import {
  adam,
  sgd,
  Trainer,
  TrainingDivergedError,
  type PhaseOptions,
  type TrainerOptions,
  type TrainingPhase,
  type TrainingTask,
} from "../../../src/training/index.js";
import { numTensors } from "./toy.js";

const folder = mkdtempSync(join(tmpdir(), "phases-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const near = (actual: number, expected: number, tolerance: number, what = ""): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what} ${actual}, expected ${expected}`);

const scalar = (value: number): { parameters: Parameters; variable: tf.Variable } => {
  const parameters = new Parameters();
  return { parameters, variable: parameters.create("value", "plain", [], { kind: "constant", value }) };
};

type Step = { readonly scale: tf.Scalar };

interface Game {
  readonly task: TrainingTask<Step>;
  readonly generator: Parameters;
  readonly critic: Parameters;
  values(): [theta: number, psi: number];
}

const DESCENT: TrainerOptions = { optimiser: sgd(), learningRate: 0.1, maxGradientNorm: Infinity };

/**
 * The Dirac-GAN: the data is 0, the generator draws θ, the critic is D(x) = ψ·x. It falls along D(θ) − D(0) plus
 * γ/2·(∂D/∂x)² at the data, then the generator along −D(θ).
 *
 * Source: Mescheder, Geiger and Nowozin 2018, "Which training methods for GANs do actually converge?", definition 2.1.
 */
function diracGan({
  gamma = 0,
  every = 1,
  generatorOptions = {} as PhaseOptions,
  scaleAt = (_step: number): number => 1,
} = {}): Game {
  const { parameters: generator, variable: theta } = scalar(1);
  const { parameters: critic, variable: psi } = scalar(0.5);
  const seen = critic.createBuffer("seen", [], { kind: "constant", value: 0 });
  const judge = (x: tf.Tensor): tf.Tensor => tf.mul(psi, x);
  const phases: TrainingPhase<Step>[] = [
    {
      name: "critic",
      trains: critic,
      reads: [generator],
      loss: ({ scale }) => {
        const gap = tf.sub(judge(theta), judge(tf.scalar(0)));
        const slope = tf.grad(judge)(tf.scalar(0));
        const penalty = tf.mul(gamma / 2, tf.square(slope));
        const loss = tf.mul(tf.add(gap, penalty), scale) as tf.Scalar;
        // A running mean of what the generator draws.
        const buffers = { seen: tf.add(tf.mul(seen, 0.9), tf.mul(theta, 0.1)) };
        return { loss, metrics: { gap: gap as tf.Scalar, penalty: penalty as tf.Scalar }, buffers };
      },
    },
    {
      name: "generator",
      trains: generator,
      reads: [critic],
      every,
      loss: () => ({ loss: tf.neg(judge(theta)) as tf.Scalar }),
      ...generatorOptions,
    },
  ];
  const task: TrainingTask<Step> = {
    batchSize: 1,
    phases,
    batch: (step) => ({ scale: tf.scalar(scaleAt(step)) }),
  };
  return { task, generator, critic, values: () => [theta.dataSync()[0], psi.dataSync()[0]] };
}

for (const gamma of [0, 0.5]) {
  test(`two players alternate as the Dirac-GAN's dynamics say, with a penalty of γ = ${gamma} on the critic's slope`, () => {
    const { task, values } = diracGan({ gamma });
    const trainer = new Trainer(task, DESCENT);
    let [theta, psi, seen] = [1, 0.5, 0];
    for (const { phases, loss } of trainer.steps(100)) {
      const expected = psi * theta + (gamma / 2) * psi ** 2;
      near(loss, expected, 1e-6, "loss");
      near(phases.critic.gradientNorm, Math.abs(theta + gamma * psi), 1e-6, "norm");
      near(phases.critic.metrics.gap, psi * theta, 1e-6, "gap");
      near(phases.critic.metrics.penalty, (gamma / 2) * psi ** 2, 1e-6, "penalty");
      seen = 0.9 * seen + 0.1 * theta;
      psi -= 0.1 * (theta + gamma * psi);
      theta += 0.1 * psi;
      const [actualTheta, actualPsi] = values();
      near(actualTheta, theta, 1e-6, "θ");
      near(actualPsi, psi, 1e-6, "ψ");
      near(task.phases[0].trains.buffers[0].variable.dataSync()[0], seen, 1e-6, "running mean");
    }
    // Without a penalty the game circles; with one it comes to rest at the data.
    if (gamma > 0) near(Math.hypot(theta, psi), 0, 0.1);
    else assert.ok(Math.hypot(theta, psi) > 0.9);
    trainer.dispose();
  });
}

test("a generator that learns at every third step counts its own updates, each critic step has its own batch", () => {
  const scales: number[] = [];
  const scaleAt = (step: number): number => {
    scales.push(step);
    return 1 + step / 10;
  };
  const { task, values } = diracGan({ every: 3, scaleAt, generatorOptions: { optimiser: adam({ beta1: 0 }) } });
  const trainer = new Trainer(task, DESCENT);
  let psi = 0.5;
  const [first, second] = [...trainer.steps(2)];
  assert.deepEqual([Object.keys(first.phases), Object.keys(second.phases)], [["critic"], ["critic"]]);
  for (const step of [1, 2]) psi -= 0.1 * (1 + step / 10);
  near(values()[0], 1, 0, "θ has not moved");
  near(values()[1], psi, 1e-6, "ψ");
  const [third] = [...trainer.steps(1)];
  assert.deepEqual(Object.keys(third.phases), ["critic", "generator"]);
  // Adam's first update moves by the learning rate whatever the gradient: it is the first, not the third.
  near(values()[0], 1.1, 1e-6, "θ");
  assert.deepEqual(scales, [1, 2, 3]);
  trainer.dispose();
});

test("a loss that is not finite in the second phase leaves both players, moments, averages and buffers as before", () => {
  const options: TrainerOptions = { optimiser: adam(), learningRate: 0.1 };
  const { task, values } = diracGan();
  let poison = 0;
  const [critic, generator] = task.phases;
  const poisoned: TrainingTask<Step> = {
    ...task,
    batch: (step) => ({ scale: tf.scalar(1), poison: tf.scalar(step === poison ? NaN : 1) }) as unknown as Step,
    phases: [
      critic,
      {
        ...generator,
        loss: (batch) => {
          const { poison: factor } = batch as unknown as { poison: tf.Scalar };
          return { loss: tf.mul(generator.loss(batch).loss, factor) };
        },
      },
    ],
  };
  const trainer = new Trainer(poisoned, options);
  void [...trainer.steps(4)];
  const state = (): unknown => [
    values(),
    critic.trains.buffers[0].variable.dataSync(),
    trainer.averageOf("critic"),
    trainer.averageOf("generator"),
    [...trainer.losses],
  ];
  const before = state();
  const tensors = numTensors();
  trainer.save(join(folder, "before"));
  poison = 5;
  assert.throws(
    () => [...trainer.steps(1)],
    (error: unknown) => {
      assert.ok(error instanceof TrainingDivergedError);
      assert.equal(error.phase, "generator");
      assert.match(error.message, /stopped at step 5 in phase "generator": loss NaN/);
      assert.ok(Number.isFinite(error.report.phases.critic.loss));
      return true;
    },
  );
  assert.deepEqual(state(), before);
  assert.equal(numTensors(), tensors);
  // The optimiser's moments too: what follows equals a training that never met the NaN.
  poison = 0;
  void [...trainer.steps(3)];
  const after = state();
  trainer.restore(join(folder, "before"));
  assert.deepEqual(state(), before);
  void [...trainer.steps(3)];
  assert.deepEqual(state(), after);
  assert.equal(numTensors(), tensors);
  trainer.dispose();
});

test("a phase that fails undoes the phases before it", () => {
  const { task, values } = diracGan();
  const [critic, generator] = task.phases;
  const loss = (): never => {
    throw new Error("a generator of one's own");
  };
  const failing: TrainingTask<Step> = { ...task, phases: [critic, { ...generator, loss }] };
  const trainer = new Trainer(failing, DESCENT);
  const before = values();
  assert.throws(() => [...trainer.steps(1)], /a generator of one's own/);
  const tensors = numTensors();
  assert.throws(() => [...trainer.steps(1)], /a generator of one's own/);
  assert.deepEqual(values(), before);
  assert.equal(numTensors(), tensors);
  assert.equal(trainer.step, 0);
  trainer.dispose();
});

test("a buffer that is not finite stops the training, and so does none of its own kind or shape", () => {
  const make = (value: number[], name = "norm"): TrainingTask => {
    const { parameters, variable } = scalar(2);
    parameters.createBuffer("norm", [2], { kind: "constant", value: 1 });
    const loss = () => ({ loss: tf.square(variable) as tf.Scalar, buffers: { [name]: tf.tensor1d(value) } });
    return { batchSize: 1, batch: () => ({}), phases: [{ name: "square", trains: parameters, loss }] };
  };
  const infinite = make([1, Infinity]);
  assert.throws(() => [...new Trainer(infinite).steps(1)], TrainingDivergedError);
  assert.deepEqual([...infinite.phases[0].trains.buffers[0].variable.dataSync()], [1, 1]);
  assert.throws(
    () => [...new Trainer(make([1, 2, 3])).steps(1)],
    /the buffer "norm" has shape \[2\], phase "square" gives \[3\]/,
  );
  assert.throws(
    () => [...new Trainer(make([1, 2], "nrom")).steps(1)],
    /gives a buffer "nrom" that is not among what it trains: it has norm/,
  );
  const good = make([3, 4]);
  void [...new Trainer(good).steps(1)];
  assert.deepEqual([...good.phases[0].trains.buffers[0].variable.dataSync()], [3, 4]);
});

test("a game that was saved and restored goes on to the very same numbers, buffers and counts of updates included", () => {
  const path = join(folder, "game");
  const generatorOptions = { optimiser: adam({ beta1: 0.5 }), learningRate: 0.02, averageDecay: 0.9 };
  const [through, begun, resumed] = [1, 2, 3].map(() => diracGan({ gamma: 0.1, every: 2, generatorOptions }));
  const options: TrainerOptions = { optimiser: sgd({ momentum: 0.9 }), learningRate: 0.05 };
  const [straight, first, second] = [through, begun, resumed].map(({ task }) => new Trainer(task, options));
  void [...straight.steps(9)];
  void [...first.steps(5)];
  first.save(path);
  second.restore(path);
  assert.equal(second.step, 5);
  void [...second.steps(4)];
  assert.deepEqual(resumed.values(), through.values());
  assert.deepEqual(second.losses, straight.losses);
  const buffer = ({ critic }: Game): unknown => critic.buffers[0].variable.dataSync();
  assert.deepEqual(buffer(resumed), buffer(through));
  for (const phase of ["critic", "generator"]) assert.deepEqual(second.averageOf(phase), straight.averageOf(phase));
  assert.throws(() => second.averageValues, /ask for averageOf\("critic"\) or averageOf\("generator"\)/);
  assert.throws(() => second.averageOf("judge"), /there is no phase "judge": there is critic, generator/);

  const before = resumed.values();
  const other = new Trainer(resumed.task, { optimiser: sgd() });
  assert.throws(() => other.restore(path), /the state has velocity of an optimiser that "critic" does not use/);
  const alone: TrainingTask<Step> = { ...resumed.task, phases: [resumed.task.phases[0]] };
  assert.throws(
    () => new Trainer(alone, options).restore(path),
    /a training with the phases critic, generator, this one has critic/,
  );
  assert.deepEqual(resumed.values(), before);
});

test("withAverage lends every phase its average and gives all back", async () => {
  const { task, values } = diracGan({ generatorOptions: { averageDecay: 0 } });
  const trainer = new Trainer(task, { ...DESCENT, averageDecay: 0.9 });
  void [...trainer.steps(5)];
  const before = values();
  await trainer.withAverage(() => {
    assert.deepEqual(values(), [trainer.averageOf("generator")[0], trainer.averageOf("critic")[0]]);
  });
  assert.deepEqual(values(), before);
  assert.equal(trainer.averageOf("generator")[0], before[0], "a decay of 0 averages nothing");
  assert.notEqual(trainer.averageOf("critic")[0], before[1]);
});

test("two phases may train the same parameters, each with moments of its own", () => {
  const { parameters, variable } = scalar(1);
  const phase = (name: string, momentum: number): TrainingPhase => ({
    name,
    trains: parameters,
    optimiser: sgd({ momentum }),
    loss: () => ({ loss: tf.mul(0.5, tf.square(variable)) as tf.Scalar }),
  });
  const task: TrainingTask = { batchSize: 1, batch: () => ({}), phases: [phase("slow", 0.5), phase("fast", 0.9)] };
  const trainer = new Trainer(task, { learningRate: 0.1, maxGradientNorm: Infinity });
  let [theta, slow, fast] = [1, 0, 0];
  for (let step = 0; step < 5; step++) {
    void [...trainer.steps(1)];
    slow = 0.5 * slow + theta;
    theta -= 0.1 * slow;
    fast = 0.9 * fast + theta;
    theta -= 0.1 * fast;
    near(variable.dataSync()[0], theta, 1e-6);
  }
});

test("phases and options that make no training are refused before any work", () => {
  const { task } = diracGan();
  const [critic, generator] = task.phases;
  const make = (phases: readonly object[], options: object = {}): Trainer =>
    new Trainer({ ...task, phases: phases as TrainingPhase<Step>[] }, options);
  const refused: [() => unknown, RegExp][] = [
    [() => make([]), /a task needs at least one phase/],
    [() => make([critic, { ...generator, name: "critic" }]), /two phases are named "critic"/],
    [() => make([{ ...critic, name: "a/b" }]), /a phase needs a name without spaces and "\/", got "a\/b"/],
    [
      () => make([{ ...critic, every: 2 }, generator]),
      /the first phase takes part in every step, but "critic" in every 2/,
    ],
    [
      () => make([critic, { ...generator, every: 0 }]),
      /every of phase "generator" is a whole number of steps ≥ 1, got 0/,
    ],
    [
      () => make([{ ...critic, learningRat: 1 }]),
      /unknown option "learningRat" of phase "critic": did you mean "learningRate"/,
    ],
    [
      () => make([critic], { learningrate: 1 }),
      /unknown option "learningrate" of Trainer: did you mean "learningRate"/,
    ],
    [() => make([critic], { adamW: {} }), /unknown option "adamW" of Trainer: give optimiser: adamW\(\{ … \}\)/],
    [() => make([{ ...critic, maxGradientNorm: 0 }]), /maxGradientNorm must be positive, got 0/],
  ];
  for (const [act, message] of refused) assert.throws(act, message);
});

test("a network that is read must be named: its values would be frozen", () => {
  const { task } = diracGan();
  const [critic] = task.phases;
  const trainer = new Trainer({ ...task, phases: [{ ...critic, reads: [] }] }, DESCENT);
  assert.throws(() => [...trainer.steps(1)], /neither among its inputs nor its captures/);
});

/** A training can be stopped, killed, restored and failed, and keeps exact numbers. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { bfloat16Supported } from "../../../src/compile/index.js";
import { linearSchedule } from "../../../src/diffusion/index.js";
import { writeSafetensors, type NamedTensor } from "../../../src/files/index.js";
import { PointMlp } from "../../../src/networks/index.js";
import { Parameters as NetworkParameters } from "../../../src/nn/index.js";
import { DiffusionTask, type TimeNetwork } from "../../../src/families/index.js";
import { RandomStream } from "../../../src/random/index.js";
import {
  adamW,
  ShuffledOrder,
  Trainer,
  TrainingDivergedError,
  type LearningRate,
  type TrainerOptions,
  type TrainingTask,
} from "../../../src/training/index.js";
import { readTrainingState } from "../../../src/training/state-file.js";
import { numTensors, toyTask } from "./toy.js";

const folder = mkdtempSync(join(tmpdir(), "trainer-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

type TargetBatch = { readonly target: tf.Tensor1D };

/** ½‖θ − target‖²: the gradient is θ − target, so everything is known. */
function quadraticTask(
  target: number[],
  options: { nanAt?: number } = {},
): TrainingTask<TargetBatch> & { parameters: NetworkParameters } {
  const parameters = new NetworkParameters();
  const theta = parameters.create("theta", "plain", [target.length], { kind: "constant", value: 0 });
  return {
    parameters,
    batchSize: 1,
    batch: (step) => ({ target: tf.tensor1d(step === options.nanAt ? target.map(() => NaN) : target) }),
    phases: [
      {
        name: "theta",
        trains: parameters,
        loss: ({ target: goal }) => ({ loss: tf.mul(0.5, tf.sum(tf.square(tf.sub(theta, goal)))) }),
      },
    ],
  };
}

test("a quadratic is solved, its first loss and gradient norm are the exact ones", async () => {
  const task = quadraticTask([3, -4]);
  const trainer = new Trainer(task, { learningRate: 0.05, maxGradientNorm: 100 });
  const [first] = [...trainer.steps(1)];
  const numbers = { loss: 12.5, learningRate: 0.05, gradientNorm: 5 };
  assert.deepEqual(first, { step: 1, ...numbers, phases: { theta: { ...numbers, metrics: {} } } });
  const last = await trainer.run(600);
  assert.ok(last && last.loss < 1e-3, `loss ${last?.loss}`);
  task.parameters.dispose();
});

test("training on a handful of pictures halves the loss of a constant guess", async () => {
  const { task, network } = toyTask();
  const trainer = new Trainer(task, { learningRate: 5e-3 });
  await trainer.run(120);
  const mean = (losses: number[]): number => losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  // Predicting zero noise has loss 1.
  assert.ok(mean(trainer.losses.slice(-30)) < 0.5, `${mean(trainer.losses.slice(-30))}`);
  network.dispose();
});

test("a training that was saved, killed and restored goes on to the very same numbers", async () => {
  const path = join(folder, "state.safetensors");
  const through = toyTask();
  const uninterrupted = new Trainer(through.task, { learningRate: 1e-3 });
  await uninterrupted.run(8);

  // The first half runs in a process of its own that dies without warning after saving.
  const script = `
    import { Trainer } from ${JSON.stringify(join(import.meta.dirname, "../../../src/training/index.ts"))};
    import { toyTask } from ${JSON.stringify(join(import.meta.dirname, "toy.ts"))};
    const trainer = new Trainer(toyTask().task, { learningRate: 1e-3 });
    await trainer.run(5);
    trainer.save(${JSON.stringify(path)});
    await trainer.run(2);
    process.kill(process.pid, "SIGKILL");`;
  const scriptPath = join(folder, "half.mts");
  writeFileSync(scriptPath, script);
  const child = spawnSync(process.execPath, ["--import", "tsx", scriptPath], { encoding: "utf8" });
  assert.equal(child.signal, "SIGKILL", child.stderr);

  const resumed = toyTask();
  const trainer = new Trainer(resumed.task, { learningRate: 1e-3 });
  trainer.restore(path);
  assert.equal(trainer.step, 5);
  await trainer.run(3);
  assert.deepEqual(trainer.losses, uninterrupted.losses);
  assert.deepEqual(resumed.network.parameters.toFlat(), through.network.parameters.toFlat());
  assert.deepEqual(trainer.averageValues, uninterrupted.averageValues);
  through.network.dispose();
  resumed.network.dispose();
});

/** A small network of points: what is the trainer's own needs no U-Net, whose graph takes a second and a half to make. */
function pointTask(seed = 1, hidden = [8, 8]): { task: DiffusionTask; network: PointMlp } {
  const network = new PointMlp({ time_encoding: "fourier", hidden }, { seed });
  const data = new RandomStream(1, "toy points").normals(24);
  const path = linearSchedule({ T: 100 });
  const task = new DiffusionTask({ network: network as TimeNetwork, path, data, shape: [2], batchSize: 4 });
  return { task, network };
}

const variants: Record<
  string,
  { make: () => ReturnType<typeof pointTask | typeof toyTask>; options?: TrainerOptions }
> = {
  dropout: { make: () => toyTask({ config: { dropout: 0.3 } }) },
  "weight decay and a falling rate": {
    make: pointTask,
    options: {
      optimiser: adamW({ weightDecay: 0.05 }),
      learningRate: { peak: 1e-3, warmup: 2, decay: { kind: "cosine", total: 8 } },
    },
  },
  "no clipping": { make: pointTask, options: { maxGradientNorm: Infinity } },
  ...(bfloat16Supported() ? { bf16: { make: toyTask, options: { precision: "bf16" } } } : {}),
};
for (const [name, { make, options }] of Object.entries(variants)) {
  test(`with ${name}, too, a restored training goes on to the very same numbers`, async () => {
    const path = join(folder, "variant.safetensors");
    const [through, begun, resumed] = [1, 2, 3].map(() => make());
    const [straight, first, second] = [through, begun, resumed].map((one) => new Trainer(one.task, options));
    await straight.run(6);
    await first.run(3);
    first.save(path);
    second.restore(path);
    await second.run(3);
    assert.deepEqual(second.losses, straight.losses);
    assert.deepEqual(resumed.network.parameters.toFlat(), through.network.parameters.toFlat());
    assert.deepEqual(second.averageValues, straight.averageValues);
    for (const trainer of [straight, first, second]) trainer.dispose();
    for (const { network } of [through, begun, resumed]) network.dispose();
  });
}

test("an abort stops after the step under way, and the next run continues", async () => {
  const { task, network } = pointTask();
  const reference = pointTask();
  const trainer = new Trainer(task);
  const stop = new AbortController();
  await trainer.run(6, { signal: stop.signal, onStep: ({ step }) => step === 2 && stop.abort() });
  assert.equal(trainer.step, 2);
  await trainer.run(2);
  const straight = new Trainer(reference.task);
  await straight.run(4);
  assert.deepEqual(trainer.losses, straight.losses);
  network.dispose();
  reference.network.dispose();
});

test("SIGINT ends a run that was given no signal, after the step under way; the next run goes on", async () => {
  const task = quadraticTask([3]);
  const trainer = new Trainer(task, { learningRate: 0.1 });
  const interrupted = trainer.run(1000, { onStep: ({ step }) => step === 2 && process.emit("SIGINT", "SIGINT") });
  await assert.rejects(interrupted, { name: "InterruptedError", message: /goes on with the next step/ });
  assert.equal(trainer.step, 2);
  assert.equal(process.listenerCount("SIGINT"), 0);
  await trainer.run(2);
  assert.equal(trainer.step, 4);
  task.parameters.dispose();
});

test("a training step leaves no tensor behind", () => {
  const { task, network } = toyTask();
  const trainer = new Trainer(task);
  void [...trainer.steps(1)];
  const before = numTensors();
  void [...trainer.steps(3)];
  assert.equal(numTensors(), before);
  network.dispose();
});

test("a training step that fails leaves no tensor behind", () => {
  const { task } = toyTask();
  const loss = (): never => {
    throw new Error("an objective of one's own");
  };
  const failing: TrainingTask = {
    batchSize: task.batchSize,
    phases: [{ name: "failing", trains: task.parameters, loss }],
    batch: (step) => task.batch(step),
  };
  const trainer = new Trainer(failing);
  assert.throws(() => trainer.steps(1).next(), /an objective of one's own/);
  const before = numTensors();
  for (let i = 0; i < 3; i++) assert.throws(() => trainer.steps(1).next(), /an objective of one's own/);
  assert.equal(numTensors(), before);
  assert.equal(trainer.step, 0);
});

test("a loss that is not finite stops the training with step, rate and norm; the last good parameters stay", async () => {
  const task = quadraticTask([1, 2], { nanAt: 3 });
  const trainer = new Trainer(task, { learningRate: 0.1 });
  await trainer.run(2);
  const good = task.parameters.toFlat();
  await assert.rejects(trainer.run(5), (error: Error) => {
    assert.ok(error instanceof TrainingDivergedError);
    assert.match(error.message, /step 3: loss NaN, gradient norm NaN, learning rate 0\.1/);
    return true;
  });
  assert.equal(trainer.step, 2);
  assert.deepEqual(task.parameters.toFlat(), good);
  task.parameters.dispose();
});

test("withAverage lends the average and gives the parameters back, also after an error", async () => {
  const task = quadraticTask([5]);
  const trainer = new Trainer(task, { learningRate: 0.5, averageDecay: 0.9 });
  await trainer.run(3);
  const own = task.parameters.toFlat();
  await trainer.withAverage(() => assert.deepEqual(task.parameters.toFlat(), trainer.averageValues));
  assert.notDeepEqual(trainer.averageValues, own);
  assert.deepEqual(task.parameters.toFlat(), own);
  await assert.rejects(
    trainer.withAverage(() => {
      throw new Error("while sampling");
    }),
    /while sampling/,
  );
  assert.deepEqual(task.parameters.toFlat(), own);
  task.parameters.dispose();
});

test("a run waits for what onStep lends the average to, and trains on as if nothing had been", async () => {
  const [task, reference] = [quadraticTask([5, 6]), quadraticTask([5, 6])];
  const [trainer, straight] = [task, reference].map(
    (one) => new Trainer(one, { learningRate: 0.5, averageDecay: 0.9 }),
  );
  const lent: Float32Array[] = [];
  await trainer.run(4, {
    onStep: () =>
      trainer.withAverage(async () => {
        await new Promise((later) => setTimeout(later, 5));
        lent.push(task.parameters.toFlat());
      }),
  });
  await straight.run(4);
  assert.deepEqual(lent[3], straight.averageValues);
  assert.deepEqual(trainer.losses, straight.losses);
  assert.deepEqual(task.parameters.toFlat(), reference.parameters.toFlat());
  task.parameters.dispose();
  reference.parameters.dispose();
});

test("while the average is lent, neither a step nor a restored state gets in between", async () => {
  const path = join(folder, "lent.safetensors");
  const task = quadraticTask([5]);
  const trainer = new Trainer(task, { learningRate: 0.5 });
  const steps = trainer.steps(3);
  steps.next();
  trainer.save(path);
  const own = task.parameters.toFlat();
  await trainer.withAverage(() => {
    assert.throws(() => steps.next(), /averaged parameters are in use: let withAverage finish before training on/);
    assert.throws(
      () => trainer.restore(path),
      /averaged parameters are in use: let withAverage finish before restoring/,
    );
  });
  assert.deepEqual(task.parameters.toFlat(), own);
  assert.equal(trainer.step, 1);
  task.parameters.dispose();
});

test("a tf.tidy around the training frees nothing that the next step needs", async () => {
  const [task, reference] = [quadraticTask([5, 6]), quadraticTask([5, 6])];
  let trainer!: Trainer;
  tf.tidy(() => void (trainer = new Trainer(task, { learningRate: 0.5 })));
  tf.tidy(() => void [...trainer.steps(2)]);
  await trainer.run(1);
  const straight = new Trainer(reference, { learningRate: 0.5 });
  await straight.run(3);
  assert.deepEqual(trainer.losses, straight.losses);
  assert.deepEqual(trainer.averageValues, straight.averageValues);
  const before = numTensors();
  trainer.dispose();
  straight.dispose();
  assert.equal(numTensors(), before - 6);
  task.parameters.dispose();
  reference.parameters.dispose();
});

test("a state of other shapes or of other random frequencies is of another network", async () => {
  const path = join(folder, "foreign.safetensors");
  const task = (seed: number, hidden: number[]): DiffusionTask => pointTask(seed, hidden).task;
  const own = new Trainer(task(1, [8, 8]));
  await own.run(1);
  own.save(path);
  new Trainer(task(1, [8, 8])).restore(path);
  assert.throws(() => new Trainer(task(2, [8, 8])).restore(path), /state of another network/);
  assert.throws(() => new Trainer(task(1, [8, 4])).restore(path), /state of another network/);
});

test("a damaged, a cut and a foreign state are refused and change nothing", async () => {
  const path = join(folder, "damaged.safetensors");
  const task = quadraticTask([1, 2, 3]);
  const trainer = new Trainer(task);
  await trainer.run(2);
  trainer.save(path);
  const before = task.parameters.toFlat();
  const [average, losses] = [trainer.averageValues, [...trainer.losses]];

  const bytes = readFileSync(path);
  bytes[bytes.length - 20] ^= 1;
  writeFileSync(path, bytes);
  assert.throws(() => trainer.restore(path), /damaged: its contents do not match its digest/);
  truncateSync(path, bytes.length - 4);
  assert.throws(() => trainer.restore(path), /cut short or corrupt|out of range/);
  assert.deepEqual(task.parameters.toFlat(), before);
  assert.deepEqual([trainer.averageValues, trainer.losses], [average, losses]);

  trainer.save(path);
  const single = quadraticTask([1]);
  const other = new Trainer(single);
  assert.throws(() => other.restore(path), /state of another network/);
  assert.deepEqual([[...single.parameters.toFlat()], other.step], [[0], 0]);
  single.parameters.dispose();
  task.parameters.dispose();
});

test("a state of before tasks had phases goes on to the very same numbers", async () => {
  const path = join(folder, "former.safetensors");
  const [through, begun, resumed] = [1, 2, 3].map(() => quadraticTask([3, -4]));
  const [straight, first, second] = [through, begun, resumed].map((task) => new Trainer(task, { learningRate: 0.05 }));
  await straight.run(6);
  await first.run(4);
  first.save(path);
  // As it was written: one network, its moments and average, no memory; digests of names and shapes, and of values.
  const state = readTrainingState(path, begun);
  const { values, average, optimiser } = state.phases.theta;
  const losses = new Float32Array(state.losses.buffer);
  const vectors = { values, mean: optimiser.mean, meanSquare: optimiser.meanSquare, average, losses };
  const digest = createHash("sha256");
  for (const [name, vector] of Object.entries(vectors)) digest.update(name).update(new Uint8Array(vector.buffer));
  const network = createHash("sha256").update("theta [2]\n").digest("hex");
  const tensors = Object.entries(vectors).map(([name, vector]): [string, NamedTensor] => [
    name,
    { shape: [vector.length], values: vector },
  ]);
  writeSafetensors(path, tensors, { metadata: { network, digest: digest.digest("hex") } });

  second.restore(path);
  assert.equal(second.step, 4);
  await second.run(2);
  assert.deepEqual(second.losses, straight.losses);
  assert.deepEqual(resumed.parameters.toFlat(), through.parameters.toFlat());
  assert.deepEqual(second.averageValues, straight.averageValues);
  const other = new Trainer(quadraticTask([1, 2, 3]));
  assert.throws(() => other.restore(path), /state of another network/);
});

test("bad options are refused before any work", () => {
  const task = quadraticTask([1]);
  assert.throws(() => new Trainer(task, { learningRate: -1 }), /learning rate must be positive and finite, got -1/);
  assert.throws(() => new Trainer(task, { learningRate: NaN }), /got NaN/);
  const cosine = (decay: object): LearningRate => ({ peak: 1, decay: { kind: "cosine", total: 10, ...decay } });
  const refused: [LearningRate, RegExp][] = [
    [{ peak: 1, warmup: -1 }, /warmup of the learning rate is a number of steps ≥ 0, got -1/],
    [cosine({ total: NaN }), /decay\.total of the learning rate is a number of steps ≥ 0, got NaN/],
    [cosine({ total: undefined }), /decay\.total .* got undefined/],
    [cosine({ from: 11 }), /begins at step 11, after its end at step 10/],
    [cosine({ floor: 1.5 }), /decay\.floor is a share of the peak, 0 … 1, got 1\.5/],
    [cosine({ kind: "linear" }), /unknown decay "linear" of the learning rate: there is "cosine"/],
  ];
  for (const [learningRate, message] of refused) assert.throws(() => new Trainer(task, { learningRate }), message);
  assert.throws(() => new Trainer(task, { maxGradientNorm: 0 }), /maxGradientNorm must be positive, got 0/);
  assert.throws(() => new Trainer(task, { averageDecay: 1 }), /\[0, 1\), got 1/);
  assert.throws(() => [...new Trainer(task).steps(1.5)], /whole number ≥ 0, got 1\.5/);
  task.parameters.dispose();
});

test("every epoch visits every example once, in another order, whatever the batch size", () => {
  const order = new ShuffledOrder(10, 4);
  const flat = (batchSize: number): number[] =>
    Array.from({ length: 30 / batchSize }, (_, i) => [...order.indices(i + 1, batchSize)]).flat();
  const visits = flat(5);
  for (const epoch of [0, 1, 2]) {
    assert.deepEqual(
      visits.slice(10 * epoch, 10 * epoch + 10).sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
  }
  assert.notDeepEqual(visits.slice(0, 10), visits.slice(10, 20));
  assert.deepEqual(flat(3), visits);
});

// %% [markdown]
// # 14 · All of it in sixty lines
//
// The course has many notebooks, the idea has few lines. Here is a complete diffusion model: schedule, noising, network, loss, training, sampling. It uses tensors and nothing else of the library. Then it is held against the library, number by number.
//
// **After this you can**
// - write a diffusion model from an empty file;
// - say which line of it stands for which part of the library;
// - find the classical mistakes in somebody else's loop;
// - remove a line and foretell what breaks.
//
// **You need** notebooks [03](03-forward-process.ipynb), [04](04-training-objective.ipynb), [05](05-reverse-process.ipynb). **It takes** 20 minutes; the cells run in under a minute and 1 GB.

// %%
import * as lab from "diffusion-lab";
import { check, formula, play, progress, sealed, show, table } from "diffusion-lab/notebook";
const { tf } = lab;
const [blue, orange] = lab.palette;
const ring = { modes: 4, std: 0.2 };

// %% [markdown]
// ## Three questions first
//
// They give no credit. Answer with a letter, from memory.
//
// **R1** What does the network see when it is trained? *a* $x_0$ and $t$ · *b* $x_t$ and $t$ · *c* $x_t$ and $\epsilon$
//
// **R2** Which noise does a DDPM step add, counted from $t=T$ down? *a* the noise that the network guessed · *b* fresh noise, also at the last step · *c* fresh noise, but none at the last step
//
// **R3** With DDPM and $T=200$, how often is the network asked to draw 64 pictures in one batch? *a* 64 times · *b* 200 times · *c* 12 800 times

// %% tags=["exercise"]
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: undefined, R2: undefined, R3: undefined };

check("R1", recalled.R1, sealed("14.R1", "aa3f49d8"), "when it draws, it has neither x₀ nor ε");
check("R2", recalled.R2, sealed("14.R2", "643b6a5c"), "nothing comes after the last step to remove noise");
check("R3", recalled.R3, sealed("14.R3", "4cf68494"), "a batch is asked at once, and each step asks once");

// %% tags=["solution"] jupyter={"source_hidden": true}
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: "b", R2: "c", R3: "b" };

check("R1", recalled.R1, sealed("14.R1", "aa3f49d8"), "when it draws, it has neither x₀ nor ε");
check("R2", recalled.R2, sealed("14.R2", "643b6a5c"), "nothing comes after the last step to remove noise");
check("R3", recalled.R3, sealed("14.R3", "4cf68494"), "a batch is asked at once, and each step asks once");

// %% [markdown]
// ## Data and schedule: 9 lines
//
// Our pictures are points in four blobs: 4096 of them, with mean 0 and variance about 1. Pictures would be scaled to $-1\dots1$ for the same reason: noise of variance 1 must be able to drown them.
//
// Random numbers come from a stream with a name and a number. So the library can later be given the very same ones.

// %%
const [seed, T, n] = [1, 200, 128];
const random = (purpose: string, i: number) => new lab.RandomStream(seed, purpose, i);
const values = lab.ringOfGaussians(4096, random("data", 0), ring);
const points = Array.from({ length: 4096 }, (_, i) => [values[2 * i], values[2 * i + 1]]);
const beta = [0];
for (let t = 1; t <= T; t++) beta.push((1000 / T) * (1e-4 + ((t - 1) / (T - 1)) * (0.02 - 1e-4)));
const alphaBar = [1];
for (let t = 1; t <= T; t++) alphaBar.push(alphaBar[t - 1] * (1 - beta[t]));
const column = (f: (t: number) => number, times: number[]) => tf.tensor2d(times.map((t) => [f(t)]));

// %% [markdown]
// ## Noising and network: 18 lines
//
// $$x_t=\sqrt{\bar\alpha_t}\,x_0+\sqrt{1-\bar\alpha_t}\,\epsilon$$
//
// Each example of a batch has its own $t$. `column` looks the table up for all of them.
//
// The network takes two numbers and an encoding of $t$, and gives two numbers: the guess of the noise. Between them are three hidden layers. The encoding is [notebook 07c's](07c-time.ipynb): cosines and sines at 16 frequencies. Its clock counts from 0, so it is told $t-1$; the library does the same.

// %%
const [signal, sigma] = [(t: number) => Math.sqrt(alphaBar[t]), (t: number) => Math.sqrt(1 - alphaBar[t])];
const noised = (x0: lab.tf.Tensor, times: number[], epsilon: lab.tf.Tensor) =>
  tf.add(tf.mul(column(signal, times), x0), tf.mul(column(sigma, times), epsilon));
const widths = [2 + 32, 64, 64, 64, 2];
const weights = widths.slice(1).map((outputs, i) => {
  const start = (j: number, count: number) =>
    random("weights", 2 * i + j).uniforms(count).map((u) => (2 * u - 1) / Math.sqrt(widths[i]));
  return [tf.variable(tf.tensor2d(start(0, widths[i] * outputs), [widths[i], outputs])),
    tf.variable(tf.tensor1d(start(1, outputs)))] as const;
});
const frequencies = tf.tensor2d([Array.from({ length: 16 }, (_, i) => 10000 ** (-i / 16))]);

// %%
function network(x: lab.tf.Tensor, times: number[]): lab.tf.Tensor {
  const angles = tf.mul(column((t) => t - 1, times), frequencies);
  return weights.reduce((h: lab.tf.Tensor, [weight, bias], i) => {
    const y = tf.add(tf.matMul(h as lab.tf.Tensor2D, weight), bias);
    return i < weights.length - 1 ? tf.mul(y, tf.sigmoid(y)) : y;
  }, tf.concat([x, tf.cos(angles), tf.sin(angles)], 1));
}

// %% [markdown]
// ## Loss and training loop: 19 lines
//
// $$L(\theta)=E_{x_0,t,\epsilon}\,\lVert\epsilon-\hat\epsilon_\theta(x_t,t)\rVert^2$$
//
// One step: take a batch, draw $t$ and $\epsilon$, noise, guess, compare, descend. Nothing else happens in training.

// %%
function batch(step: number): { x0: lab.tf.Tensor; times: number[]; epsilon: lab.tf.Tensor } {
  const each = points.length / n; // batches in one pass through the data
  const order = random("order", Math.floor((step - 1) / each)).permutation(points.length);
  const time = random("time", step);
  return {
    x0: tf.tensor2d(Array.from(order.slice(((step - 1) % each) * n).slice(0, n), (i) => points[i])),
    times: Array.from({ length: n }, () => 1 + Math.floor(T * time.uniform())),
    epsilon: tf.tensor2d(random("noise", step).normals(2 * n), [n, 2]),
  };
}

// %%
function loss({ x0, times, epsilon }: ReturnType<typeof batch>): lab.tf.Scalar {
  return tf.mean(tf.square(tf.sub(epsilon, network(noised(x0, times, epsilon), times))));
}
const losses: number[] = [];
function train(steps: number, optimiser: lab.tf.Optimizer): void {
  for (let i = 0; i < steps; i++) {
    losses.push(tf.tidy(() => optimiser.minimize(() => loss(batch(losses.length + 1)), true)!.dataSync()[0]));
  }
}

// %% [markdown]
// ## Drawing: 12 lines
//
// $$x_{t-1}=\frac1{\sqrt{\alpha_t}}\Big(x_t-\frac{\beta_t}{\sqrt{1-\bar\alpha_t}}\,\hat\epsilon_\theta(x_t,t)\Big)+\sigma_t z ,\qquad \sigma_t^2=\frac{1-\bar\alpha_{t-1}}{1-\bar\alpha_t}\,\beta_t$$
//
// At $t=1$ this $\sigma_t$ is 0: the last step adds no noise.
//
// **Predict.** The network below has random weights. What will the sampler draw with it?

// %%
function draw(count: number, noise: lab.NoiseSource, each: (t: number, x: lab.tf.Tensor) => void = () => undefined) {
  let x = noise(0, [count, 2]);
  for (let t = T; t >= 1; t--) {
    x = tf.tidy(() => {
      const guess = network(x, Array<number>(count).fill(t));
      const mean = tf.div(tf.sub(x, tf.mul(guess, beta[t] / sigma(t))), Math.sqrt(1 - beta[t]));
      return tf.add(mean, tf.mul(noise(T + 1 - t, [count, 2]), (sigma(t - 1) / sigma(t)) * Math.sqrt(beta[t])));
    });
    each(t - 1, x);
  }
  return x;
}

// %%
const source = (index: number): lab.NoiseSource => (draw, shape) =>
  tf.tensor(random(`drawing ${index}`, draw).normals(2 * shape[0]), [...shape]);
const untrained = draw(1000, source(0));
const axis = (title: string, reach: number) => ({ title, unit: "1", range: [-reach, reach] as const });
const cloud = (title: string, points: lab.Points, colour: string, reach = 3) => lab.scatterChart({
  title, clouds: [{ name: title, points, colour }], x: axis("x₁", reach), y: axis("x₂", reach), width: 330, height: 340,
});
const data = cloud("1000 data", points.slice(0, 1000), orange);
show(lab.sideBySide([data, cloud("1000 drawn, untrained", untrained, blue, 600)]));

// %% [markdown]
// **Explanation.** A cloud without a shape, far too wide: a guess of noise that is always near zero takes no noise out, and dividing by $\sqrt{\alpha_t}$ two hundred times magnifies what is there.
//
// ## The same numbers as the library
//
// The program gets no credit for looking right. The library is given the same weights and the same random streams. Then both must produce the same numbers: tables, noised points, guesses, loss.

// %%
const schedule = lab.linearSchedule({ T });
const mlp = new lab.PointMlp({ hidden: [64, 64, 64] });
mlp.parameters.assignFlat(Float32Array.from(weights.flatMap(([w, b]) => [...w.dataSync(), ...b.dataSync()])));
const task = new lab.DiffusionTask({ network: mlp, path: schedule, data: values, shape: [2], batchSize: n, seed });
const one = batch(1);
const closedForm = formula("xt = sqrt(alphaBar) * x0 + sqrt(1 - alphaBar) * epsilon");
const xt = noised(one.x0, one.times, one.epsilon);
closedForm.agrees(xt, { alphaBar: one.times.map((t) => [alphaBar[t]]), x0: one.x0, epsilon: one.epsilon });
const objective = formula("loss = mean((epsilon - epsilonHat)^2)");
const epsilonHat = network(xt, one.times);
objective.agrees(task.loss(task.batch(1)), { epsilon: one.epsilon, epsilonHat });

// %%
const apart = (a: lab.tf.Tensor | number[], b: lab.tf.Tensor | number[]): number =>
  tf.tidy(() => tf.max(tf.abs(tf.sub(a as number[], b as number[]))).dataSync()[0]);
const mlpGuess = mlp.apply(xt as lab.tf.Tensor2D, tf.tensor1d(one.times.map((t) => t - 1)));
const libraryXt = lab.qSample(schedule, one.x0, one.times, one.epsilon);
const differences = {
  "β and ᾱ": Math.max(apart(beta, [...schedule.beta]), apart(alphaBar, [...schedule.alphaBar])),
  "x_t of a batch": apart(xt, libraryXt),
  "guesses of the network": apart(epsilonHat, mlpGuess),
};
check("equal to 1e-6", Math.max(...Object.values(differences)), (gap: number) => gap < 1e-6);
table(Object.entries(differences).map(([what, gap]) => ({ what, "largest difference": gap })), { digits: 1 });

// %% [markdown]
// Now training. Both descend along the gradient at the rate 0.05, from the same start, on the same batches.
//
// **Predict.** Both compute in 32-bit numbers, but add in another order. Will the losses of 100 steps agree in all digits?

// %%
const trainer = new lab.Trainer(task, { optimiser: lab.sgd(), learningRate: 0.05, maxGradientNorm: Infinity });
train(100, tf.train.sgd(0.05));
await trainer.run(100);
const gaps = losses.map((value, i) => Math.abs(value - trainer.losses[i]));
check("losses of 100 steps", Math.max(...gaps), (gap: number) => gap < 1e-6);
show(lab.lineChart({
  title: "Loss of the program against loss of the library", height: 320,
  x: { title: "training step", unit: "1" }, y: { title: "|difference| in units of 10⁻⁷", unit: "1", range: [0, 5] },
  series: [{ name: "difference", x: gaps.map((_, i) => i + 1), y: gaps.map((gap) => gap * 1e7), mode: "markers" }],
}));

// %%
mlp.parameters.assignFlat(Float32Array.from(weights.flatMap(([w, b]) => [...w.dataSync(), ...b.dataSync()])));
const denoiser = lab.networkDenoiser(mlp, schedule);
const mine = draw(500, source(1));
const theirs = await lab.sample(lab.ddpm(denoiser, schedule, source(1)(0, [500, 2]), { steps: T, noise: source(1) }));
const scale = tf.max(tf.abs(theirs)).dataSync()[0];
check("200 steps of drawing", apart(mine, theirs) / scale, (gap: number) => gap < 1e-4, "the same weights and noises");
table([{ points: 500, steps: T, "largest difference": apart(mine, theirs), "largest value": scale }], { digits: 2 })

// %% [markdown]
// **Explanation.** All hundred losses agree to about $10^{-7}$, the last digit of a 32-bit number. After two hundred steps of drawing the points differ in the sixth digit: each step hands its rounding on to the next. That is no mistake of either side. With Adam the difference would grow faster, because TensorFlow.js rounds Adam's corrections to 32 bits and the library does not.
//
// ## It learns
//
// Three thousand more steps, with Adam; the rate falls twice. **Predict.** What will the loss end at: near 0, near 0.4, near 1?

// %%
const adams = [1e-2, 3e-3, 1e-3].map((rate) => tf.train.adam(rate));
for (const i of progress(30, { label: "hundreds of steps" })) train(100, adams[i < 20 ? 0 : i < 26 ? 1 : 2]);
const smooth = lab.runningMean(losses, 0.98);
show(lab.lineChart({
  title: "Training: loss of a batch, running mean", height: 320,
  x: { title: "training step", unit: "1" }, y: { title: "loss", unit: "1", range: [0, 1.2] },
  series: [{ name: "mean((ε − ε̂)²)", x: losses.map((_, i) => i + 1), y: smooth }],
}));

// %% [markdown]
// **Explanation.** It does not go to 0. Much of the noise in $x_t$ cannot be known from $x_t$; that part of the error is there for every network. A loss that is low is *not* yet a picture that is good, and one that stands still may hide progress.
//
// So draw. The slider goes from noise ($t=200$) to points ($t=0$). **Predict.** At which $t$ can you see four blobs?

// %%
const states: Record<number, Float32Array> = { [T]: source(2)(0, [1000, 2]).dataSync() as Float32Array };
const drawn = draw(1000, source(2), (t, x) => { if (t % 10 === 0) states[t] = x.dataSync() as Float32Array; });
const films = Array.from({ length: 21 }, (_, k) => T - 10 * k).map((t) => lab.drawing(340, 366, (svg) => {
  lab.mathText(svg, `t = ${t}`, 170, 22, { size: 15 });
  const dots = svg.append("g").attr("transform", "translate(0 26)").attr("fill", blue);
  for (let i = 0; i < 2000; i += 2) {
    const [x, y] = [states[t][i], -states[t][i + 1]];
    if (Math.max(Math.abs(x), Math.abs(y)) > 3) continue;
    dots.append("circle").attr("cx", 170 + 55 * x).attr("cy", 170 + 55 * y).attr("r", 1.6);
  }
}, `1000 points at t = ${t}`));
play({ label: "step", min: 0, max: 20, value: 20, interval: 200, onChange: (k) => films[k] })

// %% [markdown]
// *Both axes from −3 to 3; points outside are not drawn.*
//
// **Explanation.** For half of the way there is nothing to see. The blobs part late, and in the last steps they only get sharper.
//
// How good are they? The sliced Wasserstein distance compares two sets of points. Two sets of *real* points are not at distance 0 either: that is the floor.

// %%
const fresh = (i: number) => new lab.RandomStream(2, "held out", i);
const held = (i: number) => tf.tensor2d(lab.ringOfGaussians(2000, fresh(i), ring), [2000, 2]);
const setOf = (x: lab.tf.Tensor): lab.FeatureSet => lab.featureSet(x.dataSync() as Float32Array);
const distance = (x: lab.tf.Tensor, i: number) => lab.slicedWasserstein(setOf(x), setOf(held(i)), fresh(99));
function judged(name: string, all: number[]) {
  const mean = all.reduce((sum, one) => sum + one / 5, 0);
  const error = Math.sqrt(all.reduce((sum, one) => sum + (one - mean) ** 2 / 20, 0)); // t₄ = 2.78 for 95 %
  return { points: name, n: 2000, sets: 5, distance: mean, "± (95 %)": 2.78 * error };
}
const five = (make: (i: number) => lab.tf.Tensor) => [1, 2, 3, 4, 5].map((i) => distance(make(i + 10), i));
const rows = [judged("real: the floor", five(held)), judged("drawn", five((i) => draw(2000, source(i))))];
table(rows, { digits: 2 })

// %% [markdown]
// **Explanation.** One training, drawn from five times: the interval is for the drawing, not for another training. With 2000 points this measure can hardly tell drawn points from real ones.
//
// ## Take a line away
//
// A step back is $x\leftarrow k\,(x-c\,\hat\epsilon)+s\,z$. Below, one of its numbers is spoilt at a time, with the trained network as it is.
//
// **Predict.** Put these in order, best first: no fresh noise $z$ · $k=1$ instead of $1/\sqrt{\alpha_t}$ · $c=\sqrt{\beta_t}$ · a clock that always says 100.

// %%
type Step = { c: number; k: number; s: number; clock: number };
const usual = (t: number): Step => ({ c: beta[t] / sigma(t), k: 1 / Math.sqrt(1 - beta[t]),
  s: (sigma(t - 1) / sigma(t)) * Math.sqrt(beta[t]), clock: t });
function spoilt(change: (t: number) => Partial<Step>, noise: lab.NoiseSource): lab.tf.Tensor {
  let x = noise(0, [2000, 2]);
  for (let t = T; t >= 1; t--) x = tf.tidy(() => {
    const { c, k, s, clock } = { ...usual(t), ...change(t) };
    const guess = network(x, Array<number>(2000).fill(clock));
    return tf.add(tf.mul(tf.sub(x, tf.mul(guess, c)), k), tf.mul(noise(T + 1 - t, [2000, 2]), s)); });
  return x;
}

// %%
const changes: Record<string, (t: number) => Partial<Step>> = {
  "no z": () => ({ s: 0 }), "k = 1": () => ({ k: 1 }), "c = √β": (t) => ({ c: Math.sqrt(beta[t]) }),
  "clock at 100": () => ({ clock: 100 }) };
const clouds = Object.entries(changes).map(([name, change]) => ({ name, x: spoilt(change, source(1)) }));
show(lab.sideBySide(clouds.map(({ name, x }) => cloud(name, tf.slice(x, 0, 1000), blue)), { columns: 4, width: 1080 }));
table([...rows.map(({ points, distance }) => ({ points, distance })),
  ...clouds.map(({ name, x }) => ({ points: name, distance: distance(x, 1) }))], { digits: 2 })

// %% [markdown]
// **Explanation.** A chain of means without $z$ falls together: nothing is left of the spread. A stopped clock takes out wrong amounts. With $c=\sqrt{\beta_t}$ the blobs come out too small, and no error is raised. And $k=1$ is *not* told from the right step here: with 2000 points the floor hides the difference.
//
// ## The theory's own sketch
//
// The theory prints this loop: for each $x_0$, `t = randint(1, T)`, noise, $x_t$, `pred = model(x_t, t)`, `loss = mse(pred, noise)`. It shows the idea, and that is its purpose. A program also needs a gradient step, scaled data, a sampler, and tables that reach $t=T$. It also draws one $t$ for all examples.
//
// **Predict.** What is worse about that?

// %%
const zeroBased = beta.slice(1);
const deviation = (of: number[]): number => {
  const mean = of.reduce((sum, one) => sum + one / of.length, 0);
  return Math.sqrt(of.reduce((sum, one) => sum + (one - mean) ** 2 / (of.length - 1), 0));
};
const batches = Array.from({ length: 100 }, (_, i) => batch(5000 + i));
const lossOf = (one: (typeof batches)[number]): number => tf.tidy(() => loss(one).dataSync()[0]);
const each = deviation(batches.map(lossOf));
const shared = deviation(batches.map((one) => lossOf({ ...one, times: one.times.map(() => one.times[0]) })));
table([{ "table of T entries from 0, at t = T": String(zeroBased[T]), "deviation of the loss, own t": each,
  "one t for all": shared, ratio: shared / each }], { digits: 2 })

// %% [markdown]
// **Explanation.** The mean of the loss is the same, but it jumps about six times as much (100 batches of 128): the batch no longer averages over $t$.
//
// ## Which line is what in the library
//
// | here | in the library |
// |---|---|
// | `random` | `RandomStream`, `normalNoise` |
// | `beta`, `alphaBar` | `linearSchedule` |
// | `noised` | `qSample` |
// | `weights`, `network` | `PointMlp`; `UNet2D` for images |
// | `batch`, `loss` | `DiffusionTask`, `simpleObjective` |
// | `adam`, `train` | `Trainer` (also averages, clips, saves) |
// | `draw` | `ddpm` and `sample` |
//
// The whole again, by the library:

// %%
const again = new lab.PointMlp({ hidden: [64, 64, 64] }, { seed });
const teacher = new lab.Trainer(
  new lab.DiffusionTask({ network: again, path: schedule, data: values, shape: [2], batchSize: n, seed }),
  { learningRate: { peak: 1e-2, decay: { kind: "cosine", total: 3000 } } },
);
await teacher.run(3000);
const byLibrary = lab.networkDenoiser(again, schedule);
const result = await lab.sample(lab.ddpm(byLibrary, schedule, source(4)(0, [1000, 2]), { steps: T, noise: source(4) }));
show(lab.sideBySide([cloud("sixty lines", drawn, blue), cloud("the library", result, blue)]));

// %% [markdown]
// ## Exercises
//
// **14.1 (change)** Let the network learn $v=\sqrt{\bar\alpha_t}\,\epsilon-\sqrt{1-\bar\alpha_t}\,x_0$ instead of $\epsilon$. Write the target from `x0`, `epsilon` and the one time `t`.
//
// **14.2 (compute)** Write a DDIM step without noise from $t$ to $s<t$: first $\hat x_0$ from $x$ and $\hat\epsilon$, then both together again at $s$.
//
// **14.3 (find the bug)** A well-known small program draws `times = randint(1, T)`, and its `randint` leaves the upper end out. Which time is never trained, although drawing begins there? Answer with the number, as text.
//
// **14.4 (judge)** T or F? *1* Each datum is trained at every $t$. *2* Drawing uses training data. *3* A lower loss proves better points. *4* The last step adds no noise.

// %% tags=["exercise"]
const target = (x0: lab.tf.Tensor, epsilon: lab.tf.Tensor, t: number): lab.tf.Tensor | undefined => undefined; // 14.1
const ddimStep = (x: typeof mine, guess: typeof mine, t: number, s: number): typeof x | undefined => undefined; // 14.2
const [untrainedTime, verdicts]: (string | undefined)[] = [undefined, undefined]; // 14.3, 14.4

const at150 = lab.qSample(schedule, one.x0, 150, one.epsilon);
const velocity = lab.toVelocity(schedule, "noise", one.epsilon, at150, 150);
check("14.1", target(one.x0, one.epsilon, 150), velocity, "signal(t) and sigma(t) are the two weights");
const at50 = lab.qSample(schedule, one.x0, 50, one.epsilon);
check("14.2", ddimStep(at150, one.epsilon, 150, 50), at50, "x̂₀ = (x − σ_t·ε̂)/√ᾱ_t, then noise it again");
check("14.3", untrainedTime, sealed("14.3", "de56bb0a"), "which number can such a randint not give?");
check("14.4", verdicts, sealed("14.4", "1d4438d7"), "four letters; think of batch(), of draw(), and of the floor");

// %% tags=["solution"] jupyter={"source_hidden": true}
const target = (x0: lab.tf.Tensor, epsilon: lab.tf.Tensor, t: number): lab.tf.Tensor | undefined =>
  tf.sub(tf.mul(epsilon, signal(t)), tf.mul(x0, sigma(t)));
const ddimStep = (x: typeof mine, guess: typeof mine, t: number, s: number): typeof mine | undefined =>
  tf.add(tf.mul(tf.div(tf.sub(x, tf.mul(guess, sigma(t))), signal(t)), signal(s)), tf.mul(guess, sigma(s)));
const [untrainedTime, verdicts]: (string | undefined)[] = ["200", "FFFT"];
const at150 = lab.qSample(schedule, one.x0, 150, one.epsilon);
const velocity = lab.toVelocity(schedule, "noise", one.epsilon, at150, 150);
check("14.1", target(one.x0, one.epsilon, 150), velocity, "signal(t) and sigma(t) are the two weights");
const at50 = lab.qSample(schedule, one.x0, 50, one.epsilon);
check("14.2", ddimStep(at150, one.epsilon, 150, 50), at50, "x̂₀ = (x − σ_t·ε̂)/√ᾱ_t, then noise it again");
check("14.3", untrainedTime, sealed("14.3", "de56bb0a"), "which number can such a randint not give?");
check("14.4", verdicts, sealed("14.4", "1d4438d7"), "four letters; think of batch(), of draw(), and of the floor");

// %% [markdown]
// ## Summary
//
// - Sixty lines are a whole diffusion model. They give the library's numbers, to rounding.
// - Training: batch, time, noise, guess, descend. Drawing is one formula, $T$ times.
// - A program that runs can still be wrong. A floor and a second implementation tell.
//
// **What would change our mind:** a line that can go while the distance stays at the floor. (Is $k=1$ one?)
//
// **Tomorrow, ask yourself:** why $t-1$ in the encoding? Why is the loss not 0? Which numbers of a step depend on the network?
//
// **Read:** Ho, Jain and Abbeel 2020, algorithms 1 and 2 · Salimans and Ho 2022, *Progressive distillation*, section 4 (velocity). **Go on:** [00](00-welcome.ipynb) has the map.

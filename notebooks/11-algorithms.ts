// %% [markdown]
// # 11 · The two algorithms
//
// Training and drawing are two programs of seven lines; the rest is bookkeeping. Here you step through both, line by line, with every tensor as a picture. Then you meet eight classical bugs, and see why the loss does not find them.
//
// **After this you can**
// - write both from memory;
// - say what is drawn anew for each example, each step, each picture;
// - count network evaluations;
// - look at a sample and name the bug, or know that you cannot.
//
// **You need** notebooks [03](03-forward-process.ipynb) to [05](05-reverse-process.ipynb). **It takes** 30 minutes; the cells run in under two minutes and 2 GB.

// %%
import * as d3 from "d3";
import * as lab from "diffusion-lab";
import { check, formula, play, progress, sealed, select, show, table } from "diffusion-lab/notebook";
const { tf } = lab;
type Images = lab.tf.Tensor4D;
const [blue, orange, , , yellow] = lab.palette;
const checkpoint = lab.loadDiffusionModel("assets/mnist-unet");
const { schedule: long, denoiser } = checkpoint;
const label = (n: number) => tf.fill([n], checkpoint.config.unconditionalLabel!, "int32");
const guessNoise = (x: lab.tf.Tensor, t: number) => lab.toNoise(long, denoiser.predicts,
  denoiser.predict(x, tf.fill([x.shape[0]], t), { label: label(x.shape[0]) }), x, t) as Images;

// %% [markdown]
// ## Three questions first
//
// They give no credit. Answer with a letter, from memory.
//
// **R1** What does training draw anew for each example? *a* $t$ and $\epsilon$ · *b* $\alpha_t$ · *c* $\theta$
//
// **R2** What is $\sigma_t$ at $t=1$ in DDPM with the posterior variance? *a* 1 · *b* $\beta_1$ · *c* 0
//
// **R3** Weights are opened in a network whose time has sines first instead of cosines. What do you get? *a* an error · *b* a warning · *c* wrong answers

// %% tags=["exercise"]
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: undefined, R2: undefined, R3: undefined };

check("R1", recalled.R1, sealed("11.R1", "abdbfb3b"), "the schedule is a table; the weights change once a step");
check("R2", recalled.R2, sealed("11.R2", "6e27b336"), "nothing comes after that step to remove noise");
check("R3", recalled.R3, sealed("11.R3", "7f4bca62"), "every shape fits");

// %% tags=["solution"] jupyter={"source_hidden": true}
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: "a", R2: "c", R3: "c" };

check("R1", recalled.R1, sealed("11.R1", "abdbfb3b"), "the schedule is a table; the weights change once a step");
check("R2", recalled.R2, sealed("11.R2", "6e27b336"), "nothing comes after that step to remove noise");
check("R3", recalled.R3, sealed("11.R3", "7f4bca62"), "every shape fits");

// %% [markdown]
// ## Training, one line at a time
//
// The loop of training repeats seven lines. We run them once on a digit, with the trained U-Net of the course, and keep what each line made. A page of the film shows the program, the line that has just run, and its result.

// %%
const pictureOf = (x: lab.tf.Tensor, columns = 1) => {
  const { png } = lab.imageGrid(x as Images, { columns, scale: 8, gap: columns > 1 ? 1 : 0 });
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
};
type Page = { lit: number; image?: string; text: string };

// %%
const page = (title: string, program: readonly string[], { lit, image, text }: Page) => lab.drawing(720, 300, (svg) => {
  lab.mathText(svg, title, 24, 30, { size: 16, anchor: "start" });
  svg.append("rect").attr("x", 16).attr("y", 46 + 32 * lit).attr("width", 400).attr("height", 30).attr("rx", 4)
    .attr("fill", yellow).attr("opacity", 0.35);
  program.forEach((line, i) => lab.mathText(svg, line.trim(), 28 + 6 * line.search(/\S/), 66 + 32 * i,
    { size: 15, anchor: "start" }));
  const place = { x: 452, y: 36, width: 224, height: 224, href: image ?? "" };
  if (image) Object.entries(place).reduce((pen, [key, of]) => pen.attr(key, of), svg.append("image"));
  lab.mathText(svg, text, 564, image ? 284 : 150, { size: image ? 14 : 26 });
}, `${title}: ${program[lit]}`);

// %%
const x0 = lab.gatherImages(lab.loadDigits({ split: "train" }), [7]);
const t = 300;
const epsilon = lab.normalNoise(3)(0, x0.shape) as Images;
const xt = lab.qSample(long, x0, t, epsilon) as Images;
const epsilonHat = guessNoise(xt, t);
const squares = tf.square(tf.sub(epsilon, epsilonHat));
const kernel = checkpoint.network.parameters.get("conv_in.weight").variable;
const { value, grads } = tf.variableGrads(() =>
  tf.mean(tf.square(tf.sub(epsilon, guessNoise(xt, t)))) as lab.tf.Scalar, [kernel as lab.tf.Variable]);
const [gradient] = Object.values(grads); // of the first convolution: 32 kernels of 3 × 3

// %%
const training = ["x_0 ← one picture of the data", "t ← Uniform{1, …, T}", "ε ← N(0, I)",
  "x_t ← √ᾱ_t · x_0 + √(1 − ᾱ_t) · ε", "ε̂ ← network(x_t, t)", "L ← mean of (ε − ε̂)²", "θ ← θ − η · ∂L/∂θ"];
const kernels = tf.transpose(tf.div(gradient, tf.max(tf.abs(gradient))), [3, 0, 1, 2]);
const pages: Page[] = [
  { lit: 0, image: pictureOf(x0), text: "x_0" }, { lit: 1, text: `t = ${t}` },
  { lit: 2, image: pictureOf(epsilon), text: "ε" }, { lit: 3, image: pictureOf(xt), text: "x_t" },
  { lit: 4, image: pictureOf(epsilonHat), text: "ε̂" },
  { lit: 5, image: pictureOf(tf.sub(tf.mul(squares, 8), 1)), text: `L = ${value.dataSync()[0].toFixed(4)}` },
  { lit: 6, image: pictureOf(kernels, 8), text: "∂L/∂θ of 32 kernels" }];
const trainingFilm = pages.map((one) => page("One step of training", training, one));
play({ label: "line", min: 0, max: 6, value: 3, interval: 1500, onChange: (i) => trainingFilm[i] })

// %% [markdown]
// *Pictures clipped to −1…1. At $L$: black is no error, white an error of $\tfrac14$ or more in that pixel. At ∂L/∂θ: grey is 0, each kernel 3 × 3.*
//
// **Explanation.** Nothing of this needs the other times: **one** picture is trained at **one** $t$ in a step. Over many steps every $t$ comes up. Line 4 is why that is cheap: it jumps straight to $t$.
//
// Both formulas, executed:

// %%
formula("xt = sqrt(alphaBar) * x0 + sqrt(1 - alphaBar) * epsilon")
  .agrees(xt, { alphaBar: long.alphaBar[t], x0, epsilon });
formula("L = mean((epsilon - epsilonHat)^2)").agrees(value, { epsilon, epsilonHat });

// %% [markdown]
// ## Drawing, one line at a time
//
// The second loop starts from noise. To see something, we take a chain of 20 steps in place of 1000: from $t$ to $s=t-50$, with $\alpha_t=\bar\alpha_t/\bar\alpha_s$ the share of signal that the jump leaves.
//
// **Predict.** After the first of the 20 steps, will the eye see anything of the digit? After the twelfth?

// %%
const source = lab.normalNoise(11);
const drawing = ["x ← N(0, I)", "for t = T, …, 1:", "    ε̂ ← network(x, t)",
  "    μ ← (x − (1−α_t)/√(1−ᾱ_t) · ε̂) / √α_t", "    z ← N(0, I), at the last step 0",
  "    x ← μ + σ_t · z", "return x"];
let x = source(0, [1, 28, 28, 1]) as Images;
const film: Page[] = [{ lit: 0, image: pictureOf(x), text: "x_T" }];
const step = (x: Images, t: number, s: number, guess: Images, z: lab.tf.Tensor) => {
  const [now, next] = [long.alphaBar[t], long.alphaBar[s]];
  const mean = tf.div(tf.sub(x, tf.mul(guess, (1 - now / next) / Math.sqrt(1 - now))), Math.sqrt(now / next));
  const sigma = Math.sqrt(((1 - next) / (1 - now)) * (1 - now / next));
  return { mean, next: tf.add(mean, tf.mul(z, sigma)) as Images };
};

// %%
for (const [i, t] of d3.range(1000, 0, -50).entries()) {
  const s = t - 50;
  const [guess, z] = [guessNoise(x, t), s === 0 ? tf.zerosLike(x) : source(i + 1, x.shape)];
  const { mean, next } = step(x, t, s, guess, z);
  if ([0, 6, 11, 15, 19].includes(i)) film.push(
    { lit: 1, text: `step ${i + 1}: t = ${t}` }, { lit: 2, image: pictureOf(guess), text: `ε̂ at t = ${t}` },
    { lit: 3, image: pictureOf(mean), text: "μ" }, { lit: 4, image: pictureOf(z), text: "z" },
    { lit: 5, image: pictureOf(next), text: `x at t = ${s}` });
  x = next;
}

// %%
const mine = { steps: 20, noise: source, condition: { label: label(1) } };
const theirs = await lab.sample(lab.ddpm(denoiser, long, source(0, [1, 28, 28, 1]), mine));
check("the loop draws what the library draws", x, theirs, { tolerance: 1e-3 });
film.push({ lit: 6, image: pictureOf(x), text: "x_0" });
const drawingFilm = film.map((one) => page("Drawing", drawing, one));
const end = film.length - 1;
play({ label: "page", min: 0, max: end, value: end, interval: 700, onChange: (i) => drawingFilm[i] })

// %% [markdown]
// *Clipped to −1…1. Five of the twenty rounds are shown, line by line.*
//
// **Explanation.** $\mu$ takes *a part* of the guessed noise out, $z$ puts fresh noise in; both parts get smaller. The training pictures are not asked: all that is known of them is in $\theta$.
//
// ## The same loop on points
//
// For the zoo we need many trainings, so we move to the plane: four blobs, $T=100$, a small network. The training loop is now *ours*: `batch` writes lines 1 to 4, `loss` lines 5 and 6, and the library's trainer does line 7. Every bug is one change in one line.

// %%
const [T, n] = [100, 128];
const schedule = lab.linearSchedule({ T });
const ring = { modes: 4, std: 0.2 };
const data = lab.ringOfGaussians(4096, new lab.RandomStream(1, "data"), ring);
const bugs = ["none", "one t per batch", "x₀ in 0…1", "ᾱ for √ᾱ", "ε drawn twice",
  "β of the step before", "z at the last step", "order reversed", "average not used"] as const;
type Bug = (typeof bugs)[number];
const isTrained = (bug: Bug) => bugs.indexOf(bug) < 5; // the others spoil the drawing only
const rows = (values: ArrayLike<number>) => tf.tensor2d(Array.from(values), [values.length / 2, 2]);

// %%
function makeBatch(bug: Bug, seed: number, step: number) {
  const random = (purpose: string, i = step) => new lab.RandomStream(seed, purpose, i);
  const [order, time] = [random("order", Math.floor((step - 1) / 32)).permutation(4096), random("time")];
  const x0 = tf.gather(rows(data), [...order.slice(((step - 1) % 32) * n).slice(0, n)]);
  const own = Array.from({ length: n }, () => 1 + Math.floor(T * time.uniform()));
  const times = bug === "one t per batch" ? own.map(() => own[0]) : own;
  const noise = (purpose: string) => rows(random(purpose).normals(2 * n));
  const given = bug === "x₀ in 0…1" ? tf.div(tf.add(x0, 2), 4) : x0;
  const root = (share: number) => (bug === "ᾱ for √ᾱ" ? share : Math.sqrt(share));
  return { x0: given, epsilon: noise("noise"), target: noise(bug === "ε drawn twice" ? "again" : "noise"),
    signal: tf.tensor2d(times.map((t) => [root(schedule.alphaBar[t])])),
    sigma: tf.tensor2d(times.map((t) => [root(1 - schedule.alphaBar[t])])), t: tf.tensor1d(times.map((t) => t - 1)) }; }

// %%
type Batch = ReturnType<typeof makeBatch>;
const lossOf = (net: lab.PointMlp, { x0, epsilon, signal, sigma, t, target }: Batch) => {
  const xt = tf.add(tf.mul(signal, x0), tf.mul(sigma, epsilon)) as lab.tf.Tensor2D;
  return tf.mean(tf.square(tf.sub(target, net.apply(xt, t)))) as lab.tf.Scalar;
};
function trainerFor(bug: Bug, seed: number, options: lab.TrainerOptions = {}) {
  const net = new lab.PointMlp({ hidden: [64, 64, 64] }, { seed });
  const phases = [{ name: "network", trains: net.parameters, loss: (batch: Batch) => ({ loss: lossOf(net, batch) }) }];
  const task = { batchSize: n, phases, batch: (step: number) => tf.tidy(() => makeBatch(bug, seed, step)) };
  return { net, trainer: new lab.Trainer(task, { learningRate: 5e-3, averageDecay: 0.99, ...options }) };
}

// %% [markdown]
// Before breaking it: is the loop without bugs the library's? Both get the same weights and the same random streams, for 50 steps of plain gradient descent.

// %%
const plain = { optimiser: lab.sgd(), learningRate: 0.05, maxGradientNorm: Infinity };
const ours = trainerFor("none", 0, plain).trainer;
const itsNet = new lab.PointMlp({ hidden: [64, 64, 64] }, { seed: 0 });
const itsTask = new lab.DiffusionTask({ network: itsNet, path: schedule, data, shape: [2], batchSize: n, seed: 0 });
const library = new lab.Trainer(itsTask, plain);
await ours.run(50);
await library.run(50);
const gap = d3.max(ours.losses, (one, i) => Math.abs(one - library.losses[i]))!;
check("fifty losses agree", gap, (one: number) => one < 1e-6);
table([{ steps: 50, "first loss": ours.losses[0], "last loss": ours.losses[49], "largest difference": gap }])

// %% [markdown]
// **Explanation.** They agree. What follows differs from the library by the bug alone.
//
// ## The bug zoo
//
// | bug | in | cause |
// |---|---|---|
// | one t per batch | training | `t` drawn before the loop |
// | x₀ in 0…1 | training | no scaling to −1…1 |
// | ᾱ for √ᾱ | training | a forgotten root |
// | ε drawn twice | training | another in the loss |
// | β of the step before | drawing | table from 0 |
// | z at the last step | drawing | no `if` |
// | order reversed | drawing | `range(1, T)` |
// | average not used | drawing | the raw weights |

// %% [markdown]
// **Predict**, and write it down: which bugs *raise* the loss? Which one *lowers* it? Which will you not see in the points at all?
//
// Each bug gets five seeds: five trainings of 1500 steps, or five drawings. "Loss" is what the programmer sees, the mean over the last 300 steps.

// %%
function drawPoints(net: lab.PointMlp, bug: Bug, seed: number): lab.tf.Tensor {
  const noise = (i: number) => rows(new lab.RandomStream(seed, "drawing", i).normals(4000));
  const { beta, sigma } = schedule; // sigma[t] = √(1 − ᾱ_t)
  const order = d3.range(T, 0, -1);
  return tf.tidy(() => (bug === "order reversed" ? order.reverse() : order).reduce((x: lab.tf.Tensor, t, i) => {
    const guess = net.apply(x as lab.tf.Tensor2D, tf.fill([2000], t - 1));
    const b = bug === "β of the step before" ? beta[t - 1] : beta[t];
    const mean = tf.div(tf.sub(x, tf.mul(guess, b / sigma[t])), Math.sqrt(1 - b));
    const s = t === 1 && bug === "z at the last step" ? Math.sqrt(b) : (sigma[t - 1] / sigma[t]) * Math.sqrt(b);
    return tf.add(mean, tf.mul(noise(i + 1), s)); }, noise(0))); }

// %%
type Result = { bug: Bug; seed: number; loss: number; points: lab.tf.Tensor };
const results: Result[] = [];
const trainings = bugs.filter(isTrained).flatMap((bug) => d3.range(5).map((seed) => ({ bug, seed })));
for (const { bug, seed } of progress(trainings, { label: "trainings" })) {
  const { net, trainer } = trainerFor(bug, seed);
  await trainer.run(1500);
  const loss = d3.mean(trainer.losses.slice(-300))!;
  const add = (bug: Bug) => results.push({ bug, seed, loss, points: drawPoints(net, bug, seed) });
  await trainer.withAverage(() => [bug, ...(bug === "none" ? bugs.slice(5, 8) : [])].forEach(add));
  if (bug === "none") add("average not used");
}

// %%
// back to the size of the data
for (const one of results) if (one.bug === "x₀ in 0…1") one.points = tf.sub(tf.mul(one.points, 4), 2);
const heldOut = (seed: number) => lab.ringOfGaussians(2000, new lab.RandomStream(seed, "held out"), ring);
const distance = (points: lab.tf.Tensor, seed: number) => Math.min(9, lab.slicedWasserstein(
  lab.featuresOf(points), lab.featureSet(heldOut(seed)), new lab.RandomStream(5, "directions")));
const interval = (values: number[]) => ({ mean: d3.mean(values)!, half: 2.78 * d3.deviation(values)! / Math.sqrt(5) });

// %%
const measured = bugs.map((bug) => {
  const own = results.filter((one) => one.bug === bug);
  const [loss, W] = [own.map((one) => one.loss), own.map(({ points, seed }) => distance(points, seed))].map(interval);
  return { bug, loss, W };
});
const floor = interval(d3.range(5).map((seed) => distance(rows(heldOut(seed + 10)), seed)));
const plusMinus = ({ mean, half }: { mean: number; half: number }) => `${mean.toFixed(3)} ± ${half.toFixed(3)}`;
table([...measured.map(({ bug, loss, W }) => ({ bug, seeds: 5, loss: plusMinus(loss), distance: plusMinus(W) })),
  { bug: "(real points: the floor)", seeds: 5, loss: "", distance: plusMinus(floor) }]);

// %%
const colourOf = (bug: Bug) => (bug === "none" ? blue : isTrained(bug) ? orange : yellow);
const byRank = (of: "loss" | "W") => [...measured].sort((a, b) => a[of].mean - b[of].mean).map(({ bug }) => bug);
const ranks = [byRank("loss"), byRank("W")];
show(lab.drawing(720, 360, (svg) => {
  lab.mathText(svg, "lowest loss first", 250, 36, { anchor: "end", size: 14 });
  lab.mathText(svg, "nearest to the data first", 470, 36, { anchor: "start", size: 14 });
  for (const bug of bugs) { const [y, v] = ranks.map((list) => 70 + 32 * list.indexOf(bug));
    svg.append("path").attr("d", `M258,${y - 5}C350,${y - 5} 370,${v - 5} 462,${v - 5}`).attr("fill", "none")
      .attr("stroke", colourOf(bug)).attr("stroke-width", bug === "none" ? 4 : 2);
    lab.mathText(svg, bug, 250, y, { anchor: "end" }); lab.mathText(svg, bug, 470, v, { anchor: "start" });
  } }, "Eight bugs and none, ranked by loss and by distance"));

// %% [markdown]
// *Blue: no bug. Orange: bugs of training. Yellow: bugs of drawing, whose loss is that of the right training. Table: mean ± 95 % over five seeds; distances above 9 are written as 9.*
//
// **Explanation.** The two ranks disagree. With $x_0$ in 0…1 the data is small beside the noise: noise is *easier* to guess, the loss falls, the points get worse. Bugs of drawing leave no trace in the loss at all. Only "ε drawn twice" shouts: a loss of 1 is what one gets for the answer 0.
//
// Look at them, one at a time.

// %%
const axis = (title: string) => ({ title, unit: "1", range: [-3, 3] as const });
const firstOf = (bug: Bug) => tf.slice(results.find((one) => one.bug === bug)!.points, 0, 800);
const cloudOf = new Map(bugs.map((bug) => [bug, lab.scatterChart({
  title: bug === "none" ? "no bug" : bug, x: axis("x₁"), y: axis("x₂"), width: 420, height: 430, clouds: [
    { name: "data", points: data.slice(0, 1600), colour: orange, size: 3 },
    { name: "drawn", points: firstOf(bug), colour: blue, size: 3 }] })]));
select<Bug>({ label: "bug", options: bugs, value: "x₀ in 0…1", onChange: (bug) => cloudOf.get(bug) })

// %% [markdown]
// *Axes −3…3, points outside are not drawn; seed 0.*
//
// **Explanation.** Some bugs ruin everything, some only blur, and some you cannot see here: one step of a hundred is small, and so is $\sqrt{\beta_1}$ beside a blob. They are bugs all the same; on pictures the last one is grain.
//
// ## One $t$ for all?
//
// The mean of loss and gradient is the same. Their variance is not.
//
// **Predict.** Which varies more if a batch of 128 shares one $t$: the loss that you watch, or the gradient that trains?

// %%
const pupil = trainerFor("none", 9);
await pupil.trainer.run(500);
const last = pupil.net.parameters.get("layers.3.weight").variable as lab.tf.Variable;
const gradientOf = (bug: Bug, step: number) => tf.tidy(() => {
  const slopes = tf.variableGrads(() => lossOf(pupil.net, makeBatch(bug, 9, step)), [last]).grads;
  return Object.values(slopes)[0].dataSync() as Float32Array; });
const lossAt = (bug: Bug, step: number) => tf.tidy(() => [lossOf(pupil.net, makeBatch(bug, 9, step)).dataSync()[0]]);
const variance = (of: (bug: Bug, step: number) => ArrayLike<number>, bug: Bug) => {
  const all = d3.range(1001, 1201).map((step) => of(bug, step));
  return d3.sum(d3.range(all[0].length), (k) => d3.variance(all, (one) => one[k])!); };

// %%
table(Object.entries({ loss: lossAt, "gradient, last layer": gradientOf }).map(([of, f]) => {
  const [own, one] = [variance(f, "none"), variance(f, "one t per batch")];
  return { "variance of": of, batches: 200, "own t": own, "one t for all": one, ratio: one / own };
}), { digits: 3 })

// %% [markdown]
// **Explanation.** A batch with one $t$ does not average over $t$. The loss depends strongly on $t$, so it jumps; the gradient of a nearly right network depends on it less. The theory prints loops over *single* pictures; there both are the same.
//
// ## Exercises
//
// **11.1 (fill in)** Lines 4 of training and of drawing: $x_t$ from $x_0$, $\epsilon$, $t$; and $\mu$ from $x$, $\hat\epsilon$, $t$. Use `schedule`, for the plane.
//
// **11.2 (compute)** You draw $N$ pictures in batches of $B$ with $T$ steps, guided: two evaluations a picture and step. How many pictures does the network see in all, and how often is it called, if both answers of a picture go into one call? ($B$ divides $N$.)

// %% [markdown]
// **11.3 (find the bug)** Three students. Name each bug by its number in the table of the zoo, 1 to 8, as three digits.
//
// 1. "My loss is 1.00 from beginning to end."
// 2. "My loss is the lowest of the class. My pictures are grey."
// 3. "My loss is fine. I draw, and get noise of the size of the noise that I began with, or worse."
//
// **11.4 (judge)** T or F? *1* Each picture is trained at all $t$ in each step. *2* Drawing looks at training pictures. *3* A lower loss means better pictures. *4* With one $t$ a batch the expected gradient is wrong. *5* Drawing a picture costs $T$ evaluations, training on one costs one.

// %% jupyter={"source_hidden": true}
// Judges of 11.1 and 11.2. Answer first.
type Point = lab.tf.Tensor;
const [a, e] = [rows([1, -0.5]), rows([0.3, 2])];
const part = tf.mul(e, schedule.beta[60] / schedule.sigma[60]);
const asks = { xt: lab.qSample(schedule, a, 60, e), mean: tf.div(tf.sub(a, part), Math.sqrt(schedule.alpha[60])) };
const far = (one: lab.tf.Tensor, other: lab.tf.Tensor) => tf.max(tf.abs(tf.sub(one, other))).dataSync()[0] > 1e-4;
const judge111 = ([xt, mean]: lab.tf.Tensor[]): string | true => far(xt, asks.xt)
  ? "x_t: both weights are roots, and their squares sum to 1"
  : !far(mean, asks.mean) || "μ: ε̂ is weighted with (1 − α_t)/√(1 − ᾱ_t), all is divided by √α_t";
const judge112 = ([seen, calls]: number[]): string | true => seen === 64 * 50 ? "guidance asks twice"
  : seen !== 2 * 64 * 50 ? "N·T, times the answers a picture needs" : calls === 4 * 50 ||
  (calls === 8 * 50 ? "both answers go into one call" : "a call takes a whole batch");

// %% tags=["exercise"]
const noisyPoint = (x0: Point, epsilon: Point, t: number): Point | undefined => undefined; // 11.1
const meanBack = (x: Point, epsilonHat: Point, t: number): Point | undefined => undefined; // 11.1
const counts = (N: number, B: number, T: number): [seen: number, calls: number] | undefined => undefined; // 11.2
const [three, verdicts]: (string | undefined)[] = [undefined, undefined]; // 11.3, 11.4

check("11.1", [noisyPoint(a, e, 60), meanBack(a, e, 60)], (both: unknown) => judge111(both as lab.tf.Tensor[]));
check("11.2", counts(64, 16, 50), judge112);
check("11.3", three, sealed("11.3", "9ac17298"), "which one shouts? which lowers the loss? which adds noise to data?");
check("11.4", verdicts, sealed("11.4", "44585804"), "five letters; look at the two films, the ranks, the last table");

// %% tags=["solution"] jupyter={"source_hidden": true}
const noisyPoint = (x0: Point, epsilon: Point, t: number): Point | undefined =>
  tf.add(tf.mul(x0, Math.sqrt(schedule.alphaBar[t])), tf.mul(epsilon, Math.sqrt(1 - schedule.alphaBar[t])));
const meanBack = (x: Point, epsilonHat: Point, t: number): Point | undefined => tf.div(
  tf.sub(x, tf.mul(epsilonHat, schedule.beta[t] / Math.sqrt(1 - schedule.alphaBar[t]))), Math.sqrt(schedule.alpha[t]));
const counts = (N: number, B: number, T: number): [seen: number, calls: number] | undefined => [2 * N * T, (N / B) * T];
const [three, verdicts]: (string | undefined)[] = ["427", "FFFFT"];
check("11.1", [noisyPoint(a, e, 60), meanBack(a, e, 60)], (both: unknown) => judge111(both as lab.tf.Tensor[]));
check("11.2", counts(64, 16, 50), judge112);
check("11.3", three, sealed("11.3", "9ac17298"), "which one shouts? which lowers the loss? which adds noise to data?");
check("11.4", verdicts, sealed("11.4", "44585804"), "five letters; look at the two films, the ranks, the last table");

// %% [markdown]
// ## Summary
//
// - Training: data, time, noise, jump, guess, compare, descend. Drawing: guess, mean, fresh noise, repeat.
// - A loss is comparable only between equal questions. A bug can lower it.
// - Hold a program against a second one, and its samples against a floor.
//
// **What would change our mind:** a bug of drawing that the training loss reveals.
//
// **Tomorrow, ask yourself:** which line would you leave out first, and what would you see? Which bugs would you never find by looking?
//
// **Read:** Ho, Jain and Abbeel (2020), algorithms 1 and 2. **Next:** [13 · Summary](13-summary.ipynb).

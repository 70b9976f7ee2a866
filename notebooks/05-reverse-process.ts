// %% [markdown]
// # 5 · The reverse process
//
// A network guesses the noise in a noisy picture. Here you turn such a guesser into a machine that *draws*: start from pure noise, take a small step back, look again.
//
// **After this you can**
// - take one step of $p_\theta(x_{t-1}\mid x_t)$ by hand;
// - explain why a step back adds noise, and what happens without it;
// - walk with as many steps and as much noise as you please (DDIM);
// - say what decides which picture comes out;
// - measure how many steps are enough, and know what your measurement cannot tell.
//
// **You need** [03](03-forward-process.ipynb) and [04](04-training-objective.ipynb). **It takes** 30 minutes; the cells run in under two minutes and 2 GB.

// %%
import * as d3 from "d3";
import * as lab from "diffusion-lab";
import { check, formula, play, progress, sealed, show, slider, table } from "diffusion-lab/notebook";
const { tf } = lab;
type Images = lab.tf.Tensor4D;
const { denoiser, schedule } = lab.loadDiffusionModel("assets/mnist-unet");
const { T, alpha, alphaBar, beta } = schedule;
const [digits, heldOut] = [lab.loadDigits({ split: "train" }), lab.loadDigits({ split: "heldOut" })];
const noise = lab.normalNoise(7);
const clip = lab.clipStatic();
type Maybe = lab.tf.Tensor | undefined;
const [blue, orange, , , , , black] = lab.palette;

// %% [markdown]
// ## Three questions first
//
// They give no credit. Answer with a letter, from memory.
//
// **R1** What is the best guess of $x_0$ for pure noise $x_T$? *a* a sharp digit · *b* nearly the mean of all digits · *c* noise
//
// **R2** What does a network avoid near $T$ that answers with the velocity? *a* dividing by almost zero · *b* averaging · *c* noise
//
// **R3** Why is a mean enough for a step back? *a* the data are Gaussian · *b* networks give no variances · *c* a small step is nearly Gaussian

// %% tags=["exercise"]
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: undefined, R2: undefined, R3: undefined };

check("R1", recalled.R1, sealed("5.R1", "1004b021"), "x_T holds no hint as to which digit is meant");
check("R2", recalled.R2, sealed("5.R2", "afbf4eae"), "see the strip of currencies in 04");
check("R3", recalled.R3, sealed("5.R3", "bb1e0a0c"), "02 measured it");

// %% tags=["solution"] jupyter={"source_hidden": true}
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: "b", R2: "a", R3: "c" };

check("R1", recalled.R1, sealed("5.R1", "1004b021"), "x_T holds no hint as to which digit is meant");
check("R2", recalled.R2, sealed("5.R2", "afbf4eae"), "see the strip of currencies in 04");
check("R3", recalled.R3, sealed("5.R3", "bb1e0a0c"), "02 measured it");

// %% [markdown]
// ## A tempting idea: all noise at once
//
// The network says which noise it sees, $\hat\epsilon_\theta(x_T,T)$. Why not subtract it?
//
// $$\hat x_0=\frac{x_T-\sqrt{1-\bar\alpha_T}\,\hat\epsilon_\theta(x_T,T)}{\sqrt{\bar\alpha_T}}$$
//
// **Predict.** Eight noises, one jump each. Eight digits? And what if the guess is changed by 0.02, less than you could see?

// %%
/** What the network takes for noise in a batch at time t; the checkpoint answers with the velocity. */
const guessNoise = (x: lab.tf.Tensor, t: number) =>
  lab.toNoise(schedule, denoiser.predicts, denoiser.predict(x, tf.fill([x.shape[0]], t)), x, t) as Images;
const xT = noise(0, [8, 28, 28, 1]) as Images;
const guess = guessNoise(xT, T);
const [jump, blown] = [guess, tf.add(guess, tf.mul(noise(1, guess.shape), 0.02))]
  .map((epsilon) => lab.toSample(schedule, "noise", epsilon, xT, T) as Images);
formula("x0Hat = (xT - sqrt(1 - alphaBar) * epsilonHat) / sqrt(alphaBar)", { symbols: { alphaBar: "\\bar\\alpha_T" } })
  .agrees(jump, { xT, alphaBar: alphaBar[T], epsilonHat: guess }, { tolerance: 1e-3 });
const ideal = lab.dataDenoiser(schedule, lab.gatherImages(digits, d3.range(3000)));

// %%
const rowsOf = (rows: Images[]) => d3.range(rows[0].shape[0]).map((i) =>
  tf.concat(rows.map((row) => tf.slice(row, i, 1))) as Images);
const best = ideal.predict(xT, tf.fill([8], T)) as Images;
show(lab.filmStrip(rowsOf([jump, best, blown]), { rowLabels: ["network", "exact", "ε̂ + 0.02"], scale: 3 }));
table([{ "√ᾱ_T": Math.sqrt(alphaBar[T]), "0.02 / √ᾱ_T": 0.02 / Math.sqrt(alphaBar[T]) }], { digits: 2 })

// %% [markdown]
// *Clipped to −1…1. Middle: the exact best guess for 3000 training digits.*
//
// **Explanation.** No digits. Almost nothing of $x_T$ is signal, so the best guess is hardly more than the mean. And the division by the tiny $\sqrt{\bar\alpha_T}$ blows up every error.
//
// ## One small step
//
// A small step is nearly a Gaussian, and only its mean is missing. The network's guess gives it:
//
// $$p_\theta(x_{t-1}\mid x_t)=\mathcal N\big(\mu_\theta(x_t,t),\sigma_t^2I\big),\qquad\sigma_t^2=\tilde\beta_t .$$
//
// To draw from it: mean plus $\sigma_t z$, with a fresh $z\sim\mathcal N(0,I)$.
//
// **Predict.** At $t=500$, which is larger: the multiple of $\hat\epsilon$ that goes out, or $\sigma_t$ that comes in?

// %%
const t = 500;
const real = lab.gatherImages(heldOut, d3.range(8));
const xt = lab.qSample(schedule, real, t, noise(0, real.shape)) as Images;
const epsilonHat = guessNoise(xt, t);
const oneStep = await lab.sample(lab.ddpm(denoiser, schedule, xt, { times: [t, t - 1], finish: "last", noise }));
const sigma = Math.sqrt(schedule.posteriorVariance[t]);
const symbols = { alpha: "\\alpha_t", epsilonHat: "\\hat\\epsilon_\\theta" };
const here = { alpha: alpha[t], alphaBar: alphaBar[t], sigma, epsilonHat, xt, z: noise(1, xt.shape) };
formula("xPrev = 1 / sqrt(alpha) * (xt - (1 - alpha) / sqrt(1 - alphaBar) * epsilonHat) + sigma * z", { symbols })
  .agrees(oneStep, here, { tolerance: 1e-5 });
table([{ "out, times ε̂": beta[t] / Math.sqrt(1 - alphaBar[t]), "in, σ": sigma }], { digits: 3 })

// %% [markdown]
// **Explanation.** Ten times as much comes in as goes out! Yet the noise gets *less*. What goes out lies along the noise that is there, so it is subtracted from its deviation. What comes in is independent, so only its *square* is added. The sum is exactly right: if $\hat\epsilon=\epsilon$, the noise left in $x_{t-1}$ is that of the forward process.

// %%
const times = d3.range(2, T + 1);
const tables = { alphaBar: times.map((i) => alphaBar[i]), alpha: times.map((i) => alpha[i]),
  beta: times.map((i) => beta[i]), sigma: times.map((i) => Math.sqrt(schedule.posteriorVariance[i])) };
formula("left = sqrt((1 - alphaBar - beta)^2 / (alpha * (1 - alphaBar)) + sigma^2)",
  { symbols: { left: "\\sqrt{1-\\bar\\alpha_{t-1}}", alpha: "\\alpha_t" } })
  .agrees(times.map((i) => schedule.sigma[i - 1]), tables, { tolerance: 1e-9 });

// %% [markdown]
// ## A thousand small steps
//
// Now the loop: $x_T\sim\mathcal N(0,I)$; a step back for $t=T\dots1$, without $z$ at $t=1$; what is left is $x_0$. One precaution: $\hat x_0$ may be wild at large $t$, but pixels lie in −1…1. So each step clips $\hat x_0$ to that range before it takes its mean.
//
// **Predict.** At which $t$ will you see the digit in $x_t$? At which $t$ in the guess $\hat x_0$?

// %%
const film: { t: number; picture: lab.Picture }[] = [];
const keep = (t: number, xt: lab.tf.Tensor, x0: lab.tf.Tensor) => film.push({ t, picture: lab.filmStrip(
  rowsOf([xt, x0] as Images[]), { rowLabels: ["xₜ", "x̂₀"], title: `t = ${t}`, scale: 4 }) });
const bar = progress(T, { label: "steps" });
const walk = lab.ddpm(denoiser, schedule, noise(0, [4, 28, 28, 1]), { steps: T, noise, clip });
const drawn = await lab.sample(walk, { onStep: ({ t, xt, x0 }) => {
  if (t % 50 === 0) keep(t, xt, x0);
  bar.tick();
} });
keep(0, drawn, drawn);
play({ label: "frame", min: 0, max: film.length - 1, value: 12, interval: 250, onChange: (i) => film[i].picture })

// %% [markdown]
// *Clipped to −1…1; four draws, not chosen. Nobody told the network which digit to draw, so some may be none.*
//
// **Explanation.** The guess is the mean of all digits at first, settles on a shape while $x_t$ still looks like noise, and then only details change.
//
// ## A tempting idea: leave out the noise
//
// "Noise is what we want to remove; why add it?" So drop $\sigma_tz$. A second mistake is the opposite: adding noise at the last step, too, where nothing comes after it.
//
// **Predict.** In 50 steps, what will the pictures of each mistake look like? Will a classifier complain?

// %%
const start = noise(0, [64, 28, 28, 1]);
const fifty = { steps: 50, noise, clip };
const silent: lab.NoiseSource = (_draw, shape) => tf.zeros([...shape]);
const right = (await lab.sample(lab.ddpm(denoiser, schedule, start, fifty))) as Images;
const quiet = (await lab.sample(lab.ddpm(denoiser, schedule, start, { ...fifty, noise: silent }))) as Images;
const grainy = tf.add(right, tf.mul(noise(51, start.shape), schedule.noise(T / 50))) as Images; // √β of the last step
const real64 = lab.gatherImages(heldOut, d3.range(64));
const four = { "as it should be": right, "no noise": quiet, "noise at the end": grainy, "(real digits)": real64 };
show(lab.filmStrip(rowsOf(Object.values(four).map((set) => tf.slice(set, 0, 12) as Images)),
  { rowLabels: Object.keys(four), scale: 2 }));

// %%
const judge = lab.loadClassifier("assets/mnist-classifier");
const topRow = (x: Images) => tf.sqrt(tf.moments(tf.slice(x, 0, [-1, 1])).variance).dataSync()[0];
table(Object.entries(four).map(([drawn, x]) => {
  const { share, histogram, count } = lab.recognise(lab.featuresOf(judge.classify(x)));
  const { low, high } = lab.wilsonInterval(Math.round(share * count), count);
  return { drawn, n: count, "recognised": share, "95 % from": low, to: high,
    "different digits": histogram.filter((images) => images > 0).length, "noise in the top row": topRow(x) };
}), { digits: 2 })

// %% [markdown]
// *Recognised: the classifier gives a digit more than 0.9. The top row of pixels is blank in every real digit. Seed 7.*
//
// **Explanation.** The classifier minds neither mistake. But without noise a chain of means ends in shapes that are means themselves: few kinds of digits are left. Noise at the end shows in the blank row: the last of 50 steps has $\beta=0.0058$, its root is 0.076. (With 1000 steps it would be 0.01, and you would not see it.) The library takes $\sigma_1^2=\tilde\beta_1=0$. One number is never enough.

// %% [markdown]
// ## DDIM: choose the noise
//
// The training knows only $q(x_t\mid x_0)$, and many chains share it (Song, Meng and Ermon). To go from $t$ to *any* earlier $s$, put both guesses together at the noise level of $s$, and exchange a part of the guessed noise for fresh noise. $\eta$ sets the part: $\eta=1$ as much as DDPM, $\eta=0$ none.
//
// **Predict.** At $\eta=1$ and from the same noises: will DDIM draw digits *like* DDPM's, or the *same* pixels?

// %%
const [s, eta] = [400, 0.5];
const levels = { alphaBar: alphaBar[t], alphaBarS: alphaBar[s] };
const names = { symbols: { alphaBarS: "\\bar\\alpha_s", sigma: "\\sigma", epsilonHat: "\\hat\\epsilon_\\theta" } };
const noiseOf = formula("sigma = eta * sqrt((1 - alphaBarS) / (1 - alphaBar) * (1 - alphaBar / alphaBarS))", names);
noiseOf.agrees(sigma, { alphaBar: alphaBar[t], alphaBarS: alphaBar[t - 1], eta: 1 });
const halfNoisy = await lab.sample(lab.ddim(denoiser, schedule, xt, { times: [t, s], finish: "last", eta, noise }));
const parts = { x0Hat: lab.toSample(schedule, "noise", epsilonHat, xt, t), epsilonHat, z: noise(1, xt.shape) };
formula("xs = sqrt(alphaBarS) * x0Hat + sqrt(1 - alphaBarS - sigma^2) * epsilonHat + sigma * z", names)
  .agrees(halfNoisy, { ...parts, ...levels, sigma: noiseOf.evaluate({ ...levels, eta }) }, { tolerance: 1e-5 });

// %%
const draw = async (eta: number, from: lab.tf.Tensor, source: lab.NoiseSource, steps = 50, condition?: lab.Condition) =>
  (await lab.sample(lab.ddim(denoiser, schedule, from, { steps, eta, noise: source, clip, condition }))) as Images;
const eight = tf.slice(start, 0, 8);
const asDdpm = await draw(1, eight, noise);
const [without, again] = [await draw(0, eight, noise), await draw(0, eight, noise)];
const alone = await draw(0, tf.slice(eight, 3, 1), noise);
const apart = (a: lab.tf.Tensor, b: lab.tf.Tensor) => tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);
table([{ pair: "DDPM and DDIM, η = 1", "largest difference": apart(tf.slice(right, 0, 8), asDdpm) },
  { pair: "DDIM, η = 1 and η = 0", "largest difference": apart(asDdpm, without) },
  { pair: "η = 0, drawn twice", "largest difference": apart(without, again) },
  { pair: "number 3 of eight, and alone", "largest difference": apart(tf.slice(without, 3, 1), alone) }], { digits: 1 })

// %% [markdown]
// **Explanation.** The same pixels, up to the rounding of 32-bit numbers: DDIM at $\eta=1$ *is* DDPM. And one seed gives one picture, in a batch or alone, because each picture has a noise stream of its own.
//
// ## What decides which digit comes out?
//
// Two things are random: the start $x_T$, and the $z$ on the way. We hold one fixed and vary the other. Upper row: one $x_T$, eight streams of $z$. Lower row: eight $x_T$, one stream of $z$.
//
// **Predict.** At $\eta=0$ and at $\eta=1$: which row shows eight different digits?

// %%
const etas = [0, 0.25, 0.5, 0.75, 1];
const same = (x: lab.tf.Tensor) => tf.tile(tf.slice(x, 0, 1), [8, 1, 1, 1]);
const oneStream: lab.NoiseSource = (i, shape) => same(noise(i, shape));
const rows: Images[][] = [];
for (const eta of progress(etas, { label: "η" }))
  rows.push([await draw(eta, same(eight), noise, 25), await draw(eta, eight, oneStream, 25),
    await draw(eta, eight, noise, 25)]);
const strips = rows.map((sets, i) => lab.filmStrip(rowsOf(sets.slice(0, 2)),
  { rowLabels: ["one start", "one z"], title: `η = ${etas[i]}`, scale: 3 }));
slider({ label: "η", min: 0, max: etas.length - 1, value: 0, onChange: (i) => strips[i] })

// %%
const spread = (x: Images) => lab.meanPairwiseDistance(tf.reshape(x, [8, 784])).dataSync()[0];
const free = rows.map((sets) => spread(sets[2]));
const unit = d3.mean(free)!;
const share = (k: number) => rows.map((sets) => spread(sets[k]) / unit);
show(lab.lineChart({ x: { title: "η", unit: "1" }, y: { title: "spread, over that of free draws", unit: "1" }, series: [
  { name: "one x<sub>T</sub>, eight z", x: etas, y: share(0), mode: "lines+markers" },
  { name: "eight x<sub>T</sub>, one z", x: etas, y: share(1), mode: "lines+markers" },
  { name: "both free, ± 2 deviations", x: etas, y: etas.map(() => 1), dash: "dash", colour: black,
    deviation: etas.map(() => (2 * d3.deviation(free)!) / unit) } ] }));

// %% [markdown]
// *The slider counts five values of η. Chart: mean distance of two of the eight pictures; 25 steps, seed 7.*
//
// **Explanation.** At $\eta=0$ the start decides everything. At $\eta=1$ it is the other way round: from *one* start come eight different digits, and eight different starts end in nearly the same picture if the $z$ agree. Fresh noise washes the start out: each step keeps a part of what was and replaces the rest. So only at $\eta=0$ is $x_T$ the picture's address.

// %% [markdown]
// ## How many steps are enough?
//
// Now we ask for 0, 1, … 9 in turn (the network was also told labels; [08](08-conditional-generation.ipynb) shows how). Three sets of 60 pictures for each number of steps. The **Fréchet distance** compares means and covariances of ten classifier logits with those of 1000 held-out digits. It sees blur and sameness. Ten sets of 60 *real* digits show where zero is.
//
// **Predict.** With how many steps does the curve reach the real digits? Is $\eta=0$ or $\eta=1$ better, when steps are few?

// %%
const [n, counts] = [60, [1, 2, 4, 8, 16]];
const condition = { label: tf.tensor1d(d3.range(3 * n).map((i) => i % 10), "int32") };
const logits = (x: Images) => lab.featuresOf(judge.logits(x));
const reference = logits(lab.gatherImages(heldOut, [...heldOut.labels.keys()]));
const [three, source] = [[3 * n, 28, 28, 1], lab.normalNoise(21)];
const distances: Record<number, number[][]> = { 0: [], 1: [] }; // η → numbers of steps × three sets
const examples: Images[][] = [[], []];
for (const steps of progress(counts, { label: "numbers of steps" })) for (const eta of [0, 1]) {
  const sets = tf.split(await draw(eta, source(0, three), source, steps, condition), 3) as Images[];
  distances[eta].push(sets.map((set) => lab.frechetFeatureDistance(logits(set), reference)));
  examples[eta].push(tf.slice(sets[0], 0, 10) as Images);
}

// %%
const many = lab.indicesOfClasses(digits, d3.range(10 * n).map((i) => i % 10)); // ten sets, none twice
const floors = d3.range(10).map((k) =>
  lab.frechetFeatureDistance(logits(lab.gatherImages(digits, many.slice(n * k, n * k + n))), reference));
const curveOf = (eta: number, colour: string) => [
  { name: `η = ${eta}, mean`, x: counts, y: distances[eta].map((sets) => d3.mean(sets)!), colour },
  { name: `η = ${eta}, each set`, x: counts.flatMap((steps) => [steps, steps, steps]), y: distances[eta].flat(), colour,
    mode: "markers" as const }];
const flat = { name: "real digits", x: counts, y: counts.map(() => d3.mean(floors)!), dash: "dash" as const,
  deviation: counts.map(() => 2 * d3.deviation(floors)!), colour: black };
const log = { title: "number of steps", unit: "1", log: true };
show(lab.lineChart({ x: log, y: { title: "Fréchet distance", unit: "1", range: [0, 22] },
  series: [...curveOf(0, blue), ...curveOf(1, orange), flat] }));

// %%
const pages = counts.map((steps, i) => lab.filmStrip(rowsOf([examples[0][i], examples[1][i]]),
  { labels: d3.range(10).map(String), rowLabels: ["η = 0", "η = 1"], title: `steps: ${steps}`, scale: 3 }));
slider({ label: "steps", min: 0, max: counts.length - 1, value: 0, onChange: (i) => pages[i] })

// %% [markdown]
// *Three sets of $n=60$, seed 21; band: two deviations of ten real sets of 60. Slider: 1, 2, 4, 8, 16 steps.*
//
// **Explanation.** One step draws the mean of each digit: a blur, and far off. From four steps on all lie about where real digits lie, without a ranking: sets of 60 scatter, and most of the floor is what any 60 pictures miss. To tell 8 steps from 16, or $\eta=0$ from $\eta=1$, takes more pictures. Nor do rankings travel from one data set and judge to another. (On colour pictures the noise-free walk wins when steps are few: Song, Meng and Ermon, table 1.) A figure of quality needs $n$, the seed, and what real data score.

// %% [markdown]
// ## Exercises
//
// **5.1 (compute)** Write the step back for any $t$ with `tf.add`, `tf.sub`, `tf.mul`, `tf.div`. It is tried at $t=500$ and at $t=1$. What $\sigma$ belongs there?
//
// **5.2 (compute)** At $\eta=0$ a step is plain arithmetic and can be walked both ways. Write it from $t$ to any $s$. (`schedule.signal(t)` is $\sqrt{\bar\alpha_t}$, `schedule.noise(t)` is $\sqrt{1-\bar\alpha_t}$.)
//
// **5.3 (predict, then compute)** The data come from $\mathcal N(0,1)$, so the best guess is $\hat\epsilon=\sqrt{1-\bar\alpha_t}\,x_t$. By what factor does a step *without* $z$ multiply $x_t$ at $t=500$? And all $T$ steps together?

// %% [markdown]
// **5.4 (find the bug)** A student's DDIM: $x_s=\sqrt{\bar\alpha_s}\,\hat x_0+\sqrt{1-\bar\alpha_s}\,\hat\epsilon+\sigma z$. Both guesses are right. What variance has the noise in $x_s$, from $\bar\alpha_s$ and $\sigma$?
//
// **5.5 (judge)** T or F, five letters.
//
// 1. DDIM needs another training than DDPM.
// 2. At $\eta=0$ one $x_T$ gives one picture.
// 3. At $\eta=1$ the picture is decided by $x_T$.
// 4. With more steps every measure gets better, without end.
// 5. A chain of means, without fresh noise, loses variety.

// %% jupyter={"source_hidden": true}
// Judges of 5.1 and 5.2. Answer first.
const close = (a: Maybe, b: lab.tf.Tensor): boolean => apart(a!, b) < 1e-4;
const atOne = await lab.sample(lab.ddpm(denoiser, schedule, xt, { times: [1], noise }));
const z1 = noise(1, xt.shape);
const wrongRoot = tf.add(oneStep, tf.mul(z1, sigma ** 2 - sigma));
const judge51 = ([a, b]: readonly Maybe[]): string | true => close(a, wrongRoot) ? "β̃ is a variance"
  : !close(a, oneStep) ? "at t = 500 it is off: every table is read at t"
  : close(b, atOne) || "right at 500; which σ leaves nothing to remove at t = 1?";
const jumped = await lab.sample(lab.ddim(denoiser, schedule, xt, { times: [500, 250], finish: "last" }));
const judge52 = ([down, up]: readonly Maybe[]): string | true => !close(down, jumped)
  ? "first x̂₀ from x and ε̂, at the level of t; then both together, at the level of s"
  : close(up, xt) || "right downwards; upwards the same line holds: are t and s in their places?";

// %% jupyter={"source_hidden": true}
// Judges of 5.3 and 5.4. Answer first.
type Answers = readonly (number | undefined)[];
const near = (a: number | undefined, b: number): boolean => Math.abs(a! - b) < 1e-6;
const judge53 = ([step, whole]: Answers): string | true => near(step, alpha[500]) ? "and the division by √α?"
  : !near(step, Math.sqrt(alpha[500])) ? "put ε̂ into the mean: the root of 1 − ᾱ cancels"
  : near(whole, Math.sqrt(alphaBar[T])) || (near(whole, alphaBar[T]) ? "so much of the variance is left"
    : "multiply the factors of all steps: it is a number that you know");
const [given, spare] = [[0.3, 0.9], [0.2, 0.1]];
const judge54 = (found: Answers): string | true =>
  found.every((v, i) => near(v, 1 - given[i] + spare[i] ** 2)) || (found.every((v, i) => near(v, 1 - given[i]))
    ? "so it should be; but z is independent of ε̂, and comes on top" : "variances of independent noises add");

// %% tags=["exercise"]
const stepBack = (x: lab.tf.Tensor, t: number, epsilon: lab.tf.Tensor, z: lab.tf.Tensor): Maybe => undefined; // 5.1
const ddimStep = (x: lab.tf.Tensor, epsilon: lab.tf.Tensor, t: number, s: number): Maybe => undefined; // 5.2
const factors: readonly (number | undefined)[] = [undefined, undefined]; // 5.3
const varianceOf = (share: number, sigma: number): number | undefined => undefined; // 5.4: ᾱ_s, σ
const verdicts: string | undefined = undefined; // 5.5

check("5.1", [500, 1].map((t) => stepBack(xt, t, guessNoise(xt, t), z1)), judge51);
check("5.2", [ddimStep(xt, epsilonHat, 500, 250), ddimStep(jumped, epsilonHat, 250, 500)], judge52);
check("5.3", factors, judge53);
check("5.4", given.map((share, i) => varianceOf(share, spare[i])), judge54);
check("5.5", verdicts, sealed("5.5", "5e993fd2"), "five letters; see the rows of η and the table of mistakes");

// %% tags=["solution"] jupyter={"source_hidden": true}
const stepBack = (x: lab.tf.Tensor, t: number, epsilon: lab.tf.Tensor, z: lab.tf.Tensor): Maybe => tf.add(
  tf.div(tf.sub(x, tf.mul(epsilon, beta[t] / schedule.noise(t))), alpha[t] ** 0.5),
  tf.mul(z, schedule.posteriorVariance[t] ** 0.5));
const ddimStep = (x: lab.tf.Tensor, e: lab.tf.Tensor, t: number, s: number): Maybe => tf.add(
  tf.mul(tf.sub(x, tf.mul(e, schedule.noise(t))), (alphaBar[s] / alphaBar[t]) ** 0.5), tf.mul(e, schedule.noise(s)));
const factors: readonly (number | undefined)[] = [alpha[500] ** 0.5, schedule.signal(T)];
const varianceOf = (share: number, sigma: number): number | undefined => 1 - share + sigma ** 2;
check("5.1", [500, 1].map((t) => stepBack(xt, t, guessNoise(xt, t), z1)), judge51);
check("5.2", [ddimStep(xt, epsilonHat, 500, 250), ddimStep(jumped, epsilonHat, 250, 500)], judge52);
check("5.3", factors, judge53);
check("5.4", given.map((share, i) => varianceOf(share, spare[i])), judge54);
check("5.5", "FTFFT", sealed("5.5", "5e993fd2"), "five letters; see the rows of η and the table of mistakes");

// %% [markdown]
// ## Summary
//
// - One jump from pure noise fails: the best guess is an average, and $1/\sqrt{\bar\alpha_T}$ magnifies every error.
// - A step back is a mean from the guessed noise, and fresh noise $\sigma_tz$, but none at the end.
// - DDIM walks between any two times. At $\eta=0$ the start decides the picture, at $\eta=1$ the noise on the way.
//
// **What would change our mind:** a chain of means that draws all digits.
//
// **Tomorrow, ask yourself:** why may more noise come in than goes out? What is a real digit's distance?
//
// **Read:** Ho, Jain and Abbeel 2020, algorithm 2 · Song, Meng and Ermon 2021, section 4. **Next:** notebook 6, on stability (to come), or [7a · The U-Net](07a-unet.ipynb).

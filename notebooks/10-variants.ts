// %% [markdown]
// # 10 · Variants
//
// DDPM, DDIM, score SDE and ODE, latent diffusion, guidance, flow matching: many names. Sort them by *what changes*, and little is left to learn. One trained network serves most of them; here it draws in six ways, and we measure what each way is good for.
//
// **After this you can**
// - say of a method what it changes: program, space, condition or training;
// - turn guessed noise into a score, and a score into a velocity;
// - read an order of convergence from a chart;
// - say when fresh noise helps, and when it harms.
//
// **You need** [04](04-training-objective.ipynb), [05](05-reverse-process.ipynb) and [08](08-conditional-generation.ipynb). **It takes** 35 minutes; the cells run in under two minutes and 2 GB.

// %%
import * as d3 from "d3";
import * as lab from "diffusion-lab";
import { check, formula, play, progress, sealed, show, slider, table } from "diffusion-lab/notebook";
const { tf } = lab;
type Images = lab.tf.Tensor4D;
type Plane = lab.tf.Tensor2D;
const [blue, orange, green, , , , black] = lab.palette;
const model = lab.loadDiffusionModel("assets/mnist-unet");
const { schedule } = model;
const [vp, straight] = [lab.vpPath(), lab.flowPath()];
const [clip, condition] = [lab.clipStatic(), { label: tf.tensor1d(d3.range(10), "int32") }];
const digits = lab.loadDigits({ split: "train" });

// %% [markdown]
// ## Three questions first
//
// They give no credit. Answer with a letter, from memory of [08](08-conditional-generation.ipynb).
//
// **R1** The guidance scale grows. What happens? *a* accuracy and diversity rise · *b* both fall · *c* accuracy is soon at its top, diversity falls
//
// **R2** What does classifier-free guidance need in training? *a* some labels left out · *b* a classifier · *c* a second network
//
// **R3** One noise, ten labels. What do the ten pictures share? *a* the digit · *b* slant, width and weight · *c* nothing

// %% tags=["exercise"]
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: undefined, R2: undefined, R3: undefined };

check("R1", recalled.R1, sealed("10.R1", "d75b6ee7"), "see the three curves of 08");
check("R2", recalled.R2, sealed("10.R2", "ae2157b1"), "one network gives both answers");
check("R3", recalled.R3, sealed("10.R3", "176da49c"), "look at a row of the first picture of 08");

// %% tags=["solution"] jupyter={"source_hidden": true}
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: "c", R2: "a", R3: "b" };

check("R1", recalled.R1, sealed("10.R1", "d75b6ee7"), "see the three curves of 08");
check("R2", recalled.R2, sealed("10.R2", "ae2157b1"), "one network gives both answers");
check("R3", recalled.R3, sealed("10.R3", "176da49c"), "look at a row of the first picture of 08");

// %% [markdown]
// ## What changes?
//
// | method | what it changes |
// |---|---|
// | DDPM | nothing: each step adds fresh noise |
// | DDIM | the program: long steps, no fresh noise |
// | score-based | the view: guessed noise is a slope |
// | latent | the space: $z$ for pixels |
// | guidance | the condition's weight ([08](08-conditional-generation.ipynb)) |
// | flow matching | path and target: the training |
//
// The rows combine: Stable Diffusion is a latent space with guidance, under any sampler.
//
// **Predict.** Our U-Net was trained once, as DDPM. Six programs draw with it, from the same ten noises, for the labels 0 … 9. Which will show the *same* pictures?

// %%
const count = { calls: 0 };
const counting: lab.Denoiser = { ...model.denoiser,
  predict: (...given) => { count.calls++; return model.denoiser.predict(...given); } };
const adaptive = { relativeTolerance: 0.01, absoluteTolerance: 0.01 };
const programs = Object.entries({ "ddpm": { steps: 50 }, "reverse-sde": { steps: 100 },
  "langevin": { steps: 25, inner: 6 }, "ddim": { steps: 20 }, "probability-flow": adaptive,
  "flow-heun": { steps: 12 } });
const fresh = lab.normalNoise(3);
const draw = async (name: string, options: object): Promise<Images> => (await lab.sample(lab.runOnAnyPath(
  lab.samplerNamed(name), counting, schedule, fresh(0, [10, 28, 28, 1]),
  { noise: fresh, clip, condition, ...options }))) as Images;

// %%
const [pictures, calls]: [Images[], number[]] = [[], []];
for (const [name, options] of progress(programs, { label: "programs" })) {
  count.calls = 0;
  pictures.push(await draw(name, options));
  calls.push(count.calls); }
const apart = (a: lab.tf.Tensor, b: lab.tf.Tensor) => tf.sqrt(tf.mean(tf.squaredDifference(a, b))).dataSync()[0];
const inColumns = (rows: Images[]): Images[] =>
  d3.range(10).map((k) => tf.concat(rows.map((row) => tf.slice(row, k, 1))) as Images);
const names = { labels: d3.range(10).map(String), rowLabels: programs.map(([name]) => name) };
show(lab.filmStrip(inColumns(pictures), names));
table(programs.map(([name]) => lab.samplerNamed(name)).map(({ title, stochastic }, i) => ({ program: title,
  evaluations: calls[i], "fresh noise": stochastic ? "yes" : "no", "rms from DDIM": apart(pictures[i], pictures[3]) })))

// %% [markdown]
// *Pixels lie in −1 … 1. rms: root of the mean squared difference. Langevin takes 6 steps a level here, 25 levels.*
//
// **Explanation.** The last three rows are one picture each time. DDIM, the probability-flow ODE and flow matching's Euler or Heun steps solve *one* differential equation; the start decides. The first three add noise, so they draw other pictures. No row needed another training.
//
// ## The view: noise is a slope
//
// $$s(x_t,t)=\nabla\ln q(x_t)=-\frac{\hat\epsilon(x_t,t)}{\sqrt{1-\bar\alpha_t}}$$
//
// This is the **score**: it points to where $x_t$ is more likely. A ring of eight blobs, where $q(x_t)$ is known, tests it. The second formula, **Tweedie's**, reads $\hat x_0$ from the score.
//
// **Predict.** Where do the scores point at $t=900$? At $t=20$? Drag.

// %%
const ring = lab.ringModes();
const means = d3.range(8).map((k) => [ring.means[2 * k], ring.means[2 * k + 1]]);
const ideal = (path: lab.GaussianPath) => lab.mixtureDenoiser(path, { means, covariances: [ring.std ** 2] });
const exact = ideal(schedule);
const ringPoints = (n: number, seed: number) =>
  tf.tensor2d(lab.drawModes(n, new lab.RandomStream(seed, "ring"), ring), [n, 2]);
const [t, alphaBar] = [300, schedule.alphaBar[300]];
const xt = lab.qSample(schedule, ringPoints(200, 1), t, fresh(1, [200, 2]));
const { x0: x0Hat, noise: epsilonHat } = lab.estimate(exact, schedule, xt, t);
const s = tf.grad((x: lab.tf.Tensor) => tf.sum(exact.logDensity(x, tf.fill([200], t))))(xt);
formula("s = -epsilonHat / sqrt(1 - alphaBar)").agrees(s, { epsilonHat, alphaBar }, { tolerance: 1e-4 });
formula("x0Hat = (xt + (1 - alphaBar) * s) / sqrt(alphaBar)").agrees(x0Hat, { xt, s, alphaBar }, { tolerance: 1e-4 });

// %%
const at = ([x, y]: readonly number[]): string => `${(210 + 92 * x).toFixed(1)},${(222 - 92 * y).toFixed(1)}`;
const lattice = ((side: number[]) => d3.cross(side, side))(d3.range(-2.1, 2.11, 0.3));
const scoreFilm = [1000, 900, 700, 500, 400, 300, 200, 150, 100, 50, 20].map((time) => lab.drawing(420, 436, (svg) => {
  const pen = (paths: string[], stroke: string, width: number) => svg.append("path").attr("d", paths.join(""))
    .attr("stroke", stroke).attr("stroke-width", width).attr("stroke-linecap", "round");
  const cloud = lab.qSample(schedule, ringPoints(500, 2), time, fresh(2, [500, 2])).arraySync() as number[][];
  pen(cloud.filter((p) => Math.max(...p.map(Math.abs)) < 2.2).map((p) => `M${at(p)}h0`), orange, 2.6);
  const to = tf.mul(lab.estimate(exact, schedule, tf.tensor2d(lattice), time).x0, schedule.signal(time)).arraySync();
  const ends = (to as number[][]).map((end, i) => end.map((c, k) => lattice[i][k] + 0.3 * (c - lattice[i][k])));
  pen(lattice.map((p, i) => `M${at(p)}L${at(ends[i])}`), blue, 1.3);
  pen(lattice.map((p) => `M${at(p)}h0`), blue, 4); lab.mathText(svg, `t = ${time}`, 210, 16); }, `t = ${time}`));
slider({ label: "frame", min: 0, max: 10, value: 4, onChange: (k) => scoreFilm[k] })

// %% [markdown]
// *From each dot a line along $(1-\bar\alpha_t)\,s$, 30 % of it; all of it ends at $\sqrt{\bar\alpha_t}\,\hat x_0$. Orange: noised points in the frame.*
//
// **Explanation.** With much noise all point to the data's mean, with little to the nearest blob. This is the "gradient field". Annealed Langevin (row three) climbs it, shakes, and lowers the noise.
//
// ## One law, two walks
//
// For infinitely small steps (Song et al.), the reverse **SDE** and the **ODE**:
// $$\mathrm dx=(f x-g^2 s)\,\mathrm dt+g\,\mathrm d\bar w,\qquad \frac{\mathrm dx}{\mathrm dt}=f x-\tfrac12 g^2 s ,$$
// $f=\mathrm d\ln a/\mathrm dt$ and $g^2=\mathrm d(b^2)/\mathrm dt-2fb^2$ for $x_t=a\,x_0+b\,\epsilon$.
//
// **Predict.** 4000 values walk from noise to two bells at $\pm1$, by either. Their paths differ. Will the *crowds* differ half way?

// %%
const x1 = fresh(3, [200, 2]);
const walk = lab.reverseSde(ideal(vp), vp, x1, { times: [0.5, 0.45, 0.4], noise: fresh });
walk.next();
const second = (walk.next().value as lab.SamplerStep).xt;
const guess = lab.estimate(ideal(vp), vp, x1, 0.5);
formula("xs = xt - (f * xt - g^2 * s) * h + g * sqrt(h) * z").agrees(second, { xt: x1, f: vp.drift(0.5),
  g: vp.diffusion(0.5), s: lab.toScore(vp, "noise", guess.noise, x1, 0.5), h: 0.05, z: fresh(1, [200, 2]) },
  { tolerance: 1e-4 });
// On the straight path a = 1 − t, b = t: f = −1/(1 − t), g² = 2t/(1 − t).
const { x0, noise } = lab.estimate(ideal(straight), straight, x1, 0.4);
formula("u = f * xt - g^2 * s / 2").agrees(tf.sub(noise, x0), { xt: x1, f: -1 / 0.6, g: Math.sqrt(0.8 / 0.6),
  s: lab.toScore(straight, "noise", noise, x1, 0.4) }, { tolerance: 1e-4 });

// %%
const bells = lab.mixtureDenoiser(vp, { means: [[1], [-1]], covariances: [0.09] });
const source = (purpose: string): lab.NoiseSource => (round, shape) =>
  tf.tensor(new lab.RandomStream(4, purpose, round).normals(shape.reduce((a, b) => a * b)), [...shape]);
const crowd = async (name: string, steps: number): Promise<[string, Float32Array][]> => {
  const states: [string, Float32Array][] = [];
  const onStep = ({ t, xt }: lab.SamplerStep) => { states.push([t.toFixed(4), xt.dataSync() as Float32Array]); };
  const options = { steps, noise: source(name) };
  const last = await lab.sample(lab.samplerNamed(name).run(bells, vp, source(name)(0, [4000, 1]), options), { onStep });
  return [...states, ["0.0000", last.dataSync() as Float32Array]]; };
const crowds = [await crowd("heun", 100), await crowd("reverse-sde", 400)];
const [byOde, bySde] = crowds.map((states) => new Map(states));

// %%
const sorted = (values: ArrayLike<number>) => Float64Array.from(values).sort();
const forward = (time: number, n: number, stream = new lab.RandomStream(5, `forward ${n}`, 1000 * time)) =>
  sorted(d3.range(n).map(() => vp.noise(time) * stream.normal() +
    vp.signal(time) * ((stream.uniform() < 0.5 ? 1 : -1) + 0.3 * stream.normal())));
/** Kolmogorov and Smirnov's distance from the law at that time: the largest gap of the distribution functions. */
const gap = (a: ArrayLike<number>, time: number, b = forward(time, 40_000)): number => d3.max(sorted(a), (x, i) =>
  Math.max((i + 1) / a.length - d3.bisectRight(b, x) / b.length, d3.bisectLeft(b, x) / b.length - i / a.length))!;
table([0.75, 0.5, 0.25, 0].map((time) => ({ t: time, n: 4000, ODE: gap(byOde.get(time.toFixed(4))!, time),
  SDE: gap(bySde.get(time.toFixed(4))!, time), "forward: the floor": gap(forward(time, 4000), time),
  "5 % are above": 1.358 * Math.sqrt(1 / 4000 + 1 / 40_000) })), { digits: 2 })

// %%
const joined = (states: [string, Float32Array][], of: (time: number, x: Float32Array, k: number) => number): number[] =>
  d3.range(10).flatMap((k) => [...states.map(([time, x]) => of(Number(time), x, k)), NaN]);
show(lab.sideBySide(["ODE", "SDE"].map((title, i) => lab.lineChart({ title, x: { title: "time t", unit: "1" },
  y: { title: "value x", unit: "1", range: [-3, 3] }, series: [{ name: `${title}, ten paths`, colour: [blue, orange][i],
    x: joined(crowds[i], (time) => time), y: joined(crowds[i], (_, x, k) => x[k]) }] })), { width: 960, height: 340 }));

// %% [markdown]
// *Distance of 4000 walkers from 40 000 values noised forwards; by chance one in 20 exceeds the last column. Time runs from right to left.*
//
// **Explanation.** Smooth paths and jagged ones; yet at each $t$ both crowds have the law of $q(x_t)$. The score fixes the law; how much noise a walk adds is free. (The check before: on the straight path the ODE's right side is $\hat\epsilon-\hat x_0$, what flow matching learns.)
//
// ## DDIM: longer steps
//
// DDIM's $\eta$ is that freedom. A tempting idea: its steps are cheaper. They are not; *fewer* are enough.
//
// **Predict.** DDIM has order 1. Twice the steps: what part of the error remains? And of a method of order 2?

// %%
formula("sigma = eta * sqrt((1 - alphaBarS) / (1 - alphaBar)) * sqrt(1 - alphaBar / alphaBarS)",
  { symbols: { alphaBarS: "\\bar\\alpha_s", sigma: "\\sigma" } }).agrees(Math.sqrt(schedule.posteriorVariance[300]),
  { eta: 1, alphaBar, alphaBarS: schedule.alphaBar[299] });
const three = lab.mixtureDenoiser(vp, { means: [[1, 0], [-1, 0.6], [0, -1.2]], covariances: [0.1] });
const walkTo = (name: string, steps: number) => lab.sample(lab.samplerNamed(name).run(three, vp, x1, { noise: fresh,
  levels: lab.karrasLevels(steps + 1, { min: 0.05, max: lab.noiseLevel(vp, 1) }), finish: "last" }));
const truth = await walkTo("heun", 800);
const [budgets, solvers] = [[8, 16, 32, 64, 128], ["ddim", "dpm++2m", "heun"]];
const errors: number[][] = [];
for (const name of solvers) errors.push(await Promise.all(budgets.map(async (calls) =>
  apart(await walkTo(name, name === "heun" ? calls / 2 : calls), truth))));

// %%
const title = (name: string): string => lab.samplerNamed(name).title;
const [across, up] = ["evaluations", "error (rms)"].map((title) => ({ title, unit: "1", log: true }));
show(lab.lineChart({ x: across, y: up, series: solvers.map((name, i) =>
  ({ name: title(name), x: budgets, y: errors[i], mode: "lines+markers" as const })) }));
const order = formula("p = log(e1 / e2) / log(2)", { symbols: { e1: "e_{n}", e2: "e_{2n}" } });
show(order, table(solvers.map((name, i) => ({ solver: title(name), order: lab.samplerNamed(name).order,
  "measured, 64 to 128": order.evaluate({ e1: errors[i][3], e2: errors[i][4] }) })), { digits: 2 }));

// %% [markdown]
// *200 points from noise down to $\sigma=0.05$, three blobs, exact score; against 800 steps of Heun.*
//
// **Explanation.** The slope is the order. DPM-Solver++ remembers its last step and has order 2 for one evaluation; Heun pays two. With few steps the order says little.
//
// ## Who forgives a mistake?
//
// So why add noise at all? Networks err. Let $\hat\epsilon$ be wrong by $\delta$ at *some* noise levels $\sigma=\sqrt{1-\bar\alpha}/\sqrt{\bar\alpha}$ only. The data is $\mathcal N(0,1)$; all else is exact.
//
// **Predict.** The mistake sits at high noise ($\sigma>6$), early in the walk. Whose result is farther off, the ODE's or the SDE's? And if it sits at low noise ($\sigma<0.6$), late?

// %%
/** A denoiser whose noise is wrong by delta where low ≤ σ < high. */
const spoiled = (base: lab.Denoiser, delta: number, low = 0, high = Infinity): lab.Denoiser => ({
  path: schedule, predicts: "noise", predict: (x, times) => tf.tidy(() => {
    const [time] = times.dataSync();
    const right = lab.toNoise(schedule, base.predicts, base.predict(x, times), x, time);
    return d3.bisect([low, high], lab.noiseLevel(schedule, time)) === 1 ? tf.add(right, delta) : right; }) });
const normal = lab.gaussianDenoiser(schedule, [0], 1);
const levels = lab.exponentialLevels(240, lab.noiseLevelRange(schedule));
const one = source("one");
const endOf = async (denoiser: lab.Denoiser, eta: number): Promise<number> =>
  (await lab.sample(lab.ddim(denoiser, schedule, one(0, [1, 1]), { levels, eta, noise: one }))).dataSync()[0];

// %%
const bands = d3.pairs([0.02, 0.06, 0.2, 0.6, 2, 6, 20, 100]);
const shifts: number[][] = [];
for (const eta of progress([0, 1], { label: "walks" })) {
  const right = await endOf(normal, eta);
  const ends: number[] = [];
  for (const [low, high] of bands) ends.push((right - (await endOf(spoiled(normal, 0.1, low, high), eta))) / 0.1);
  shifts.push(ends);
}
const [low, high] = [0, 1].map((side) => bands.map((band) => band[side]));
const symbols = { ode: "\\Delta_{\\mathrm{ODE}}/\\delta", sde: "\\Delta_{\\mathrm{SDE}}/\\delta" };
formula("ode = asinh(high) - asinh(low)", { symbols }).agrees(shifts[0], { low, high }, { tolerance: 0.02 });
formula("sde = 2 * (atan(high) - atan(low))", { symbols }).agrees(shifts[1], { low, high }, { tolerance: 0.02 });

// %%
const fine = d3.range(-4, 4.7, 0.05).map(Math.exp);
const middle = bands.map(([low, high]) => Math.sqrt(low * high));
const perE = (of: number[]) => of.map((shift, i) => shift / Math.log(high[i] / low[i]));
show(lab.lineChart({ x: { title: "noise level σ of the mistake", unit: "1", log: true },
  y: { title: "shift of the result", unit: "1" }, series: [
    { name: "ODE", x: fine, y: fine.map((s) => s / Math.hypot(1, s)), colour: blue },
    { name: "SDE", x: fine, y: fine.map((s) => (2 * s) / (1 + s * s)), colour: orange, dash: "dash" },
    { name: "ODE, measured", x: middle, y: perE(shifts[0]), mode: "markers", colour: blue },
    { name: "SDE, measured", x: middle, y: perE(shifts[1]), mode: "markers", colour: orange }] }));

// %% [markdown]
// *Shift per $\delta$ and per factor $e$ of $\sigma$. Lines: the derivatives of both formulas. Dots: 240 steps, band by band, with and without the mistake on the same noise.*
//
// **Explanation.** The ODE never forgets: an early mistake counts in full. The SDE pulls twice as hard towards the data, so it forgets early mistakes, and pays *double* for late ones. The lines cross at $\sigma=\sqrt3$. "Noise corrects errors" is half of the truth.
//
// **Predict.** On the ring the mistake sits at *all* levels. Which walk is nearer to the data with 4 evaluations, which with 64? Drag $\delta$.

// %%
const [deltas, budget, sets, each] = [[0, 0.02, 0.05, 0.1], [4, 8, 16, 32, 64], d3.range(5), 800];
const reals = sets.map((i) => lab.featuresOf(ringPoints(each, 100 + i)));
const far = (points: lab.tf.Tensor, i: number): number =>
  lab.slicedWasserstein(lab.featuresOf(points), reals[i], new lab.RandomStream(6, "directions"));
const thick = source("ring");
const interval = (own: number[]) => ({ mean: d3.mean(own)!, half: (2.78 * d3.deviation(own)!) / Math.sqrt(5) });
const trial = async (delta: number, eta: number, steps: number) => {
  const options = { steps, eta, noise: thick };
  const ends = await lab.sample(lab.ddim(spoiled(exact, delta), schedule, thick(0, [5 * each, 2]), options));
  return interval(sets.map((i) => far(tf.slice(ends, i * each, each), i))); };

// %%
const curves: { y: number[]; deviation: number[] }[] = [];
for (const [delta, eta] of progress(d3.cross(deltas, [0, 1]), { label: "δ and η" })) {
  const row: { mean: number; half: number }[] = [];
  for (const steps of budget) row.push(await trial(delta, eta, steps));
  curves.push({ y: row.map(({ mean }) => mean), deviation: row.map(({ half }) => half) }); }
const floor = interval(sets.map((i) => far(ringPoints(each, 200 + i), i)));
const level = { name: "real points: the floor", x: [4, 64], y: [floor.mean, floor.mean], colour: black };
const deltaFrames = deltas.map((delta, k) => lab.lineChart({ title: `δ = ${delta}`, height: 360, x: across,
  y: { title: "distance from the data", unit: "1", range: [0, 1] },
  series: [...["ODE", "SDE"].map((name, i) => ({ name, x: budget, ...curves[2 * k + i] })), level] }));
slider({ label: "δ", min: 0, max: 3, value: 2, onChange: (k) => deltaFrames[k] })

// %% [markdown]
// *Mean ± 95 % over five sets of 800 points; $\delta$ in each coordinate. ODE: DDIM with $\eta=0$; SDE: $\eta=1$.*
//
// **Explanation.** With the mistake, the SDE ends nearer. More steps do not help the ODE: it follows a wrong field more exactly. (A network's mistakes are no constants; early and late ones add up.)
//
// ## Latent: another space
//
// An encoder makes $z=E(x)$, smaller; the *same* diffusion runs on $z$; a decoder makes $x=D(z)$. Here $E$ is linear: onto the $d$ directions in which digits vary most, found by multiplying with their covariance again and again; then scaled to variance 1.
//
// **Predict.** One small network, equal steps: $d=8$, 32, 128, or all 784 pixels. Which draws best?

// %%
const pixels = tf.reshape(lab.gatherImages(digits, [...digits.labels.keys()]), [-1, 784]);
const average = tf.mean(pixels, 0);
const centred = tf.sub(pixels, average) as Plane;
const covariance = tf.matMul(centred, centred, true) as Plane;
const basis = d3.range(5).reduce((q) => tf.linalg.qr(tf.matMul(covariance, q) as Plane)[0] as Plane,
  source("basis")(0, [784, 128]) as Plane);
const spaces = [8, 32, 128, 784].map((d) => {
  const E = (d === 784 ? tf.eye(784) : tf.slice(basis, [0, 0], [784, d])) as Plane;
  const k = 1 / tf.sqrt(tf.mean(tf.square(tf.matMul(centred, E)))).dataSync()[0];
  return { d, encode: (x: lab.tf.Tensor) => tf.mul(tf.matMul(tf.sub(tf.reshape(x, [-1, 784]), average) as Plane, E), k),
    decode: (z: lab.tf.Tensor) => tf.reshape(tf.add(tf.matMul(tf.div(z, k) as Plane, E, false, true), average),
      [-1, 28, 28, 1]) as Images }; });

// %%
const [asked, latents]: [number[], Images[]] = [d3.range(200).map((i) => i % 10), []];
for (const { d, encode, decode } of progress(spaces, { label: "spaces" })) {
  const network = new lab.PointMlp({ dimensions: d, hidden: [256, 256], num_class_embeds: 10 }, { seed: 3 });
  const task = new lab.DiffusionTask({ network, path: schedule, data: encode(pixels).dataSync() as Float32Array,
    shape: [d], batchSize: 64, prediction: "velocity", conditions: { label: lab.labelColumn(digits.labels) } });
  const trainer = new lab.Trainer(task, { averageDecay: 0.995,
    learningRate: { peak: 2e-3, warmup: 100, decay: { kind: "cosine", total: 2000 } } });
  await trainer.run(2000);
  const painter = lab.networkDenoiser(network, schedule, { predicts: "velocity" });
  const wanted = { steps: 25, condition: { label: tf.tensor1d(asked, "int32") } };
  const start = source(`latents, ${d}`)(0, [200, d]);
  latents.push(decode(await trainer.withAverage(() => lab.sample(lab.ddim(painter, schedule, start, wanted))))); }

// %%
const judge = lab.loadClassifier("assets/mnist-classifier");
const heldOut = lab.gatherImages(lab.loadDigits({ split: "heldOut" }), d3.range(1000));
const logits = (x: Images) => lab.featuresOf(judge.logits(x));
const real = lab.gatherImages(digits, lab.indicesOfClasses(digits, asked));
const seen = (x: Images) => lab.recognise(lab.featuresOf(judge.classify(x))).classes;
const kept = spaces.map(({ encode, decode }) => decode(encode(real)));
const frechet = (x: Images) => lab.frechetFeatureDistance(logits(x), logits(heldOut));
const row = (x: Images, y: Images) => ({ n: 200, "Fréchet, kept": frechet(x), "Fréchet, drawn": frechet(y),
  "as asked": d3.mean(seen(y), (digit, i) => Number(digit === asked[i])) });
show(table([...spaces.map(({ d }, i) => ({ d, ...row(kept[i], latents[i]) })), { d: "real", ...row(real, real) }]));
slider({ label: "space", min: 0, max: 3, value: 1, onChange: (i) => lab.filmStrip(
  inColumns([real, kept[i], latents[i]]), { ...names, rowLabels: ["real", "kept", `drawn, d = ${spaces[i].d}`] }) })

// %% [markdown]
// *Fréchet distance from 1000 held-out digits, in a classifier's logits. One seed. Pictures clipped to −1 … 1.*
//
// **Explanation.** Two errors trade places. A small $z$ loses strokes: *kept* is the ceiling of *drawn*. A large one is harder to learn. Of these four, 32 is best; a longer training may move it. (Stable Diffusion: a network encodes 512² pixels as 64 × 64 × 4 numbers.)
//
// ## What came after: flow matching
//
// $x_t=(1-t)\,x_0+t\,\epsilon$, and the network learns $u=\epsilon-x_0$: a **straight line** for each pair. **Reflow** trains again, on pairs of noise and the point where the flow carried *it*.
//
// **Predict.** With the *exact* $u$: are the walks straight? How many Euler steps are enough, before and after reflow?

// %%
const velocity = ideal(straight);
const walkers = thick(0, [1000, 2]);
const route = async (denoiser: lab.Denoiser, steps: number) => {
  const states: lab.tf.Tensor[] = [];
  const onStep = ({ xt }: lab.SamplerStep) => { states.push(tf.clone(xt)); };
  const last = await lab.sample(lab.flow(denoiser, straight, walkers, { steps }), { onStep });
  return [...states, last]; };
const lengths = (from: lab.tf.Tensor, to: lab.tf.Tensor) => tf.norm(tf.sub(to, from), 2, 1);
/** How much longer than the straight lines all ways are. */
const detour = (states: lab.tf.Tensor[]): number => {
  const way = states.slice(1).map((to, i) => lengths(states[i], to)).reduce((a, b) => tf.add(a, b));
  return tf.sum(way).dataSync()[0] / tf.sum(lengths(states[0], states.at(-1)!)).dataSync()[0] - 1; };

// %%
const pairs = lab.reflowPairs(velocity, straight, thick(1, [10000, 2]), { method: "heun", steps: 30 });
const mlp = new lab.PointMlp({}, { seed: 1 });
const again = new lab.DiffusionTask({ network: mlp, path: straight, prediction: "flow", shape: [2], batchSize: 256,
  data: pairs.x0.dataSync() as Float32Array, noise: pairs.noise.dataSync() as Float32Array });
const teacher = new lab.Trainer(again, { averageDecay: 0.99,
  learningRate: { peak: 3e-3, warmup: 100, decay: { kind: "cosine", total: 3000 } } });
for (const _ of progress(30, { label: "hundreds of steps" })) await teacher.run(100);
const reflowed = lab.networkDenoiser(mlp, straight, { predicts: "flow" });

// %%
const eulers = [1, 2, 4, 8, 32];
const routes = { flow: [] as lab.tf.Tensor[][], reflow: [] as lab.tf.Tensor[][] };
for (const steps of eulers) routes.flow.push(await route(velocity, steps));
await teacher.withAverage(async () => {
  for (const steps of eulers) routes.reflow.push(await route(reflowed, steps)); });
const off = (states: lab.tf.Tensor[]): number => d3.mean(sets, (i) => far(states.at(-1)!, i))!;
/** A picture without its SVG, which would be larger. */
const flat = ({ png, width, height, alt }: lab.Picture) => ({ png, width, height, alt });
table([...eulers.map((steps, k) => ({ "Euler steps": steps, n: 1000, "exact flow": off(routes.flow[k]),
  "after reflow": off(routes.reflow[k]) })), { "Euler steps": "detour, 32 steps", n: 1000,
  "exact flow": detour(routes.flow[4]), "after reflow": detour(routes.reflow[4]) },
  { "Euler steps": "real points: the floor", n: each, "exact flow": floor.mean, "after reflow": floor.mean }])

// %%
const rowsOf = (states: lab.tf.Tensor[]) => states.map((x) => tf.slice(x, 0, 40).arraySync() as number[][]);
const [walked, after, [targets]] = [rowsOf(routes.flow[4]), rowsOf(routes.reflow[4]), rowsOf([ringPoints(40, 3)])];
const lines = walked.map((_, i) => walked[0].map((p, k) => p.map((c, j) => c + (i / 32) * (targets[k][j] - c))));
const parts = { "lines of the training pairs": lines, "walks of the exact flow": walked, "walks after reflow": after };
const journey = d3.range(0, 33, 2).map((i) => lab.drawing(720, 264, (svg) =>
  Object.entries(parts).forEach(([name, rows], k) => { lab.mathText(svg, name, 120 + 240 * k, 20, { size: 14 });
    const put = ([x, y]: number[]): string => `${(120 + 240 * k + 42 * x).toFixed(1)},${(140 - 42 * y).toFixed(1)}`;
    const pen = (paths: string[], stroke: string, width: number) => svg.append("path").attr("d", paths.join(""))
      .attr("stroke", stroke).attr("fill", "none").attr("stroke-width", width).attr("stroke-linecap", "round");
    pen(d3.range(40).map((w) => `M${rows.slice(0, i + 1).map((row) => put(row[w])).join("L")}`), blue, 0.9);
    pen(rows[i].map((p) => `M${put(p)}h0`), orange, 4); }), `t = ${(1 - i / 32).toFixed(2)}`));
play({ label: "moment", min: 0, max: 16, value: 16, interval: 200, onChange: (i) => flat(journey[i]) })

// %% [markdown]
// *Forty walkers; orange: where they are.*
//
// **Explanation.** Lines of pairs cross. There the best answer is the *mean* velocity, so walks head for the middle and then turn: the detour in the table. After reflow (Liu et al. 2023) nothing crosses, and one step is as good as 32. Straight lines of pairs do not make straight walks.
//
// ## Exercises
//
// **10.1 (compute)** A solver errs by $e_n$ with $n$ steps and $e_{2n}$ with $2n$. Write its order.
//
// **10.2 (change)** Write the score from $\hat\epsilon$ and $\bar\alpha_t$, and $\hat\epsilon$ from the score.
//
// **10.3 (compute)** DDIM's $\sigma$ from $t=500$ to $s=400$ at $\eta=\tfrac12$, on `schedule`: a text with three decimals.

// %% [markdown]
// **10.4 (sort)** Eight letters: *s* only the program that draws changes, *z* the space, *c* how the condition acts, *t* something is trained anew, on another target or other pairs.
// 1. DDIM
// 2. Heun's method
// 3. an autoencoder before the U-Net
// 4. a negative prompt
// 5. annealed Langevin
// 6. predicting $u$ in place of $\epsilon$
// 7. a guidance scale of 3
// 8. reflow
//
// **10.5 (judge)** T or F, five letters. *1* DDIM needs its own training. *2* Its steps are cheaper than DDPM's. *3* With the exact score, ODE and SDE have one law at each $t$. *4* Latent diffusion is a sampler. *5* Flow matching's walks are straight.

// %% tags=["exercise"]
const orderOf = (eN: number, e2N: number): number | undefined => undefined; // 10.1
const toSlope = (epsilonHat: number, alphaBar: number): number | undefined => undefined; // 10.2
const toGuess = (s: number, alphaBar: number): number | undefined => undefined; // 10.2
const answers: Record<string, string | undefined> = {}; // 10.3 … 10.5: { "10.3": "…", "10.4": "…", … }

check("10.1", [orderOf(0.08, 0.04), orderOf(0.08, 0.01)], [1, 3], "2 to the order is the ratio of the errors");
check("10.2", [toSlope(0.6, 0.36), toGuess(-0.75, 0.36)], [-0.75, 0.6], "against the noise, over its deviation");
check("10.3", answers["10.3"], sealed("10.3", "d1a7156d"), "s has the larger ᾱ; η stands outside the root");
check("10.4", answers["10.4"], sealed("10.4", "4616a6ed"), "what is trained anew? what enters the network?");
check("10.5", answers["10.5"], sealed("10.5", "3f947a61"), "see the first table, the crowds, the forty walkers");

// %% tags=["solution"] jupyter={"source_hidden": true}
const orderOf = (eN: number, e2N: number): number | undefined => Math.log2(eN / e2N);
const toSlope = (epsilonHat: number, alphaBar: number): number | undefined => -epsilonHat / Math.sqrt(1 - alphaBar);
const toGuess = (s: number, alphaBar: number): number | undefined => -s * Math.sqrt(1 - alphaBar);
const answers: Record<string, string | undefined> = { "10.3": "0.361", "10.4": "sszcstct", "10.5": "FFTFF" };

check("10.1", [orderOf(0.08, 0.04), orderOf(0.08, 0.01)], [1, 3], "2 to the order is the ratio of the errors");
check("10.2", [toSlope(0.6, 0.36), toGuess(-0.75, 0.36)], [-0.75, 0.6], "against the noise, over its deviation");
check("10.3", answers["10.3"], sealed("10.3", "d1a7156d"), "s has the larger ᾱ; η stands outside the root");
check("10.4", answers["10.4"], sealed("10.4", "4616a6ed"), "what is trained anew? what enters the network?");
check("10.5", answers["10.5"], sealed("10.5", "3f947a61"), "see the first table, the crowds, the forty walkers");

// %% [markdown]
// ## Summary
//
// - One network, many programs. Those without fresh noise solve one ODE and draw the same pictures.
// - Score, noise, velocity: one answer, three names.
// - The SDE forgives early mistakes and doubles late ones.
// - Latent: another space. Flow matching: another training.
//
// **What would change our mind:** a solver of the ODE that forgets an early mistake.
//
// **Tomorrow, ask yourself:** which three rows were equal, and why? Where do the lines of the mistake cross? Why are the walks crooked?
//
// **Read:** Song, Meng and Ermon 2021 (DDIM) · Song et al. 2021 (score SDE) · Rombach et al. 2022 · Lipman et al. 2023 · Liu et al. 2023. **Next:** [11 · The two algorithms](11-algorithms.ipynb).

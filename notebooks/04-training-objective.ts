// %% [markdown]
// # 4 · The training objective
//
// [Notebook 03](03-forward-process.ipynb) drowned digits in noise. The way back needs a network. What exactly should it say, and what should it pay for saying it wrong?
//
// **After this you can**
// - say what squared error makes of an impossible question;
// - split the likelihood bound into one small Gaussian problem a step;
// - turn each of them into a squared error of the noise;
// - exchange noise, picture and velocity, and their errors;
// - compute the floor of a loss, and judge a training by it.
//
// **You need** [02](02-core-idea.ipynb) and [03](03-forward-process.ipynb): $x_t$, $\bar\alpha_t$, why small steps are Gaussian. **It takes** 30 minutes; the cells run in under a minute and 1.5 GB.

// %%
import * as d3 from "d3";
import * as lab from "diffusion-lab";
import { check, formula, liveLoss, progress, sealed, show, slider, table } from "diffusion-lab/notebook";
const { tf } = lab;
type Images = lab.tf.Tensor4D;
const schedule = lab.linearSchedule({ T: 1000 });
const { T, alpha, alphaBar, beta } = schedule;
const [digits, heldOut] = [lab.loadDigits({ split: "train" }), lab.loadDigits({ split: "heldOut" })];
const x0 = lab.gatherImages(digits, d3.range(8));
const noise = lab.normalNoise(4)(0, x0.shape) as Images;
const [blue, orange, , , , , black] = lab.palette;

// %% [markdown]
// ## Three questions first
//
// They give no credit. Answer with a letter, from memory.
//
// **R1** How much of $x_0$ is in $x_t$? *a* $\bar\alpha_t\,x_0$ · *b* $\sqrt{\bar\alpha_t}\,x_0$ · *c* $(1-\beta_t)\,x_0$
//
// **R2** What does it cost to make $x_{700}$ from $x_0$? *a* a network · *b* 700 steps · *c* one draw of noise
//
// **R3** In pictures, when is $\mathrm{SNR}_t=1$? *a* when each pixel is as much noise as picture · *b* when nobody can read the digit · *c* at $t=T$

// %% tags=["exercise"]
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: undefined, R2: undefined, R3: undefined };

check("R1", recalled.R1, sealed("4.R1", "de340103"), "variances are multiplied by ᾱ; and the picture itself?");
check("R2", recalled.R2, sealed("4.R2", "62c6d10e"), "the chain collapses into one jump");
check("R3", recalled.R3, sealed("4.R3", "843ad5c2"), "the ratio is of one pixel; the eye averages over many");

// %% tags=["solution"] jupyter={"source_hidden": true}
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: "b", R2: "c", R3: "a" };

check("R1", recalled.R1, sealed("4.R1", "de340103"), "variances are multiplied by ᾱ; and the picture itself?");
check("R2", recalled.R2, sealed("4.R2", "62c6d10e"), "the chain collapses into one jump");
check("R3", recalled.R3, sealed("4.R3", "843ad5c2"), "the ratio is of one pixel; the eye averages over many");

// %% [markdown]
// ## A tempting idea: all at once
//
// Let a network turn pure noise into a picture $g$, and pull $g$ towards a training digit by squared error. The noise was made without looking at the digit. So all the network can do is find one answer that is least wrong for *all* digits. With $\mu$ the mean digit,
//
// $$E\lVert x_0-g\rVert^2=\underbrace{E\lVert x_0-\mu\rVert^2}_{\text{spread of the data}}+\lVert\mu-g\rVert^2 .$$
//
// **Predict.** Two answers: a sharp digit that somebody wrote, and the blur $\mu$ that nobody wrote. Which has the smaller error?

// %%
const pixels = tf.tensor2d(new lab.Normaliser().encode(digits.images), [digits.count, 784]);
const mu = tf.mean(pixels, 0, true);
const sharp = tf.slice(pixels, [0, 0], [1, 784]);
const error = (g: lab.tf.Tensor) => tf.tidy(() => tf.mean(tf.square(tf.sub(pixels, g))).dataSync()[0]);
const split = formula("error = spread + mean((mu - g)^2)", { symbols: { mu: "\\mu" } });
split.agrees(error(sharp), { spread: error(mu), mu, g: sharp }, { tolerance: 1e-4 });
const two = tf.reshape(tf.concat([mu, sharp]), [2, 28, 28, 1]) as Images;
const labels = [mu, sharp].map((g) => `error ${error(g).toFixed(3)}`);
show(lab.imageGrid(two, { columns: 2, scale: 4, gap: 24, labels }));

// %% [markdown]
// **Explanation.** The blur wins. Squared error finds *means*, and here the only mean there is belongs to all digits. (Other losses do draw in one pass; [01](01-four-families.ipynb) has three.)
//
// ## Ask for less
//
// Show the network a digit that is only partly drowned. Its best answer is the mean of all digits that could have led to $x_t$: $E[x_0\mid x_t]=\sum_i w_i\,x^{(i)}$, each training digit weighted by how likely it makes $x_t$.
//
// **Predict.** Three digits are from the training set, three are new. At which $t$ does the answer stop being one digit? And what will it say to a *new* digit at $t=50$?

// %%
const exact = lab.dataDenoiser(schedule, tf.reshape(pixels, [digits.count, 28, 28, 1]));
const six = tf.concat([lab.gatherImages(digits, [0, 1, 2]), lab.gatherImages(heldOut, [0, 1, 2])]) as Images;
const drowned = (t: number) => lab.qSample(schedule, six, t, lab.normalNoise(4)(1, six.shape)) as Images;
const answers = (t: number) => exact.predict(drowned(t), tf.fill([6], t)) as Images;
const kinds = d3.range(6).map((i) => (i < 3 ? "training" : "new"));
const moments = [50, 200, 300, 350, 400, 450, 500, 600, 700, 800, 1000];
const film = moments.map((t) => {
  const rows = [six, drowned(t), answers(t)];
  return lab.filmStrip(d3.range(6).map((i) => tf.concat(rows.map((row) => tf.slice(row, i, 1))) as Images),
    { labels: kinds, rowLabels: ["x₀", "xₜ", "E[x₀|xₜ]"], title: `t = ${t}`, scale: 3 });
});
slider({ label: "moment", min: 0, max: moments.length - 1, value: 6, onChange: (i) => film[i] })

// %% [markdown]
// *The slider counts eleven times from 50 to 1000. $x_t$ is clipped to −1…1.*
//
// **Explanation.** Up to $t\approx400$ one digit has all the weight; at $T$ all 9000 share it. To a *new* digit the exact answer is a *training* digit that resembles it, even where you can see that it is another. Keep this in mind for the end.
//
// None of the blurs is worth drawing. Why is a mean enough, then? Because the true step back is near a Gaussian when the step is small ([02](02-core-idea.ipynb)), and of a Gaussian only the mean is missing.

// %% [markdown]
// ## From likelihood to steps: two of them
//
// A good model gives the data a high $p_\theta(x_0)$. That is an integral over all paths. Jensen's inequality bounds it by terms for single steps. For $T=2$:
//
// $$-\ln p_\theta(x_0)\le\underbrace{\mathrm{KL}(q(x_2|x_0)\Vert p(x_2))}_{L_T}+\underbrace{E_q\mathrm{KL}(q(x_1|x_2,x_0)\Vert p_\theta(x_1|x_2))}_{L_1}\;\underbrace{-E_q\ln p_\theta(x_0|x_1)}_{L_0}$$
//
// Here one number $x_0=0.8$ takes two steps. The model steps back by $p_\theta(x_1|x_2)=\mathcal N(a\,x_2,s^2)$; $a$ is to be learned.
//
// **Predict.** Which of the three terms depend on $a$?

// %%
const bell = (x: number, mean: number, variance: number): number =>
  Math.exp(-((x - mean) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);
const [known, first, second] = [0.8, 0.7, 0.3]; // x_0, α_1, α_2
const [s2, r2] = [((1 - first) / (1 - first * second)) * (1 - second), 0.25]; // variances of the model's two steps
const q12 = (x1: number, x2: number): number =>
  bell(x1, Math.sqrt(first) * known, 1 - first) * bell(x2, Math.sqrt(second) * x1, 1 - second);
const q2 = (x2: number): number => bell(x2, Math.sqrt(first * second) * known, 1 - first * second);
const line = d3.range(-5, 5, 0.05);
const underQ = (f: (x1: number, x2: number) => number): number =>
  0.05 ** 2 * d3.sum(line, (x1) => d3.sum(line, (x2) => q12(x1, x2) * f(x1, x2)));

// %%
const evidence = (a: number): number => bell(known, 0, a ** 2 + s2 + r2); // p(x_0), all paths integrated
const termsOf = (a: number) => ({ LT: underQ((_, x2) => Math.log(q2(x2) / bell(x2, 0, 1))),
  L1: underQ((x1, x2) => Math.log(q12(x1, x2) / q2(x2) / bell(x1, a * x2, s2))),
  L0: underQ((x1) => -Math.log(bell(known, x1, r2))),
  gap: underQ((x1, x2) => Math.log(q12(x1, x2) * evidence(a) /
    (bell(x2, 0, 1) * bell(x1, a * x2, s2) * bell(known, x1, r2)))) });
const slopes = d3.range(-0.2, 1.01, 0.1);
const every = slopes.map(termsOf);
const [LT, L1, L0, gap] = (["LT", "L1", "L0", "gap"] as const).map((key) => every.map((one) => one[key]));
const nll = slopes.map((a) => -Math.log(evidence(a)));

// %%
const names = { nll: "-\\ln p_\\theta(x_0)", LT: "L_T", L1: "L_1", L0: "L_0" };
formula("nll = LT + L1 + L0 - gap", { symbols: names }).agrees(nll, { LT, L1, L0, gap });
const parts = { "L<sub>T</sub>": LT, "L<sub>1</sub>": L1, "L<sub>0</sub>": L0 };
show(lab.lineChart({ x: { title: "a", unit: "1" }, y: { title: "nats", unit: "1" }, height: 360, series: [
  { name: "the bound", x: slopes, y: slopes.map((_, i) => LT[i] + L1[i] + L0[i]), colour: black },
  { name: "−ln p(x<sub>0</sub>)", x: slopes, y: nll, dash: "dash", colour: black },
  ...Object.entries(parts).map(([name, y]) => ({ name, x: slopes, y })),
] }));

// %% [markdown]
// **Explanation.** Only $L_1$: it asks that *the model's step back look like that of someone who knows $x_0$*. The bound lies above $-\ln p_\theta(x_0)$ everywhere; what is missing is the KL divergence between the paths of $q$ and those of the model.
//
// With $T$ steps there are $T-1$ such terms $L_{t-1}$. Not all in them is Gaussian for the same reason: $q(x_{t-1}|x_t,x_0)$ *is* one; $p_\theta(x_{t-1}|x_t)$ is one *by choice*, good while steps are small; $L_0$ counts whole grey levels and needs no Gaussian.
//
// **Predict.** $L_T$ is the price of starting from pure noise. How many bits a pixel for our schedule: 0.3, 0.003, less?

// %%
const kl = formula("KL = log(sigma2 / sigma1) + (sigma1^2 + (mu1 - mu2)^2) / (2 * sigma2^2) - 1/2");
const pair = { mu1: 0.3, sigma1: 0.6, mu2: -0.2, sigma2: 1.3 };
const logVariance = (sigma: number) => tf.scalar(2 * Math.log(sigma));
kl.agrees(lab.gaussianKl(tf.scalar(pair.mu1), logVariance(pair.sigma1), tf.scalar(pair.mu2), logVariance(pair.sigma2)),
  pair);
const last = { mu1: tf.mul(x0, schedule.signal(T)), sigma1: schedule.noise(T), mu2: 0, sigma2: 1 };
const nats = d3.mean((kl.evaluate(last) as number[][][][]).flat(3))!;
table([{ "L_T, bits per pixel": nats / Math.LN2, "one grey level": Math.log2(256) }], { digits: 2 })

// %% [markdown]
// **Explanation.** Next to nothing. $L_T$ has no $\theta$ in it anyway.
//
// ## The step back of someone who knows the digit
//
// Bayes' rule on two Gaussians gives a Gaussian, $q(x_{t-1}|x_t,x_0)=\mathcal N(\tilde\mu_t,\tilde\beta_t I)$.
//
// **Predict.** Forward, the step had variance $\beta_t$. Is $\tilde\beta_t$ larger or smaller? When are they almost equal, and what is $\tilde\beta_1$?

// %%
const t = 500;
const xt = lab.qSample(schedule, x0, t, noise) as Images;
const at = { alpha: alpha[t], alphaBar: alphaBar[t], alphaBarPrev: alphaBar[t - 1], beta: beta[t] };
const { mean, variance } = lab.posterior(schedule, x0, xt, t);
const symbols = { muTilde: "\\tilde\\mu_t", alpha: "\\alpha_t" };
const posteriorMean = "muTilde = sqrt(alphaBarPrev) * beta / (1 - alphaBar) * x0" +
  " + sqrt(alpha) * (1 - alphaBarPrev) / (1 - alphaBar) * xt";
formula(posteriorMean, { symbols }).agrees(mean, { ...at, x0, xt });
const tilde = formula("betaTilde = (1 - alphaBarPrev) / (1 - alphaBar) * beta");
tilde.agrees(variance, at);
table([1, 2, 10, 100, 500].map((t) => ({ t, "β̃ / β": schedule.posteriorVariance[t] / beta[t] })), { digits: 4 })

// %% [markdown]
// **Explanation.** Smaller, for knowing $x_0$ helps; it helps most near the data. At $t=1$ nothing is left to guess.
//
// ## Only the noise is unknown
//
// The model does not know $x_0$. But whoever knows the noise in $x_t$ knows $x_0$. Put $x_0=(x_t-\sqrt{1-\bar\alpha_t}\,\epsilon)/\sqrt{\bar\alpha_t}$ into $\tilde\mu_t$, and most cancels (first formula). Let a network guess the noise, $\hat\epsilon_\theta(x_t,t)$, and give $\mu_\theta$ the same form. Then $L_{t-1}$ is a **weighted squared error of the noise** (second formula).
//
// **Predict.** Where does the bound punish an error of the noise most: near $t=1$, in the middle, near $T$?

// %%
formula("muTilde = 1 / sqrt(alpha) * (xt - (1 - alpha) / sqrt(1 - alphaBar) * epsilon)", { symbols })
  .agrees(mean, { ...at, xt, epsilon: noise }, { tolerance: 1e-5 });
const epsilonHat = tf.add(noise, tf.mul(lab.normalNoise(5)(0, x0.shape), 0.3)); // a made-up network, a little off
const muTheta = lab.posterior(schedule, lab.toSample(schedule, "noise", epsilonHat, xt, t), xt, t).mean;
const sigma = Math.sqrt(schedule.posteriorVariance[t]);
const divergence = tf.sum(lab.gaussianKl(mean, logVariance(sigma), muTheta, logVariance(sigma)));
formula("KL = beta^2 / (2 * sigma^2 * alpha * (1 - alphaBar)) * sum((epsilon - epsilonHat)^2)",
  { symbols: { alpha: "\\alpha_t", epsilonHat: "\\hat\\epsilon_\\theta" } })
  .agrees(divergence, { ...at, sigma, epsilon: noise, epsilonHat }, { tolerance: 1e-3 });

// %%
const weight = (t: number) => beta[t] ** 2 / (2 * schedule.posteriorVariance[t] * alpha[t] * (1 - alphaBar[t]));
const all = d3.range(2, T + 1);
const usual = d3.mean(all, weight)!;
const time = { title: "time t", unit: "1" };
const relative = { title: "weight, over its mean", unit: "1", log: true };
show(lab.lineChart({ x: time, y: relative, series: [
  { name: "in the bound, σ² = β̃", x: all, y: all.map((t) => weight(t) / usual) },
  { name: "in L<sub>simple</sub>", x: all, y: all.map(() => 1), dash: "dash" } ] }));
table([{ "weight(2) / weight(500)": weight(2) / weight(500) }], { digits: 3 })

// %% [markdown]
// **Explanation.** Near $t=1$, where what is left to predict is grain that no eye sees: the bound counts every bit the same. Ho, Jain and Abbeel **dropped the weight**. Their pictures became better, their bound worse (their table 1). What remains is all of diffusion training:
//
// $$L_{\text{simple}}(\theta)=E_{x_0,t,\epsilon}\lVert\epsilon-\hat\epsilon_\theta(x_t,t)\rVert^2 .$$
//
// ## Three currencies
//
// A network may answer with the noise, with $\hat x_0$, or with the velocity $v$. As $x_t$ is known, each gives the others.
//
// **Predict.** An answer is off by 0.1 everywhere in $t$. At which $t$ does that spoil $\hat x_0$, if it is noise? If it is velocity?

// %%
const v = lab.trainingTarget(schedule, "velocity", x0, t, noise);
const now = { alphaBar: alphaBar[t], epsilon: noise, epsilonHat, xt, x0, v };
const hat = { symbols: { L: "L_{\\text{simple}}", epsilonHat: "\\hat\\epsilon_\\theta" } };
formula("L = mean((epsilon - epsilonHat)^2)", hat).agrees(lab.simpleLoss(epsilonHat, noise), now);
formula("v = sqrt(alphaBar) * epsilon - sqrt(1 - alphaBar) * x0").agrees(v, now);
formula("x0 = (xt - sqrt(1 - alphaBar) * epsilon) / sqrt(alphaBar)")
  .agrees(lab.toSample(schedule, "noise", noise, xt, t), now, { tolerance: 1e-5 });
formula("x0 = sqrt(alphaBar) * xt - sqrt(1 - alphaBar) * v").agrees(lab.toSample(schedule, "velocity", v, xt, t), now);

// %%
const [one, oneNoise] = [tf.slice(x0, 2, 1) as Images, tf.slice(noise, 2, 1)];
const off = lab.normalNoise(6)(0, [1, 28, 28, 1]);
const spoiled = [50, 200, 400, 600, 800, 900, 1000].map((t) => {
  const seen = lab.qSample(schedule, one, t, oneNoise);
  const guessed = (["noise", "velocity"] as const).map((kind) => lab.toSample(schedule, kind,
    tf.add(lab.trainingTarget(schedule, kind, one, t, oneNoise), tf.mul(off, 0.1)), seen, t));
  return { t, picture: tf.concat([seen, ...guessed]) as Images };
});
show(lab.filmStrip(spoiled.map(({ picture }) => picture), { scale: 3, labels: spoiled.map(({ t }) => `t = ${t}`),
  rowLabels: ["xₜ", "x̂₀ from ε̂", "x̂₀ from v̂"] }));

// %% [markdown]
// *Clipped to −1…1. The error has deviation 0.1 at each $t$.*
//
// **Explanation.** From noise, $\hat x_0$ divides by $\sqrt{\bar\alpha_t}$, which is almost zero near $T$. From the velocity it divides by nothing.
//
// ## The floor
//
// How low can $L_{\text{simple}}$ fall? Even the best network answers with a mean, $E[\epsilon\mid x_t]$, and the truth scatters around it. For data from $\mathcal N(0,s^2)$ that scatter is a formula.
//
// **Predict.** Is the floor highest near the data, in the middle, or near $T$?

// %%
const [n, s] = [20_000, 0.5];
const knots = [1, 10, 25, 50, 75, 100, 150, 200, 250, 300, 400, 500, 600, 700, 800, 900, 1000];
const numbers = tf.tensor2d(new lab.RandomStream(4, "numbers").normals(n).map((z) => s * z), [n, 1]);
const ideal = lab.gaussianDenoiser(schedule, [0], s ** 2);
const measured = lab.noiseErrors(ideal, schedule, numbers, knots, lab.normalNoise(6));
const floor = formula("floor = alphaBar * s^2 / (alphaBar * s^2 + 1 - alphaBar)");
floor.agrees(measured, { alphaBar: knots.map((t) => alphaBar[t]), s }, { tolerance: 0.03 });
const loss = { title: "mean square error of ε̂", unit: "1" };
show(lab.lineChart({ x: time, y: loss, height: 340, series: [
  { name: "floor, the formula", y: floor.evaluate({ alphaBar, s }) as number[] },
  { name: "best denoiser, 20 000 draws, seed 4", x: knots, y: measured, mode: "markers" } ] }));

// %% [markdown]
// **Explanation.** Near the data: so little noise hides in $x_t$ that nobody can tell it from the data's own scatter. A loss that stops falling may belong to a network that has *arrived*.
//
// ## A training, seen by time
//
// Eight blobs in the plane, a small network, three seeds. The blobs are Gaussians, so this floor is exact, too.
//
// **Predict.** The curve below flattens far above 0. Has the network more to learn? If so, at which $t$?

// %%
const points = lab.ringOfGaussians(20_000, new lab.RandomStream(4, "ring"));
const learningRate = { peak: 3e-3, warmup: 50, decay: { kind: "cosine", total: 4000 } } as const;
const clean = tf.tensor2d(lab.ringOfGaussians(n, new lab.RandomStream(5, "ring")), [n, 2]);
const chart = liveLoss({ steps: 4000, smoothing: 0.95, title: "Points, seed 0: the loss of every fourth step" });
const byTime: number[][] = [];
for (const seed of progress(3, { label: "trainings" })) {
  const network = new lab.PointMlp({ hidden: [128, 128, 128] }, { seed });
  const task = new lab.DiffusionTask({ network, path: schedule, data: points, shape: [2], batchSize: 256, seed });
  const trainer = new lab.Trainer(task, { learningRate });
  await trainer.run(4000, { onStep: (report) => { if (seed === 0 && report.step % 4 === 0) chart.onStep(report); } });
  byTime.push(await trainer.withAverage(() =>
    lab.noiseErrors(lab.networkDenoiser(network, schedule), schedule, clean, knots, lab.normalNoise(6)))); }

// %%
chart.done();
const ring = lab.ringModes();
const centres = d3.range(8).map((k) => [ring.means[2 * k], ring.means[2 * k + 1]]);
const exactRing = lab.mixtureDenoiser(schedule, { means: centres, covariances: [ring.std ** 2] });
const lowest = lab.noiseErrors(exactRing, schedule, clean, knots, lab.normalNoise(6));
show(lab.lineChart({ x: time, y: { ...loss, log: true }, series: [
  { name: "floor: the exact denoiser", x: knots, y: lowest, dash: "dash", colour: black },
  ...byTime.map((y, seed) => ({ name: `seed ${seed}`, x: knots, y, mode: "markers" as const })) ] }));

// %% [markdown]
// *Above: the loss and its running mean, which lags at first. Below: 20 000 fresh points at each time.*
//
// **Explanation.** The floor has a second summit near $t=150$, where the noise is half the gap between two blobs: which blob a point came from is unknown. From there to $t=600$ the network *is* on the floor. Left of it something is left to learn, and on the far right, many times a tiny floor.
//
// ## Would you want to reach the floor?
//
// For 9000 digits the floor is known: the exact denoiser of before.
//
// **Predict.** Its loss on training digits and on new digits, at $t=50$: larger or smaller than the trained U-Net's?

// %%
const model = lab.loadDiffusionModel("assets/mnist-unet");
const anyDigit = (count: number) => ({ label: tf.fill([count], model.config.unconditionalLabel!, "int32") });
const trained: lab.Denoiser = { ...model.denoiser,
  predict: (x, t) => model.denoiser.predict(x, t, anyDigit(x.shape[0])) };
const [old, fresh] = [digits, heldOut].map((set) => lab.gatherImages(set, d3.range(64)));
const some = [25, 50, 100, 200, 300, 400, 500, 600, 700];
const errorsOf = (one: lab.Denoiser, x: Images) =>
  lab.noiseErrors(one, schedule, x, some, lab.normalNoise(9)).map((y) => Math.max(y, 1e-4));

// %%
const curve = (name: string, y: number[], colour: string, dash: "solid" | "dash") =>
  ({ name, x: some, y, colour, dash, mode: "lines+markers" as const });
show(lab.lineChart({ x: time, y: { ...loss, log: true }, series: [
  curve("exact, new digits", errorsOf(exact, fresh), blue, "solid"),
  curve("exact, training digits", errorsOf(exact, old), blue, "dash"),
  curve("U-Net, new digits", errorsOf(trained, fresh), orange, "solid"),
  curve("U-Net, training digits", errorsOf(trained, old), orange, "dash"),
] }));

// %%
const four = tf.slice(fresh, 0, 4) as Images;
const noisy = lab.qSample(schedule, four, 300, lab.normalNoise(9)(1, four.shape)) as Images;
const believed = [exact, trained].map((one) =>
  lab.toSample(schedule, one.predicts, one.predict(noisy, tf.fill([4], 300)), noisy, 300) as Images);
const rows = [four, noisy, ...believed];
show(lab.filmStrip(d3.range(4).map((i) => tf.concat(rows.map((row) => tf.slice(row, i, 1))) as Images),
  { rowLabels: ["x₀, new", "xₜ, t = 300", "exact", "U-Net"], scale: 3 }));

// %% [markdown]
// *64 digits of each kind; below $10^{-4}$ drawn at $10^{-4}$.*
//
// **Explanation.** On training digits the exact denoiser makes hardly an error up to $t=200$: it knows them by heart. On new digits it is worse than the network up to $t=400$, a hundredfold at $t=25$: it can only say training digits. A model that reached the floor of its training set would draw nothing but training pictures. The network *cannot* reach it. It is as good on new digits as on old ones: what it learned is how digits look.
//
// **The loss is the mean over what you have; what you want is the mean over what you do not have.**

// %% [markdown]
// ## Exercises
//
// **4.1 (compute)** Which share of the bound's weight, $t=2\dots T$, lies on $t=2\dots50$? (`all` holds the times.)
//
// **4.2 (compute)** The mean square error of $\hat x_0$ is that of $\hat\epsilon$ times a factor. Which?
//
// **4.3 (find the bug)** From $v$ to noise, a student writes $\hat\epsilon=\sqrt{\bar\alpha_t}\,\hat v-\sqrt{1-\bar\alpha_t}\,x_t$. And right?
//
// **4.4 (predict, compute)** How low can the loss at $t=500$ fall if all pictures are one? For data from $\mathcal N(0,1)$?
//
// **4.5 (judge)** T or F, five letters. *1* A perfect network's loss is 0. *2* $L_{\text{simple}}$ *is* the bound. *3* $v$ says as much as $\epsilon$. *4* A perfect denoiser of 9000 pictures draws those. *5* Near $T$ a small error of $\hat\epsilon$ is large in $\hat x_0$.

// %% jupyter={"source_hidden": true}
// Judges of 4.1 and 4.2. Answer first.
type Answers = readonly (number | undefined)[];
const near = (a: number | undefined, b: number): boolean => Math.abs(a! - b) < 1e-4;
const [early, whole] = [50, T].map((end) => d3.sum(all.filter((t) => t <= end), weight));
const judge41 = (share: number): string | true => near(share, early / whole) || (Math.abs(share - 0.05) < 1e-2
  ? "so many steps are there; asked is their weight" : "a sum over t ≤ 50, divided by the sum over all");
const guessAt = (t: number) => lab.toSample(schedule, "noise", epsilonHat, lab.qSample(schedule, x0, t, noise), t);
const bill = (t: number) => tf.div(lab.simpleLoss(guessAt(t), x0), lab.simpleLoss(epsilonHat, noise)).dataSync()[0];
const isPower = (x: number | undefined, t: number, power: number) => Math.abs(x! / bill(t) ** power - 1) < 1e-3;
const judge42 = ([x, y]: Answers): string | true => (isPower(x, 100, 1) && isPower(y, 900, 1)) || (isPower(x, 100, -1)
  ? "the other way round" : isPower(x, 100, 0.5) ? "so much the mistake grows; and its square?"
  : "how does x̂₀ depend on ε̂?");

// %% jupyter={"source_hidden": true}
// Judges of 4.3 and 4.4. Answer first.
const tries = [[0.3, 0.5, -1.2], [0.9, 1.1, 0.4]].map(([share, x, e]) => { // ᾱ, x_0, ε
  const [a, b] = [Math.sqrt(share), Math.sqrt(1 - share)];
  const [xt, v] = [a * x + b * e, a * e - b * x];
  return { seen: [share, xt, v] as const, right: e, students: a * v - b * xt };
});
const judge43 = (e: Answers): string | true => tries.every(({ right }, i) => near(e[i], right)) ||
  (tries.every(({ students }, i) => near(e[i], students)) ? "that is the student's own line"
    : "put the formulas of x_t and of v in, and see what is left of x_0");
const judge44 = ([same, normal]: Answers): string | true => !near(same, 0) ? "if x_0 is known, x_t gives the noise away"
  : near(normal, floor.evaluate({ alphaBar: alphaBar[500], s: 1 })) || "put s = 1 into the formula of the floor";

// %% tags=["exercise"]
const share: number | undefined = undefined; // 4.1
const exchange = (t: number): number | undefined => undefined; // 4.2
const noiseFrom = (share: number, x: number, v: number): number | undefined => undefined; // 4.3: ᾱ_t, x_t, v
const floors: readonly (number | undefined)[] = [undefined, undefined]; // 4.4
const verdicts: string | undefined = undefined; // 4.5

check("4.1", share, judge41);
check("4.2", [100, 900].map(exchange), judge42);
check("4.3", tries.map(({ seen }) => noiseFrom(...seen)), judge43);
check("4.4", floors, judge44);
check("4.5", verdicts, sealed("4.5", "423d128e"), "five letters; see weights, floors and currencies");

// %% tags=["solution"] jupyter={"source_hidden": true}
const share: number | undefined = d3.sum(d3.range(2, 51), weight) / d3.sum(all, weight);
const exchange = (t: number): number | undefined => 1 / schedule.snr[t]; // (1 − ᾱ)/ᾱ
const noiseFrom = (share: number, x: number, v: number): number | undefined =>
  Math.sqrt(share) * v + Math.sqrt(1 - share) * x;
const floors: readonly (number | undefined)[] = [0, alphaBar[500]];
const verdicts: string | undefined = "FFTTT";

check("4.1", share, judge41);
check("4.2", [100, 900].map(exchange), judge42);
check("4.3", tries.map(({ seen }) => noiseFrom(...seen)), judge43);
check("4.4", floors, judge44);
check("4.5", verdicts, sealed("4.5", "423d128e"), "five letters; see weights, floors and currencies");

// %% [markdown]
// ## Summary
//
// - Squared error finds means. Of a small step a mean is all that is missing.
// - The bound sums weighted squared errors of the noise; $L_{\text{simple}}$ drops the weight.
// - Noise, picture and velocity are one answer in three currencies.
// - The loss has a floor. To reach that of a finite set is to know it by heart.
//
// **What would change our mind:** an exact denoiser of the training set that is better on new digits.
//
// **Tomorrow, ask yourself:** which terms of the bound hold $\theta$? Where is the floor highest?
//
// **Read:** Ho, Jain and Abbeel 2020 · Salimans and Ho 2022, section 4 ($v$) · Kingma et al. 2021. **Next:** [5 · The reverse process](05-reverse-process.ipynb).

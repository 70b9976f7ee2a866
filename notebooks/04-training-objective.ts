// %% [markdown]
// # 4 · The training objective
//
// [Notebook 03](03-forward-process.ipynb) drowned digits in noise, and nothing had to be learned for that. The way back is another
// matter: something must look at a noisy image and know what belongs in it. This notebook works out *what exactly* a network should
// say, and what it should pay for saying it wrong.
//
// **You will**
// - see why no network, however good, learns to turn noise into a digit in one go by squared error;
// - take the likelihood apart into one small Gaussian problem per step, and follow it down to a plain squared error;
// - see that predicting the noise, the image or the velocity is one and the same answer in three currencies;
// - know the level below which a loss *cannot* fall, and train two networks towards it.
//
// **Before this**: notebook 03 ($x_t$, $\bar\alpha_t$), Gaussians, expectations. **Runs** in about a minute on 2 idle cores, 1.1 GB of memory.

// %%
import {
  dataDenoiser, Denoiser, DiffusionTask, filmStrip, gatherImages, gaussianDenoiser, gaussianKl, imageGrid, lineChart,
  linearSchedule, loadDigits, mixtureDenoiser, networkDenoiser, noiseErrors, normalNoise, Normaliser, PointMlp,
  posterior, qSample, RandomStream, ringModes, ringOfGaussians, simpleLoss, tf, toSample, trainingTarget, Trainer,
  UNet2D,
} from "diffusion-lab";
import { check, formula, liveLoss, show } from "diffusion-lab/notebook";
const schedule = linearSchedule({ T: 1000 });
const digits = loadDigits({ split: "train" });
const x0 = gatherImages(digits, [0, 1, 2, 3, 4, 5, 6, 7]);
const noise = normalNoise(4)(0, x0.shape);
show(imageGrid(x0, { columns: 8, title: `x₀: eight of the ${digits.count} training digits` }));

// %% [markdown]
// ## The simple idea, and why it fails
//
// Take pure noise $x_T$, let a network $g$ turn it into an image, and pull that image towards a training digit by squared error. It trains
// well, and it fails completely. The noise was made without looking at the digit, so it holds no hint as to which one is meant: all the
// network can do is to give one answer $g$ that is least wrong for all digits together. With $\mu$ the mean digit,
//
// $$\mathbb E\,\lVert x_0 - g\rVert^2 \;=\; \underbrace{\mathbb E\,\lVert x_0-\mu\rVert^2}_{\text{spread of the data}} \;+\; \lVert \mu - g\rVert^2,$$
//
// and that is smallest at $g=\mu$. The next cell computes both sides for every training digit. **What to see.** The best answer is a
// blur that nobody ever wrote, and a perfectly sharp digit scores worse.

// %%
const pixels = tf.tensor2d(new Normaliser().encode(digits.images), [digits.count, 784]);
const mu = tf.mean(pixels, 0, true);
const sharp = tf.slice(pixels, [0, 0], [1, 784]);
const error = (g: tf.Tensor) => tf.tidy(() => tf.mean(tf.square(tf.sub(pixels, g))).dataSync()[0]);

const split = formula("error = spread + mean((mu - g)^2)", { symbols: { mu: "\\mu" } });
split.agrees(error(sharp), { spread: error(mu), mu, g: sharp }, { tolerance: 1e-4 });
const labels = [mu, sharp].map((g) => `error ${error(g).toFixed(3)}`);
show(imageGrid(tf.reshape(tf.concat([mu, sharp]), [2, 28, 28, 1]), { columns: 2, scale: 4, gap: 24, labels }));

// %% [markdown]
// So we ask less. Given a digit that is only *partly* drowned, $x_t$, the best answer is the mean of the digits that could have led to
// it, $\mathbb E[x_0\mid x_t]$. For a finite set of digits that mean can be computed exactly: every digit, weighted by how likely it
// makes $x_t$. **What to see.** On the right, where all is noise, the answer is the blur from above. Further left it becomes a vague digit, which
// need not be the right one, and then the right one. (Both digits are among the 9000, so the exact answer can find them again.) No answer on the
// right is an image worth having. Such a mean can be learned at every $t$. Why it is enough is a matter of the *step*: the true step back is near a Gaussian, with only
// a mean to find, when the step is small, as notebook 02 computes. With big steps even a perfect mean fails.

// %%
const times = [50, 300, 350, 400, 450, 500, 600, 700, 800, 1000];
const exact = dataDenoiser(schedule, pixels);
const frames = times.map((t) => tf.tidy(() => {
  const drowned = tf.slice(qSample(schedule, x0, t, noise), 0, 2);
  return tf.concat([drowned, exact.predict(drowned, tf.fill([2], t) as tf.Tensor1D)]);
}));
const rowLabels = ["xₜ", "xₜ", "E[x₀|xₜ]", "E[x₀|xₜ]"];
show(filmStrip(frames, { labels: times.map((t) => `t = ${t}`), rowLabels }));

// %% [markdown]
// ## From likelihood to small Gaussian problems
//
// What should the model be good at? At giving the training digits a high probability $p_\theta(x_0)$. That probability is an integral over
// all roads $x_T\to\dots\to x_1\to x_0$, out of reach for the chain; but Jensen's inequality bounds it by terms we can compute:
//
// $$-\ln p_\theta(x_0)\;\le\;\mathbb E_q\Big[\underbrace{\mathrm{KL}\big(q(x_T|x_0)\,\Vert\,p(x_T)\big)}_{L_T}
// +\sum_{t=2}^{T}\underbrace{\mathrm{KL}\big(q(x_{t-1}|x_t,x_0)\,\Vert\,p_\theta(x_{t-1}|x_t)\big)}_{L_{t-1}}
// \;\underbrace{-\ln p_\theta(x_0|x_1)}_{L_0}\Big]$$
//
// $L_{t-1}$ says: *the model's step back should look like the step back of someone who knows the digit.* The first is a
// Gaussian exactly, the second by our choice (good when steps are small), and the KL divergence of two Gaussians is a formula of four numbers. As a first use we compute $L_T$, which nothing can change:
// the price of starting from pure noise rather than from the real $x_T$. **What to see.** It is next to nothing.

// %%
const kl = formula("KL = log(sigma2 / sigma1) + (sigma1^2 + (mu1 - mu2)^2) / (2 * sigma2^2) - 1/2");
const two = { mu1: 0.3, sigma1: 0.6, mu2: -0.2, sigma2: 1.3 };
const logVariance = (sigma: number) => tf.scalar(2 * Math.log(sigma));
kl.agrees(gaussianKl(tf.scalar(two.mu1), logVariance(two.sigma1), tf.scalar(two.mu2), logVariance(two.sigma2)), two);

const { T } = schedule;
const end = { mu1: tf.mul(x0, schedule.signal(T)), sigma1: schedule.noise(T), mu2: 0, sigma2: 1 };
const nats = (kl.evaluate(end) as number[][][][]).flat(3).reduce((sum, one) => sum + one) / x0.size;
console.log(`L_T: ${(nats / Math.LN2).toExponential(1)} bits per pixel`);

// %% [markdown]
// ## The step back of someone who knows the digit
//
// Bayes' rule on two Gaussians gives a Gaussian: $q(x_{t-1}\mid x_t,x_0)=\mathcal N(\tilde\mu_t,\ \tilde\beta_t I)$. Its mean leans a little
// towards $x_0$ and its variance is smaller than $\beta_t$, for knowing $x_0$ helps: $0.9991\,\beta_t$ at $t=500$, $0.455\,\beta_t$ at $t=2$, and 0 at $t=1$. Both equations, and the library's
// `posterior`, at $t=500$:

// %%
const t = 500;
const { alpha, alphaBar, beta } = schedule;
const xt = qSample(schedule, x0, t, noise);
const at = { alpha: alpha[t], alphaBar: alphaBar[t], alphaBarPrev: alphaBar[t - 1], beta: beta[t] };
const q = posterior(schedule, x0, xt, t);

const symbols = { muTilde: "\\tilde\\mu_t" };
formula(
  "muTilde = sqrt(alphaBarPrev) * beta / (1 - alphaBar) * x0 + sqrt(alpha) * (1 - alphaBarPrev) / (1 - alphaBar) * xt",
  { symbols },
).agrees(q.mean, { ...at, x0: x0, xt });
formula("betaTilde = (1 - alphaBarPrev) / (1 - alphaBar) * beta").agrees(q.variance, at);

// %% [markdown]
// ## Only the noise is unknown
//
// The model stands at $x_t$ and does not know $x_0$. But $x_t=\sqrt{\bar\alpha_t}\,x_0+\sqrt{1-\bar\alpha_t}\,\epsilon$ ties the two
// together: whoever knows the noise $\epsilon$ knows the digit. Put $x_0=(x_t-\sqrt{1-\bar\alpha_t}\,\epsilon)/\sqrt{\bar\alpha_t}$ into
// $\tilde\mu_t$, and most of it cancels (first equation below). So let the network guess the noise, $\epsilon_\theta(x_t,t)$, and let
// the model's mean have the same form. Two Gaussians of equal variance $\sigma_t^2$ differ by their means only, and the KL divergence
// becomes a *weighted squared error of the noise* (second equation). We compare it with the KL divergence itself for a made-up network
// whose guesses are a little off.
//
// **What to see.** The chart shows the weight over $t$, on a logarithmic axis and divided by its mean, for a common factor changes nothing. The bound pays far more for an
// error at the first steps than for one in the middle (the ratio is printed). There $x_t$ is almost clean, and what is left to predict is grain that no eye can see: the bound counts
// every bit the same, visible or not. Ho, Jain and Abbeel therefore **dropped the weight** (the dashed line: the same for all $t$). Images
// became better, though the bound became worse (their table 1).

// %%
formula("muTilde = 1 / sqrt(alpha) * (xt - beta / sqrt(1 - alphaBar) * epsilon)", { symbols: symbols })
  .agrees(q.mean, { ...at, xt: xt, epsilon: noise }, { tolerance: 1e-5 });

const epsilonTheta = tf.add(noise, tf.mul(normalNoise(5)(0, x0.shape), 0.3));
const muTheta = posterior(schedule, toSample(schedule, "noise", epsilonTheta, xt, t), xt, t).mean;
const sigma = Math.sqrt(schedule.posteriorVariance[t]);
const divergence = tf.sum(gaussianKl(q.mean, logVariance(sigma), muTheta, logVariance(sigma)));
formula("KL = beta^2 / (2 * sigma^2 * alpha * (1 - alphaBar)) * sum((epsilon - epsilonTheta)^2)")
  .agrees(divergence, { ...at, sigma, epsilon: noise, epsilonTheta }, { tolerance: 1e-3 });

// %%
const weight = (t: number) => beta[t] ** 2 / (2 * schedule.posteriorVariance[t] * alpha[t] * (1 - alphaBar[t]));
const all = Array.from({ length: T - 1 }, (_, i) => i + 2);
const usual = all.reduce((sum, t) => sum + weight(t) / all.length, 0);
show(lineChart({
  x: { title: "timestep t", unit: "steps" },
  y: { title: "weight of ‖ε − ε<sub>θ</sub>‖², over its mean", unit: "1", log: true },
  series: [
    { name: "in the bound, σ² = β̃", x: all, y: all.map((t) => weight(t) / usual) },
    { name: "in L<sub>simple</sub>", x: all, y: all.map(() => 1), dash: "dash" },
  ],
}));
console.log(`weight(2) / weight(500) = ${(weight(2) / weight(500)).toFixed(0)}`);

// %% [markdown]
// ## The objective, and its three currencies
//
// What remains is the whole of diffusion training. Draw a digit $x_0$, a time $t$ from $1\dots T$ and noise $\epsilon$; make $x_t$;
// descend along the gradient of
//
// $$L_{\text{simple}}=\mathbb E_{x_0,t,\epsilon}\,\big\lVert \epsilon-\epsilon_\theta(x_t,t)\big\rVert^2 .$$
//
// A network may as well answer with the digit $\hat x_0$, or with the *velocity* $v$, the direction in which $x_t$ moves when noise is
// turned up. As $x_t$ is known, each answer gives the other two, by arithmetic. They are not equally *safe*: near $t=T$ the digit from the
// noise is a division by almost zero, from the velocity it never is.
//
// **4.1** Which share of all the weight, $t=2\dots T$, lies on the first 5 % of the steps, $t=2\dots50$? (`all` holds $2\dots T$, `weight` gives one.)
//
// **4.2** The mean square error of $\hat x_0$ is that of $\hat\epsilon$ times a factor that depends on $t$ alone. Which? (See `alphaBar`, `schedule.snr`.)

// %%
const v = trainingTarget(schedule, "velocity", x0, t, noise);
const now = { alphaBar: alphaBar[t], epsilon: noise, epsilonTheta: epsilonTheta, xt: xt, x0: x0, v };
formula("L = mean((epsilon - epsilonTheta)^2)", { symbols: { L: "L_{\\text{simple}}" } })
  .agrees(simpleLoss(epsilonTheta, noise), now);
formula("v = sqrt(alphaBar) * epsilon - sqrt(1 - alphaBar) * x0").agrees(v, now);
formula("x0 = (xt - sqrt(1 - alphaBar) * epsilon) / sqrt(alphaBar)")
  .agrees(toSample(schedule, "noise", noise, xt, t), now, { tolerance: 1e-5 });
formula("x0 = sqrt(alphaBar) * xt - sqrt(1 - alphaBar) * v").agrees(toSample(schedule, "velocity", v, xt, t), now);

// %% jupyter={"source_hidden": true}
// Judges of 4.1 and 4.2. Answer first.
const [early, whole] = [50, T].map((last) => all.filter((t) => t <= last).reduce((sum, t) => sum + weight(t), 0));
const judge41 = (one: number): string | true => Math.abs(one - early / whole) < 1e-4 || (Math.abs(one - 0.05) < 1e-2
  ? "so many steps are there; asked is their weight" : "a sum over t ≤ 50, divided by the sum over all");
const bill = (t: number) => tf.tidy(() => {
  const guess = toSample(schedule, "noise", epsilonTheta, qSample(schedule, x0, t, noise), t);
  return tf.div(simpleLoss(guess, x0), simpleLoss(epsilonTheta, noise)).dataSync()[0]; });
const off = (x: number | undefined, t: number, power: number): boolean => Math.abs(x! / bill(t) ** power - 1) > 1e-3;
const judge42 = ([x, y]: readonly (number | undefined)[]): string | true => !off(x, 100, -1) ? "the other way round"
  : !off(x, 100, 0.5) ? "that is the factor of the mistake, not of its square"
  : (!off(x, 100, 1) && !off(y, 900, 1)) || "how does x̂₀ depend on ε̂?";

// %% tags=["exercise"]
const share: number | undefined = undefined; // 4.1
const exchange = (t: number): number | undefined => undefined; // 4.2

check("4.1", share, judge41);
check("4.2", [100, 900].map(exchange), judge42);

// %% tags=["solution"] jupyter={"source_hidden": true}
const total = (last: number) => all.filter((t) => t <= last).reduce((sum, t) => sum + weight(t), 0);
const share: number | undefined = total(50) / total(T);
// x̂₀ − x₀ = −√((1 − ᾱ)/ᾱ)·(ε̂ − ε), so the squares differ by (1 − ᾱ)/ᾱ = 1/SNR.
const exchange = (t: number): number | undefined => 1 / schedule.snr[t];

check("4.1", share, judge41);
check("4.2", [100, 900].map(exchange), judge42);

// %% [markdown]
// ## The floor: how low can the loss go?
//
// Not to zero. Even the ideal network answers with a mean, $\mathbb E[\epsilon\mid x_t]$, and the truth scatters around it. Where the data
// are one Gaussian, $x_0\sim\mathcal N(0,s^2)$, that scatter has a closed form. Below we draw numbers, noise them, let the *exact* denoiser
// guess the noise, and measure its loss (`noiseErrors`: the mean square error of ε̂ at each of some times). **What to see.** The points lie on the curve, and the floor is *highest* where the data are
// almost clean: so little noise hides in the data that nobody can tell it apart. A loss that stops falling may be a network that has arrived.

// %%
const [count, s] = [20_000, 0.5];
const knots = [1, 10, 25, 50, 75, 100, 150, 200, 250, 300, 400, 500, 600, 800, 1000];
const numbers = tf.tensor2d(new RandomStream(4, "numbers").normals(count).map((z) => s * z), [count, 1]);
const measured = noiseErrors(gaussianDenoiser(schedule, [0], s ** 2), schedule, numbers, knots, normalNoise(6));
const floor = formula("floor = alphaBar * s^2 / (alphaBar * s^2 + 1 - alphaBar)");
floor.agrees(measured, { alphaBar: knots.map((t) => alphaBar[t]), s }, { tolerance: 0.03 });

const steps = { title: "timestep t", unit: "steps" };
const loss = { title: "mean square error of ε̂", unit: "1" };
const curve = { name: "floor, closed form", y: floor.evaluate({ alphaBar: alphaBar, s }) as number[] };
const marks = { name: "ideal denoiser, measured", x: knots, y: measured, mode: "markers" as const };
show(lineChart({ x: steps, y: loss, series: [curve, marks] }));

// %% [markdown]
// ## Two real trainings
//
// First points in the plane: eight Gaussian blobs on a ring, and a small fully connected network. It takes seconds, and because the blobs
// are Gaussians the floor is known exactly here too. Then a small U-Net on the digits, for a few steps only. `DiffusionTask` draws $x_0$,
// $t$ and $\epsilon$ and computes $L_{\text{simple}}$; `Trainer` descends.
//
// **What to see.** The curve falls fast, then slowly, and ends jittering around a level far above zero. Is the network done? One number that mixes all $t$
// cannot tell. In the second chart (logarithmic) it is taken apart by $t$ and compared with the exact denoiser of this ring. The floor is highest on the far left, where the
// noise is finer than a blob, and has a second summit where the noise is about half the gap between two blobs, so that nobody knows which blob a point came
// from. From there to $t=600$ the network *is* on the floor and has nothing left to learn. Left of the summit it is too high, and so it is on the far right, by many times
// the floor, which a linear axis would hide: there a small error of $\hat\epsilon$ is a large one of $\hat x_0$, as [notebook 05](05-reverse-process.ipynb) will show.

// %%
const points = ringOfGaussians(20_000, new RandomStream(4, "ring"));
const mlp = new PointMlp({ hidden: [128, 128, 128] }, { seed: 4 });
const mlpTask = new DiffusionTask({ network: mlp, path: schedule, data: points, shape: [2], batchSize: 256, seed: 4 });
const learningRate = { peak: 3e-3, warmup: 50, decay: { kind: "cosine", total: 2500 } } as const;
const pointTrainer = new Trainer(mlpTask, { learningRate });
const unet = new UNet2D({
  in_channels: 1, out_channels: 1, block_out_channels: [16, 32], layers_per_block: 1, norm_num_groups: 8,
  down_block_types: ["DownBlock2D", "DownBlock2D"], up_block_types: ["UpBlock2D", "UpBlock2D"],
}, { seed: 4 });
const data = new Normaliser().encode(digits.images);
const unetTask = new DiffusionTask({ network: unet, path: schedule, data, shape: [28, 28, 1], batchSize: 32, seed: 4 });
const unetTrainer = new Trainer(unetTask, { learningRate: { peak: 2e-3, warmup: 20 }, averageDecay: 0.9 });

// %%
const pointChart = liveLoss({ steps: 2500, smoothing: 0.98, title: "Points: the loss while training" });
await pointTrainer.run(2500, { onStep: pointChart.onStep });
pointChart.done();
const { means, std } = ringModes();
const centres = Array.from({ length: 8 }, (_, k) => [means[2 * k], means[2 * k + 1]]);
const exactRing = mixtureDenoiser(schedule, { means: centres, covariances: [std ** 2] });
const clean = tf.tensor2d(ringOfGaussians(count, new RandomStream(5, "ring")), [count, 2]);
const errorsOf = (judge: Denoiser) => noiseErrors(judge, schedule, clean, knots, normalNoise(6));
const byTime = (name: string, judge: Denoiser) => ({ name, x: knots, y: errorsOf(judge) });
const trained = await pointTrainer.withAverage(() => byTime("the network", networkDenoiser(mlp, schedule)));
const lowest = { ...byTime("floor: the exact denoiser", exactRing), dash: "dash" as const };
show(lineChart({ x: steps, y: { ...loss, log: true }, series: [lowest, { ...trained, mode: "markers" as const }] }));

// %% [markdown]
// Now the U-Net. It begins a little above a loss of one, which is the price of answering "no noise", and in a hundred steps it learns most of what noise
// looks like. Its $\hat x_0$, for digits it has never seen, shows what it can do by then. **What to see.** At $t=100$ and $t=200$ the
// strokes come out clean, at $t=400$ roughly, and beyond that it has everything to learn. The checkpoint in `assets/mnist-unet` is a larger
// network after thousands of such steps; `npm run train -- mnist-unet` made it, and makes it again.

// %%
const unetChart = liveLoss({ steps: 100, smoothing: 0.8, title: "Digits: the loss while training" });
await unetTrainer.run(100, { onStep: unetChart.onStep });
unetChart.done();
const unseen = gatherImages(loadDigits({ split: "heldOut" }), [0, 1]);
const someNoise = normalNoise(7)(0, unseen.shape);
const stages = [100, 200, 300, 400, 600, 800];
const pictures = await unetTrainer.withAverage(() => stages.map((t) => tf.tidy(() => {
  const noisy = qSample(schedule, unseen, t, someNoise);
  const guess = networkDenoiser(unet, schedule).predict(noisy, tf.fill([2], t) as tf.Tensor1D);
  return tf.concat([noisy, toSample(schedule, "noise", guess, noisy, t)]);
})));
show(filmStrip(pictures, { labels: stages.map((t) => `t = ${t}`), rowLabels: ["xₜ", "xₜ", "x̂₀", "x̂₀"] }));

// %% [markdown]
// ## Summary
//
// - From pure noise the best single answer is the mean of all data. So we ask for small steps back: those are nearly Gaussian, and only a mean is missing.
// - The likelihood bound is a sum of KL divergences of Gaussians; each is a weighted squared error of the noise.
// - Without the weight it is $L_{\text{simple}}$: draw $x_0,t,\epsilon$, make $x_t$, regress $\epsilon$.
// - Noise, image and velocity are interchangeable answers; their errors differ by factors of the signal-to-noise ratio.
// - The loss has a floor above zero. Look at it by $t$, and against what is possible.
//
// **Next:** [05 · The reverse process](05-reverse-process.ipynb) walks back from noise with a network trained like this.
//
// **Read:** Ho, Jain & Abbeel, *Denoising Diffusion Probabilistic Models* (2020), sections 2–3 · Sohl-Dickstein et al., *Deep Unsupervised
// Learning using Nonequilibrium Thermodynamics* (2015) · Salimans & Ho, *Progressive Distillation* (2022), section 4, for $v$ · Kingma
// et al., *Variational Diffusion Models* (2021), for the bound as a function of the signal-to-noise ratio.

// %% [markdown]
// # 3 · The forward process
//
// A diffusion model learns to undo damage. This notebook is about the damage: how a digit is turned into pure noise, a little at a time, by a rule with nothing to learn in it.
//
// **You will see** how one small step is built and why DDPM shrinks the picture as it adds noise · how a thousand steps collapse into a single jump, and a measurement that proves it · what β, ᾱ and the signal-to-noise ratio say, and one famous way to get them wrong.
//
// **You need** vectors, Gaussian random variables, and nothing else. **It takes** about ten minutes to read; the cells run in under a minute and 1 GB.

// %%
import * as lab from "diffusion-lab";
import { check, formula, show, table } from "diffusion-lab/notebook";
const { tf } = lab;

const digits = lab.loadDigits({ split: "train" });
const eight = digits.labels.indexOf(8);
const x0 = lab.gatherImages(digits, [eight]);
show(lab.imageGrid(x0, { scale: 6 }));

// %% [markdown]
// Above is a handwritten eight: 28 × 28 pixels, each a number between −1 (black) and 1 (white). For us it is one vector $x_0$ with 784 entries.
//
// ## A tempting idea: just add noise
//
// Add a little Gaussian noise to every pixel, again and again, five hundred times. What happens to their size? Let us follow the variance of the pixels of eight digits.

// %%
const variance = (v: ArrayLike<number>) => tf.tidy(() => tf.moments(Float32Array.from(v)).variance.dataSync()[0]);
const clean = new lab.Normaliser().encode(digits.images.slice(0, 8 * 784));
/** Variance of all pixels: of the clean digit, then after each of 500 steps x ← keep·x + √0.02·ε. */
function follow(keep: number): number[] {
  const noise = new lab.RandomStream(1, "follow");
  let x = clean;
  return Array.from({ length: 501 }, (_, step) => {
    if (step > 0) x = x.map((value) => keep * value + Math.sqrt(0.02) * noise.normal());
    return variance(x);
  });
}
const [added, shrunk] = [follow(1), follow(Math.sqrt(1 - 0.02))];

// %%
show(lab.lineChart({
  title: "Noise of variance 0.02 is added at every step",
  x: { title: "step t", unit: "1" },
  y: { title: "variance of the pixels", unit: "1", log: true },
  series: [
    { name: "only adding", y: added },
    { name: "shrinking, then adding", y: shrunk },
  ],
}));

// %% [markdown]
// **What to see.** If we only add, the variance grows for ever: a network would meet numbers of every size, and its input would have to be scaled. If each step first multiplies by $\sqrt{1-\beta}$, the variance is drawn to 1 and stays there. Both conventions are in use and equal up to scaling: *variance exploding* (NCSN, EDM) only adds and scales the input; DDPM, *variance preserving*, shrinks, so that every $x_t$ has the size a network likes.
//
// ## One step
//
// $$q(x_t \mid x_{t-1}) = \mathcal{N}\big(\sqrt{1-\beta_t}\;x_{t-1},\; \beta_t I\big)$$
//
// Below, the formula is written once. It is shown, evaluated, and compared with the library's `qStep` on a real picture.

// %%
const schedule = lab.linearSchedule({ T: 1000 });
const random = new lab.RandomStream(3, "forward process");
const epsilon = tf.tensor4d(random.normals(784), [1, 28, 28, 1]);
const t = 300;
const oneStep = formula("sqrt(1 - beta) * xPrev + sqrt(beta) * epsilon");
oneStep.agrees(lab.qStep(schedule, x0, t, epsilon), { beta: schedule.beta[t], xPrev: x0, epsilon: epsilon });

// %% [markdown]
// ## How much noise at which step: the schedule
//
// The numbers $\beta_1, \dots, \beta_T$ are chosen once, by hand. DDPM lets them grow along a straight line from $10^{-4}$ to $0.02$. The *cosine* schedule is made so that the picture fades evenly, as you will see further down.

// %%
const cosine = lab.cosineSchedule({ T: 1000 });
const schedules = [schedule, cosine];
show(lab.lineChart({
  title: "Noise added by each step",
  x: { title: "timestep t", unit: "steps" },
  y: { title: "β<sub>t</sub>", unit: "1", log: true },
  series: schedules.map(({ name, beta: y }) => ({ name, y })),
}));

// %% [markdown]
// **What to see.** Steps are tiny at first, when there is fine detail to lose, and grow as less and less is left. (The axis is logarithmic. The last steps of the cosine schedule wipe out nearly all that is left: its β ends at 0.999.)
//
// ## A thousand steps in one jump
//
// Put two steps into each other. The two independent noises add up to one Gaussian whose variances add, and what remains of $x_0$ is the product of the two factors. Going on like this, with $\alpha_t = 1-\beta_t$ and
//
// $$\bar\alpha_t = \prod_{s=1}^{t} \alpha_s ,$$
//
// every step up to $t$ collapses into **one**:
//
// $$q(x_t \mid x_0) = \mathcal{N}\big(\sqrt{\bar\alpha_t}\;x_0,\; (1-\bar\alpha_t) I\big)$$
//
// This closed form is why diffusion models can be trained *cheaply*: any moment of the film can be reached without playing it.

// %%
const { alphaBar, beta: betas } = schedule;
const recursion = formula("alphaBar = alphaBarPrev * (1 - beta)");
const earlier = { alphaBarPrev: alphaBar.slice(0, -1), beta: betas.slice(1) };
recursion.agrees(alphaBar.slice(1), earlier, { tolerance: 1e-12 });

const closedForm = formula("sqrt(alphaBar) * x0 + sqrt(1 - alphaBar) * epsilon");
closedForm.agrees(lab.qSample(schedule, x0, t, epsilon), { alphaBar: schedule.alphaBar[t], x0, epsilon });

// %% [markdown]
// ## Is it true? Measure it
//
// Take one pixel with the value 0.8. Walk 20 000 copies of it step by step to $t$, each with fresh noise at each step. Jump 20 000 other copies there with the closed form. If the claim holds, the two crowds cannot be told apart.
//
// Agreement to the eye is not yet a proof. With $n$ samples, a mean is uncertain by $\sqrt{(1-\bar\alpha_t)/n}$ and a variance by $(1-\bar\alpha_t)\sqrt{2/n}$. Counted in these standard errors (*off by* in the table), honest deviations rarely exceed 3.

// %%
const [crowd, pixel] = [20000, tf.fill([20000, 1], 0.8)];
const normals = (of: string, i: number) => tf.tensor2d(new lab.RandomStream(11, of, i).normals(crowd), [crowd, 1]);
const jump = (steps: number) => lab.qSample(schedule, pixel, steps, normals("jump", steps)).dataSync() as Float32Array;
function walk(steps: number): Float32Array {
  let x: lab.tf.Tensor = pixel.clone();
  for (let s = 1; s <= steps; s++) {
    const [noise, before] = [normals("walk", s), x];
    x = lab.qStep(schedule, before, s, noise);
    tf.dispose([before, noise]);
  }
  return x.dataSync() as Float32Array;
}

// %%
const mean = (values: Float32Array): number => values.reduce((sum, v) => sum + v, 0) / values.length;
const crowds = [50, 200, 500].map((steps) => ({ t: steps, walked: walk(steps), jumped: jump(steps) }));
const rows = crowds.flatMap(({ t: steps, walked, jumped }) => [walked, jumped].map((values, i) => {
  const [center, spread] = [0.8 * Math.sqrt(schedule.alphaBar[steps]), 1 - schedule.alphaBar[steps]];
  const offMean = (mean(values) - center) / Math.sqrt(spread / crowd);
  const offVariance = (variance(values) - spread) / (spread * Math.sqrt(2 / crowd));
  return { t: steps, crowd: ["walked", "jumped"][i], mean: mean(values), "√ᾱ·x₀": center, "off by": offMean,
    variance: variance(values), "1 − ᾱ": spread, "off by ": offVariance };
}));
const worst = Math.max(...rows.flatMap((row) => [row["off by"], row["off by "]].map(Math.abs)));
check("many steps equal one jump", worst, (z: number) => z < 4, "the deviation should stay below 4 standard errors");
table(rows, { digits: 3 });

// %%
const alphaBarAt200 = schedule.alphaBar[200];
const gaussian = (x: number): number => {
  const [m, v] = [0.8 * Math.sqrt(alphaBarAt200), 1 - alphaBarAt200];
  return Math.exp(-((x - m) ** 2) / (2 * v)) / Math.sqrt(2 * Math.PI * v);
};
show(lab.histogramChart({
  title: "20 000 copies of one pixel at t = 200",
  x: { title: "value of the pixel", unit: "1" },
  series: [{ name: "200 steps", values: crowds[1].walked }, { name: "one jump", values: crowds[1].jumped }],
  density: { name: "closed form", at: gaussian },
}));

// %% [markdown]
// **What to see.** Two histograms that differ only by the jitter of counting, and the closed form running through both.
//
// ## A digit drowning
//
// Now the jump, on pictures. The same noise $\epsilon$ is used in every frame, so that only its share changes.

// %%
const frames = [0, 100, 200, 260, 300, 400, 500, 600, 750, 1000];
const three = lab.gatherImages(digits, [eight, digits.labels.indexOf(3), digits.labels.indexOf(7)]);
const noise3 = tf.tensor4d(new lab.RandomStream(5, "film").normals(3 * 784), [3, 28, 28, 1]);
const film = (s: lab.Schedule) => frames.map((time) => lab.qSample(s, three, time, noise3));
const labels = frames.map((time) => `t = ${time}`);
for (const one of schedules) {
  show(lab.filmStrip(film(one), { labels, range: [-2, 2], title: `${one.name} (black −2, white 2)` }));
}

// %% [markdown]
// **What to see.** With the linear schedule the digits are gone soon after the middle, and the last third of the steps turns noise into noise. With the cosine schedule they fade evenly.
//
// How much is left can be put in one number, the **signal-to-noise ratio** $\mathrm{SNR}_t = \bar\alpha_t/(1-\bar\alpha_t)$: the strength of the picture over that of the noise.

// %%
const signalToNoise = formula("alphaBar / (1 - alphaBar)");
signalToNoise.agrees(schedule.snr.slice(1), { alphaBar: schedule.alphaBar.slice(1) }, { tolerance: 1e-9 });
const later = { title: "timestep t", unit: "steps" };
const timesOf = (T: number) => Array.from({ length: T }, (_, i) => i + 1);
show(lab.lineChart({
  title: "What is left of the picture", x: later, y: { title: "ᾱ<sub>t</sub>", unit: "1" },
  series: schedules.map(({ name, alphaBar: y }) => ({ name, y })),
}));
show(lab.lineChart({
  title: "Signal over noise", x: later, y: { title: "SNR<sub>t</sub>", unit: "1", log: true },
  series: schedules.map(({ name, snr, T }) => ({ name, x: timesOf(T), y: snr.slice(1) })),
}));

// %% [markdown]
// **What to see.** ᾱ falls from 1 to 0. On the logarithmic axis, compare the time where the SNR crosses 1 with the film ($t=260$ of the linear schedule, about $500$ of the cosine): a single pixel is by then as much noise as picture, yet you still read the digit, and a little later, too. Your eye averages over many pixels, and so will the network. By an SNR of a tenth ($t=486$ of the linear schedule, $804$ of the cosine) the digit is gone to the eye.
//
// ## A famous mistake
//
// Sampling will start from pure noise, so $x_T$ must *be* pure noise: $\bar\alpha_T \approx 0$. The range $10^{-4} \dots 0.02$ was made for $T = 1000$. Take it as it is for 50 steps, which is easily done, and look at the end:

// %%
const naive = Array.from({ length: 50 }, (_, i) => 1e-4 + (i / 49) * (0.02 - 1e-4));
const naiveEnd = naive.reduce((left, b) => left * (1 - b), 1);
const scaled = lab.linearSchedule({ T: 50 });
table([
  { "50 steps": "β as for 1000 steps", "ᾱ at the end": naiveEnd, SNR: naiveEnd / (1 - naiveEnd) },
  { "50 steps": "β scaled by 1000/T", "ᾱ at the end": scaled.alphaBar[50], SNR: scaled.snr[50] },
], { digits: 3 });

// %% [markdown]
// More than half of the picture is still there in the first row. A model trained so has never seen pure noise, and is asked to start from it. `linearSchedule` scales β by 1000/T, warns when the SNR at the end is above 0.01, and refuses what cannot work.
//
// ## Exercises
//
// **3.1** For the linear schedule with $T = 1000$: at which first step $t$ is the noise stronger than the picture, $\mathrm{SNR}_t < 1$?
//
// **3.2** Jump from $t = 100$ straight to $t = 400$: $x_{400} = a\,x_{100} + b\,\epsilon$. What are $a$ and $b$? (Use only $\bar\alpha_{100}$ and $\bar\alpha_{400}$.)

// %% jupyter={"source_hidden": true}
// Judges of 3.1 and 3.2. Answer first.
const first = schedule.snr.findIndex((snr) => snr < 1);
const judge31 = (at: number): string | true => at === first || (at === first - 1
  ? "one step too early: asked is the first step at which it has happened" : schedule.snr[at] < 1
  ? "there the noise is stronger, but it was so a step before" : "there the picture is still the stronger one");
const factors = schedule.alpha.slice(101, 401).reduce((left, alpha) => left * alpha, 1);
const is = (one: number, other: number): boolean => Math.abs(one - other) < 1e-4;
const judge32 = ([a, b]: readonly number[]): string | true => is(a, factors)
  ? "so much of the *variance* of the picture is left; a is a factor of the picture" : !is(a, Math.sqrt(factors))
  ? "a must turn √ᾱ₁₀₀ into √ᾱ₄₀₀"
  : is(b, Math.sqrt(1 - factors)) || "a is right; now let the variances add up to 1 − ᾱ₄₀₀";

// %% tags=["exercise"]
const answer31: number | undefined = undefined; // find it with schedule.snr
const answer32: readonly number[] | undefined = undefined; // [a, b]

check("3.1", answer31, judge31);
check("3.2", answer32, judge32);

// %% tags=["solution"] jupyter={"source_hidden": true}
const answer31: number | undefined = schedule.alphaBar.findIndex((alphaBar) => alphaBar < 0.5);
const ratio = schedule.alphaBar[400] / schedule.alphaBar[100];
const answer32: readonly number[] | undefined = [Math.sqrt(ratio), Math.sqrt(1 - ratio)];

check("3.1", answer31, judge31);
check("3.2", answer32, judge32);

// %% [markdown]
// ## Summary
//
// - One step shrinks and adds: $x_t = \sqrt{1-\beta_t}\,x_{t-1} + \sqrt{\beta_t}\,\epsilon$. The shrinking keeps the variance at 1.
// - All steps together are one jump: $x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\epsilon$. We walked and jumped 20 000 pixels, and neither crowd was off by more than chance.
// - The schedule decides where the steps are spent. Its end must be pure noise.
//
// **Read on:** Ho, Jain and Abbeel 2020, *Denoising diffusion probabilistic models*, section 2 · Nichol and Dhariwal 2021, *Improved denoising diffusion probabilistic models*, section 3.2 (cosine) · Lin et al. 2024, *Common diffusion noise schedules and sample steps are flawed*. **Next:** [04 · The training objective](04-training-objective.ipynb).

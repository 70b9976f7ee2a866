// %% [markdown]
// # 2 · The core idea
//
// A diffusion model destroys data step by step and learns to undo each step. Why *steps*? Why Gaussians? What is learned, and what is given? Here the data is two numbers, $+1$ and $-1$, and every answer is exact.
//
// **After this you can**
// - compute the exact step back by Bayes' rule;
// - say, with a number, when a Gaussian is good enough for it;
// - name what is fixed and what is learned, and write both as formulas;
// - explain why a perfect network fails in two steps.
//
// **You need** [00](00-welcome.ipynb) and Bayes' rule. **It takes** 20 minutes; the cells run in half a minute and 1 GB.

// %%
import * as d3 from "d3";
import * as lab from "diffusion-lab";
import { check, formula, play, sealed, show, slider, table } from "diffusion-lab/notebook";
const { tf } = lab;
const schedule = lab.linearSchedule({ T: 1000 });
const { alpha, alphaBar, beta, T } = schedule;
const [blue, orange, , , , , black] = lab.palette;
const across = d3.scaleLinear([-3, 3], [24, 696]);

// %% [markdown]
// ## Three questions first
//
// They give no credit. Answer with a letter, from memory.
//
// **R1** In the picture of [00](00-welcome.ipynb), which process has nothing to learn? *a* adding noise · *b* removing noise · *c* both learn
//
// **R2** Where does drawing a new picture begin? *a* at a training picture · *b* at a blurred picture · *c* at pure noise
//
// **R3** $a$ and $b$ are independent and have variance 1. What is the variance of $\sqrt{0.9}\,a+\sqrt{0.1}\,b$? *a* 0.82 · *b* 1 · *c* 1.26

// %% tags=["exercise"]
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: undefined, R2: undefined, R3: undefined };

check("R1", recalled.R1, sealed("R1", "39b37f2a"), "one of the two rules was written down by hand");
check("R2", recalled.R2, sealed("R2", "6c284299"), "no picture is given to the sampler; look at xT in 00");
check("R3", recalled.R3, sealed("R3", "ce5a85dc"), "variances add, each times the square of its weight");

// %% tags=["solution"] jupyter={"source_hidden": true}
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: "a", R2: "c", R3: "b" };

check("R1", recalled.R1, sealed("R1", "39b37f2a"), "one of the two rules was written down by hand");
check("R2", recalled.R2, sealed("R2", "6c284299"), "no picture is given to the sampler; look at xT in 00");
check("R3", recalled.R3, sealed("R3", "ce5a85dc"), "variances add, each times the square of its weight");

// %% [markdown]
// ## A world of two points
//
// Half of our data is $+1$, half is $-1$. The forward process shrinks a value and adds noise, [notebook 03](03-forward-process.ipynb) shows how. At time $t$ a value is
//
// $$x_t=\sqrt{\bar\alpha_t}\,x_0+\sqrt{1-\bar\alpha_t}\,\epsilon ,\qquad \epsilon\sim\mathcal N(0,1).$$
//
// $\bar\alpha_t$ falls from 1 to nearly 0. So the density of $x_t$ is a sum of two bells, one around $+\sqrt{\bar\alpha_t}$ and one around $-\sqrt{\bar\alpha_t}$. The formula below is compared with the library at $t=300$.

// %%
const normal = (x: number, mean: number, variance: number): number =>
  Math.exp(-((x - mean) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);
/** q(x_t) at x: two bells, of equal weight. */
const density = (x: number, t: number): number =>
  [1, -1].reduce((sum, x0) => sum + 0.5 * normal(x, Math.sqrt(alphaBar[t]) * x0, 1 - alphaBar[t]), 0);
const grid = d3.range(-4, 4.0001, 0.02);
const ideal = lab.mixtureDenoiser(schedule, { means: [[1], [-1]], covariances: [0] });
const column = tf.tensor2d(grid, [grid.length, 1]);
const logs = ideal.logDensity(column, tf.fill([grid.length], 300));
formula("q = (exp(-(x - sqrt(alphaBar))^2 / (2*(1 - alphaBar))) + exp(-(x + sqrt(alphaBar))^2 / (2*(1 - alphaBar))))" +
  " / (2*sqrt(2*pi*(1 - alphaBar)))").agrees(tf.exp(logs), { x: grid, alphaBar: alphaBar[300] }, { tolerance: 1e-5 });

// %% [markdown]
// ## The two processes
//
// Sixty particles start at $\pm1$ and walk **forward**: a thousand small steps that add noise. Sixty *other* particles start as noise and walk **back** with the best possible denoiser, which here is a formula. The film shows the first walk, then the second.
//
// **Predict.** Will a particle that comes back retrace the path of one that went? When will you be able to tell at which end it arrives: early, in the middle, or in the last steps?

// %%
const moments = d3.range(0, T + 1, 25);
const walker = new lab.RandomStream(4, "forward");
const there: number[][] = [Array.from({ length: 60 }, (_, i) => (i < 30 ? 1 : -1))];
for (let t = 1; t <= T; t++) {
  there.push(there[t - 1].map((x) => Math.sqrt(1 - beta[t]) * x + Math.sqrt(beta[t]) * walker.normal()));
}
const fresh = (draw: number, shape: readonly number[]) =>
  tf.tensor(new lab.RandomStream(5, "back", draw).normals(shape[0]), [...shape]);
const back: number[][] = [];
const walk = lab.ddpm(ideal, schedule, fresh(0, [60, 1]), { steps: T, noise: fresh });
const last = await lab.sample(walk, { onStep: ({ t, xt }) => { back[t] = [...xt.dataSync()]; } });
const ended = back.splice(0, 1, [...last.dataSync()]);

// %%
type Curve = readonly [y: readonly number[], colour: string, dash?: string];
const picture = (name: string, lines: Curve[], dots: number[] = [], side = dots, foot = dots.length ? 262 : 200) =>
  lab.drawing(720, foot + 6, (svg) => {
  lab.mathText(svg, name, 360, 24, { size: 15 });
  const up = d3.scaleLinear([0, d3.max(lines, ([y]) => d3.max(y)) ?? 1], [180, 46]);
  const shape = (y: readonly number[]) => d3.line<number>((i) => across(grid[i]), (i) => up(y[i]))(d3.range(50, 351))!;
  for (const [y, colour, dash = "none"] of lines) svg.append("path").attr("d", shape(y)).attr("fill", "none")
    .attr("stroke", colour).attr("stroke-width", 2.2).attr("stroke-dasharray", dash);
  svg.append("path").attr("d", "M24,180H696").attr("stroke", black);
  for (const x of d3.range(-3, 4)) lab.mathText(svg, String(x).replace("-", "−"), across(x), foot);
  dots.forEach((x, i) => svg.append("circle").attr("cx", across(x)).attr("cy", 188 + (i % 30) * 1.9).attr("r", 3)
    .attr("fill", side[i] > 0 ? blue : "none").attr("stroke", side[i] > 0 ? blue : orange)); }, name);

// %%
const bells = (t: number) => grid.map((x) => density(x, Math.max(t, 2)));
const frame = (way: string, t: number, x: number[], side: number[]) =>
  picture(`${way}, t = ${t}`, [[bells(t), black]], x, side);
const film = [
  ...moments.map((t) => frame("forward", t, there[t], there[0])),
  ...[...moments].reverse().map((t) => frame("back", t, back[t], back[0])),
];
play({ label: "frame", min: 0, max: film.length - 1, value: 8, interval: 120, onChange: (i) => film[i] })

// %% [markdown]
// *Across: the value $x_t$. The curve is the exact density, drawn to full height in each frame. Full blue dots: the particle starts (or will end) at +1; open orange dots: at −1.*
//
// **Explanation.** Forward, the two groups drift together until nobody can tell them apart. Back, the same bells part again, yet the particles are others and their noise is fresh: nothing is retraced. Only the *crowd* comes back. Its end is open for a long time and is decided in the middle, when the two bells part.
//
// **Predict.** Below are twelve paths of each kind. Which panel was computed backwards, A or B?

// %%
const joined = (paths: number[][]) => d3.range(12).flatMap((k) =>
  [...d3.range(0, T + 1, 5).map((t) => paths[t][5 * k]), NaN]);
const ticks = d3.range(12).flatMap(() => [...d3.range(0, T + 1, 5), NaN]);
const panel = (title: string, paths: number[][], colour: string) => lab.lineChart({
  title, x: { title: "time t", unit: "1" }, y: { title: "value x", unit: "1", range: [-3, 3] },
  series: [{ name: `12 paths, panel ${title}`, x: ticks, y: joined(paths), colour }],
});
show(lab.sideBySide([panel("A", back, black), panel("B", there, black)], { width: 960, height: 340 }));

// %% [markdown]
// **Explanation.** A was computed backwards, and you could not see it. That is the goal of the whole subject: the two processes produce paths with the *same* probabilities, although one starts from data and the other from noise.
//
// ## Destroying is fixed
//
// Forward, the probability of a whole path is a product of given Gaussians:
//
// $$q(x_{1:T}\mid x_0)=\prod_{t=1}^{T}q(x_t\mid x_{t-1}),\qquad q(x_t\mid x_{t-1})=\mathcal N\big(\sqrt{1-\beta_t}\,x_{t-1},\,\beta_t\big).$$
//
// Nothing is learned here. It must only end in noise that we can draw without data.
//
// **Predict.** How far is $q(x_t)$ from $\mathcal N(0,1)$ at $t=500$, half way?

// %%
/** KL(p ‖ q) = ∫ p ln(p/q), in nats, as a sum over a fine grid. */
function divergence(p: (x: number) => number, q: (x: number) => number, [low, high]: [number, number] = [-7, 7]) {
  const step = (high - low) / 2000;
  return d3.sum(d3.range(low + step / 2, high, step), (x) => (p(x) > 0 ? p(x) * Math.log(p(x) / q(x)) * step : 0));
}
const until800 = d3.range(25, 801, 25);
const toNoise = until800.map((t) => divergence((x) => density(x, t), (x) => normal(x, 0, 1)));
show(lab.lineChart({
  title: "How far q(x<sub>t</sub>) is from pure noise", x: { title: "time t", unit: "1" },
  y: { title: "KL to N(0, 1)", unit: "nats", log: true },
  series: [{ name: "two points", x: until800, y: toNoise }],
}));

// %% [markdown]
// **Explanation.** At $t=500$ the divergence is $3\cdot10^{-6}$ already; from $t=900$ on it is lost in rounding. So $x_T\sim\mathcal N(0,1)$ is an approximation that costs nothing *here*. (For images it is near enough, too, if $\bar\alpha_T$ is small.)
//
// ## The step back, by Bayes' rule
//
// We know how $x_t$ arises from an earlier $x_s$. Bayes' rule turns this round:
//
// $$q(x_s\mid x_t)=\frac{q(x_t\mid x_s)\,q(x_s)}{q(x_t)} .$$
//
// If $x_0$ were known, the answer would be one Gaussian. It is unknown, so the answer is a **mixture**: one Gaussian for $+1$ and one for $-1$, each weighted with its probability.

// %%
/** q(x_s | x_t = x): a mixture of two Gaussians, and the one Gaussian with its mean and variance. */
function stepBack(s: number, t: number, x: number) {
  const jump = 1 - alphaBar[t] / alphaBar[s]; // β of the jump from s to t
  const data = (Math.sqrt(alphaBar[s]) * jump) / (1 - alphaBar[t]);
  const centre = (Math.sqrt(1 - jump) * (1 - alphaBar[s]) * x) / (1 - alphaBar[t]);
  const variance = (jump * (1 - alphaBar[s])) / (1 - alphaBar[t]);
  const plus = (0.5 * normal(x, Math.sqrt(alphaBar[t]), 1 - alphaBar[t])) / density(x, t);
  const at = (y: number) => plus * normal(y, centre + data, variance) + (1 - plus) * normal(y, centre - data, variance);
  const [mean, spread] = [centre + data * (2 * plus - 1), variance + 4 * data ** 2 * plus * (1 - plus)];
  return { jump, plus, at, mean, variance, spread, d: (2 * data) / Math.sqrt(variance) };
}

// %%
const [s, t, seen] = [300, 500, 0.4];
const step = stepBack(s, t, seen);
const byBayes = formula("posterior = likelihood * prior / evidence");
const likelihood = grid.map((y) => normal(seen, Math.sqrt(1 - step.jump) * y, step.jump));
byBayes.agrees(grid.map(step.at), { likelihood, prior: grid.map((y) => density(y, s)), evidence: density(seen, t) },
  { tolerance: 1e-10 });
// How many standard deviations the two means lie apart.
formula("d = 2 * sqrt(alphaBarS) * sqrt(beta) / sqrt((1 - alphaBar) * (1 - alphaBarS))",
  { symbols: { alphaBarS: "\\bar\\alpha_s", beta: "\\beta" } })
  .agrees(step.d, { alphaBar: alphaBar[t], alphaBarS: alphaBar[s], beta: step.jump });

// %% [markdown]
// The mixture is Bayes' rule, to ten digits. The second formula says how far its two means lie apart, counted in their standard deviation: $d$ grows with the root of the jump's $\beta$.
//
// **Predict.** We see $x_{500}=0$, the hardest value: both ends are equally likely. What does the exact step back look like if the jump is one step? If it is 400 steps? Drag the slider.

// %%
const jumps = [1, 20, 50, 100, 150, 200, 250, 300, 350, 400, 450];
const bits = jumps.map((steps) => {
  const one = stepBack(500 - steps, 500, 0);
  const gaussian = (y: number): number => normal(y, one.mean, one.spread);
  const gap = divergence(one.at, gaussian);
  const [noise, apart] = [one.jump, one.d].map((value) => value.toPrecision(2));
  const title = `${steps} steps at once: β = ${noise}, d = ${apart}`;
  return picture(`${title}, KL = ${gap.toExponential(0)}`,
    [[grid.map(one.at), blue], [grid.map(gaussian), orange, "7 4"]]);
});
slider({ label: "jump", min: 0, max: bits.length - 1, value: 8, onChange: (i) => bits[i] })

// %% [markdown]
// *Blue: the exact $q(x_s\mid x_t=0)$, $t=500$. Orange, dashed: the Gaussian nearest to it, which has the same mean and variance.*
//
// **Explanation.** For one step the two curves are one. The mixture has two parts, but they lie 0.06 deviations apart. From $d=2$ on there are two humps, and no Gaussian can have two.
//
// So small steps are not a matter of patience. They make the unknown distribution *simple*: if $\beta$ is small, a mean and a variance describe it.
//
// **Predict.** Halve the jump's $\beta$. By what factor does the divergence from the nearest Gaussian fall: 2, 4 or 8?

// %%
const gapAt = (from: number, to: number, x: number): number => {
  const { at, mean, spread } = stepBack(from, to, x);
  const reach = 9 * Math.sqrt(spread);
  return divergence(at, (y) => normal(y, mean, spread), [mean - reach, mean + reach]);
};
/** The divergence that a random x_t meets: ∫ q(x_t)·KL dx_t. */
const meanGap = (from: number, to: number): number =>
  d3.sum(d3.range(-3.9, 4, 0.3), (x) => 0.3 * density(x, to) * gapAt(from, to, x));
const starts = [499, 498, 496, 492, 484, 468, 436, 400, 350, 300, 200, 100];
const betas = starts.map((from) => stepBack(from, 500, 0).jump);
const hardest = starts.map((from) => gapAt(from, 500, 0));
const average = starts.map((from) => meanGap(from, 500));

// %%
show(lab.lineChart({
  title: "Distance of the exact step back from the nearest Gaussian, t = 500",
  x: { title: "β of the jump", unit: "1", log: true }, y: { title: "KL", unit: "nats", log: true },
  series: [
    { name: "x<sub>t</sub> = 0, the hardest", x: betas, y: hardest, mode: "lines+markers" },
    { name: "mean over x<sub>t</sub>", x: betas, y: average, mode: "lines+markers", dash: "dash" },
  ],
}));
const slope = (y: readonly number[]): number => Math.log(y[2] / y[0]) / Math.log(betas[2] / betas[0]);
table([{ "slope at x_t = 0": slope(hardest), "slope of the mean": slope(average) }], { digits: 2 });

// %% [markdown]
// **Explanation.** For small $\beta$ the slope of the mean is 3: half the $\beta$ means an eighth of the divergence. Twice as many steps, each eight times better, are four times better in total. (At $x_t=0$ the slope is 4: there the two halves are even, and the mixture is symmetric.)
//
// **Predict.** And near the data? Below, each row is *one* step, at another time.

// %%
table([20, 100, 300, 500].map((time) => {
  const around = d3.range(-3.99, 4, 0.02);
  const gap = (x: number): number => gapAt(time - 1, time, x);
  return { t: time, "d of one step": stepBack(time - 1, time, 0).d, "KL at x_t = 0": gap(0),
    "KL, mean over x_t": d3.sum(around, (x) => 0.02 * density(x, time) * gap(x)) };
}), { digits: 2 });

// %% [markdown]
// **Explanation.** Near the data $d$ is large again. It does little harm: $x_t=0$ hardly ever occurs, and near a point one weight is almost 1.
//
// ## The framework
//
// | | forward | reverse |
// |---|---|---|
// | path | $q(x_{1:T}\mid x_0)=\prod q(x_t\mid x_{t-1})$ | $p_\theta(x_{0:T})=p(x_T)\prod p_\theta(x_{t-1}\mid x_t)$ |
// | start | data $x_0$ | noise $p(x_T)=\mathcal N(0,I)$ |
// | one step | $\mathcal N(\sqrt{1-\beta_t}\,x_{t-1},\,\beta_t I)$, exact | $\mathcal N(\mu_\theta(x_t,t),\,\sigma_t^2 I)$, an approximation |
// | given | $\beta_t$, $T$ | $\sigma_t$ |
// | learned | nothing | $\mu_\theta$ |
//
// **Predict.** Take one forward path. Multiply its densities forwards from $q(x_1)$, then backwards from $q(x_T)$ with exact steps back. Which product is larger?

// %%
const path = there.map((xs) => xs[0]);
const later = d3.range(2, T + 1);
const forward = later.map((i) => normal(path[i], Math.sqrt(alpha[i]) * path[i - 1], beta[i]));
const backward = later.map((i) => stepBack(i - 1, i, path[i]).at(path[i - 1]));
const product = formula("logq = log(first) + sum(log(factors))", { symbols: { logq: "\\log q(x_{1:T})" } });
const forwards = Number(product.evaluate({ first: density(path[1], 1), factors: forward }));
product.agrees(forwards, { first: density(path[T], T), factors: backward }, { tolerance: 1e-9 });
const nearestTo = ({ mean, spread }: ReturnType<typeof stepBack>, x: number): number => normal(x, mean, spread);
const gaussians = later.map((i) => nearestTo(stepBack(i - 1, i, path[i]), path[i - 1]));
const approximate = Number(product.evaluate({ first: density(path[T], T), factors: gaussians }));
table([{ "log of the exact product": forwards, "with Gaussian steps back": approximate }], { digits: 7 });

// %% [markdown]
// **Explanation.** The two products are equal: the same joint distribution, read from its two ends. With a Gaussian in place of each of the 999 exact steps, the sum of logarithms changes by nothing that is seen in seven digits. That is $p_\theta$ with a perfect mean and variance.
//
// ## A tempting idea: two big steps
//
// If the network is perfect, why not take two steps instead of a thousand? Here the denoiser *is* perfect: $\hat x_0=E[x_0\mid x_t]$ is a formula.
//
// **Predict.** Draw 10 000 values with 1, 2, 4, … steps. Where do they end?

// %%
const tanh = formula("x0Hat = tanh(sqrt(alphaBar) * xt / (1 - alphaBar))");
const guesses = tf.squeeze(ideal.predict(column, tf.fill([grid.length], 300)));
tanh.agrees(guesses, { xt: grid, alphaBar: alphaBar[300] }, { tolerance: 1e-5 });
const n = 10_000;
const ends: Record<number, Float32Array> = {};
for (const steps of [1, 2, 4, 16, 64, 250]) {
  const draws = (draw: number, shape: readonly number[]) =>
    tf.tensor(new lab.RandomStream(6, `${steps} steps`, draw).normals(n), [...shape]);
  const drawn = await lab.sample(lab.ddpm(ideal, schedule, draws(0, [n, 1]), { steps, noise: draws }));
  ends[steps] = drawn.dataSync() as Float32Array;
}

// %%
const off = (x: number): number => Math.abs(Math.abs(x) - 1);
show(lab.sideBySide([2, 4, 16, 64].map((steps) => lab.histogramChart({
  title: `${steps} steps`, x: { title: "value x", unit: "1", range: [-1.1, 1.1] }, bins: 44, width: 270, height: 260,
  series: [{ name: "10 000 values drawn", values: ends[steps], colour: blue }],
})), { columns: 4, width: 1080, height: 280 }));
table(Object.entries(ends).map(([steps, x]) => {
  const lost = x.filter((value) => off(value) > 0.1).length;
  const { low, high } = lab.wilsonInterval(lost, n);
  const distance = d3.mean(x, off);
  return { steps, n, "mean distance to the data": distance, "farther than 0.1": lost / n, "95 % from": low, to: high };
}), { digits: 3 });

// %% [markdown]
// **Explanation.** Real data has distance 0. One step ends at the mean, two steps in a smear between the points, although nothing about the denoiser is wrong. With more steps the same denoiser draws $\pm1$. *The step was too big for a Gaussian; the network was not to blame.* (Draw from the exact mixture instead and a single step is enough. For images nobody knows the mixture.)
//
// ## What is learned
//
// For a small step only a mean is missing, and least squares finds means. The network sees $x_t$ and guesses the noise in it.
//
// **Predict.** At $t=100$, 200 000 noised values are sorted into narrow bins by $x_t$. Is the mean noise of a bin proportional to $x_t$?

// %%
const [count, time] = [200_000, 100];
const stream = new lab.RandomStream(8, "pairs");
const pairs = Array.from({ length: count }, () => [stream.uniform() < 0.5 ? 1 : -1, stream.normal()]);
const noisy = pairs.map(([x0, eps]) => Math.sqrt(alphaBar[time]) * x0 + Math.sqrt(1 - alphaBar[time]) * eps);
const bins = d3.range(-1.5, 1.51, 0.1).map((centre) => {
  const noises = pairs.filter((_, i) => Math.abs(noisy[i] - centre) < 0.02).map(([, eps]) => eps);
  return { centre, mean: d3.mean(noises)!, error: d3.deviation(noises)! / Math.sqrt(noises.length) };
});
const epsilonHat = formula("epsilonHat = (xt - sqrt(alphaBar) * x0Hat) / sqrt(1 - alphaBar)");
const bestGuess = (x: number): number => epsilonHat.evaluate({
  xt: x, alphaBar: alphaBar[time], x0Hat: tanh.evaluate({ xt: x, alphaBar: alphaBar[time] }) });

// %%
show(epsilonHat);
const centres = bins.map(({ centre }) => centre);
const measured = { y: bins.map((bin) => bin.mean), deviation: bins.map((bin) => 2 * bin.error) };
show(lab.lineChart({
  title: "Noise in x<sub>t</sub> at t = 100: mean of each bin ± 2 standard errors",
  x: { title: "x<sub>t</sub>", unit: "1" }, y: { title: "noise ε", unit: "1" },
  series: [
    { name: "exact E[ε | x<sub>t</sub>]", x: centres, y: centres.map(bestGuess) },
    { name: "200 000 pairs, seed 8", x: centres, ...measured, mode: "markers" },
  ],
}));

// %% [markdown]
// **Explanation.** It is a zigzag. Outside a point the noise pointed outwards; in the middle both ends are possible and cancel. **Training** learns this curve for every $t$: it minimises $\lVert\epsilon-\hat\epsilon_\theta(x_t,t)\rVert^2$. **Drawing** starts from pure noise and uses the curve at every step.
//
// ## Exercises
//
// **2.1 (compute)** Write $P(x_0=+1\mid x_{500}=x)$ as a logistic function $1/(1+e^{-a})$ of $x$.
//
// **2.2 (predict, then find)** At $t=500$ and $x_t=0$: what is the *smallest* jump, in whole steps, at which the exact step back has two humps, $d>2$? Use `stepBack`.

// %% [markdown]
// **2.3 (find the bug)** A student solves the forward step for $x_{t-1}$: "$x_{t-1}=(x_t-\sqrt{\beta_t}\,\hat\epsilon_\theta)/\sqrt{\alpha_t}$". Which factor instead of $\sqrt{\beta_t}$ gives the mean of $q(x_{t-1}\mid x_t)$?
//
// **2.4 (change)** Let 90 % of the data be $+1$. Predict the best guess of $x_0$ for $x_{500}=0$. Then compute it: `lab.mixtureDenoiser` takes `weights`.
//
// **2.5 (judge)** True (T) or false (F)? Five letters.
//
// 1. A step back removes the noise that the forward step had added.
// 2. With a perfect denoiser the number of steps does not matter.
// 3. The forward process has nothing to learn.
// 4. If $x_0$ is known, the exact step back is a Gaussian.
// 5. The mean noise of a bin can be zero although no noise in it is.

// %% jupyter={"source_hidden": true}
// Judges of 2.1 to 2.3. Answer first.
type Answers = readonly (number | undefined)[];
const [places, three] = [[-1, 0, 1], [2, 300, 900]];
const near = (a: Answers, b: readonly number[]): boolean => a.every((one, i) => Math.abs(one! - b[i]) < 1e-6);
const judge21 = (p: Answers): string | true => near(p, places.map((x) => stepBack(499, 500, x).plus)) ||
  (Math.abs(p[1]! - 0.5) > 1e-6 ? "at x = 0 both ends are equally likely" : p[2]! < 0.5 ? "a larger x must favour +1"
    : "½ at x = 0 is right, the slope is not: divide the two likelihoods and collect the exponents");
const apart = (jump: number): number => stepBack(500 - jump, 500, 0).d;
const judge22 = (jump: number): string | true => !Number.isInteger(jump) ? "a whole number of steps is asked for"
  : apart(jump) <= 2 ? "d is not above 2 yet" : apart(jump - 1) <= 2 || "a smaller jump has two humps, too";

// %% jupyter={"source_hidden": true}
// Judges of 2.3 to 2.5. Answer first.
const judge23 = (factor: Answers): string | true => near(factor, three.map((i) => beta[i] / schedule.sigma[i])) ||
  (Math.abs(factor[1]! ** 2 - beta[300]) < 1e-9 ? "this is the student's own factor: it takes out a whole forward noise"
    : "put x̂₀ = (x_t − √(1−ᾱ)·ε̂)/√ᾱ into the mean of q(x_{t−1} | x_t, x_0) and collect the terms with ε̂");
const judge24 = (guess: number): string | true => near([guess], [4 / 5]) || (near([guess], [0])
  ? "so it was with equal weights" : "at x_t = 0 only the weights count; and asked is a mean, no probability");
const why = ["its noise is fresh", "see the histograms", "learn what?", "one part is left", "see the zigzag"];
const judge25 = (letters: string): string | true => !/^[TF]{5}$/.test(letters) ? "five letters T or F are asked for"
  : [...letters].flatMap((one, i) => (one === "T") === i > 1 ? [] : [`claim ${i + 1}: ${why[i]}`])[0] ?? true;

// %% tags=["exercise"]
const probability = (x: number): number | undefined => undefined; // 2.1
const smallestJump: number | undefined = undefined; // 2.2
const factorOf = (t: number): number | undefined => undefined; // 2.3
const guessAtZero: number | undefined = undefined; // 2.4
const verdicts: string | undefined = undefined; // 2.5

check("2.1", places.map(probability), judge21);
check("2.2", smallestJump, judge22);
check("2.3", three.map(factorOf), judge23);
check("2.4", guessAtZero, judge24);
check("2.5", verdicts, judge25);

// %% tags=["solution"] jupyter={"source_hidden": true}
const slopeOf = (2 * Math.sqrt(alphaBar[500])) / (1 - alphaBar[500]);
const probability = (x: number): number | undefined => 1 / (1 + Math.exp(-slopeOf * x));
const smallestJump: number | undefined = d3.range(1, 500).find((jump) => stepBack(500 - jump, 500, 0).d > 2);
const factorOf = (t: number): number | undefined => beta[t] / Math.sqrt(1 - alphaBar[t]);
const uneven = lab.mixtureDenoiser(schedule, { weights: [9, 1], means: [[1], [-1]], covariances: [0] });
const guessAtZero: number | undefined = uneven.predict(tf.zeros([1, 1]), tf.tensor1d([500])).dataSync()[0];
check("2.1", places.map(probability), judge21);
check("2.2", smallestJump, judge22);
check("2.3", three.map(factorOf), judge23);
check("2.4", guessAtZero, judge24);
const verdicts: string | undefined = "FFTTT";
check("2.5", verdicts, judge25);

// %% [markdown]
// ## Summary
//
// - The forward process is given. It ends in noise that needs no data.
// - The exact step back is a mixture. Its distance from a Gaussian falls with $\beta^3$. So a small step needs a mean only.
// - A network learns that mean by least squares. Drawing starts from noise and repeats the step.
//
// **What would change our mind:** many points that few big Gaussian steps draw well.
//
// **Tomorrow, ask yourself:** what does $d$ measure? Why could you not tell A from B? Who is to blame when two steps fail?
//
// **Read:** Sohl-Dickstein et al. 2015, *Deep unsupervised learning using nonequilibrium thermodynamics* · Ho, Jain and Abbeel 2020, section 2. **Next:** [3 · The forward process](03-forward-process.ipynb).

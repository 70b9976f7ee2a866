// %% [markdown]
// # 3 · The forward process
//
// A diffusion model learns to undo damage. This notebook is about the damage: how a digit becomes pure noise, a little at a time, by a rule with nothing to learn in it.
//
// **After this you can**
// - take one noising step, and jump over any number of them;
// - test by measurement that a jump *is* the steps;
// - read a schedule by its signal-to-noise ratio;
// - say when a digit is lost to the eye, and when to Bayes' rule;
// - find a famous mistake in other people's schedules.
//
// **You need** [02](02-core-idea.ipynb), vectors and Gaussian variables. **It takes** 25 minutes; the cells run in under a minute and 1.5 GB.

// %%
import * as d3 from "d3";
import * as lab from "diffusion-lab";
import { check, formula, sealed, show, slider, table } from "diffusion-lab/notebook";
const { tf } = lab;
type Images = lab.tf.Tensor4D;
const [digits, heldOut] = [lab.loadDigits({ split: "train" }), lab.loadDigits({ split: "heldOut" })];
const ten = lab.gatherImages(digits, lab.indicesOfClasses(digits, d3.range(10)));
const x0 = tf.slice(ten, 8, 1) as Images;
const [, , , , , , black] = lab.palette;
show(lab.imageGrid(x0, { scale: 6 }));

// %% [markdown]
// Above is an eight: 28 × 28 pixels, each a number between −1 (black) and 1 (white). For us it is one vector $x_0$ with 784 entries.
//
// ## Three questions first
//
// They give no credit. Answer with a letter, from memory.
//
// **R1** Why many *small* steps? *a* training is shorter · *b* less noise is added · *c* the exact step back is then nearly Gaussian
//
// **R2** What is learned in the forward process? *a* nothing · *b* the $\beta_t$ · *c* the mean
//
// **R3** The data are +1 and −1. What is the best guess of $x_0$ at $t=T$? *a* +1 · *b* 0 · *c* noise

// %% tags=["exercise"]
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: undefined, R2: undefined, R3: undefined };

check("R1", recalled.R1, sealed("3.R1", "058ef276"), "see the mixture of two Gaussians in 02");
check("R2", recalled.R2, sealed("3.R2", "cf388fdf"), "see the table of the framework in 02");
check("R3", recalled.R3, sealed("3.R3", "93dd5755"), "squared error finds a mean");

// %% tags=["solution"] jupyter={"source_hidden": true}
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: "c", R2: "a", R3: "b" };

check("R1", recalled.R1, sealed("3.R1", "058ef276"), "see the mixture of two Gaussians in 02");
check("R2", recalled.R2, sealed("3.R2", "cf388fdf"), "see the table of the framework in 02");
check("R3", recalled.R3, sealed("3.R3", "93dd5755"), "squared error finds a mean");

// %% [markdown]
// ## A tempting idea: just add noise
//
// Add a little Gaussian noise of variance 0.02 to every pixel, 500 times. Or shrink the picture a little before each time: $x\leftarrow\sqrt{1-0.02}\;x+\sqrt{0.02}\;\epsilon$.
//
// **Predict.** The pixels of eight digits have a variance of about 0.5. What is it after 500 steps of each kind?

// %%
const variance = (v: ArrayLike<number>) => tf.tidy(() => tf.moments(Float32Array.from(v)).variance.dataSync()[0]);
const clean = new lab.Normaliser().encode(digits.images.slice(0, 8 * 784));
/** Variance of all pixels: of the clean digits, then after each of 500 steps x ← keep·x + √0.02·ε. */
function follow(keep: number): number[] {
  const noise = new lab.RandomStream(1, "follow");
  let x = clean;
  return d3.range(501).map((step) => {
    if (step > 0) x = x.map((value) => keep * value + Math.sqrt(0.02) * noise.normal());
    return variance(x);
  });
}

// %%
show(lab.lineChart({
  x: { title: "number of steps", unit: "1" }, y: { title: "variance of the pixels", unit: "1", log: true },
  series: [{ name: "only adding", y: follow(1) }, { name: "shrinking, then adding", y: follow(Math.sqrt(1 - 0.02)) }],
}));

// %% [markdown]
// **Explanation.** Only adding, it grows for ever. With shrinking it is drawn to 1 and stays. Both are in use: *variance exploding* (NCSN, EDM) only adds, and scales what the network sees; DDPM is *variance preserving*, so that each $x_t$ has the size a network likes.
//
// ## One step
//
// $$q(x_t\mid x_{t-1})=\mathcal N\big(\sqrt{\alpha_t}\,x_{t-1},\,(1-\alpha_t)I\big),\qquad\alpha_t=1-\beta_t\in(0,1)$$
//
// **Predict.** If $x_{t-1}$ has variance 1, what has $x_t$? And 0.5?

// %%
const schedule = lab.linearSchedule({ T: 1000 });
const { alpha, alphaBar, beta, T } = schedule;
const epsilon = lab.normalNoise(3)(0, [1, 28, 28, 1]) as Images;
const t = 300;
const step = formula("xt = sqrt(alpha) * xPrev + sqrt(1 - alpha) * epsilon", { symbols: { alpha: "\\alpha_t" } });
step.agrees(lab.qStep(schedule, x0, t, epsilon), { alpha: alpha[t], xPrev: x0, epsilon });
const after = formula("after = alpha * before + 1 - alpha", { symbols: { alpha: "\\alpha_t" } });
show(after);
table([{ t, "after 1": after.evaluate({ alpha: alpha[t], before: 1 }),
  "after 0.5": after.evaluate({ alpha: alpha[t], before: 0.5 }) }], { digits: 4 })

// %% [markdown]
// **Explanation.** 1 stays 1. 0.5 moves a little towards 1.
//
// ## How much noise at which step
//
// The $\beta_1,\dots,\beta_T$ are chosen once, by hand: that is the **schedule**. DDPM lets them grow along a line from $10^{-4}$ to $0.02$. The *cosine* schedule was made so that a picture fades evenly.
//
// **Predict.** Where will the two differ most: in the first steps, in the middle, in the last?

// %%
const cosine = lab.cosineSchedule({ T: 1000 });
const both = [schedule, cosine];
const time = { title: "time t", unit: "1" };
const [steps, mode] = [d3.range(1, T + 1), "lines+markers" as const];
show(lab.lineChart({ x: time, y: { title: "β<sub>t</sub>", unit: "1", log: true },
  series: both.map(({ name, beta }) => ({ name, x: steps, y: beta.slice(1) })) }));

// %% [markdown]
// **Explanation.** In the last. Until $t\approx890$ the cosine steps are smaller, up to four times; then they wipe out nearly all that is left: $\beta_T=0.999$.
//
// ## A thousand steps in one jump
//
// Take two steps. What remains of $x_0$ is the product of the two factors. The two noises are independent, so their variances add: $\alpha_2(1-\alpha_1)+(1-\alpha_2)$. That is $1-\alpha_1\alpha_2$: again *one* Gaussian. Go on, and with $\bar\alpha_t=\prod_{i=1}^{t}\alpha_i$ all steps collapse into one:
//
// $$q(x_t\mid x_0)=\mathcal N\big(\sqrt{\bar\alpha_t}\,x_0,\,(1-\bar\alpha_t)I\big)$$
//
// **Predict.** To make $x_{700}$, how many noises must be drawn?

// %%
formula("together = alpha2 * (1 - alpha1) + 1 - alpha2").agrees(1 - alphaBar[2], { alpha1: alpha[1], alpha2: alpha[2] },
  { tolerance: 1e-12 });
formula("alphaBar = alphaBarPrev * alpha", { symbols: { alpha: "\\alpha_t" } }).agrees(alphaBar.slice(1),
  { alphaBarPrev: alphaBar.slice(0, -1), alpha: alpha.slice(1) }, { tolerance: 1e-12 });
const closedForm = formula("xt = sqrt(alphaBar) * x0 + sqrt(1 - alphaBar) * epsilon");
closedForm.agrees(lab.qSample(schedule, x0, t, epsilon), { alphaBar: alphaBar[t], x0, epsilon });

// %% [markdown]
// **Explanation.** One. That is why training is *cheap*: any moment of the film can be reached without playing it.
//
// ## Is it true? Measure it
//
// One pixel has the value 0.8. We walk 20 000 copies of it, each with fresh noise at each step. Other 20 000 copies *jump*. If the claim holds, nobody can tell the two crowds apart. Means are uncertain by $\sqrt{(1-\bar\alpha_t)/n}$, variances by $(1-\bar\alpha_t)\sqrt{2/n}$.
//
// **Predict.** Counted in these standard errors, by how much will mean and variance of each crowd be off?

// %%
const [crowd, value] = [20_000, 0.8];
const normals = (of: string, i: number) => tf.tensor1d(new lab.RandomStream(11, of, i).normals(crowd));
const moments = [1, 10, 25, 50, 100, 150, 200, 300, 400, 500];
const [walked, jumped]: [Record<number, Float32Array>, Record<number, Float32Array>] = [{}, {}];
let walker: lab.tf.Tensor = tf.fill([crowd], value);
for (const i of d3.range(1, 501)) {
  const [noise, before] = [normals("walk", i), walker];
  walker = lab.qStep(schedule, before, i, noise);
  tf.dispose([noise, before]);
  if (moments.includes(i)) walked[i] = walker.dataSync() as Float32Array;
}

// %%
for (const i of moments)
  jumped[i] = lab.qSample(schedule, tf.fill([crowd], value), i, normals("jump", i)).dataSync() as Float32Array;
const rows = [50, 200, 500].flatMap((i) => [walked[i], jumped[i]].map((values, k) => {
  const [centre, spread] = [value * Math.sqrt(alphaBar[i]), 1 - alphaBar[i]];
  return { t: i, by: ["walked", "jumped"][k],
    mean: d3.mean(values)!, "errors off": (d3.mean(values)! - centre) / Math.sqrt(spread / crowd),
    variance: variance(values), "errors off ": (variance(values) - spread) / (spread * Math.sqrt(2 / crowd)) };
}));
const worst = d3.max(rows, (row) => Math.max(Math.abs(row["errors off"]), Math.abs(row["errors off "])))!;
check("many steps equal one jump", worst, (z: number) => z < 4, "no deviation should reach 4 standard errors");
table(rows, { digits: 3 })

// %%
const gaussian = (i: number) => (x: number): number => {
  const [m, v] = [value * Math.sqrt(alphaBar[i]), 1 - alphaBar[i]];
  return Math.exp(-((x - m) ** 2) / (2 * v)) / Math.sqrt(2 * Math.PI * v); };
const crowds = moments.map((i) => lab.histogramChart({ bins: 60,
  title: `20 000 copies of one pixel, t = ${i}`, x: { title: "value of the pixel", unit: "1", range: [-3.5, 3.5] },
  series: [{ name: `${i} steps`, values: walked[i] }, { name: "one jump", values: jumped[i] }],
  density: { name: "the formula", at: gaussian(i) }, height: 340,
}));
slider({ label: "moment", min: 0, max: moments.length - 1, value: 6, onChange: (k) => crowds[k] })

// %% [markdown]
// *The slider counts ten times from 1 to 500.*
//
// **Explanation.** Off by one or two, as chance has it. The histograms differ only by the jitter of counting, and the formula runs through both. Agreement to the eye would be no proof; standard errors are one as far as 20 000 can tell.
//
// ## Ten digits drown
//
// Now the jump on pictures. The same $\epsilon$ is in every frame, so that only its share changes.
//
// **Predict.** Drag $t$ upwards. When do you lose the last digit in each row, before half of the time or after?

// %%
const ofTen = lab.normalNoise(5)(0, ten.shape);
const film = d3.range(0, 1001, 50).map((i) => {
  const [above, below] = both.map((one) => lab.qSample(one, ten, i, ofTen));
  return lab.filmStrip(d3.range(10).map((k) => tf.concat([above, below].map((row) => tf.slice(row, k, 1))) as Images),
    { rowLabels: both.map(({ name }) => name), range: [-2, 2], title: `t = ${i}`, scale: 2 });
});
slider({ label: "t/50", min: 0, max: 20, value: 6, onChange: (k) => film[k] })

// %% [markdown]
// *Black is −2, white 2; beyond is clipped. The slider counts steps of 50.*
//
// **Explanation.** Linear: most are gone to the eye soon after the middle, and the last third turns noise into noise. Cosine: they fade evenly.
//
// What is left fits into one number, the **signal-to-noise ratio** $\mathrm{SNR}_t=\bar\alpha_t/(1-\bar\alpha_t)$: the strength of the picture over that of the noise.
//
// **Predict.** When is a pixel as much noise as picture, $\mathrm{SNR}=1$, in each schedule? Could you still read the digit there?

// %%
const ratio = formula("SNR = alphaBar / (1 - alphaBar)", { symbols: { SNR: "\\mathrm{SNR}_t" } });
ratio.agrees(schedule.snr.slice(1), { alphaBar: alphaBar.slice(1) }, { tolerance: 1e-9 });
const crossing = (one: lab.Schedule, level: number): number => one.snr.findIndex((snr) => snr < level);
const marks = both.flatMap((one) => [1, 0.1].map((level) =>
  ({ schedule: one.name, SNR: level, "first t": crossing(one, level) })));
show(lab.lineChart({ x: time, y: { title: "SNR<sub>t</sub>", unit: "1", log: true, range: [1e-4, 1e4] }, series: [
  ...both.map(({ name, snr }) => ({ name, x: steps, y: snr.slice(1) })),
  { name: "1 and 0.1", x: marks.map((mark) => mark["first t"]), y: marks.map(({ SNR }) => SNR), mode: "markers",
    colour: black },
] }));
table(marks)

// %% [markdown]
// *The chart ends at $10^{-4}$.*
//
// **Explanation.** Look at those times in the film: you can still read most digits, for your eye averages over many pixels.
//
// ## When is a digit really lost?
//
// Eyes are no measure. Take a reader that knows all 9000 training digits and uses Bayes' rule: it weights each by how likely it makes $x_t$, and names the class with the most weight. We let it read 300 new digits.
//
// **Predict.** Of clean digits it reads 95 %. How many at $\mathrm{SNR}=1$: 95, 70 or 40 %? And which schedule hides digits better *at the same SNR*?

// %%
const data = tf.tensor2d(new lab.Normaliser().encode(digits.images), [digits.count, 784]);
const lengths = tf.mul(tf.sum(tf.square(data), 1), 0.5);
const classes = tf.cast(tf.oneHot(tf.tensor1d([...digits.labels], "int32"), 10), "float32");
const unseen = tf.reshape(lab.gatherImages(heldOut, d3.range(300)), [300, 784]);
/** Which class Bayes' rule finds in each x_t. */
const read = (one: lab.Schedule, i: number) => tf.tidy(() => {
  const xt = lab.qSample(one, unseen, i, lab.normalNoise(3)(i, [300, 784]));
  const products = tf.mul(tf.matMul(xt, data, false, true), one.signal(i));
  const logs = tf.div(tf.sub(products, tf.mul(lengths, one.alphaBar[i])), 1 - one.alphaBar[i]);
  return tf.argMax(tf.matMul(tf.softmax(logs as lab.tf.Tensor2D), classes), 1).dataSync();
});

// %%
const when = [[1, 100, 200, 260, 350, 430, 500, 600, 700, 850], [100, 300, 500, 600, 700, 800, 850, 900, 950, 990]];
const readings = both.map((one, k) => when[k].map((i) => {
  const hits = d3.sum(read(one, i), (found, j) => Number(found === heldOut.labels[j]));
  const { low, high } = lab.wilsonInterval(hits, 300);
  return { t: i, snr: one.snr[i], right: hits / 300, half: (high - low) / 2 };
}));
const against = (key: "t" | "snr") => both.map(({ name }, k) => ({ name, x: readings[k].map((one) => one[key]),
  y: readings[k].map((one) => one.right), deviation: readings[k].map((one) => one.half), mode }));
const share = { title: "share read", unit: "1", range: [0, 1] as const };
const panels = [lab.lineChart({ x: time, y: share, series: against("t") }), lab.lineChart({
  x: { title: "SNR", unit: "1", log: true, range: [1e-4, 1e2] as const }, y: share, series: against("snr") })];
show(lab.sideBySide(panels, { columns: 2, width: 1000, height: 360 }));

// %% [markdown]
// *300 held-out digits, seed 3; bands: 95 %. Chance is 0.1.*
//
// **Explanation.** At $\mathrm{SNR}=1$ it reads nearly as well as clean digits: 784 pixels help each other. At 0.1 it still reads two of three; near 0.001 it all but guesses.
//
// Over time the two schedules differ. Over the SNR they are *one curve*: what $x_t$ still tells depends on the SNR alone. A schedule only decides *when* each SNR comes, and how many steps are spent there.
//
// ## A famous mistake
//
// Drawing starts from pure noise, so $x_T$ must *be* pure noise. The range $10^{-4}\dots0.02$ was made for $T=1000$.
//
// **Predict.** Somebody takes it for 50 steps. How much of the digit is left in $x_{50}$?

// %%
const naive = d3.range(50).map((i) => 1e-4 + (i / 49) * (0.02 - 1e-4));
const left = naive.reduce((product, b) => product * (1 - b), 1);
const scaled = lab.linearSchedule({ T: 50 });
const ends = [left, scaled.alphaBar[50]].map((share) =>
  tf.add(tf.mul(ten, Math.sqrt(share)), tf.mul(ofTen, Math.sqrt(1 - share))));
show(lab.filmStrip(d3.range(10).map((k) => tf.concat(ends.map((row) => tf.slice(row, k, 1))) as Images),
  { rowLabels: ["as for 1000", "times 1000/T"], range: [-2, 2], scale: 2 }));
table([{ "50 steps": "β as for 1000 steps", "ᾱ at the end": left, SNR: left / (1 - left) },
  { "50 steps": "β times 1000/T", "ᾱ at the end": scaled.alphaBar[50], SNR: scaled.snr[50] }], { digits: 3 })

// %% [markdown]
// **Explanation.** More than half of it. A model trained so has never seen pure noise, and is asked to start from it. `linearSchedule` scales $\beta$ by $1000/T$, warns when the SNR at the end is above 0.01, and refuses what cannot work.
//
// ## Exercises
//
// **3.1 (find)** Linear schedule, $T=1000$: which is the first $t$ with $\mathrm{SNR}_t<1$?
//
// **3.2 (compute)** Jump from 100 to 400: $x_{400}=a\,x_{100}+b\,\epsilon$. What are $a$ and $b$, from $\bar\alpha_{100}$ and $\bar\alpha_{400}$?
//
// **3.3 (change)** Write $x_t$ as variance exploding does: $x_t=\sqrt{\bar\alpha_t}\,(x_0+\sigma\epsilon)$. Which $\sigma$, as a function of $\bar\alpha_t$?

// %% [markdown]
// **3.4 (find the bug)** A student jumps with $x_t=\bar\alpha_t\,x_0+(1-\bar\alpha_t)\,\epsilon$. Data and noise have variance 1. What variance has his $x_t$ where $\bar\alpha_t=\tfrac12$?
//
// **3.5 (judge)** T or F, five letters.
//
// 1. Without shrinking, no diffusion model can be trained.
// 2. $x_{700}$ can be made without $x_{699}$.
// 3. At equal SNR, two schedules leave the same information.
// 4. At $\mathrm{SNR}=1$ nobody can read the digit.
// 5. For 50 steps one takes every twentieth $\beta$ of 1000.

// %% jupyter={"source_hidden": true}
// Judges of 3.1 and 3.2. Answer first.
const first = crossing(schedule, 1);
const judge31 = (at: number): string | true => at === first || (at === first - 1
  ? "one step too early: asked is the first step at which it has happened" : schedule.snr[at] < 1
  ? "there the noise is stronger, but it was so a step before" : "there the picture is still the stronger one");
const product = d3.range(101, 401).reduce((so, i) => so * alpha[i], 1);
const near = (one: number | undefined, other: number): boolean => Math.abs(one! - other) < 1e-4;
const judge32 = ([a, b]: readonly (number | undefined)[]): string | true => near(a, product)
  ? "so much of the variance of the picture is left; a is a factor of the picture" : !near(a, Math.sqrt(product))
  ? "a must turn √ᾱ₁₀₀ into √ᾱ₄₀₀"
  : near(b, Math.sqrt(1 - product)) || "a is right; now let the variances add up to 1 − ᾱ₄₀₀";

// %% jupyter={"source_hidden": true}
// Judges of 3.3 and 3.4. Answer first.
const places = [0.9, 0.5, 0.01];
const all = (found: readonly (number | undefined)[], right: (share: number) => number): boolean =>
  found.every((one, i) => near(one, right(places[i])));
const judge33 = (found: readonly (number | undefined)[]): string | true => all(found, (a) => Math.sqrt((1 - a) / a)) ||
  (all(found, (a) => (1 - a) / a) ? "that is the variance" : all(found, (a) => Math.sqrt(1 - a))
    ? "that is the noise in x_t; σ stands inside the bracket" : "compare the factors of ε on both sides");
const judge34 = (v: number): string | true => near(v, 0.5 ** 2 + 0.5 ** 2) ||
  (near(v, 1) ? "so it is with roots; he left them out" : "variances add, each times the square of its factor");

// %% tags=["exercise"]
const firstTime: number | undefined = undefined; // 3.1
const jumpFactors: readonly (number | undefined)[] = [undefined, undefined]; // 3.2: a, b
const sigmaOf = (share: number): number | undefined => undefined; // 3.3: of ᾱ_t
const hisVariance: number | undefined = undefined; // 3.4
const verdicts: string | undefined = undefined; // 3.5

check("3.1", firstTime, judge31);
check("3.2", jumpFactors, judge32);
check("3.3", places.map(sigmaOf), judge33);
check("3.4", hisVariance, judge34);
check("3.5", verdicts, sealed("3.5", "36856b2f"), "five letters; see the charts of variance, SNR and reading");

// %% tags=["solution"] jupyter={"source_hidden": true}
const firstTime: number | undefined = alphaBar.findIndex((share) => share < 0.5);
const remaining = alphaBar[400] / alphaBar[100];
const jumpFactors: readonly (number | undefined)[] = [Math.sqrt(remaining), Math.sqrt(1 - remaining)];
const sigmaOf = (share: number): number | undefined => Math.sqrt((1 - share) / share);
const hisVariance: number | undefined = 1 / 4 + 1 / 4;
const verdicts: string | undefined = "FTTFF";
check("3.1", firstTime, judge31);
check("3.2", jumpFactors, judge32);
check("3.3", places.map(sigmaOf), judge33);
check("3.4", hisVariance, judge34);
check("3.5", verdicts, sealed("3.5", "36856b2f"), "five letters; see the charts of variance, SNR and reading");

// %% [markdown]
// ## Summary
//
// - One step shrinks and adds noise, so that the variance goes to 1. All steps together are one jump.
// - The SNR says what is left. A schedule only decides when each SNR comes.
// - A digit outlives $\mathrm{SNR}=1$: pixels help each other.
// - A schedule must end in pure noise.
//
// **What would change our mind:** two schedules, equal SNR, unlike readings.
//
// **Tomorrow, ask yourself:** why do variances add? What does $\mathrm{SNR}=0.1$ mean to a reader?
//
// **Read:** Ho, Jain and Abbeel 2020, section 2 · Nichol and Dhariwal 2021, section 3.2 (cosine) · Lin et al. 2024, *Common diffusion noise schedules and sample steps are flawed*. **Next:** [4 · The training objective](04-training-objective.ipynb).

// %% [markdown]
// # 8 · Conditional generation
//
// We want *this* digit, the other half of *this* picture, *these* words. A condition $c$ is one more input of the network: $\hat\epsilon_\theta(x_t,t,c)$. Guidance then leans on the difference between two answers. What it draws is not what most texts say; here you can compute it.
//
// **After this you can**
// - give a network a label, a picture or a text;
// - combine two answers by guidance, in both conventions of its scale;
// - say with a number what guidance samples, and what it does not;
// - choose a scale by accuracy, diversity and distance.
//
// **You need** [04](04-training-objective.ipynb) and [05](05-reverse-process.ipynb). **It takes** 30 minutes; the cells run in three minutes and 2 GB.

// %%
import * as d3 from "d3";
import * as lab from "diffusion-lab";
import { check, formula, progress, sealed, show, slider, table } from "diffusion-lab/notebook";
const { tf } = lab;
type Images = lab.tf.Tensor4D;
const [blue, orange, green, , , , black] = lab.palette;
const model = lab.loadDiffusionModel("assets/mnist-unet");
const { schedule } = model;
const none = lab.unconditionalOf(model);
const labels = (list: readonly number[]) => ({ label: tf.tensor1d([...list], "int32") });
const [digits, held] = [lab.loadDigits({ split: "train" }), lab.loadDigits({ split: "heldOut" })];

// %% [markdown]
// ## Three questions first
//
// They give no credit. Answer with a letter, from memory.
//
// **R1** How does a U-Net learn the time? *a* as one more pixel · *b* as a vector that is added inside every block · *c* it is not told
//
// **R2** DDIM without noise draws a digit. What decides which one? *a* noise added on the way · *b* where it starts, $x_T$ · *c* the number of steps
//
// **R3** What is the best guess $\hat x_0$ at $t=T$, if nothing is asked for? *a* the mean of all data · *b* one sharp digit · *c* noise

// %% tags=["exercise"]
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: undefined, R2: undefined, R3: undefined };

check("R1", recalled.R1, sealed("8.R1", "0cf9e9ce"), "see how the time enters the U-Net, in 07c");
check("R2", recalled.R2, sealed("8.R2", "414783c3"), "nothing random is left but one thing");
check("R3", recalled.R3, sealed("8.R3", "b8ee5469"), "squared error, and no information");

// %% tags=["solution"] jupyter={"source_hidden": true}
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: "b", R2: "b", R3: "a" };

check("R1", recalled.R1, sealed("8.R1", "0cf9e9ce"), "see how the time enters the U-Net, in 07c");
check("R2", recalled.R2, sealed("8.R2", "414783c3"), "nothing random is left but one thing");
check("R3", recalled.R3, sealed("8.R3", "b8ee5469"), "squared error, and no information");

// %% [markdown]
// ## A label is one more input
//
// Our network has a table of 11 vectors: one for each digit and one for "no label", written $\varnothing$. The vector of the label is added to that of the time; nothing else changes. In training, a share of the labels was replaced by $\varnothing$. So *one* network gives both answers: $\hat\epsilon_\theta(x_t,t,c)$ and $\hat\epsilon_\theta(x_t,t,\varnothing)$.
//
// **Predict.** Below, each row begins with *one* noise $x_T$, and each column asks for another digit. What will the pictures of a row have in common?

// %%
const clip = lab.clipStatic();
const draw = async (denoiser: lab.Denoiser, xT: lab.tf.Tensor, list: readonly number[]): Promise<Images> => {
  const options = { steps: 10, clip, condition: labels(list) };
  return (await lab.sample(lab.dpmSolverPlusPlus(denoiser, schedule, xT, options))) as Images;
};
const each = d3.range(10);
const starts = lab.normalNoise(3)(0, [3, 28, 28, 1]);
const perClass = each.flatMap((digit) => [digit, digit, digit]);
const styles = await draw(model.denoiser, tf.tile(starts, [10, 1, 1, 1]), perClass);
const columns = tf.split(styles, 10) as Images[];
show(lab.filmStrip(columns, { labels: each.map(String), rowLabels: ["noise 1", "noise 2", "noise 3"] }));

// %% [markdown]
// **Explanation.** The digit is that of the column. A row shares its hand: slant, width and weight of the strokes come from the noise. Label and noise share the work, although nobody told them how.
//
// Now look inside one step. A real seven is noised. The network is asked what lies beneath, eleven times, with another label each time.
//
// **Predict.** At $t=900$ and at $t=200$: will it believe the picture or the label?

// %%
const seven = lab.gatherImages(digits, [digits.labels.indexOf(7)]);
const noise = lab.normalNoise(4)(0, [1, 28, 28, 1]);
const moments = [900, 700, 500, 350, 200];
const noised = moments.map((t) => lab.qSample(schedule, seven, t, noise));
const told = [...each, 10];
const beliefs = noised.map((x, i) => lab.estimate(model.denoiser, schedule, tf.tile(x, [11, 1, 1, 1]), moments[i],
  { condition: labels(told), clip }).x0);
const column = (k: number): Images => tf.concat(beliefs.map((x0) => tf.slice(x0, k, 1))) as Images;
const strip = [tf.clipByValue(tf.concat(noised), -1, 1) as Images, ...told.map((_, k) => column(k))];
const names = ["xₜ", ...each.map(String), "∅"];
show(lab.filmStrip(strip, { labels: names, rowLabels: moments.map((t) => `t = ${t}`) }));

// %% [markdown]
// *First column: $x_t$, clipped to $-1\dots1$. Last column: without a label.*
//
// **Explanation.** High in the chain the label decides: each column shows the mean of *its* digits. Low in the chain the picture decides: eleven columns show one seven, even under a wrong label. In between the network bends the seven towards what it was told.
//
// ## Guidance: two answers, extrapolated
//
// $$\tilde\epsilon=\hat\epsilon_\varnothing+w\,(\hat\epsilon_c-\hat\epsilon_\varnothing)$$
//
// $w=0$ ignores the condition, $w=1$ *is* the conditional model, $w>1$ goes on in the same direction. Ho and Salimans' scale is $w'=w-1$: ask which one a text means.
//
// Another condition in place of $\varnothing$ pushes away from *it*: a **negative prompt**. It turns a direction round; it does not subtract an object.

// %%
const at500 = tf.tile(noised[2], [10, 1, 1, 1]);
const t500 = tf.fill([10], 500) as lab.tf.Tensor1D;
const epsilonC = model.denoiser.predict(at500, t500, labels(each));
const epsilonU = model.denoiser.predict(at500, t500, labels(each.map(() => 10)));
const strong = lab.guided(model.denoiser, { guidanceScale: 3, unconditional: none });
const guidedNoise = strong.predict(at500, t500, labels(each));
const symbols = { epsilonC: "\\hat\\epsilon_c", epsilonU: "\\hat\\epsilon_\\varnothing", guided: "\\tilde\\epsilon",
  wPaper: "w'" };
formula("guided = epsilonU + w * (epsilonC - epsilonU)", { symbols })
  .agrees(guidedNoise, { epsilonC, epsilonU, w: 3 }, { tolerance: 1e-5 });
formula("guided = (1 + wPaper) * epsilonC - wPaper * epsilonU", { symbols })
  .agrees(guidedNoise, { epsilonC, epsilonU, wPaper: 2 }, { tolerance: 1e-5 });

// %% [markdown]
// ## In the plane, where all is exact
//
// Two classes, two blobs each. Blue has one blob far out and one close to orange. All denoisers are formulas: class known, and class unknown.
//
// By Bayes' rule, $\hat\epsilon_c-\hat\epsilon_\varnothing$ is $-\sqrt{1-\bar\alpha_t}$ times the slope of $\ln p_t(c\mid x_t)$. So guidance climbs the probability of the class.
//
// **Predict.** Blue is asked for. What happens to its two blobs as $w$ grows?

// %%
/** Label k asks the k-th denoiser. */
const choose = (list: readonly lab.Denoiser[]): lab.Denoiser => ({ path: schedule, predicts: "sample",
  predict: (x, t, condition) => {
    const answers = tf.stack(list.map((one) => one.predict(x, t)), 1);
    return tf.sum(tf.mul(answers, tf.expandDims(tf.oneHot(condition!.label, list.length), 2)), 1);
  } });
const blobs = [[[-1.6, -0.5], [0.3, 0.9]], [[1.1, 0.1], [1.5, -1.2]]];
const known = blobs.map((means) => lab.mixtureDenoiser(schedule, { means, covariances: [0.06] }));
const unknown = lab.mixtureDenoiser(schedule, { means: blobs.flat(), covariances: [0.06] });
const exact = choose([...known, unknown]);
const guide = (denoiser: lab.Denoiser, w: number, label: number): lab.Denoiser =>
  lab.guided(denoiser, { guidanceScale: w, unconditional: labels([label]) });

// %%
const noises = lab.normalNoise(9)(0, [1000, 2]);
const blueOnes = labels(d3.range(1000).map(() => 0));
const [planeScales, clouds]: [number[], Float32Array[]] = [[0, 0.5, 1, 1.5, 2, 3, 5, 8], []];
for (const w of planeScales) {
  const walk = lab.ddim(guide(exact, w, 2), schedule, noises, { steps: 50, condition: blueOnes });
  const ends = await lab.sample(walk);
  clouds.push(ends.dataSync() as Float32Array);
}
const near = (points: Float32Array): number => d3.mean(d3.range(1000), (i) => Number(points[2 * i] > -0.65))!;
const [from, at] = [[0.2, 0.5], tf.tensor2d([[0.2, 0.5]])];
const guess = (k: number) => [...lab.estimate(exact, schedule, at, 400, { condition: labels([k]) }).x0.dataSync()];
const [gu, gc] = [guess(2), guess(0)];

// %%
const place = ([x, y]: readonly number[]): [number, number] => [230 + 80 * x, 196 - 80 * y];
const planeFrames = planeScales.map((w, k) => lab.drawing(460, 370, (svg) => {
  lab.mathText(svg, `w = ${w}: ${(100 * near(clouds[k])).toFixed(0)} % of 1000 points in the upper blob`, 230, 20);
  blobs.forEach((pair, c) => pair.forEach((mean) => d3.range(3).forEach((ring) => svg.append("circle")
    .attr("cx", place(mean)[0]).attr("cy", place(mean)[1]).attr("r", 80 * Math.sqrt(0.06) * (ring + 1))
    .attr("fill", "none").attr("stroke", c === 0 ? blue : orange).attr("stroke-opacity", 0.5))));
  for (let i = 0; i < 2000; i += 4) svg.append("circle").attr("cx", place([...clouds[k].slice(i, i + 2)])[0])
    .attr("cy", place([...clouds[k].slice(i, i + 2)])[1]).attr("r", 1.5).attr("fill", black);
  for (const [end, colour] of [[gu, green], [gc, blue]] as const) lab.arrow(svg, place(from), place(end), { colour });
  lab.arrow(svg, place(from), place([0, 1].map((i) => gu[i] + w * (gc[i] - gu[i]))), { dashed: true });
}, `1000 points at w = ${w}`));
slider({ label: "w", min: 0, max: 7, value: 5, onChange: (k) => planeFrames[k] })

// %% [markdown]
// *Rings: one, two, three deviations of the blobs of blue and orange. Dots: what is drawn. From one $x_{400}$, arrows to $\hat x_0$: green without a class, blue with it, dashed the guided one.*
//
// **Explanation.** The near blob empties, although it is as blue as the other. Guidance avoids places where the *other* class is likely, too. That is how it buys accuracy: with diversity.
//
// ## A tempting idea: it samples $p(x)\,p(c\mid x)^w$
//
// Many texts say so, since at each $t$ the guided slope is that of $p_t(x)\,p_t(c\mid x)^w$. Test it with two Gaussians around 0: variance $v_c=1$ with the class, $v_u=2$ without.
//
// **Predict.** $w=2$. Will the variance drawn be the sharpened law's?

// %%
const [sharpened, drawnLaw] = ["v = 1 / (w / vc + (1 - w) / vu)", "v = vc^w * vu^(1 - w)"]
  .map((law) => formula(law, { symbols: { vc: "v_c", vu: "v_u" } }));
const line = choose([1, 2].map((variance) => lab.gaussianDenoiser(schedule, [0], variance)));
const lineScales = [1, 1.5, 2, 3, 5];
const [ode, sde, random]: [number[], number[], lab.NoiseSource] = [[], [], lab.normalNoise(31)];
const [one, all] = [1, 4000].map((count) => ({ condition: labels(d3.range(count).map(() => 0)) }));
for (const w of progress(lineScales, { label: "scales" })) {
  const walk = lab.dpmSolverPlusPlus(guide(line, w, 1), schedule, tf.ones([1, 1]), { steps: 200, ...one });
  ode.push((await lab.sample(walk)).dataSync()[0] ** 2); // The map is linear: its factor squared is the variance.
  const noisy = lab.ddpm(guide(line, w, 1), schedule, random(0, [4000, 1]), { steps: 250, noise: random, ...all });
  sde.push(d3.mean((await lab.sample(noisy)).dataSync(), (x) => x * x)!);
}

// %%
drawnLaw.agrees(ode, { w: lineScales, vc: 1, vu: 2 }, { tolerance: 0.01 });
const fine = d3.range(1, 6.01, 0.1);
const [sharp, guidedV] = [sharpened, drawnLaw].map((law) => fine.map((w) => law.evaluate({ w, vc: 1, vu: 2 })));
show(sharpened, lab.lineChart({ height: 360, x: { title: "guidance scale w", unit: "1" },
  y: { title: "variance drawn", unit: "1", log: true },
  series: [{ name: "sharpened law", x: fine, y: sharp, dash: "dash" }, { name: "formula", x: fine, y: guidedV },
    { name: "drawn by the ODE", x: lineScales, y: ode, mode: "markers", colour: black },
    { name: "drawn by DDPM, n = 4000", x: lineScales, y: sde, mode: "markers", colour: green }],
}));
table([{ w: 2, "by the ODE, 200 steps": ode[2], formula: guidedV[10], "sharpened law": sharp[10],
  "DDPM, n = 4000": sde[2], "± (95 %)": 1.96 * sde[2] * Math.sqrt(2 / 4000) }], { digits: 3 })

// %% [markdown]
// **Explanation.** The ODE draws 0.500, not 0.667. With noise on the way (DDPM) it is a third value. The slopes are right at each $t$, but $p_t(x)\,p_t(c\mid x)^w$ is not the sharpened law *noised to $t$*; so the steps do not add up to it (Bradley and Nakkiran 2024). Guidance is a useful bias, not a known distribution.
//
// ## With a classifier instead
//
// Before, the slope of $\ln p_t(c\mid x_t)$ came from a classifier trained on noisy data: $\tilde\epsilon=\hat\epsilon_\varnothing-s\sqrt{1-\bar\alpha_t}\,\nabla\ln p_t(c\mid x_t)$.
//
// **Predict.** In our plane Bayes' rule *is* the classifier. Does $s=3$ give the same as $w=3$?

// %%
/** ln p(blue | x_t), but for a constant. */
const logClass: lab.LogProbability = (x, t) => tf.sub(known[0].logDensity(x, t), unknown.logDensity(x, t));
const xs = tf.slice(noises, 0, 200);
const free = lab.estimate(unknown, schedule, xs, 400).noise;
const slope = tf.grad((x: lab.tf.Tensor) => tf.sum(logClass(x, tf.fill([200], 400))))(xs);
const byClassifier = lab.estimate(lab.classifierGuided(unknown, logClass, 3), schedule, xs, 400).noise;
const blues = labels(d3.range(200).map(() => 0));
const without = lab.estimate(guide(exact, 3, 2), schedule, xs, 400, { condition: blues }).noise;
const rule = formula("guided = epsilonU - s * sqrt(1 - alphaBar) * slope",
  { symbols: { ...symbols, slope: "\\nabla\\ln p_t" } });
for (const answer of [byClassifier, without])
  rule.agrees(answer, { epsilonU: free, s: 3, alphaBar: schedule.alphaBar[400], slope }, { tolerance: 1e-4 });

// %% [markdown]
// **Explanation.** The same, for perfect answers. Classifier-*free* guidance needs no classifier, because the difference of two denoisers is one. It costs two evaluations a step.
//
// ## Digits: which $w$?
//
// From one set of 100 noises we draw ten of each digit, at seven scales.
//
// **Predict.** Which scale will have the best accuracy, the widest variety, the smallest distance from real digits? Is it one scale?

// %%
const n = 100;
const wanted = d3.range(n).map((i) => i % 10);
const scales = [0, 0.5, 1, 1.25, 2, 4, 8];
const xT = lab.normalNoise(8)(0, [n, 28, 28, 1]);
const sets: Images[] = [];
for (const w of progress(scales, { label: "scales" })) { // At 0 and 1 one of the two answers is enough.
  const denoiser = w === 0 || w === 1 ? model.denoiser : guide(model.denoiser, w, 10);
  sets.push(await draw(denoiser, xT, w === 0 ? wanted.map(() => 10) : wanted));
}
const bySet = each.map((k) => tf.concat(sets.map((set) => tf.slice(set, k, 1))) as Images);
show(lab.filmStrip(bySet, { labels: each.map(String), rowLabels: scales.map((w) => `w = ${w}`) }));

// %% [markdown]
// *A column is one noise.*
//
// **Explanation.** At $w=0$ nobody knows the label: other digits come, or none. With much guidance all are right, bold and alike. Three measures say it in numbers:
// - **accuracy**: the classifier finds the digit asked for;
// - **diversity**: mean distance of two pictures of a digit in the classifier's features, as a share of that of real ones;
// - **Fréchet distance** from 1000 held-out digits, in its ten logits. Ten sets of 100 *real* training digits show the floor and its spread.
//
// **Predict.** Which way does each measure turn?

// %%
const judge = lab.loadClassifier("assets/mnist-classifier");
const logits = (x: Images) => lab.featuresOf(judge.logits(x));
const reference = logits(lab.gatherImages(held, [...held.labels.keys()]));
const spread = (x: Images, k: number): number => // Every tenth picture is of digit k.
  lab.meanPairwiseDistance(judge.features(tf.gather(x, d3.range(k, n, 10)))).dataSync()[0];
const many = lab.indicesOfClasses(digits, d3.range(1000).map((i) => i % 10));
const real = each.map((k) => lab.gatherImages(digits, many.slice(n * k, n * k + n)));
const floors = real.map((set) => lab.frechetFeatureDistance(logits(set), reference));
const realSpread = each.map((k) => d3.mean(real, (set) => spread(set, k))!);
const floor = d3.mean(floors)!;
const around = 2 * d3.deviation(floors)!;

// %%
function measure(set: Images) {
  const verdict = lab.recognise(lab.featuresOf(judge.classify(set)));
  const hits = wanted.filter((digit, i) => verdict.classes[i] === digit).length;
  const { low, high } = lab.wilsonInterval(hits, n);
  const ratios = each.map((k) => spread(set, k) / realSpread[k]);
  const bounds = lab.bootstrapInterval(ratios, (all) => d3.mean(all)!, new lab.RandomStream(8, "over ten digits"));
  return { n, accuracy: hits / n, from: low, to: high, diversity: d3.mean(ratios)!, "from ": bounds.low,
    "to ": bounds.high, "Fréchet": lab.frechetFeatureDistance(logits(set), reference) };
}
const results = sets.map(measure);
const oneReal = { w: "one real set", ...measure(real[0]) };
table([...results.map((row, k) => ({ w: String(scales[k]), ...row })), oneReal], { digits: 3 })

// %%
type Key = "accuracy" | "diversity" | "Fréchet";
const half = (key: Key) => results.map((row) =>
  ({ accuracy: row.to - row.from, diversity: row["to "] - row["from "], "Fréchet": 0 })[key] / 2);
const panel = (title: Key, level: number, about: number, log = false) => lab.lineChart({
  title, x: { title: "guidance scale w", unit: "1" }, y: { title, unit: "1", log }, series: [
    { name: "drawn", x: scales, y: results.map((row) => row[title]), deviation: half(title), mode: "lines+markers" },
    { name: "real digits", x: [0, 8], y: [level, level], deviation: [about, about], dash: "dash", colour: black }] });
const realAccuracy = d3.mean(real, (set) => measure(set).accuracy)!;
const panels = [panel("accuracy", realAccuracy, 0), panel("diversity", 1, 0), panel("Fréchet", floor, around, true)];
show(lab.sideBySide(panels, { columns: 3, width: 1080, height: 340 }));

// %% [markdown]
// **Explanation.** Accuracy is soon at its top, diversity falls all the way, and the distance has its minimum between. The band around the dashed line is what chance does to 100 pictures. No scale is best at all.
//
// ## Pictures as conditions, without training
//
// Two tricks use the sampler alone.
// - **Image to image**: noise a picture up to a time and walk back from there, under another label. The *strength* is the share of the way.
// - **Inpainting**: in every step put the known half of the picture, noised, in its place.
//
// **Predict.** From which strength on is the label obeyed? And must the two halves of an inpainted digit fit?

// %%
const pairs = [[4, 9], [7, 2], [3, 8], [1, 4], [0, 6], [5, 3], [9, 7], [2, 1]];
const [before, target] = [0, 1].map((side) => d3.range(24).map((i) => pairs[i % 8][side]));
const given = lab.gatherImages(held, lab.indicesOfClasses(held, before));
const strengths = [0.25, 0.4, 0.5, 0.6, 0.75, 0.9];
const [obeyed, edits]: [number[], Images[]] = [[], []];
for (const strength of progress(strengths, { label: "strengths" })) {
  const start = lab.partialStart(schedule, given, { strength, steps: 12, noise: lab.normalNoise(2) });
  const options = { times: start.times, clip, condition: labels(target) };
  edits.push((await lab.sample(lab.ddim(guide(model.denoiser, 2, 10), schedule, start.xT, options))) as Images);
  const { classes } = lab.recognise(lab.featuresOf(judge.classify(edits.at(-1)!)));
  obeyed.push(target.filter((digit, i) => classes[i] === digit).length);
}

// %%
const editFrames = strengths.map((strength, k) => lab.filmStrip(pairs.map((_, i) =>
  tf.concat([tf.slice(given, i, 1), tf.slice(edits[k], i, 1)]) as Images),
  { labels: pairs.map(([a, b]) => `${a} → ${b}`), rowLabels: ["given", `strength ${strength}`], scale: 2 }));
show(table(strengths.map((strength, k) => ({ strength, n: 24, "as asked": obeyed[k] / 24,
  "95 % from": lab.wilsonInterval(obeyed[k], 24).low, to: lab.wilsonInterval(obeyed[k], 24).high })), { digits: 2 }));
slider({ label: "strength", min: 0, max: 5, value: 3, onChange: (k) => editFrames[k] })

// %%
const mask = tf.tensor4d(d3.range(28).map((row) => Number(row < 14)), [1, 28, 1, 1]);
const halves = lab.gatherImages(held, lab.indicesOfClasses(held, [3, 3, 3, 3, 3, 3, 3, 3]));
const [image, asked3or8] = [tf.tile(halves, [2, 1, 1, 1]), labels(d3.range(16).map((i) => (i < 8 ? 3 : 8)))];
const [random6, filled]: [lab.NoiseSource, Images[]] = [lab.normalNoise(6), []];
for (const resamples of [1, 4]) {
  const options = { image, mask, steps: 24, resamples, jump: 4, clip, noise: random6, condition: asked3or8 };
  const walk = lab.inpaint(model.denoiser, schedule, random6(0, [16, 28, 28, 1]), options);
  filled.push(...(tf.split((await lab.sample(walk)) as Images, 2) as Images[]));
}
const parts = [tf.mul(halves, mask) as Images, ...filled];
show(lab.filmStrip(d3.range(8).map((i) => tf.concat(parts.map((part) => tf.slice(part, i, 1))) as Images), {
  rowLabels: ["kept", "3, once", "8, once", "3, 4 times", "8, 4 times"] }));

// %% [markdown]
// **Explanation.** At a low strength the picture wins, at a high one the label. Between them slant and place stay, and the digit changes. The halves of an inpainted digit meet: in each step the network sees the known half. Even an eight is built on the top of a three. Going back and forth four times (RePaint) changes the strokes; here once is enough.
//
// ## A picture as condition, with training
//
// Super-resolution lays a small picture, enlarged, beside $x_t$ as a second channel. The network is new and small, the training short.
//
// **Predict.** $7\times7$ pixels go in. Will three noises give three times the same digit?

// %%
const shrink = (x: Images): Images => tf.image.resizeNearestNeighbor(tf.avgPool(x, 4, 4, "valid"), [28, 28]);
const pages = lab.gatherImages(digits, d3.range(4000));
const picture: lab.Column = { dtype: "float32", shape: [28, 28, 1], values: shrink(pages).dataSync() as Float32Array };
const unet = new lab.UNet2D({ ...lab.smallUnetConfig, in_channels: 2, block_out_channels: [16, 32, 32] }, { seed: 8 });
const beside: lab.TimeNetwork = { parameters: unet.parameters,
  conditions: { picture: { dtype: "float32", shape: [28, 28, 1] } },
  apply: (x, t, condition) => unet.apply(tf.concat([x, condition!.picture], 3) as Images, t) };
const trainer = new lab.Trainer(new lab.DiffusionTask({ network: beside, path: schedule, prediction: "velocity",
  data: pages.dataSync() as Float32Array, shape: [28, 28, 1], conditions: { picture }, batchSize: 16 }),
  { learningRate: { peak: 3e-3, warmup: 50, decay: { kind: "cosine", total: 300 } } });
for (const _ of progress(300, { label: "steps" })) await trainer.run(1);

// %%
const sharp8 = lab.gatherImages(held, d3.range(8));
const small = shrink(sharp8);
const painter = lab.networkDenoiser(beside, schedule, { predicts: "velocity" });
const triple = tf.tile(small, [3, 1, 1, 1]);
const enlarged = (await lab.sample(lab.dpmSolverPlusPlus(painter, schedule, lab.normalNoise(5)(0, [24, 28, 28, 1]),
  { steps: 16, clip, condition: { picture: triple } }))) as Images;
const lines = [small, ...(tf.split(enlarged, 3) as Images[]), sharp8];
show(lab.filmStrip(d3.range(8).map((i) => tf.concat(lines.map((row) => tf.slice(row, i, 1))) as Images),
  { rowLabels: ["given, 7 × 7", "noise 1", "noise 2", "noise 3", "true"] }));
const off = (a: Images, b: Images) => tf.sqrt(tf.mean(tf.squaredDifference(a, b))).dataSync()[0];
table([{ n: 24, "shrunk again, off by": off(shrink(enlarged), triple),
  "another digit, shrunk": off(small, tf.reverse(small, 0)) }])

// %% [markdown]
// **Explanation.** The strokes are sharp, and shrunk again they are near what was given. Strokes differ from noise to noise, at times even the digit: 49 numbers leave that open. The network draws *one* of the possible answers; squared error alone would give their blur.
//
// ## A text as condition
//
// A text is cut into tokens, each token becomes a vector, and attention in the network reads the whole row of them: [words, channels] instead of one label. Below are the library's captioned digits and a tokenizer learned from captions. (The course has no trained text-to-image model yet; you see its data and its input.)
//
// **Predict.** Will "background" be one token or many?

// %%
const captioned = new lab.CaptionedDigits({ split: "train", language: "en" });
const texts = captioned.captions(d3.range(8));
show(lab.imageGrid(tf.tensor4d(captioned.pictures(d3.range(8)), [8, 32, 32, 3]), { columns: 8, scale: 3 }));
const tokenizer = lab.trainTokenizer(captioned.captions(d3.range(2000)), { size: 640 });
show(table(texts.slice(0, 4).map((caption) => ({ caption,
  tokens: tokenizer.tokensOf(caption).map((id) => tokenizer.decode([id])).join(" · ") }))));
const reader = new lab.UNet2DCondition({ sample_size: 32, in_channels: 3, out_channels: 3, cross_attention_dim: 64,
  block_out_channels: [32, 64], down_block_types: ["DownBlock2D", "CrossAttnDownBlock2D"],
  up_block_types: ["CrossAttnUpBlock2D", "UpBlock2D"] });
const enough = scales.filter((_, k) => results[k].diversity >= 0.8);
table([{ condition: "a label", "the network takes": JSON.stringify(model.network.conditions) },
  { condition: "a text", "the network takes": JSON.stringify(reader.conditions) }])

// %% [markdown]
// **Explanation.** Frequent words are one token; a rarer one falls to pieces. The plans say what enters: a label is one whole number, a context is a row of any length. Guidance is the same formula; $\varnothing$ is then the empty text.
//
// ## Exercises
//
// **8.1 (change)** Write guidance in the paper's convention: the guided answer from $\hat\epsilon_\varnothing$, $\hat\epsilon_c$ and $w'=w-1$.
//
// **8.2 (find the bug)** A tutorial prints $\tilde\epsilon=w\,\hat\epsilon_c+(w-1)\,\hat\epsilon_\varnothing$. For which single $w$ is it right?
//
// **8.3 (compute)** Stable Diffusion is often run at 7.5, counted as here. What is that in the paper's convention?

// %% [markdown]
// Answers to 8.2 … 8.6 are texts.
//
// **8.4 (compute)** In training 10 % of the labels become $\varnothing$. How likely is a batch of 32 without any $\varnothing$? Three decimals.
//
// **8.5 (predict, then compute)** Swap the two Gaussians: $v_c=2$, $v_u=1$. From which $w$ on does the sharpened law not exist at all, although guidance still draws something?
//
// **8.6 (judge)** T or F, five letters. *1* $w=1$ means "no condition". *2* Classifier-free guidance needs a classifier. *3* The larger $w$, the better the pictures. *4* A guided step costs two evaluations. *5* A negative prompt subtracts objects.
//
// **8.7 (read)** Which is the largest of our scales whose diversity is still at least 0.8 of that of real digits?

// %% tags=["exercise"]
const combine = (u: number, c: number, wPaper: number): number | undefined => undefined; // 8.1
const answers: Record<string, string | undefined> = {}; // 8.2 … 8.6: { "8.2": "…", "8.3": "…", … }
const largest: number | undefined = undefined; // 8.7

check("8.1", [combine(0.2, 0.5, 0), combine(0.2, 0.5, 2)], [0.5, 1.1], "w' = 0 is the conditional answer");
check("8.2", answers["8.2"], sealed("8.2", "3fc6d7e8"), "what must the two weights sum to?");
check("8.3", answers["8.3"], sealed("8.3", "4bb47752"), "the paper's scale is 0 where ours is 1");
check("8.4", answers["8.4"], sealed("8.4", "dc51b39b"), "each of the 32 keeps its label, independently");
check("8.5", answers["8.5"], sealed("8.5", "6193ff2f"), "where does 1/variance reach 0?");
check("8.6", answers["8.6"], sealed("8.6", "98974135"), "five letters; see the two formulas and the table of scales");
check("8.7", largest, (w) => enough.filter((one) => one >= w).length === 1 || "look at the table again");

// %% tags=["solution"] jupyter={"source_hidden": true}
const combine = (u: number, c: number, wPaper: number): number | undefined => (1 + wPaper) * c - wPaper * u;
const answers: Record<string, string | undefined> = {
  "8.2": "1", "8.3": "6.5", "8.4": "0.034", "8.5": "2", "8.6": "FFFTF" };
const largest: number | undefined = Math.max(...scales.filter((_, k) => results[k].diversity > 0.8));
check("8.1", [combine(0.2, 0.5, 0), combine(0.2, 0.5, 2)], [0.5, 1.1], "w' = 0 is the conditional answer");
check("8.2", answers["8.2"], sealed("8.2", "3fc6d7e8"), "what must the two weights sum to?");
check("8.3", answers["8.3"], sealed("8.3", "4bb47752"), "the paper's scale is 0 where ours is 1");
check("8.4", answers["8.4"], sealed("8.4", "dc51b39b"), "each of the 32 keeps its label, independently");
check("8.5", answers["8.5"], sealed("8.5", "6193ff2f"), "where does 1/variance reach 0?");
check("8.6", answers["8.6"], sealed("8.6", "98974135"), "five letters; see the two formulas and the table of scales");
check("8.7", largest, (w) => enough.filter((one) => one >= w).length === 1 || "look at the table again");

// %% [markdown]
// ## Summary
//
// - A condition is one more input: a label, a picture, a text. Some are left out in training, so one network gives both answers.
// - Guidance extrapolates from one answer to the other. It does not sample the sharpened law.
// - More guidance: more accuracy, less diversity.
//
// **What would change our mind:** a scale that is best in all three measures.
//
// **Tomorrow, ask yourself:** what are the two conventions? Why does the near blob empty? What does a row share?
//
// **Read:** Ho and Salimans 2022, *Classifier-free diffusion guidance* · Dhariwal and Nichol 2021, section 4 · Bradley and Nakkiran 2024, *Classifier-free guidance is a predictor-corrector*. **Next:** [10 · Variants](10-variants.ipynb).

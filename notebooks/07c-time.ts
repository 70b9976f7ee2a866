// %% [markdown]
// # 7c · Telling the time
//
// A denoising network is told the time $t$. Must it be? And how does one hand it a number? It is also where trained weights fail **without any error message**.
//
// **After this you can**
// - compute what a noisy example gives away about its time;
// - compute what the best network loses that is not told the time;
// - write sinusoids in both conventions, and say what happens if they are mixed up;
// - read an ablation, and say what it does not show.
//
// **You need** notebooks [03](03-forward-process.ipynb), [04](04-training-objective.ipynb), [7a](07a-unet.ipynb). **It takes** 30 minutes; the cells run in two minutes and 2.5 GB.

// %%
import * as d3 from "d3";
import * as lab from "diffusion-lab";
import { check, formula, progress, sealed, show, slider, table } from "diffusion-lab/notebook";
const { tf } = lab;
type Images = lab.tf.Tensor4D;
const { network, denoiser, schedule, config } = lab.loadDiffusionModel("assets/mnist-unet");
const digits = lab.gatherImages(lab.loadDigits({ split: "heldOut" }), [...Array(64).keys()]);
const training = lab.loadDigits({ split: "train" });
const points = (n: number, purpose: string) => lab.ringOfGaussians(n, new lab.RandomStream(7, purpose));
const onRing = tf.tensor2d(points(1000, "seen"), [1000, 2]);
const noised = (x0: lab.tf.Tensor, t: number) => lab.qSample(schedule, x0, t, lab.normalNoise(5)(t, x0.shape));
const timeAxis = { title: "time t", unit: "1" };

// %% [markdown]
// ## Three questions first
//
// They give no credit. Answer with a letter, from memory.
//
// **R1** What does an untrained block of DiT return? *a* zeros · *b* its input · *c* noise
//
// **R2** How does U-ViT take the time? *a* as one more token · *b* added to every channel · *c* as shift and scale
//
// **R3** Several answers are right for one input, with several probabilities. Which one does least squares learn? *a* the likeliest · *b* the mean · *c* the nearest

// %% tags=["exercise"]
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: undefined, R2: undefined, R3: undefined };

check("R1", recalled.R1, sealed("7c.R1", "43744e12"), "its gates are closed");
check("R2", recalled.R2, sealed("7c.R2", "ff9a0934"), "how many tokens ran through its blocks?");
check("R3", recalled.R3, sealed("7c.R3", "08995b23"), "the first guess at t = T in 04 is a blur");

// %% tags=["solution"] jupyter={"source_hidden": true}
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: "b", R2: "a", R3: "b" };

check("R1", recalled.R1, sealed("7c.R1", "43744e12"), "its gates are closed");
check("R2", recalled.R2, sealed("7c.R2", "ff9a0934"), "how many tokens ran through its blocks?");
check("R3", recalled.R3, sealed("7c.R3", "08995b23"), "the first guess at t = T in 04 is a blur");

// %% [markdown]
// ## A tempting idea: do not tell it
//
// A noisy picture shows that it is noisy. Could a network not read the time off its input? Bayes' rule says exactly what can be read. Before looking, every time is equally likely. After seeing $x$,
//
// $$p(t\mid x)=\frac{q_t(x)}{\sum_s q_s(x)},$$
//
// with $q_t(x)$ the density of examples noised to time $t$.
//
// We compute it for two kinds of data. A **point** of a ring of eight blobs: its density is known. A **digit**, of which we use only the pixels that are blank in every training digit: there $x_0=-1$, so what is seen is $\mathcal N(-\sqrt{\bar\alpha_t},\,1-\bar\alpha_t)$, independently.

// %%
const { means, std } = lab.ringModes();
const centres = d3.range(8).map((k) => [means[2 * k], means[2 * k + 1]]);
const ring = lab.mixtureDenoiser(schedule, { means: centres, covariances: [std ** 2] });
const brightest = tf.max(tf.tensor2d(training.images, [training.labels.length, 784]), 0).dataSync();
const empty = [...brightest.keys()].filter((pixel) => brightest[pixel] === 0);
const blank = lab.gaussianDenoiser(schedule, empty.map(() => -1), 0);
const emptyOf = (images: lab.tf.Tensor) => tf.gather(tf.reshape(images, [-1, 784]), empty, 1);
const everyTime = tf.range(1, schedule.T + 1);
const logs = (ideal: lab.IdealDenoiser, x: lab.tf.Tensor) => ideal.logDensity(tf.tile(x, [schedule.T, 1]), everyTime);
const belief = (ideal: lab.IdealDenoiser, x: lab.tf.Tensor) => tf.softmax(logs(ideal, x));
const somewhere = tf.tensor2d([[0.3, 1.2]]);
formula("p = q / sum(q)").agrees(belief(ring, somewhere), { q: tf.exp(logs(ring, somewhere)) }, { tolerance: 1e-5 });

// %% [markdown]
// **Predict.** One digit and one point are noised to time $t$. Which of the two gives its time away? Drag the time.

// %%
const shownTimes = [50, 100, 200, 300, 400, 500, 600, 700, 800, 900];
const floorOf = (p: ArrayLike<number>) => Array.from(p, (one) => Math.max(one, 1e-6));
const beliefAt = (t: number, k: number) => ({
  digit: belief(blank, tf.slice(emptyOf(noised(digits, t)), [k, 0], [1, -1])).dataSync(),
  point: belief(ring, tf.slice(noised(onRing, t), [k, 0], [1, -1])).dataSync(),
});
const chance = { title: "p(t | what is seen)", unit: "1", log: true, range: [1e-6, 1] as const };
const frames = shownTimes.map((t) => ({ t, ...beliefAt(t, 3) })).map(({ t, digit, point }) => lab.lineChart({
  title: `true time: ${t}`, x: { ...timeAxis, range: [0, 1000] }, y: chance, height: 340, series: [
    { name: "blank pixels of a digit", y: floorOf(digit) }, { name: "a point of the ring", y: floorOf(point) },
    { name: "every time alike", x: [1, 1000], y: [1e-3, 1e-3], dash: "dot" }] }));
slider({ label: "true time", min: 0, max: 9, value: 5, onChange: (i) => frames[i] })

// %% [markdown]
// *Logarithmic; less than $10^{-6}$ is drawn at $10^{-6}$. The slider counts ten times from 50 to 900.*
//
// **Explanation.** Blank pixels give the time away, the earlier the more exactly. A single point says next to nothing: at most it rules out the earliest times, if it lies off the blobs.
//
// The table has the *spread*, the standard deviation of $p(t\mid x)$ in steps, averaged over 32 examples. If every time is alike, it is $\sqrt{(T^2-1)/12}$.

// %%
const spread = (p: ArrayLike<number>) => {
  const moment = (power: number) => d3.sum(Array.from(p), (one, i) => one * (i + 1) ** power);
  return Math.sqrt(Math.max(moment(2) - moment(1) ** 2, 0));
};
table([50, 200, 500, 800, 950].map((t) => {
  const all = d3.range(32).map((k) => beliefAt(t, k));
  return { "true time": t, "spread, blank pixels": d3.mean(all, ({ digit }) => spread(digit)),
    "spread, a point": d3.mean(all, ({ point }) => spread(point)), "every time alike": spread(Array(1000).fill(1e-3)) };
}), { digits: 3 })

// %% [markdown]
// **Explanation.** So whether the time must be told *depends on the data*. A network sees all pixels of a picture and can be at least as sure as Bayes with some of them.
//
// ## What not telling costs, at least
//
// Least squares learns a mean. A network that is never told $t$ can at best answer with the mean over all times it might be:
//
// $$\hat\epsilon(x)=\sum_t p(t\mid x)\,\hat\epsilon(x,t).$$
//
// On the ring every term is known. So this perfect network can be written down, before anything is trained. (The sum takes every tenth of the 1000 times.)

// %%
const hours = tf.range(5, schedule.T, 10);
const hundred = [...hours.dataSync()];
const untold: lab.Denoiser = { path: schedule, predicts: "noise", predict: (xt) => tf.tidy(() => {
  const n = xt.shape[0];
  const x = tf.reshape(tf.tile(tf.expandDims(xt, 1), [1, 100, 1]), [100 * n, 2]);
  const t = tf.tile(hours, [n]) as lab.tf.Tensor1D;
  const p = tf.softmax(tf.reshape(ring.logDensity(x, t), [n, 100]));
  const given = Float32Array.from({ length: 100 * n }, (_, i) => hundred[i % 100]);
  const epsilon = lab.toNoise(schedule, ring.predicts, ring.predict(x, t), x, given);
  return tf.sum(tf.mul(tf.expandDims(p, 2), tf.reshape(epsilon, [n, 100, 2])), 1);
}) };

// %%
const right = (t: number) =>
  lab.toNoise(schedule, ring.predicts, ring.predict(somewhere, tf.tensor1d([t])), somewhere, t);
const e = hundred.map((t) => right(t).dataSync()[0]); // of two coordinates, the first
const q = hundred.map((t) => Math.exp(ring.logDensity(somewhere, tf.tensor1d([t])).dataSync()[0]));
const answer = untold.predict(somewhere, tf.ones([1])).dataSync()[0];
formula("epsilonHat = sum(q / sum(q) * e)").agrees(answer, { q, e }, { tolerance: 1e-5 });

// %% [markdown]
// **Predict.** At which times is the price highest: early, in the middle, late? Is the answer the same on a logarithmic axis?

// %%
const knots = [5, 15, 25, 50, 75, 100, 150, 200, 300, 400, 500, 600, 700, 800, 900, 995];
const errorsOf = (one: lab.Denoiser) => [...lab.noiseErrors(one, schedule, onRing, knots, lab.normalNoise(6))];
const [toldErrors, untoldErrors] = [ring, untold].map(errorsOf);
const error = { title: "mean square error of ε̂", unit: "1", log: true };
const price = knots.map((_, i) => untoldErrors[i] - toldErrors[i]);
show(lab.sideBySide([
  lab.lineChart({ x: timeAxis, y: error, series: [{ name: "told the time", x: knots, y: toldErrors },
    { name: "not told", x: knots, y: untoldErrors, dash: "dash" }] }),
  lab.lineChart({ x: timeAxis, y: { title: "price: the difference", unit: "1" },
    series: [{ name: "not told − told", x: knots, y: price, colour: lab.palette[2] }] }),
], { width: 1000, height: 360 }));

// %% [markdown]
// *1000 points of the ring. Left logarithmic, right linear.*
//
// **Explanation.** In absolute terms the price is highest *early*: the way to the blob must be divided by the size of the noise, and nobody says how small that is. On the logarithmic axis the gap is widest *late*, where the error with time is tiny. Both are true; a loss adds up absolute errors.
//
// No network gets below its curve on the left.
//
// ## How to tell a number
//
// A number from 0 to 999 is a poor input beside coordinates of size 1. So it is written as waves: cosines and sines of $t\,\omega_i$. Two conventions are in use.

// %%
const [half, waves] = [16, d3.range(16)];
const encode = (t: number, options: object) =>
  tf.reshape(lab.sinusoidalEmbedding(tf.tensor1d([t]), { dimensions: 2 * half, ...options }), [-1]);
formula("e = concat(cos(t * 10000^(-i / half)), sin(t * 10000^(-i / half)))")
  .agrees(encode(300, { order: "cos-sin", frequencyShift: 0 }), { t: 300, i: waves, half }, { tolerance: 1e-4 });
formula("e = concat(sin(t * 10000^(-i / (half - 1))), cos(t * 10000^(-i / (half - 1))))")
  .agrees(encode(300, { order: "sin-cos", frequencyShift: 1 }), { t: 300, i: waves, half }, { tolerance: 1e-4 });
const dot = tf.sum(tf.mul(encode(300, {}), encode(500, {}))).dataSync()[0];
formula("s = mean(cos((t - u) * 10000^(-i / half)))")
  .agrees(dot / half, { t: 300, u: 500, i: waves, half }, { tolerance: 1e-4 });

// %% [markdown]
// The first is that of DiT and, by default, of diffusers' U-Nets. The second is DDPM's. (Vaswani et al. let sines and cosines alternate: a third.) The last formula says how alike two codes are: it depends on the *distance* of the two times only.
//
// **Random Fourier features** are another way: sines and cosines of random multiples of $t/T$.
//
// **Predict.** How alike are the codes of 500 and 510, compared with 500 and 900?

// %%
const dial = tf.range(0, 1000);
const sinusoids = lab.sinusoidalEmbedding(dial, { dimensions: 2 * half });
const fourier = (fourierScale: number) => new lab.TimeEncoding(new lab.Parameters({ seed: 7 }).scope("fourier"), {
  kind: "fourier", dimensions: 2 * half, fourierScale, fourierInput: (t) => tf.div(t, 1000) }).apply(dial);
const drawn = [5, 7, 9, 11].map((i) => ({ name: `i = ${i}`, y: tf.slice(sinusoids, [0, i], [-1, 1]).dataSync() }));
const alike = (one: lab.tf.Tensor2D) => tf.div(tf.matMul(one, tf.slice(one, [500, 0], [1, -1]), false, true), half);
const codes = { sinusoids, "Fourier, deviation 1": fourier(1), "Fourier, deviation 16": fourier(16) };
const colour = (k: number) => lab.palette[k + 4];
const likeness = Object.entries(codes).map(([name, one], k) => ({ name, y: alike(one).dataSync(), colour: colour(k) }));
const [wave, toMiddle] = ["cos(t ω<sub>i</sub>)", "likeness to t = 500"].map((title) => ({ title, unit: "1" }));
show(lab.lineChart({ x: timeAxis, y: wave, series: drawn, height: 260 }));
show(lab.lineChart({ x: timeAxis, y: toMiddle, series: likeness, height: 300 }));

// %% [markdown]
// *Above: four of the sixteen waves. Below: how alike each time's code is to that of 500.*
//
// **Explanation.** Fast waves tell neighbours apart, slow ones early from late: sinusoids have a sharp peak *and* a broad hill. Fourier features have *one* width, the inverse of the deviation of their multiples. With deviation 1 single steps look the same; with 16 they do not, but far times all look equally far.
//
// ## The trap: the wrong convention
//
// The digits' checkpoint was trained with cosines first and $\text{half}$ in the exponent. The *same weights* go into networks told the time in other ways. No error is raised.
//
// **Predict.** Which of the four mistakes will you *not* see in the pictures?

// %%
const weights = network.parameters.toFlat();
const anyDigit = (n: number) => ({ label: tf.fill([n], config.unconditionalLabel!, "int32") as lab.tf.Tensor1D });
const told = (change: Partial<lab.UNet2DConfig>, clock: lab.NetworkClock = lab.networkTime) => {
  const net = new lab.UNet2D({ ...network.config, ...change }, { start: "zeros" });
  net.parameters.assignFlat(weights);
  const apply = (x: lab.tf.Tensor, t: lab.tf.Tensor1D) => net.apply(x as Images, t, anyDigit(x.shape[0]));
  return lab.networkDenoiser({ parameters: net.parameters, apply }, schedule, { predicts: denoiser.predicts, clock });
};
const share = (t: lab.tf.Tensor1D) => tf.div(t, schedule.T) as lab.tf.Tensor1D;
const ways = { "as trained": told({}), "one step late": told({}, (t) => t), "t/T": told({}, share),
  "sines first": told({ flip_sin_to_cos: false }), "half − 1": told({ freq_shift: 1 }) };

// %%
const [stops, start] = [[10, 50, 100, 200, 400, 600, 800, 990], lab.normalNoise(4)(0, [6, 28, 28, 1])];
const some = tf.slice(digits, 0, 32);
const results: { name: string; y: number[]; images: Images }[] = [];
for (const [name, one] of progress(Object.entries(ways), { label: "ways" })) {
  const y = [...lab.noiseErrors(one, schedule, some, stops, lab.normalNoise(9))];
  const images = await lab.sample(lab.ddim(one, schedule, start, { steps: 20 })) as Images;
  results.push({ name, y, images });
}
show(lab.filmStrip(results.map(({ images }) => images), { labels: Object.keys(ways), scale: 3 }));

// %%
const dashOf = (name: string) => (name === "one step late" ? "dot" as const : "solid" as const);
const lines = results.map(({ name, y }) => ({ name, y, x: stops, dash: dashOf(name) }));
show(lab.lineChart({ x: timeAxis, y: error, series: lines, height: 340 }));
table(results.map(({ name, y }) => {
  const ratio = y.map((one, i) => one / results[0].y[i]);
  return { "told the time": name, "error, × as trained: least": d3.min(ratio), most: d3.max(ratio) };
}), { digits: 3 })

// %% [markdown]
// *Six digits from the same noise each, clipped to −1…1; errors on 32 held-out digits.*
//
// **Explanation.** One step late costs nothing that could be seen. With sines first the strokes stay noisy; with $t/T$ the network believes that it is always at the end, and draws no digits. Worst to *find* is $\text{half}-1$: its error rises far less, the pictures are crisp, and some are no digits. So a configuration is part of the weights.
//
// ## Where the time enters the U-Net
//
// Its code goes through two dense layers, which give $e$ (this checkpoint adds the vector of the class). Then **every residual block** adds one number a channel between its convolutions: $h\leftarrow h+W\,\mathrm{silu}(e)+b$.

// %%
const [moments, first] = [[50, 200, 400, 600, 900], "down_blocks.0.resnets.0"];
const five = tf.concat(moments.map((t) => noised(tf.slice(digits, 0, 1), t))) as Images;
const seen = lab.probe(() => network.apply(five, lab.networkTime(tf.tensor1d(moments)), anyDigit(5)));
const held = (name: string) => network.parameters.get(`${first}.${name}`).variable;
const time = seen.get(`${first}.time_emb_proj`);
const code = tf.add(seen.get("time_embedding"), seen.get("class_embedding")); // e
const [W, b] = ["weight", "bias"].map((name) => held(`time_emb_proj.${name}`) as lab.tf.Tensor2D);
check("the time in a block is W silu(e) + b", tf.add(tf.matMul(lab.silu(code), W), b), time);

// %% [markdown]
// ## An ablation in the plane
//
// An **ablation** changes one thing and leaves the rest. A small network for the ring, three ways: not told the time, told $t/T$, told sinusoids. Three seeds each. The coordinates get waves of their own, so that the training comes to its end: its loss is held against that of the exact denoisers above.
//
// **Predict.** Not told: will the samples be a little worse, or useless?

// %%
const settings = { none: "none", "t/T": "scalar", sinusoids: "cos-sin" } as const;
const withWaves = (x: lab.tf.Tensor) =>
  tf.concat([x, ...[2, 4, 6].flatMap((k) => [tf.sin(tf.mul(x, k)), tf.cos(tf.mul(x, k))])], 1);
const networkFor = (time_encoding: lab.TimeEncodingName, seed: number): lab.TimeNetwork => {
  const mlp = new lab.PointMlp({ dimensions: 14, hidden: [64, 64, 64], time_encoding }, { seed });
  const apply = (x: lab.tf.Tensor, t: lab.tf.Tensor1D) =>
    tf.slice(mlp.apply(withWaves(x) as lab.tf.Tensor2D, t), [0, 0], [-1, 2]);
  return { parameters: mlp.parameters, apply };
};
const middles = d3.range(25).map((i) => 40 * i + 20);
const unseen = tf.tensor2d(points(2000, "unseen"), [2000, 2]);
const lossOf = (one: lab.Denoiser) => d3.mean(lab.noiseErrors(one, schedule, unseen, middles, lab.normalNoise(6)))!;

// %%
const learningRate = { peak: 1e-2, warmup: 100, decay: { kind: "cosine", total: 3000 } } as const;
const runs = Object.entries(settings).flatMap(([name, way]) => [0, 1, 2].map((seed) => ({ name, way, seed })));
const trained: { name: string; loss: number; samples: lab.tf.Tensor }[] = [];
for (const { name, way, seed } of progress(runs, { label: "trainings" })) {
  const net = networkFor(way, seed);
  const data = { data: points(20_000, "training"), shape: [2], batchSize: 256, seed };
  const trainer = new lab.Trainer(new lab.DiffusionTask({ network: net, path: schedule, ...data }), { learningRate });
  await trainer.run(3000);
  const [one, noise] = [lab.networkDenoiser(net, schedule), lab.normalNoise(seed + 100)(0, [2000, 2])];
  await trainer.withAverage(async () => trained.push({ name, loss: lossOf(one),
    samples: await lab.sample(lab.ddim(one, schedule, noise, { steps: 50 })) })); }

// %%
const of = (name: string) => trained.filter((one) => one.name === name);
const cloud = (title: string, x: lab.tf.Tensor, colour: string) => lab.scatterChart({
  title, x: { title: "x₁", unit: "1", range: [-2, 2] }, y: { title: "x₂", unit: "1", range: [-2, 2] },
  clouds: [{ name: title, points: tf.slice(x, 0, 1000), size: 2, colour }], width: 280, height: 300 });
const clouds = [cloud("real", unseen, lab.palette[1]),
  ...Object.keys(settings).map((name) => cloud(name, of(name)[0].samples, lab.palette[0]))];
show(lab.sideBySide(clouds, { columns: 4, width: 1080, height: 310 }));

// %%
const onBlob = (x: lab.tf.Tensor) => d3.mean(x.arraySync() as number[][], ([a, c]) =>
  centres.some(([u, v]) => Math.hypot(a - u, c - v) < 3 * std) ? 1 : 0)!;
const span = (values: readonly number[]) => d3.extent(values).map((one) => one!.toFixed(3)).join(" … ");
const rows = Object.keys(settings).map((name) => ({ told: name, seeds: 3, loss: span(of(name).map(({ loss }) => loss)),
  "ideal loss": lossOf(name === "none" ? untold : ring).toFixed(3),
  "share of points on a blob": span(of(name).map(({ samples }) => onBlob(samples))) }));
const real = d3.range(3).map((k) => onBlob(tf.tensor2d(points(2000, `real ${k}`), [2000, 2])));
const floor = { told: "(real points)", seeds: 3, loss: "", "ideal loss": "", "share of points on a blob": span(real) };
table([...rows, floor])

// %% [markdown]
// *Smallest and largest of three seeds; 2000 points each. "On a blob": within three deviations of a centre.*
//
// **Explanation.** Each loss comes near its own ideal: the training has ended, and what remains is the *price*. Not told, the loss is far higher in every seed, and more points lie between the blobs. So **in the plane** a network must be told the time. Which encoding is better, one data set and one size of network cannot say.
//
// ## And on pictures?
//
// Two small U-Nets, equal but that one is always told the same time. **Predict.** By how much is its loss higher: a few per cent, a half, twice?

// %%
const small: Partial<lab.UNet2DConfig> = { in_channels: 1, out_channels: 1, block_out_channels: [8, 16],
  norm_num_groups: 4, down_block_types: Array(2).fill("DownBlock2D"), up_block_types: Array(2).fill("UpBlock2D") };
const [later, pictures] = [knots.slice(2), new lab.Normaliser().encode(training.images)];
async function errorsOnPictures(isTold: boolean): Promise<number[]> {
  const net = new lab.UNet2D(small, { seed: 7 });
  const apply = (x: lab.tf.Tensor, t: lab.tf.Tensor1D) => net.apply(x as Images, isTold ? t : tf.zeros([x.shape[0]]));
  const [blind, rest] = [{ parameters: net.parameters, apply }, { shape: [28, 28, 1], batchSize: 32, seed: 7 }];
  const task = new lab.DiffusionTask({ network: blind, path: schedule, data: pictures, ...rest });
  const trainer = new lab.Trainer(task, { learningRate: { peak: 2e-3, warmup: 20 }, averageDecay: 0.95 });
  await trainer.run(200);
  const one = lab.networkDenoiser(blind, schedule);
  return trainer.withAverage(() => [...lab.noiseErrors(one, schedule, digits, later, lab.normalNoise(9))]); }

// %%
const onPictures = [await errorsOnPictures(true), await errorsOnPictures(false)];
const axes = { x: timeAxis, y: error, height: 340 };
show(lab.lineChart({ ...axes, series: ["told the time", "always told the same"].map((name, i) =>
  ({ name, x: later, y: onPictures[i], dash: i === 0 ? "solid" as const : "dash" as const })) }));
const [meanTold, meanBlind] = onPictures.map((one) => d3.mean(one)!);
table([{ "mean error, told": meanTold, "always told the same": meanBlind, ratio: meanBlind / meanTold }], { digits: 3 })

// %% [markdown]
// *200 steps, one seed, 64 held-out digits; neither is finished.*
//
// **Explanation.** A small price: with hundreds of noisy pixels before it, the network can *measure* how much noise there is. Sun et al. (2025) find the same for large models. What the time is worth to a finished network on pictures, this short training does not say.
//
// ## Exercises
//
// **7c.1 (compute)** After how many steps has wave $i$ gone round once? $\omega_i=10000^{-i/\text{half}}$, with half = 16.
//
// **7c.2 (compute)** All data is 0. The time is $a$ or $b$, equally likely, and you see $x$. What is $p(a\mid x)$?

// %% [markdown]
// **7c.3 (find the bug)** A student opens somebody's weights. Errors are a little high, samples are crisp, but some are no digits. Which line is wrong? *a* `flip_sin_to_cos` · *b* `freq_shift` · *c* the unit of $t$ · *d* $t$ for $t-1$
//
// **7c.4 (judge)** Which sentence do the three seeds of the ablation allow? *a* Sinusoids are the best encoding. · *b* On this ring and with this network, not telling the time costs more than the choice of a seed. · *c* A network must always be told the time.
//
// **7c.5 (predict, then find)** With $T=100$ in place of 1000 and all times alike: what is the spread, in steps?

// %% jupyter={"source_hidden": true}
// Judges of 7c.1, 7c.2 and 7c.5. Answer first.
type Answers = readonly (number | undefined)[];
const near = (a: Answers, b: readonly number[]) => a.every((one, i) => Math.abs(one! / b[i] - 1) < 1e-3);
const tick = encode(1, {}).dataSync(); // cos ωᵢ, then sin ωᵢ
const turns = [2, 7, 15].map((i) => (2 * Math.PI) / Math.asin(tick[half + i]));
const judge71 = (a: Answers) => near(a, turns) || (near(a, turns.map((one) => one / (2 * Math.PI)))
  ? "that is one radian; once round is 2π" : a[0]! > a[2]! ? "the larger i, the slower" : "ω·steps = 2π");
const zero = lab.gaussianDenoiser(schedule, [0], 0);
const logsAt = (x: number) => zero.logDensity(tf.tensor2d([[x], [x]]), tf.tensor1d([100, 600]));
const truth = [0.1, 0.4, 1.5].map((x) => tf.softmax(logsAt(x)).dataSync()[0]);
const judge72 = (a: Answers) => near(a, truth) || (near(a.map((one) => 1 - one!), truth) ? "that is p(b | x)"
  : a[0]! < 0.5 ? "a value near 0 must favour the earlier time" : "N(0, 1 − ᾱ) has 1/√(1 − ᾱ) in front");

// %% tags=["exercise"]
const period = (i: number): number | undefined => undefined; // 7c.1
const isA = (x: number, a: number, b: number): number | undefined => undefined; // 7c.2
const [wrongLine, allowed]: (string | undefined)[] = [undefined, undefined]; // 7c.3, 7c.4
const flatSpread: number | undefined = undefined; // 7c.5

check("7c.1", [2, 7, 15].map(period), judge71);
check("7c.2", [0.1, 0.4, 1.5].map((x) => isA(x, 100, 600)), judge72);
check("7c.3", wrongLine, sealed("7c.3", "b0e951ab"), "which of the five columns of digits looks like that?");
check("7c.4", allowed, sealed("7c.4", "6045a8e5"), "one data set, one size of network, three seeds");
check("7c.5", flatSpread, spread(Array(100).fill(0.01)), "√((T² − 1)/12)");

// %% tags=["solution"] jupyter={"source_hidden": true}
const period = (i: number): number | undefined => 2 * Math.PI * 10000 ** (i / half);
const at = (x: number, t: number, v = 1 - schedule.alphaBar[t]) => Math.exp(-(x ** 2) / (2 * v)) / Math.sqrt(v);
const isA = (x: number, a: number, b: number): number | undefined => at(x, a) / (at(x, a) + at(x, b));
const [wrongLine, allowed]: (string | undefined)[] = ["b", "b"];
const flatSpread: number | undefined = Math.sqrt((100 ** 2 - 1) / 12);

check("7c.1", [2, 7, 15].map(period), judge71);
check("7c.2", [0.1, 0.4, 1.5].map((x) => isA(x, 100, 600)), judge72);
check("7c.3", wrongLine, sealed("7c.3", "b0e951ab"), "which of the five columns of digits looks like that?");
check("7c.4", allowed, sealed("7c.4", "6045a8e5"), "one data set, one size of network, three seeds");
check("7c.5", flatSpread, spread(Array(100).fill(0.01)), "√((T² − 1)/12)");

// %% [markdown]
// ## Summary
//
// - A picture says much about its time, a point of the plane next to nothing.
// - Not told, the best answer is the mean over the times. In the plane that price is high.
// - Sinusoids have fast and slow waves. Their order is part of the weights.
//
// **What would change our mind:** a network in the plane that is not told the time and pays less.
//
// **Tomorrow, ask yourself:** where is the price highest? Which mistake is hardest to find?
//
// **Read:** Vaswani et al. (2017), section 3.5 · Tancik et al., *Fourier features* (2020) · Sun et al., *Is noise conditioning necessary?* (2025). **Next:** [8 · Conditional generation](08-conditional-generation.ipynb).

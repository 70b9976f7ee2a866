// %% [markdown]
// # 7 · Telling the time
//
// A denoising network is asked a different question at every noise level, so it is told the time $t$. Must it be? And how does one hand a number
// to a network? It sounds like a detail. It is also where trained weights can fail **without any error message**.
//
// **You will**
// - work out what a noisy example gives away about its own time, by Bayes' rule, for an image and for a point in the plane;
// - compute what a network without a clock loses at best, and later watch a trained one come close to just that;
// - build the clock's hands, sinusoids, in both conventions in use, and swap them on a trained network to see what happens;
// - see where time enters a U-Net;
// - compare six clocks over three seeds, and find out how little some of the differences mean.
//
// **Before this**: notebooks [03](03-forward-process.ipynb), [04](04-training-objective.ipynb) and [07 · Networks](07-networks.ipynb). **Runs** in two
// minutes on 2 cores, 2.2 GB of memory.

// %%
import * as lab from "diffusion-lab";
import { check, formula, progress, show, table } from "diffusion-lab/notebook";
const { tf } = lab;
type Images = lab.tf.Tensor4D;
const { network, denoiser, schedule, config } = lab.loadDiffusionModel("assets/mnist-unet");
const digits = lab.gatherImages(lab.loadDigits({ split: "heldOut" }), [...Array(64).keys()]);
const sets = { moons: lab.moons, ring: lab.ringOfGaussians };
type SetName = keyof typeof sets;
const points = (set: SetName, n = 20_000, purpose = "training") => sets[set](n, new lab.RandomStream(7, purpose));
const onRing = tf.tensor2d(points("ring", 1000, "seen"), [1000, 2]);
const timeAxis = { title: "timestep t", unit: "steps" };
const distance = (a: lab.FeatureSet, b: lab.FeatureSet) => lab.slicedWasserstein(a, b, new lab.RandomStream(1));

// %% [markdown]
// ## The simple idea: do not tell it
//
// A noisy picture shows that it is noisy. Could a network not read the time off its input? Bayes' rule says exactly what can be read. Before looking, every
// time is as likely as any other; after seeing $x$,
//
// $$p(t\mid x)=\frac{q_t(x)}{\sum_s q_s(x)},$$
//
// with $q_t(x)$ the density of examples noised to time $t$. For a *point of the ring* (eight Gaussians on a circle) that density is known. Of an
// *image* we use only the 116 pixels, of 784, that are blank in every training digit: known to be $-1$, so what is seen in each of them is
// $\mathcal N(-\sqrt{\bar\alpha_t},\,1-\bar\alpha_t)$, independently.
//
// **What to see.** The blank pixels give the time away, the earlier the more exactly; late, when nearly all is noise, one hour looks like the next. The point of
// the ring says next to nothing: these three rule out the earliest times, for they lie off the blobs, and find all others about equally likely, whatever the true
// time. The table has the spread (standard deviation of the belief), averaged over 32 examples; a belief that is flat over all 1000 steps has a spread of 289. (At $t=50$
// that of the ring is larger: points in a blob favour the early times a little and leave all others open, which spreads the belief to both ends.)
// From these pixels nobody can do better than Bayes; a network sees all 784 and can be at least this sure. So whether a clock is needed *depends on the data*: on
// images a stopped clock cost little in the short trainings of [07 · Networks](07-networks.ipynb); in the plane it must cost something.

// %%
const { means, std } = lab.ringModes();
const centres = Array.from({ length: 8 }, (_, k) => [means[2 * k], means[2 * k + 1]]);
const ring = lab.mixtureDenoiser(schedule, { means: centres, covariances: [std ** 2] });
const brightest = tf.max(tf.tensor2d(lab.loadDigits({ split: "train" }).images, [9000, 784]), 0).dataSync();
const empty = [...brightest.keys()].filter((pixel) => brightest[pixel] === 0);
const blank = lab.gaussianDenoiser(schedule, empty.map(() => -1), 0);
const emptyOf = (images: lab.tf.Tensor) => tf.gather(tf.reshape(images, [-1, 784]), empty, 1);
const everyTime = tf.range(1, schedule.T + 1);
const logs = (ideal: lab.IdealDenoiser, x: lab.tf.Tensor) => ideal.logDensity(tf.tile(x, [schedule.T, 1]), everyTime);
const belief = (ideal: lab.IdealDenoiser, x: lab.tf.Tensor) => tf.softmax(logs(ideal, x));
const somewhere = tf.tensor2d([[0.3, 1.2]]);
formula("p = q / sum(q)").agrees(belief(ring, somewhere), { q: tf.exp(logs(ring, somewhere)) }, { tolerance: 1e-5 });

// %%
const noised = (x0: lab.tf.Tensor, t: number) => lab.qSample(schedule, x0, t, lab.normalNoise(5)(t, x0.shape));
const beliefs = (t: number, k: number) => ({
  "blank pixels": belief(blank, tf.slice(emptyOf(noised(digits, t)), [k, 0], [1, -1])).dataSync(),
  "a point of the ring": belief(ring, tf.slice(noised(onRing, t), [k, 0], [1, -1])).dataSync(),
});
const kinds = ["blank pixels", "a point of the ring"] as const;
const probability = { title: "p(t | what is seen)", unit: "1" };
const series = (kind: (typeof kinds)[number]) =>
  [200, 500, 800].map((t) => ({ name: `true time ${t}`, x: everyTime.dataSync(), y: beliefs(t, 3)[kind] }));
const charts = kinds.map((kind) => lab.lineChart({ title: kind, x: timeAxis, y: probability, series: series(kind) }));
show(lab.sideBySide(charts, { width: 1000 }));

// %%
const spread = (p: ArrayLike<number>) => {
  const moment = (power: number) => Array.from(p).reduce((sum, one, i) => sum + one * (i + 1) ** power, 0);
  return Math.sqrt(Math.max(moment(2) - moment(1) ** 2, 0));
};
const span = (values: ArrayLike<number>) =>
  [Math.min, Math.max].map((end) => end(...Array.from(values)).toPrecision(3)).join(" … ");
const average = (values: readonly number[]) => values.reduce((sum, one) => sum + one / values.length, 0);
const spreadOf = (kind: (typeof kinds)[number], t: number) =>
  average(Array.from({ length: 32 }, (_, k) => spread(beliefs(t, k)[kind])));
table([50, 200, 500, 800, 950].map((t) => ({
  "true time": t, ...Object.fromEntries(kinds.map((kind) => [`spread in steps: ${kind}`, spreadOf(kind, t)])),
})), { digits: 3 })

// %% [markdown]
// ## What the best network without a clock would answer
//
// Trained by mean square error and never told $t$, a network can at best give the *mean* of the right answers over all times it might be,
//
// $$\hat\epsilon(x)=\sum_t p(t\mid x)\,\hat\epsilon(x,t).$$
//
// On the ring every term is known, so this perfect network can be written down and judged, before anything is trained. (Every time is as likely as any
// other and every error counts the same, as in the usual training; the sum takes every tenth of the 1000 times.)
//
// **What to see** (the error is on a logarithmic scale; an answer of 0 has an error of 1). The lower curve is what noise has destroyed, and no network gets below it. Without
// a clock the error is higher at *every* time: the gap is the **price of having no clock**. Early, the deviation from a blob must be divided by the size of the noise,
// and nobody says how small that is; up to $t=50$, where the price is highest in absolute terms (which a logarithmic axis hides), the answer is even worse than 0 would be, and there samplers draw the last fine details. At the very first steps
// it is smaller, for there even a network that knows the time cannot tell the noise from the width of a blob. Around $t=300$ both are at a loss. Late, the
// noise is all there is and the answer easy, if one knows that it is late; without a clock an error of 0.05 remains.

// %%
const hours = tf.range(5, schedule.T, 10); // of the 1000 times, every tenth
const hundred = [...hours.dataSync()];
const clockless: lab.Denoiser = { path: schedule, predicts: "noise", predict: (xt) => tf.tidy(() => {
  const n = xt.shape[0];
  const x = tf.reshape(tf.tile(tf.expandDims(xt, 1), [1, 100, 1]), [100 * n, 2]);
  const t = tf.tile(hours, [n]) as lab.tf.Tensor1D;
  const p = tf.softmax(tf.reshape(ring.logDensity(x, t), [n, 100]));
  const given = Float32Array.from({ length: 100 * n }, (_, i) => hundred[i % 100]);
  const epsilon = lab.toNoise(schedule, ring.predicts, ring.predict(x, t), x, given);
  return tf.sum(tf.mul(tf.expandDims(p, 2), tf.reshape(epsilon, [n, 100, 2])), 1);
}) };

// %%
const x = somewhere;
const right = (t: number) => lab.toNoise(schedule, ring.predicts, ring.predict(x, tf.tensor1d([t])), x, t);
const e = hundred.map((t) => right(t).dataSync()[0]); // of the two coordinates, the first
const q = hundred.map((t) => Math.exp(ring.logDensity(x, tf.tensor1d([t])).dataSync()[0]));
const blindAnswer = clockless.predict(x, tf.ones([1])).dataSync()[0];
formula("epsilon = sum(q / sum(q) * e)").agrees(blindAnswer, { q, e }, { tolerance: 1e-5 });
const knots = [5, 25, 50, 100, 150, 200, 300, 400, 500, 600, 700, 800, 900, 995];
const errors = (judge: lab.Denoiser) => lab.noiseErrors(judge, schedule, onRing, knots, lab.normalNoise(6));
const curve = (name: string, judge: lab.Denoiser) => ({ name, x: knots, y: errors(judge) });
const both = [curve("told the time", ring), curve("no clock", clockless)];
show(lab.lineChart({ x: timeAxis, y: { title: "mean square error of ε̂", unit: "1", log: true }, series: both }));

// %% [markdown]
// ## A clock with many hands
//
// How is a network told that it is 300 o'clock? A number between 0 and 999 is a poor input beside coordinates of size 1. So time is written
// like a clock, by hands that turn at different speeds: cosines and sines of $t\,\omega_i$. Two conventions are in use. DiT and diffusers:
// cosines first, $\omega_i=10000^{-i/\text{half}}$. DDPM: sines first, and $\text{half}-1$ in the exponent. Both are checked, and four hands drawn. (Vaswani et al.,
// who invented them for the places of words, let sines and cosines alternate: a third convention.)
//
// Why hands of so many speeds? Slow ones alone could not tell neighbours apart, and fast ones alone lose count of their turns. How alike two codes are, their dot product says, $\frac{1}{\text{half}}\,e(t)\cdot e(u)=\frac{1}{\text{half}}\sum_i\cos((t-u)\,\omega_i)$: it depends on the *distance*
// of two times only. **What to see.** On the left, four of the sixteen hands. The fast ones tell neighbours apart (hands 0 to 4, which turn once in 6 to 63
// steps, would fill the picture), slow ones tell morning from evening. On the right, how alike each time is to $t=500$: at 500 all hands agree, and there is the sharp
// peak. To the sides the fast hands have lost count and make the jitter, the middle ones make the waves, and the slowest, which hardly move, hold the curve above 0
// nearly everywhere. **Random Fourier features**, sines and cosines of random multiples of $t/T$, here of deviation 1, have one width instead: a smooth bump, as wide as one over the spread of
// those multiples, blind to single steps.

// %%
const [half, hands] = [16, Array.from({ length: 16 }, (_, i) => i)];
const encode = (t: number, options: object) =>
  tf.reshape(lab.sinusoidalEmbedding(tf.tensor1d([t]), { dimensions: 2 * half, ...options }), [-1]);
formula("e = concat(cos(t * 10000^(-i / half)), sin(t * 10000^(-i / half)))")
  .agrees(encode(300, { order: "cos-sin", frequencyShift: 0 }), { t: 300, i: hands, half }, { tolerance: 1e-4 });
formula("e = concat(sin(t * 10000^(-i / (half - 1))), cos(t * 10000^(-i / (half - 1))))")
  .agrees(encode(300, { order: "sin-cos", frequencyShift: 1 }), { t: 300, i: hands, half }, { tolerance: 1e-4 });
const dot = tf.sum(tf.mul(encode(300, {}), encode(500, {}))).dataSync()[0];
formula("s = mean(cos((t - u) * 10000^(-i / half)))")
  .agrees(dot / half, { t: 300, u: 500, i: hands, half }, { tolerance: 1e-4 });

// %%
const dial = tf.range(0, 1000);
const sinusoids = lab.sinusoidalEmbedding(dial, { dimensions: 2 * half });
const fourier = new lab.TimeEncoding(new lab.Parameters({ seed: 7 }).scope("fourier"), {
  kind: "fourier", dimensions: 2 * half, fourierInput: (t) => tf.div(t, 1000),
}).apply(dial);
const drawn = [5, 7, 9, 11].map((i) => ({ name: `hand i = ${i}`, y: tf.slice(sinusoids, [0, i], [-1, 1]).dataSync() }));
const alike = (e: lab.tf.Tensor2D) => tf.div(tf.matMul(e, tf.slice(e, [500, 0], [1, -1]), false, true), half);
const like = (name: string, e: lab.tf.Tensor2D, colour: string) => ({ name, y: alike(e).dataSync(), colour });
const likeness = [like("sinusoids", sinusoids, lab.palette[4]), like("Fourier", fourier, lab.palette[5])];
const [cosine, likeTo] = ["cos(t ω<sub>i</sub>)", "likeness to t = 500"].map((title) => ({ title, unit: "1" }));
const panels = [{ y: cosine, series: drawn }, { y: likeTo, series: likeness }];
show(lab.sideBySide(panels.map((one) => lab.lineChart({ x: timeAxis, ...one })), { width: 1000 }));

// %% [markdown]
// ## The trap: the wrong convention
//
// The digits' checkpoint was trained with cosines first and $\text{half}$ in the exponent. We load *the same weights* into a network with sines first, into one
// with $\text{half}-1$, and into one whose clock shows $t/T$ instead of $t-1$. All load without complaint: every shape fits. A fifth is told $t$ where $t-1$ is
// meant, a mistake of one step. Each also draws six digits from the same noise.
//
// **What to see.** With sines first, the square error is up to thirteen times what it should be, most of all at early times, where samplers draw the last
// details: the strokes are there, the noise stays. With $t/T$ the network believes that it is always the first step: near $t=0$ that is true, and from $t=100$ on its
// error is about five to ten times too large. Its samples are no digits at all. Worst to find is $\text{half}-1$: the error is never even twice what it should be, the images are crisp, and some
// are *no digits*. One step late costs nothing that could be seen (the dotted curve lies on the first). So a configuration is part of the weights, and
// `config.json` travels with them.

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
const [trained, late, scaled] = [told({}), told({}, (t) => t), told({}, share)];
const ways = { "as trained": trained, "one step late": late, "t/T": scaled,
  "sines first": told({ flip_sin_to_cos: false }), "half − 1": told({ freq_shift: 1 }) };

// %%
const [stops, start] = [[10, 50, 100, 200, 400, 600, 800, 990], lab.normalNoise(4)(0, [6, 28, 28, 1])];
const measured: (lab.Series & { images: Images })[] = [];
for (const [name, one] of Object.entries(ways)) {
  const y = lab.noiseErrors(one, schedule, digits, stops, lab.normalNoise(9));
  const images = await lab.sample(lab.ddim(one, schedule, start, { steps: 20 })) as Images;
  measured.push({ name, x: stops, y, dash: one === late ? "dot" : "solid", images });
}
const ratios = (y: ArrayLike<number>) => span(Array.from(y, (error, i) => error / measured[0].y[i]));
const onDigits = { title: "mean square error of ε̂, digits", unit: "1", log: true };
show(lab.lineChart({ x: timeAxis, y: onDigits, series: measured }));
show(lab.filmStrip(measured.map(({ images }) => images), { labels: Object.keys(ways), scale: 3 }));
table(measured.map(({ name, y }) => ({ "told the time": name, "error, × as trained": ratios(y) })), { digits: 3 })

// %% [markdown]
// ## Where time enters the U-Net
//
// The code of the time goes through two dense layers, which give $e$ (and this checkpoint adds the vector of the class), and then into **every residual block**:
// between its convolutions, one number a channel is added, $h\leftarrow h+W\,\mathrm{silu}(e)+b$, the same at each pixel. We send a five through at five
// noise levels and check the running network's first block: what its time layer gave is $W\,\mathrm{silu}(e)+b$, and the second norm, given convolution plus time,
// returns what it returned there.

// %%
const [hoursOfDay, first, own] = [[50, 200, 400, 600, 900], "down_blocks.0.resnets.0", new lab.Parameters()];
const five = tf.concat(hoursOfDay.map((t) => noised(tf.slice(digits, [0, 0, 0, 0], [1, -1, -1, -1]), t))) as Images;
const seen = lab.probe(() => network.apply(five, lab.networkTime(tf.tensor1d(hoursOfDay)), anyDigit(5)));
const norm = new lab.GroupNorm(own.scope("norm2"), { channels: 32, groups: 8, epsilon: 1e-5 });
const held = (name: string) => network.parameters.get(`${first}.${name}`).variable;
for (const name of own.names) own.get(name).variable.assign(held(name));
const time = seen.get(`${first}.time_emb_proj`);
const code = tf.add(seen.get("time_embedding"), seen.get("class_embedding")); // e
const [W, b] = ["weight", "bias"].map((name) => held(`time_emb_proj.${name}`) as lab.tf.Tensor2D);
check("time in a block is W silu(e) + b", tf.add(tf.matMul(lab.silu(code), W), b), time);
const sum = tf.add(seen.get(`${first}.conv1`), tf.reshape(time, [5, 1, 1, -1])) as Images;
check("the second norm gets convolution + time", norm.apply(sum), seen.get(`${first}.norm2`), { tolerance: 1e-4 });

// %% [markdown]
// ## Six clocks, an ablation
//
// An **ablation** changes one thing and leaves all else as it is (as far as it can: the table of learned vectors, 1000 × 32 numbers, nearly doubles this small network). A small network for points in the plane, six clocks: none; the number $t$ as it is; $t/T$;
// sinusoids; random Fourier features of $t/T$; a learned vector for each $t$. Two data sets, three seeds, the same steps; judged by the loss on unseen points, and by the
// sliced Wasserstein distance from 2000 samples to 2000 real points. Two sets of *real* points are not at distance 0 either, for they are finite: that is the floor.
//
// **What to see.** *No clock*: a loss far above those of the four that work, and moons whose points crowd in the wrong places. On the ring it is 0.33, where the perfect network without a clock
// has 0.314: it is not badly trained, it is *asked too much*. *The number $t$ as it is*: its size drowns the coordinates, the training never recovers, and the loss is 1, what one gets by
// answering 0 to everything; the samples end more than 150 units away (and are not drawn). The other four lie close together, and *the best on one set is not the best on the other*: on the ring the learned vectors
// are lowest by both judges, on the moons they are not by the loss. Nor do the judges agree: on the ring the distance can hardly tell the network without a clock from most
// others, for two sets of real points may be as far apart; the loss tells them apart at once. The pictures (the first seed) surprise: without a
// clock the moons are thin, and wrong in another way; they pile up at their outer ends and thin out at the inner ones. With a clock many points lie between the moons, most with
// sinusoids and Fourier features, fewest with $t/T$. On the ring no training parts the blobs; only the learned vectors begin to.
//
// An honest reading: in the plane a clock is needed, and one in a decent *range*. Which of the four is best, an experiment of this size does not say (the lead of the learned vectors on the ring may be that of a larger network), and none of these short trainings is
// finished: eight separate blobs belong on the ring, and all are still above the ideal loss of 0.196. Sinusoids are the usual choice, but not because they win here.

// %%
const clocks: Record<string, Partial<lab.PointMlpConfig>> = {
  none: { time_encoding: "none" }, t: { time_encoding: "scalar", time_steps: 1 }, "t/T": { time_encoding: "scalar" },
  sinusoids: { time_encoding: "cos-sin" }, Fourier: { time_encoding: "fourier" }, learned: { time_encoding: "learned" },
};
const setNames = ["moons", "ring"] as const;
const runs = Object.keys(clocks).flatMap((clock) =>
  setNames.flatMap((set) => [0, 1, 2].map((seed) => ({ clock, set, seed }))));
const learningRate = { peak: 1e-2, warmup: 50, decay: { kind: "cosine", total: 2500 } } as const;
const moments = Array.from({ length: 25 }, (_, i) => 40 * i + 20);
const unseen = (set: SetName) => tf.tensor2d(points(set, 2000, "unseen"), [2000, 2]);
const lossOn = (set: SetName, judge: lab.Denoiser) =>
  average(lab.noiseErrors(judge, schedule, unseen(set), moments, lab.normalNoise(6)));

// %%
const results: { set: SetName; clock: string; loss: number; samples: lab.tf.Tensor }[] = [];
for (const { set, clock, seed } of progress(runs, { label: "trainings" })) {
  const network = new lab.PointMlp({ hidden: [128, 128, 128], ...clocks[clock] }, { seed });
  const task = new lab.DiffusionTask({ network, path: schedule, data: points(set), shape: [2], batchSize: 128, seed });
  const trainer = new lab.Trainer(task, { learningRate });
  await trainer.run(2500);
  await trainer.withAverage(async () => {
    const [one, start] = [lab.networkDenoiser(network, schedule), lab.normalNoise(seed + 100)(0, [2000, 2])];
    const samples = await lab.sample(lab.ddim(one, schedule, start, { steps: 50 }));
    results.push({ set, clock, loss: lossOn(set, one), samples });
  });
}

// %%
const of = (set: SetName, clock: string) => results.filter((one) => one.set === set && one.clock === clock);
const cloud = (set: SetName, clock: string) => (clock === "real" ? unseen(set) : of(set, clock)[0].samples);
const [across, up] = ["x", "y"].map((title) => ({ title, unit: "1", range: [-2.4, 2.4] as const }));
const picture = (set: SetName, clock: string) => lab.scatterChart({
  title: `${set}, ${clock}`, x: across, y: up, clouds: [{ name: clock, points: cloud(set, clock), size: 2 }],
});
const pictured = ["real", "none", "t/T", "sinusoids", "Fourier", "learned"];
const shown = setNames.flatMap((set) => pictured.map((clock) => picture(set, clock)));
show(lab.sideBySide(shown, { columns: 6, width: 1320, height: 520 }));
const floor = (set: SetName) =>
  lab.realVersusReal(lab.featureSet(points(set, 4000, "more")), distance, new lab.RandomStream(2)).values;

// %%
const columns = ["clock", "moons: loss", "moons: distance", "ring: loss", "ring: distance"];
const apart = (set: SetName, samples: lab.tf.Tensor) =>
  distance(lab.featureSet(points(set, 2000, "real")), lab.featuresOf(samples));
const rows = Object.keys(clocks).map((clock) => [clock, ...setNames.flatMap((set) => [
  span(of(set, clock).map(({ loss }) => loss)),
  span(of(set, clock).map(({ samples }) => apart(set, samples))),
])]);
const [best, bestBlind] = [ring, clockless].map((ideal) => lossOn("ring", ideal).toPrecision(3));
rows.push(["*ideal, no clock*", "", "", bestBlind, ""]);
rows.push(["*ideal; floor*", "", span(floor("moons")), best, span(floor("ring"))]);
table(rows, { columns })

// %% tags=["exercise"]
// 7.3. After how many steps has hand i turned once? ωᵢ = 10000^(−i/half).
const period = (i: number): number | undefined => undefined;
// 7.4. Data is always 0. It is time a or b, equally likely, and you see x: p(a | x) = ? (`schedule.alphaBar[t]` helps.)
const isA = (x: number, a: number, b: number): number | undefined => undefined;
const tick = lab.sinusoidalEmbedding(tf.tensor1d([1]), { dimensions: 2 * half }).dataSync(); // cos ωᵢ, then sin ωᵢ
const turns = hands.map((i) => (2 * Math.PI) / Math.asin(tick[half + i]));
check("7.3", [2, 7, 15].map(period), [turns[2], turns[7], turns[15]], "a whole turn is 2π");
const zero = lab.gaussianDenoiser(schedule, [0], 0);
const logsAt = (x: number) => zero.logDensity(tf.tensor2d([[x], [x]]), tf.tensor1d([100, 600]));
const truth = [0.1, 0.4, 1.5].map((x) => tf.softmax(logsAt(x)).dataSync()[0]);
check("7.4", [0.1, 0.4, 1.5].map((x) => isA(x, 100, 600)), truth, "Bayes, with the densities of N(0, 1 − ᾱ) at x");

// %% tags=["solution"] jupyter={"source_hidden": true}
// 7.3. After how many steps has hand i turned once? ωᵢ = 10000^(−i/half).
const period = (i: number): number | undefined => 2 * Math.PI * 10000 ** (i / half);
// 7.4. Data is always 0. It is time a or b, equally likely, and you see x: p(a | x) = ? (`schedule.alphaBar[t]` helps.)
const at = (x: number, t: number, v = 1 - schedule.alphaBar[t]) => Math.exp(-(x ** 2) / (2 * v)) / Math.sqrt(v);
const isA = (x: number, a: number, b: number): number | undefined => at(x, a) / (at(x, a) + at(x, b));
const tick = lab.sinusoidalEmbedding(tf.tensor1d([1]), { dimensions: 2 * half }).dataSync(); // cos ωᵢ, then sin ωᵢ
const turns = hands.map((i) => (2 * Math.PI) / Math.asin(tick[half + i]));
check("7.3", [2, 7, 15].map(period), [turns[2], turns[7], turns[15]], "a whole turn is 2π");
const zero = lab.gaussianDenoiser(schedule, [0], 0);
const logsAt = (x: number) => zero.logDensity(tf.tensor2d([[x], [x]]), tf.tensor1d([100, 600]));
const truth = [0.1, 0.4, 1.5].map((x) => tf.softmax(logsAt(x)).dataSync()[0]);
check("7.4", [0.1, 0.4, 1.5].map((x) => isA(x, 100, 600)), truth, "Bayes, with the densities of N(0, 1 − ᾱ) at x");

// %% [markdown]
// ## Summary
//
// - What an example gives away about its time is $p(t\mid x)$: an image much of it, the earlier the more; a point of the plane next to nothing.
// - Without a clock the best answer is the mean over the times it might be. A trained network without one comes close to that, and no closer to the truth.
// - Sinusoids: fast hands for neighbours, slow ones for the time of day; the likeness of two codes depends on their distance only.
// - The order of sines and cosines is part of the weights. With the wrong one nothing fails but the answers.
// - In the plane a clock is needed, in a decent *range*. Which decent one wins depends on the data; most of the differences seen here are no larger than those between seeds.
//
// **Next**, if you have not been there: [05 · The reverse process](05-reverse-process.ipynb) uses the clock once a step.
//
// **Read:** Vaswani et al., *Attention Is All You Need* (2017), section 3.5 · Ho, Jain & Abbeel (2020), appendix B · Tancik et al., *Fourier Features* (2020) ·
// Sun et al., *Is Noise Conditioning Necessary for Denoising Generative Models?* (2025).

// %% [markdown]
// # 7 · Networks
//
// So far $\epsilon_\theta(x_t,t)$ was a box: noisy image in, guessed noise out. This notebook opens it. What must such a network be able to
// do? Three things: answer with **an image of the same size**, see **many scales** at once (grain and whole figures), and **know the time**,
// that is, how much noise to expect.
//
// **You will**
// - measure what a network without the last two loses;
// - see how far a network looks, by differentiating one of its pixels;
// - open a U-Net, a transformer and a hybrid of the two: blocks, parameters, cost, all read off the running network;
// - watch a digit travel through the U, and see where attention looks;
// - compare six ways of telling a network the time, and find out how little some of the differences mean.
//
// **Before this**: notebooks [03](03-forward-process.ipynb) and [04](04-training-objective.ipynb); what a convolution is. **Runs** in two to three minutes on
// 2 cores, 1.9 GB of memory.

// %%
import * as lab from "diffusion-lab";
import { check, formula, progress, show, table } from "diffusion-lab/notebook";
const { tf } = lab;

const { network, denoiser, schedule } = lab.loadDiffusionModel("assets/mnist-unet");
const heldOut = lab.loadDigits({ split: "heldOut" });
const digit = lab.gatherImages(heldOut, [heldOut.labels.indexOf(5)]);
const [oneImage, oneTime] = [tf.zeros([1, 28, 28, 1]) as lab.tf.Tensor4D, tf.zeros([1]) as lab.tf.Tensor1D];
// The checkpoint takes a class too; its label 10 stands for "any digit".
const anyDigit = (count: number) => ({ label: tf.fill([count], 10, "int32") as lab.tf.Tensor1D });
const answer = (x: lab.tf.Tensor4D, time: lab.tf.Tensor1D) => network.apply(x, time, anyDigit(x.shape[0]));
const describe = (one: lab.TimeNetwork, image = oneImage) => lab.describeNetwork(one, image, oneTime, one === network ? anyDigit(1) : undefined);

// %% [markdown]
// ## The simple wrong thing: a stack of convolutions
//
// A convolution returns an image of the size it got. So stack four of them, 3 × 3 pixels each, with a nonlinearity between, and train the
// stack to guess noise. It is not told the time, and it sees one scale only. Against it we set a small U-Net that takes fewer multiply–adds, and to
// find out *which* of the two is missing, the same U-Net with its clock stopped: it is always told the same time. Each is trained for 160
// steps on the same digits, noise and times, and judged on 64 digits it has never seen.
//
// **What to see.** The stack is worse at *every* noise level, although it computes more. The stopped clock costs the U-Net little. With 784
// noisy pixels before it, it can *measure* how much noise there is. Remember this: in the last section we shall meet data where it cannot.

// %%
const inStack = new lab.Parameters({ seed: 7 });
const convolutions = [32, 32, 32, 1].map((outputs, i) => new lab.Conv2d(inStack.scope(`layers.${i}`), { inputs: i === 0 ? 1 : 32, outputs }));
const through = (x: lab.tf.Tensor4D) => tf.tidy(() => convolutions.reduce((h, layer, i) => layer.apply(i === 0 ? h : lab.silu(h)), x));
const stack = { parameters: inStack, apply: (x: lab.tf.Tensor) => through(x as lab.tf.Tensor4D) };
const [unet, stopped] = [1, 2].map(() => new lab.UNet2D({
  in_channels: 1, out_channels: 1, block_out_channels: [8, 16], layers_per_block: 1, norm_num_groups: 4, attention_head_dim: 16,
  down_block_types: ["DownBlock2D", "DownBlock2D"], up_block_types: ["UpBlock2D", "UpBlock2D"],
}, { seed: 7 }));
const blind = { parameters: stopped.parameters, apply: (x: lab.tf.Tensor) => stopped.apply(x as lab.tf.Tensor4D, tf.zeros([x.shape[0]])) };
const sizes = [stack, unet].map((one) => describe(one));
table(sizes.map((one, k) => [["stack", "U-Net"][k], one.parameters, one.multiplyAdds / 1e6]), { columns: ["network", "parameters", "million multiply–adds per image"] })

// %%
const data = new lab.Normaliser().encode(lab.loadDigits({ split: "train" }).images);
const [unseen, knots] = [lab.gatherImages(heldOut, [...Array(64).keys()]), [10, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]];
const curves: { name: string; x: number[]; y: number[] }[] = [];
const contestants = Object.entries({ "plain stack": stack, "U-Net, clock stopped": blind, "U-Net": unet });
for (const [name, one] of progress(contestants, { label: "trainings" })) {
  const task = new lab.DiffusionTask({ network: one, schedule: schedule, data, shape: [28, 28, 1], batchSize: 32, seed: 7 });
  const trainer = new lab.Trainer(task, { learningRate: { peak: 2e-3, warmup: 20, decay: { kind: "cosine", total: 160 } }, averageDecay: 0.95 });
  await trainer.run(160);
  const errors = () => lab.noiseErrors(lab.networkDenoiser(one), schedule, unseen, knots, lab.normalNoise(9));
  curves.push({ name, x: knots, y: await trainer.withAverage(errors) });
}
show(lab.lineChart({ x: { title: "timestep t", unit: "steps" }, y: { title: "mean square error of ε̂", unit: "1", log: true }, series: curves }));

// %% [markdown]
// ## How far does a network look?
//
// Ask the network itself: differentiate *one* output pixel, the one in the middle, with respect to every input pixel. Where the derivative is 0,
// the network is blind. We take the pixel of the clean image the network believes in, $\hat x_0$, and average over 16 digits.
//
// **What to see** (brightness is logarithmic: black is a thousandth of the brightest). Four layers of 3 × 3 see exactly 9 × 9 pixels: each
// layer adds one pixel on every side. The trained U-Net looks as far as it *must*. With little noise it looks at the neighbours; with much, a
// pixel can only be guessed from the whole figure, and the field grows to the size of a digit. No 9 × 9 window can do that.

// %%
const sixteen = lab.gatherImages(heldOut, [...Array(16).keys()]);
const fieldOf = (one: { apply(x: lab.tf.Tensor4D, t: lab.tf.Tensor1D): lab.tf.Tensor }, predicts: lab.Prediction, t: number) => {
  const time = lab.networkTime(tf.fill([16], t) as lab.tf.Tensor1D);
  const noisy = lab.qSample(schedule, sixteen, t, lab.normalNoise(7)(0, sixteen.shape)) as lab.tf.Tensor4D;
  return lab.receptiveField((x) => lab.toSample(schedule, predicts, one.apply(x, time), x, t), noisy);
};
const views = [10, 100, 200, 400, 600].map((t) => ({ name: `U-Net, t = ${t}`, field: fieldOf({ apply: answer }, denoiser.predicts, t) }));
views.unshift({ name: "stack, t = 400", field: fieldOf(stack, "noise", 400) });
check("four layers see 9 × 9 pixels", lab.fieldExtent(views[0].field), [9, 9]);
const glow = (field: lab.tf.Tensor) => tf.reshape(tf.log(tf.maximum(tf.div(field, tf.max(field)), 1e-3)), [1, 28, 28, 1]);
show(lab.filmStrip(views.map(({ field }) => glow(field)), { labels: views.map(({ name }) => name), range: [Math.log(1e-3), 0], scale: 4 }));
table(views.map(({ name, field }) => ({ field: name, "pixels above 5 % of the largest": lab.fieldExtent(field, { threshold: 0.05 }).join(" × ") })))

// %% [markdown]
// ## The U-Net, drawn from the network itself
//
// The U-Net's answer to "many scales" is to *halve* the image: the same 3 × 3 kernel then spans twice as much. After the bottom of the U it
// doubles it back up, and fine detail, which the small images have lost, comes across from the way down (blue lines).
//
// Nothing in the drawing is written by hand. `describeNetwork` runs the network once and notes what each block did: boxes are as high as their
// image and as wide as they have channels. **What to see.** The two rows of bars have different shapes. *Parameters* crowd at the bottom,
// where channels are many; *multiply–adds* at the top, where pixels are many: a kernel is stored once and applied at every pixel. And
// that is why attention, whose cost grows with the square of the number of pixels, is kept away from the top.
//
// **Inside a residual block**: it adds to what it got, $y=x+h$, instead of replacing it, so that the gradient has a way past every block, and depth
// does no harm. And **group norm** keeps numbers at a known size: in each image, each group of channels is shifted and scaled to mean 0
// and variance 1, then by learned $\gamma$ and $b$. `probe` runs the network and keeps what every part of it returned. We send a five through at five
// noise levels and hold the first equation against what really flowed through the checkpoint's first residual block.

// %%
const anatomy = describe(network);
show(lab.architectureDiagram(anatomy));
const times = [50, 200, 400, 600, 900];
const xt = tf.concat(times.map((t) => lab.qSample(schedule, digit, t, lab.normalNoise(7)(0, digit.shape)))) as lab.tf.Tensor4D;
const seen = lab.probe(() => answer(xt, lab.networkTime(tf.tensor1d(times))));
const place = seen.parts.findIndex((part) => part.kind === "residual");
const [before, block] = [seen.parts[place - 1].name, seen.parts[place].name];
formula("y = x + h").agrees(seen.get(block), { x: seen.get(before), h: seen.get(`${block}.conv2`) });
const [norm, x] = [new lab.GroupNorm(new lab.Parameters().scope("norm"), { channels: 6, groups: 1 }), lab.normalNoise(2)(0, [1, 5, 5, 6])];
formula("y = gamma * (x - mean(x)) / sqrt(mean((x - mean(x))^2) + delta) + b")
  .agrees(norm.apply(x as lab.tf.Tensor4D), { x, gamma: 1, b: 0, delta: 1e-5 }, { tolerance: 1e-5 });

// %% [markdown]
// ## A digit travels through the U
//
// Now look at what the probe kept. A feature map has dozens of channels; to see them at once, the three directions in which they vary most are
// painted red, green and blue. Colours mean nothing by themselves, but **equal colours are equal features**. One row is one noise level,
// one column a stage of the U, shown by its last block.
//
// **What to see.** On the way down the noise is averaged away: two stages deep the maps of $t=50$ and $t=400$ are alike, though the eye can
// hardly read the digit at $t=400$. At $t=900$ there is nothing to read, and the bottom shows something else. On the way up the image
// becomes fine again, the blue lines bring the detail, and the last stage shows a digit at $t=400$ that the eye can hardly find in the
// input (it takes our five for a six: so much is lost by then). This
// checkpoint answers with the velocity $v=\sqrt{\bar\alpha_t}\,\epsilon-\sqrt{1-\bar\alpha_t}\,x_0$: nearly all noise at $t=50$, the digit as a negative at
// $t=400$, and at $t=900$ the mean of all digits, for nothing better can be known. The bars say it in numbers, as the correlation of each map
// with that of $t=50$: up to $t=400$ it grows towards the bottom, where the digit counts and not the noise.

// %%
const stages = new Map<string, string>();
for (const { name, kind } of anatomy.blocks.filter((one) => one.kind === "residual" || one.kind === "attention")) {
  stages.set(name.split(".").slice(0, name.startsWith("mid") ? 1 : 2).join(" ").replace(/_blocks?/, ""), name);
}
const maps = [...stages.values()].map((name) => lab.principalColours(seen.get(name), { size: [28, 28] }));
show(lab.filmStrip([xt, ...maps, seen.output], { labels: ["xₜ", ...stages.keys(), "v̂"], rowLabels: times.map((t) => `t = ${t}`), scale: 3 }));
const alikeIn = (k: number) => [...stages.values()].map((name) => lab.mapCorrelation(seen.get(name), 0, k));
const [stage, like50] = ["stage of the U", "correlation with the map at t = 50"].map((title) => ({ title, unit: "1" }));
const series = [1, 2, 3, 4].map((k) => ({ name: `t = ${times[k]}`, values: alikeIn(k) }));
show(lab.barChart({ categories: [...stages.keys()], x: stage, y: like50, series, height: 320 }));

// %% [markdown]
// ## Attention: far pixels talk directly
//
// Convolution needs many layers to carry news across an image; attention needs one. Each pixel asks a question (a row of $Q$), each offers a key
// ($K$) and a value ($V$), and what a pixel gets is the mean of all values, weighted by how well their keys answer. Below, the equation, then
// the weights of the checkpoint's last attention at three noise levels, for three pixels each (blue frame), one head a row: orange is where the pixel looks. The network
// saw the *noisy* image; the clean one is drawn beneath only so that we can tell what it found.
//
// **What to see.** A pixel seldom looks at its neighbours alone. It looks far away, and the heads look at different places. At $t=50$ they look
// at many, along the stroke and around it. With more noise a head often sends *every* pixel to one and the same place, on the digit or beside
// it: what lies there serves as a notice board for the whole image. The table counts the places, averaged over all pixels, as the exponential
// of the weights' entropy: 1 if all weight is on one place, the number of pixels if it is spread evenly.

// %%
const [Q, K, V] = [0, 1, 2].map((i) => lab.normalNoise(3)(i, [1, 1, 6, 4]) as lab.tf.Tensor4D);
formula("y = softmax(Q * K' / sqrt(d)) * V", { matrices: true })
  .agrees(tf.squeeze(lab.scaledDotProductAttention(Q, K, V)), { Q: tf.squeeze(Q), K: tf.squeeze(K), V: tf.squeeze(V), d: 4 });
const weights = [...seen.all()].filter((part) => part.kind === "attention weights").slice(-1)[0].output!;
const [heads, side] = [weights.shape[1]!, Math.sqrt(weights.shape[2]!)];
const ofQuery = (k: number, query: number) => tf.reshape(tf.slice(weights, [k, 0, query, 0], [1, -1, 1, -1]), [heads, side, side]);
const lookOf = (k: number, row: number, column: number) => lab.attentionOverlay(digit, ofQuery(k, row * side + column), { query: [row, column] });
const looks = [0, 2, 4].flatMap((k) => [1, 3, 5].map((row) => lookOf(k, Math.round((row * side) / 7), Math.round((3 * side) / 7))));
show(lab.filmStrip(looks, { labels: ["", "t = 50", "", "", "t = 400", "", "", "t = 900", ""], scale: 2 }));
const asked = tf.mean(tf.exp(tf.neg(tf.sum(tf.mul(weights, tf.log(tf.maximum(weights, 1e-12))), 3))), [1, 2]).dataSync();
table(times.map((t, k) => ({ t, "places a pixel looks at": asked[k], of: side ** 2 })), { digits: 3 })

// %% [markdown]
// ## The transformer: one scale, attention everywhere
//
// Why not use attention only? A diffusion transformer (**DiT**) cuts the image into patches, makes each a vector (a *token*), tells it its place, and
// lets all tokens attend to each other in every block. There is no U: the resolution never changes. Time enters by **modulation**: the
// shift and scale of each norm, which group norm learned as fixed numbers, are computed from $t$, and so is a gate $g$ on each branch,
//
// $$h=x+g_1\,\mathrm{attention}(\mathrm{modulate}(x)),\qquad y=h+g_2\,\mathrm{mlp}(\mathrm{modulate}(h)).$$
//
// The layer that computes shift, scale and gate starts at **zero** (*adaLN-Zero*): every gate is closed, and the untrained network is the
// identity, block by block. Training opens the gates as far as they help. The first block is drawn opened.

// %%
const dit = new lab.DiT({ patch_size: 4, num_layers: 6, num_attention_heads: 4, attention_head_dim: 32 }, { seed: 7 });
const ditAnatomy = describe(dit);
const ditBlocks = ditAnatomy.blocks.filter(({ kind }) => kind === "transformer").map(({ name }) => name);
show(lab.architectureDiagram(ditAnatomy, { open: ditBlocks[0] }));
const [tokens, shift, scale] = [[1, 49, 8], [1, 8], [1, 8]].map((shape, i) => lab.normalNoise(8)(i, shape));
formula("y = (1 + scale) * x + shift")
  .agrees(lab.modulate(tokens as lab.tf.Tensor3D, shift as lab.tf.Tensor2D, scale as lab.tf.Tensor2D), { x: tokens, shift, scale });
const untrained = lab.probe(() => dit.apply(xt, lab.networkTime(tf.tensor1d(times))));
const change = tf.sub(untrained.get(ditBlocks.slice(-1)[0]), untrained.get(ditBlocks[0]));
check("from the first block to the last, nothing changes", tf.max(tf.abs(change)).dataSync()[0], 0, { tolerance: 0 });

// %% [markdown]
// ## The hybrid, and what growing costs
//
// **U-ViT** keeps the transformer's blocks and borrows the U's idea: the first half hands its results across to the second (blue brackets). Time
// is simply one more token among the patches.
//
// The table asks what larger images cost. **What to see.** Doubling the side quadruples the pixels, and the U-Net's cost with them, as long as its
// attention stays deep in the U. Where every token attends to every other, the factor climbs from 4 towards 16 as attention takes over. Hence patches: with a
// side of 4 there are 16 times fewer tokens than pixels, and 256 times less attention. And hence latent diffusion: both families first let an autoencoder shrink large images.

// %%
const uvitOf = (side: number) => new lab.UVit({ image_size: [side, side], patch_size: 4, embed_dim: 128, depth: 7 }, { start: "zeros" });
show(lab.architectureDiagram(describe(uvitOf(28))));
const costs = [28, 56, 112].map((side) => {
  const image = tf.zeros([1, side, side, 1]) as lab.tf.Tensor4D;
  return [network, dit, uvitOf(side)].map((one) => describe(one, image).multiplyAdds);
});
table(["U-Net", "DiT", "U-ViT"].map((name, k) => ({
  network: name, "million multiply–adds at 28 × 28": costs[0][k] / 1e6,
  "× at 56 × 56": costs[1][k] / costs[0][k], "× again at 112 × 112": costs[2][k] / costs[1][k],
})), { digits: 3 })

// %% [markdown]
// ## Telling the time: an ablation
//
// How is a network told that it is 300 o'clock? A number between 0 and 999 is a poor input beside coordinates of size 1. So time is written
// like a clock, by hands that turn at different speeds: cosines and sines of $t\,\omega_i$. Two conventions are in use, and a network trained with one and run
// with the other fails silently. DiT and diffusers: cosines first, $\omega_i=10000^{-i/\text{half}}$. DDPM: sines first, and $\text{half}-1$ in the exponent. Both
// are checked below, and four of the hands drawn.
//
// Does it matter? An **ablation** changes one thing and leaves all else as it is. The data are points in the plane, where *one* noisy point hardly says how much noise
// is in it. Six clocks: none; the number $t$ as it is; $t/T$; sinusoids; random Fourier features (sines and cosines of random multiples of $t/T$); a learned
// vector for each $t$. Two data sets, three seeds, the same steps; judged by the loss on unseen points, and by the sliced Wasserstein distance from 2000
// samples to 2000 real points. Two sets of *real* points are not at distance 0 either, for they are finite: that is the floor.
//
// **What to see.** *No clock*: a loss far above the others on both sets, and moons whose points crowd in the wrong places: here the time cannot be read off
// the data. *The number $t$ as it is*: its size drowns the coordinates, the network dies and answers 0 to everything, which is a loss of 1 and samples a
// hundred units away. The other four lie close together, and *the best on one set is not the best on the other*. Nor do the judges agree: on the ring the distance
// cannot tell the network without a clock from most others, for two sets of real points may be almost as far apart; the loss tells them apart at once.
//
// An honest reading: a clock is needed, and one in a decent *range*. Which of the four decent ones is best, an experiment of this size does not say, and none of
// these short trainings is finished: eight separate blobs belong on the ring. Sinusoids are the usual choice, but not because they win here.

// %%
const [half, hands] = [16, Array.from({ length: 16 }, (_, i) => i)];
const encode = (options: object) => tf.reshape(lab.sinusoidalEmbedding(tf.tensor1d([300]), { dimensions: 2 * half, ...options }), [-1]);
formula("e = concat(cos(t * 10000^(-i / half)), sin(t * 10000^(-i / half)))")
  .agrees(encode({ order: "cos-sin", frequencyShift: 0 }), { t: 300, i: hands, half }, { tolerance: 1e-4 });
formula("e = concat(sin(t * 10000^(-i / (half - 1))), cos(t * 10000^(-i / (half - 1))))")
  .agrees(encode({ order: "sin-cos", frequencyShift: 1 }), { t: 300, i: hands, half }, { tolerance: 1e-4 });
const clockFace = lab.sinusoidalEmbedding(tf.range(0, 1000), { dimensions: 2 * half }).arraySync();
show(lab.lineChart({
  x: { title: "time told to the network", unit: "steps" }, y: { title: "cos(t ω<sub>i</sub>)", unit: "1" }, height: 300,
  series: [5, 7, 9, 11].map((i) => ({ name: `hand i = ${i}`, y: clockFace.map((row) => row[i]) })),
}));

// %%
const sets = { moons: lab.moons, ring: lab.ringOfGaussians };
const points = (set: keyof typeof sets, n: number, purpose: string) => sets[set](n, new lab.RandomStream(7, purpose));
const clocks = Object.entries({
  none: { time_encoding: "none" }, t: { time_encoding: "scalar", time_steps: 1 }, "t/T": { time_encoding: "scalar" },
  sinusoids: { time_encoding: "cos-sin" }, Fourier: { time_encoding: "fourier" }, learned: { time_encoding: "learned" } } as const);
const runs = clocks.flatMap(([clock, config]) => [0, 1, 2].flatMap((seed) => (["moons", "ring"] as const).map((set) => ({ set, clock, config, seed }))));
const average = (values: number[]) => values.reduce((sum, one) => sum + one / values.length, 0);
const [plane, moments] = [lab.linearSchedule({ T: 1000 }), Array.from({ length: 25 }, (_, i) => 40 * i + 20)];
const errorsOn = (set: keyof typeof sets, judge: lab.Denoiser) => {
  return lab.noiseErrors(judge, plane, tf.tensor2d(points(set, 2000, "unseen"), [2000, 2]), moments, lab.normalNoise(6));
};
const distance = (a: lab.FeatureSet, b: lab.FeatureSet) => lab.slicedWasserstein(a, b, new lab.RandomStream(1));

// %%
const results: { set: string; clock: string; loss: number; apart: number; drawn: lab.tf.Tensor }[] = [];
for (const { set, clock, config, seed } of progress(runs, { label: "trainings" })) {
  const net = new lab.PointMlp({ hidden: [128, 128, 128], ...config }, { seed });
  const task = new lab.DiffusionTask({ network: net, schedule: plane, data: points(set, 20_000, "training"), shape: [2], batchSize: 128, seed });
  const trainer = new lab.Trainer(task, { learningRate: { peak: 1e-2, warmup: 50, decay: { kind: "cosine", total: 2500 } } });
  await trainer.run(2500);
  await trainer.withAverage(async () => {
    const drawn = await lab.sample(lab.ddim(lab.networkDenoiser(net), plane, lab.normalNoise(seed + 100)(0, [2000, 2]), { steps: 50 }));
    const apart = distance(lab.featureSet(points(set, 2000, "real")), lab.featuresOf(drawn));
    results.push({ set, clock, loss: average(errorsOn(set, lab.networkDenoiser(net))), apart, drawn });
  });
}

// %%
const { means, std } = lab.ringModes();
const centres = Array.from({ length: 8 }, (_, k) => [means[2 * k], means[2 * k + 1]]);
const ideal = average(errorsOn("ring", lab.mixtureDenoiser(plane, { means: centres, covariances: [std ** 2] }))).toPrecision(3);
const span = (values: Iterable<number>) => [Math.min(...values), Math.max(...values)].map((one) => one.toPrecision(3)).join(" … ");
const floorOf = (set: keyof typeof sets) => span(lab.realVersusReal(lab.featureSet(points(set, 4000, "more")), distance, new lab.RandomStream(2)).values);
const of = (set: string, clock: string) => results.filter((one) => one.set === set && one.clock === clock);
const rows = clocks.map(([clock]) => [clock, ...["moons", "ring"].flatMap((set) => [of(set, clock).map((one) => one.loss), of(set, clock).map((one) => one.apart)]).map(span)]);
show(table([...rows, ["floor", "–", floorOf("moons"), ideal, floorOf("ring")]], { columns: ["clock", "moons: loss", "moons: distance", "ring: loss", "ring: distance"] }));
const pointsOf = (set: keyof typeof sets, clock: string) => (clock === "real" ? points(set, 2000, "real") : of(set, clock)[0].drawn);
const [across, up] = ["x", "y"].map((title) => ({ title, unit: "1", range: [-2.4, 2.4] as const }));
const panel = (set: keyof typeof sets, name: string) => lab.scatterChart({ title: `${set}, ${name}`, x: across, y: up, clouds: [{ name, points: pointsOf(set, name), size: 2 }] });
show(lab.sideBySide((["moons", "ring"] as const).flatMap((set) => ["real", "none", "t/T", "learned"].map((name) => panel(set, name))), { columns: 4, width: 1000, height: 560 }));

// %% tags=["exercise"]
// 7.1. Parameters, bias included, of a 3 × 3 convolution from a to b channels, and its multiply–adds on h × w pixels (the bias is only added)?
const convolution = (a: number, b: number, h: number, w: number): [params: number, cost: number] | undefined => undefined;
// 7.2. How many pixels wide do n layers of 3 × 3 see, then a halving (3 × 3, stride 2), then m of 3 × 3? After it, one step is two pixels.
const width = (n: number, m: number): number | undefined => undefined;
const tree = new lab.Parameters();
const counted = new lab.Conv2d(tree.scope("counted"), { inputs: 6, outputs: 10 });
const { multiplyAdds } = lab.probe(() => counted.apply(tf.zeros([1, 12, 9, 6]))).parts[0];
check("7.1", convolution(6, 10, 12, 9), [tree.count, multiplyAdds], "every number of the output is a sum of 9·a products");
const layer = (name: string, stride: number) => new lab.Conv2d(tree.scope(name), { inputs: 1, outputs: 1, stride: stride as 1 | 2 });
const towers = [[1, 1, 2], [2], [1, 2, 1, 1, 1]].map((strides) => strides.map((stride, i) => layer(`${strides}, ${i}`, stride)));
const wide = (layers: lab.Conv2d[]) => lab.receptiveField((x) => layers.reduce((h, one) => one.apply(h), x), lab.normalNoise(1)(0, [1, 41, 41, 1]) as typeof oneImage);
check("7.2", [width(2, 0), width(0, 0), width(1, 3)], towers.map((tower) => lab.fieldExtent(wide(tower))[0]), "a layer adds one step on each side");

// %% tags=["solution"] jupyter={"source_hidden": true}
// 7.1. Parameters, bias included, of a 3 × 3 convolution from a to b channels, and its multiply–adds on h × w pixels (the bias is only added)?
const convolution = (a: number, b: number, h: number, w: number): [params: number, cost: number] | undefined => [9 * a * b + b, 9 * a * b * h * w];
// 7.2. How many pixels wide do n layers of 3 × 3 see, then a halving (3 × 3, stride 2), then m of 3 × 3? After it, one step is two pixels.
const width = (n: number, m: number): number | undefined => 2 * (n + 1) + 1 + 4 * m;
const tree = new lab.Parameters();
const counted = new lab.Conv2d(tree.scope("counted"), { inputs: 6, outputs: 10 });
const { multiplyAdds } = lab.probe(() => counted.apply(tf.zeros([1, 12, 9, 6]))).parts[0];
check("7.1", convolution(6, 10, 12, 9), [tree.count, multiplyAdds], "every number of the output is a sum of 9·a products");
const layer = (name: string, stride: number) => new lab.Conv2d(tree.scope(name), { inputs: 1, outputs: 1, stride: stride as 1 | 2 });
const towers = [[1, 1, 2], [2], [1, 2, 1, 1, 1]].map((strides) => strides.map((stride, i) => layer(`${strides}, ${i}`, stride)));
const wide = (layers: lab.Conv2d[]) => lab.receptiveField((x) => layers.reduce((h, one) => one.apply(h), x), lab.normalNoise(1)(0, [1, 41, 41, 1]) as typeof oneImage);
check("7.2", [width(2, 0), width(0, 0), width(1, 3)], towers.map((tower) => lab.fieldExtent(wide(tower))[0]), "a layer adds one step on each side");

// %% [markdown]
// ## Summary
//
// - A denoising network returns an image of the size it got, sees grain and figure at once, and knows the time.
// - The U-Net gets many scales by halving and doubling, and its detail by connections across. Parameters live at the bottom, cost at the top.
// - How far it looks depends on the noise: the more there is, the further.
// - The transformer has one scale and attention everywhere; adaLN-Zero starts it as the identity. U-ViT adds the U's connections.
// - On images the time can almost be read off; in the plane it must be told, in a decent range. Which decent encoding wins depends on the data.
//
// **Next:** build your own. Layers that run in `part(…)` can be probed, described and drawn like those of the library.
//
// **Read:** Ronneberger et al., *U-Net* (2015) · Ho, Jain & Abbeel, *Denoising Diffusion Probabilistic Models* (2020), appendix B · Peebles & Xie,
// *Scalable Diffusion Models with Transformers* (2023), section 3 · Bao et al., *All are Worth Words* (2023) · Luo et al., *Understanding the
// Effective Receptive Field* (2016) · Tancik et al., *Fourier Features* (2020) · Sun et al., *Is Noise Conditioning Necessary for Denoising
// Generative Models?* (2025).

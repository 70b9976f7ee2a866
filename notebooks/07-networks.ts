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
// **Before this**: notebooks [03](03-forward-process.ipynb) and [04](04-training-objective.ipynb); what a convolution is. **Runs** in about RUNTIME on
// 2 idle cores, 1.6 GB of memory.

// %%
import {
  architectureDiagram, attentionOverlay, barChart, Conv2d, ddim, describeNetwork, DiffusionTask, DiT, featuresOf, featureSet, fieldExtent,
  filmStrip, gatherImages, lineChart, linearSchedule, loadDiffusionModel, loadDigits, mixtureDenoiser, modulate, moons, networkDenoiser, networkTime,
  normalNoise, Normaliser, Parameters, PointMlp, principalColours, probe, qSample, RandomStream, realVersusReal, receptiveField, ringModes,
  ringOfGaussians, sample, scaledDotProductAttention, scatterChart, sideBySide, silu, simpleLoss, sinusoidalEmbedding, slicedWasserstein, tf, toNoise,
  toSample, Trainer, UNet2D, UVit, type Denoiser,
} from "diffusion-lab";
import { check, formula, progress, show, table } from "diffusion-lab/notebook";

const { network, schedule } = loadDiffusionModel("assets/mnist-unet");
const heldOut = loadDigits({ split: "heldOut" });
const digit = gatherImages(heldOut, [heldOut.labels.indexOf(5)]);
const oneImage = tf.zeros([1, 28, 28, 1]) as tf.Tensor4D;
const oneTime = tf.zeros([1]) as tf.Tensor1D;

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
class PlainStack {
  readonly parameters = new Parameters({ seed: 7 });
  private readonly layers = [32, 32, 32, 1].map((outputs, i) => {
    return new Conv2d(this.parameters.scope(`layers.${i}`), { inputs: i === 0 ? 1 : 32, outputs });
  });
  apply(x: tf.Tensor4D, _time: tf.Tensor1D): tf.Tensor4D {
    return tf.tidy(() => this.layers.reduce((h, layer, i) => layer.apply(i === 0 ? h : silu(h)), x));
  }
}
const smallUNet = () => new UNet2D({
  in_channels: 1, out_channels: 1, block_out_channels: [8, 16], layers_per_block: 1, norm_num_groups: 4, attention_head_dim: 16,
  down_block_types: ["DownBlock2D", "DownBlock2D"], up_block_types: ["UpBlock2D", "UpBlock2D"],
}, { seed: 7 });

// %%
const [stack, unet, stopped] = [new PlainStack(), smallUNet(), smallUNet()];
const blind = { parameters: stopped.parameters, apply: (x: tf.Tensor) => stopped.apply(x as tf.Tensor4D, tf.zeros([x.shape[0]])) };
const data = new Normaliser().encode(loadDigits({ split: "train" }).images);
const contestants = Object.entries({ "plain stack": stack, "U-Net, clock stopped": blind, "U-Net": unet }).map(([name, one]) => {
  const task = new DiffusionTask({ network: one, schedule: schedule, data, shape: [28, 28, 1], batchSize: 32, seed: 7 });
  const learningRate = { peak: 2e-3, warmup: 20, decay: { kind: "cosine" as const, total: 160 } };
  return { name, judge: networkDenoiser(one), trainer: new Trainer(task, { learningRate, averageDecay: 0.95 }) };
});
table([describeNetwork(stack, oneImage, oneTime), describeNetwork(unet, oneImage, oneTime)].map(({ name, parameters, multiplyAdds }) => {
  return { network: name, parameters, "multiply–adds per image": multiplyAdds };
}))

// %%
const knots = [10, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000];
const unseen = gatherImages(heldOut, Array.from({ length: 64 }, (_, i) => i));
const lossAt = (judge: Denoiser, t: number) => tf.tidy(() => {
  const noise = normalNoise(9)(t, unseen.shape);
  const guess = judge.predict(qSample(schedule, unseen, t, noise), tf.fill([64], t) as tf.Tensor1D);
  return simpleLoss(guess, noise).dataSync()[0];
});
const curves: { name: string; x: number[]; y: number[] }[] = [];
for (const { name, judge, trainer } of progress(contestants, { label: "trainings" })) {
  await trainer.run(160);
  curves.push({ name, x: knots, y: await trainer.withAverage(() => knots.map((t) => lossAt(judge, t))) });
}
const steps = { title: "timestep t", unit: "steps" };
show(lineChart({ x: steps, y: { title: "mean square error of ε̂", unit: "1", log: true }, series: curves }));
const ratios = curves.slice(0, 2).map(({ name, y }) => ({ name, ratio: y.map((loss, k) => loss / curves[2].y[k]) }));
table(ratios.map(({ name, ratio }) => {
  return { "error, in multiples of the U-Net's": name, least: Math.min(...ratio), most: Math.max(...ratio) };
}), { digits: 3 })

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
const sixteen = gatherImages(heldOut, Array.from({ length: 16 }, (_, i) => i));
const fieldOf = (one: { apply(x: tf.Tensor4D, t: tf.Tensor1D): tf.Tensor }, t: number) => {
  const believed = (x: tf.Tensor4D) => toSample(schedule, "noise", one.apply(x, networkTime(tf.fill([16], t) as tf.Tensor1D)), x, t);
  return receptiveField(believed, qSample(schedule, sixteen, t, normalNoise(7)(0, sixteen.shape)) as tf.Tensor4D);
};
const views = [["stack, t = 400", fieldOf(stack, 400)], ...[10, 100, 200, 400, 600].map((t) => [`U-Net, t = ${t}`, fieldOf(network, t)])] as const;
check("four layers see 9 × 9 pixels", fieldExtent(views[0][1] as tf.Tensor2D), [9, 9]);
const glow = (field: tf.Tensor) => tf.reshape(tf.log(tf.maximum(tf.div(field, tf.max(field)), 1e-3)), [1, 28, 28, 1]);
show(filmStrip(views.map(([, field]) => glow(field as tf.Tensor)), { labels: views.map(([name]) => name as string), range: [Math.log(1e-3), 0], scale: 4 }));
table(views.map(([name, field]) => {
  const [rows, columns] = fieldExtent(field as tf.Tensor2D, { threshold: 0.05 });
  return { field: name as string, "above 5 % of the largest": `${rows} × ${columns} pixels` };
}))

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
// and variance 1, then by learned $\gamma$ and $b$. `probe` runs the network and keeps what every part of it returned. We send a noisy five through at five
// noise levels and hold both equations against what really flowed through the checkpoint's first residual block.

// %%
const anatomy = describeNetwork(network, oneImage, oneTime);
show(architectureDiagram(anatomy));

const times = [50, 200, 400, 600, 900];
const xt = tf.concat(times.map((t) => qSample(schedule, digit, t, normalNoise(7)(0, digit.shape)))) as tf.Tensor4D;
const seen = probe(() => network.apply(xt, networkTime(tf.tensor1d(times))));
const place = seen.parts.findIndex((part) => part.kind === "residual");
const [before, block] = [seen.parts[place - 1].name, seen.parts[place].name];
formula("y = x + h").agrees(seen.get(block), { x: seen.get(before), h: seen.get(`${block}.conv2`) });

const perGroup = seen.get(before).shape[3]! / network.config.norm_num_groups;
const firstGroup = (name: string) => tf.slice(seen.get(name), [0, 0, 0, 0], [1, 28, 28, perGroup]);
const ofGroup = (name: string) => tf.slice(network.parameters.get(`${block}.norm1.${name}`).variable, 0, perGroup);
formula("y = gamma * (x - mean(x)) / sqrt(mean((x - mean(x))^2) + delta) + b").agrees(firstGroup(`${block}.norm1`), {
  x: firstGroup(before), gamma: ofGroup("weight"), b: ofGroup("bias"), delta: network.config.norm_eps,
}, { tolerance: 1e-5 });

// %% [markdown]
// ## A digit travels through the U
//
// Now look at what the probe kept. A feature map has dozens of channels; to see them at once, the three directions in which they vary most are
// painted red, green and blue. Colours mean nothing by themselves, but **equal colours are equal features**. One row is one noise level,
// one column a stage of the U, shown by its last block.
//
// **What to see.** On the way down the noise disappears: deep in the U, the maps of $t=50$ and $t=400$ are almost the same, though the eye
// can hardly read the digit at $t=400$. At $t=900$ there is no digit left, and the bottom shows something else altogether. On the way
// up the image becomes fine again, and in the last stage *the noise comes back*: the blue lines brought it across. It is needed there, for
// the answer asked for is the noise. The bars say it in numbers: how far the maps at other times correlate with those at $t=50$, low at both
// ends of the U and high between.

// %%
const stages = new Map<string, string>();
for (const { name, kind, shape } of anatomy.blocks) {
  const stage = /^[a-z]+_block(s\.\d+)?/.exec(name)?.[0].replace(/_blocks?/, "").replace(".", " ");
  if (stage && shape.length === 3 && (kind === "residual" || kind === "attention")) stages.set(stage, name);
}
const maps = [...stages.values()].map((name) => principalColours(seen.get(name), { size: [28, 28] }));
const rowLabels = times.map((t) => `t = ${t}`);
show(filmStrip([xt, ...maps, seen.output], { labels: ["xₜ", ...stages.keys(), "ε̂"], rowLabels, scale: 3 }));

const alike = (map: tf.Tensor, k: number) => tf.tidy(() => {
  const [a, b] = [0, k].map((i) => tf.slice(map, i, 1)).map((one) => tf.sub(one, tf.mean(one, [1, 2], true)));
  return tf.div(tf.sum(tf.mul(a, b)), tf.sqrt(tf.mul(tf.sum(tf.square(a)), tf.sum(tf.square(b))))).dataSync()[0];
});
const series = times.slice(1).map((t, k) => ({ name: `t = ${t}`, values: [...stages.values()].map((name) => alike(seen.get(name), k + 1)) }));
const correlation = { title: "correlation with the map at t = 50", unit: "1" };
show(barChart({ categories: [...stages.keys()], x: { title: "stage of the U", unit: "1" }, y: correlation, series, height: 320 }));

// %% [markdown]
// ## Attention: far pixels talk directly
//
// Convolution needs many layers to carry news across an image; attention needs one. Each pixel asks a question (a row of $Q$), each offers a key
// ($K$) and a value ($V$), and what a pixel gets is the mean of all values, weighted by how well their keys answer. Below, the equation, then
// the weights of the checkpoint's last attention at three noise levels, for three pixels each (blue frame): orange is where the pixel looks. The network
// saw the *noisy* image; the clean one is drawn beneath only so that we can tell what it found.
//
// **What to see.** A pixel seldom looks at its neighbours. It looks far away, at places on the stroke, in its loops or at the rim, and the heads
// look at different ones. At $t=900$ there is no digit to find, and the weights no longer follow it. The table counts the places, averaged over all pixels, as
// the exponential of the weights' entropy: 1 if all weight is on one place, the number of pixels if it is spread evenly. Compare its last row with the others.

// %%
const [Q, K, V] = ["Q", "K", "V"].map((_, i) => normalNoise(3)(i, [6, 4]));
const attention = formula("y = softmax(Q * K' / sqrt(d)) * V", { matrices: true });
const inOneHead = (x: tf.Tensor) => tf.reshape(x, [1, 1, 6, 4]) as tf.Tensor4D;
attention.agrees(tf.reshape(scaledDotProductAttention(inOneHead(Q), inOneHead(K), inOneHead(V)), [6, 4]), { Q, K, V, d: 4 });

const weights = [...seen.all()].filter((part) => part.kind === "attention weights").slice(-1)[0].output!;
const [, heads, places] = weights.shape;
const side = Math.sqrt(places);
const queries = [1 / 7, 3 / 7, 5 / 7].map((row) => [Math.round(row * side), Math.round((3 / 7) * side)] as const);
const looks = [0, 2, 4].flatMap((k) => queries.map((query) => {
  const ofQuery = tf.slice(weights, [k, 0, query[0] * side + query[1], 0], [1, -1, 1, -1]);
  return attentionOverlay(digit, tf.reshape(ofQuery, [heads, side, side]), { query });
}));
const columns = [0, 2, 4].flatMap((k) => ["", rowLabels[k], ""]);
show(filmStrip(looks, { labels: columns, rowLabels: Array.from({ length: heads }, (_, h) => `head ${h + 1}`), scale: 2 }));
const entropy = tf.neg(tf.sum(tf.mul(weights, tf.log(tf.maximum(weights, 1e-12))), 3));
const asked = tf.mean(tf.exp(entropy), [1, 2]).dataSync();
table(times.map((t, k) => ({ t, "places a pixel looks at, on average": asked[k], of: places })), { digits: 3 })

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
const dit = new DiT({ patch_size: 4, num_layers: 6, num_attention_heads: 4, attention_head_dim: 32 }, { seed: 7 });
const ditAnatomy = describeNetwork(dit, oneImage, oneTime);
const ditBlocks = ditAnatomy.blocks.filter(({ kind }) => kind === "transformer").map(({ name }) => name);
show(architectureDiagram(ditAnatomy, { open: ditBlocks[0] }));

const [tokens, shift, scale] = [[1, 49, 8], [1, 8], [1, 8]].map((shape, i) => normalNoise(8)(i, shape));
formula("y = (1 + scale) * x + shift")
  .agrees(modulate(tokens as tf.Tensor3D, shift as tf.Tensor2D, scale as tf.Tensor2D), { x: tokens, shift, scale });
const untrained = probe(() => dit.apply(xt, networkTime(tf.tensor1d(times))));
const change = tf.sub(untrained.get(ditBlocks[ditBlocks.length - 1]), untrained.get(ditBlocks[0]));
check("six blocks, not yet trained, change nothing", tf.max(tf.abs(change)).dataSync()[0], 0, { tolerance: 0 });

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
const uvitOf = (side: number) => new UVit({ image_size: [side, side], patch_size: 4, embed_dim: 128, depth: 7 }, { start: "zeros" });
show(architectureDiagram(describeNetwork(uvitOf(28), oneImage, oneTime)));
const sizes = [28, 56, 112];
const costs = sizes.map((side) => {
  const x = tf.zeros([1, side, side, 1]) as tf.Tensor4D;
  const uvit = uvitOf(side);
  return [describeNetwork(network, x, oneTime), describeNetwork(dit, x, oneTime), describeNetwork(uvit, x, oneTime)].map((one) => one.multiplyAdds);
});
table(["U-Net", "DiT", "U-ViT"].map((name, k) => ({
  network: name, "million multiply–adds at 28 × 28": costs[0][k] / 1e6, "× at 56 × 56": costs[1][k] / costs[0][k], "× again at 112 × 112": costs[2][k] / costs[1][k],
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
// **What to see.** *No clock*: a loss far above the others on both sets, and misshapen samples: here the time cannot be read off the data. *The number $t$ as it
// is*: its size drowns the coordinates, the network dies and answers 0 to everything, which is a loss of 1 and samples a hundred units away. The other four lie
// close together, and *their order differs between the two sets*. Nor do the judges agree: on the ring, the distance hardly sees what the loss and the eye
// see at once, for it asks where the points lie on the whole and not how sharp the blobs are.
//
// An honest reading: a clock is needed, and one in a decent *range*. Which of the four decent ones is best, an experiment of this size does not say. Sinusoids
// are the usual choice because they do well everywhere and need no tuning, not because they win here.

// %%
const [half, hands] = [16, Array.from({ length: 16 }, (_, i) => i)];
const encode = (options: object) => tf.reshape(sinusoidalEmbedding(tf.tensor1d([300]), { dimensions: 2 * half, ...options }), [-1]);
formula("e = concat(cos(t * 10000^(-i / half)), sin(t * 10000^(-i / half)))")
  .agrees(encode({ order: "cos-sin", frequencyShift: 0 }), { t: 300, i: hands, half }, { tolerance: 1e-4 });
formula("e = concat(sin(t * 10000^(-i / (half - 1))), cos(t * 10000^(-i / (half - 1))))")
  .agrees(encode({ order: "sin-cos", frequencyShift: 1 }), { t: 300, i: hands, half }, { tolerance: 1e-4 });
const clockFace = sinusoidalEmbedding(tf.range(0, 1000), { dimensions: 2 * half }).arraySync();
show(lineChart({
  x: { title: "time told to the network", unit: "steps" }, y: { title: "cos(t ω<sub>i</sub>)", unit: "1" }, height: 300,
  series: [5, 7, 9, 11].map((i) => ({ name: `hand i = ${i}`, y: clockFace.map((row) => row[i]) })),
}));

// %%
const plane = linearSchedule({ T: 1000 });
const at = Array.from({ length: 4000 }, (_, i) => 1 + Math.floor(i / 4));
const pointNoise = normalNoise(6)(0, [4000, 2]);
const setOf = (draw: (n: number, stream: RandomStream) => Float32Array) => {
  const points = (n: number, purpose: string) => draw(n, new RandomStream(7, purpose));
  const noisy = qSample(plane, tf.tensor2d(points(4000, "unseen"), [4000, 2]), at, pointNoise);
  return { training: points(20_000, "training"), noisy, real: featureSet(points(2000, "real")), more: featureSet(points(4000, "more")) };
};
const sets = { moons: setOf(moons), ring: setOf(ringOfGaussians) };
const clocks = {
  none: { time_encoding: "none" }, "t": { time_encoding: "scalar", time_steps: 1 }, "t/T": { time_encoding: "scalar" },
  sinusoids: { time_encoding: "cos-sin" }, Fourier: { time_encoding: "fourier" }, learned: { time_encoding: "learned" },
} as const;
const runs = (["moons", "ring"] as const).flatMap((set) => Object.entries(clocks).flatMap(([clock, config]) => {
  return [0, 1, 2].map((seed) => ({ set, clock, config, seed }));
}));

// %%
const distance = (a: typeof sets.moons.real, b: typeof sets.moons.real) => slicedWasserstein(a, b, new RandomStream(1));
const lossOn = (set: "moons" | "ring", judge: Denoiser) => tf.tidy(() => {
  const output = judge.predict(sets[set].noisy, tf.tensor1d(at));
  return simpleLoss(toNoise(plane, judge.predicts, output, sets[set].noisy, at), pointNoise).dataSync()[0];
});
const results: { set: string; clock: string; loss: number; apart: number; drawn: tf.Tensor }[] = [];
for (const { set, clock, config, seed } of progress(runs, { label: "trainings" })) {
  const net = new PointMlp({ hidden: [128, 128, 128], ...config }, { seed });
  const task = new DiffusionTask({ network: net, schedule: plane, data: sets[set].training, shape: [2], batchSize: 128, seed });
  const trainer = new Trainer(task, { learningRate: { peak: 1e-2, warmup: 50, decay: { kind: "cosine", total: 2000 } } });
  await trainer.run(2000);
  await trainer.withAverage(async () => {
    const judge = networkDenoiser(net);
    const drawn = await sample(ddim(judge, plane, normalNoise(seed + 100)(0, [2000, 2]), { steps: 50 }));
    results.push({ set, clock, loss: lossOn(set, judge), apart: distance(sets[set].real, featuresOf(drawn)), drawn });
  });
}

// %%
const { means, std } = ringModes();
const centres = Array.from({ length: 8 }, (_, k) => [means[2 * k], means[2 * k + 1]]);
const ideal = lossOn("ring", mixtureDenoiser(plane, { means: centres, covariances: [std ** 2] }));
const floors = (["moons", "ring"] as const).map((set) => realVersusReal(sets[set].more, distance, new RandomStream(2), { size: 2000 }));
const span = (set: string, clock: string, key: "loss" | "apart") => {
  const values = results.filter((one) => one.set === set && one.clock === clock).map((one) => one[key]);
  return `${Math.min(...values).toPrecision(3)} … ${Math.max(...values).toPrecision(3)}`;
};
show(table([
  ...Object.keys(clocks).map((clock) => [clock, ...["moons", "ring"].flatMap((set) => [span(set, clock, "loss"), span(set, clock, "apart")])]),
  ["floor", "–", `${floors[0].mean.toFixed(3)} ± ${floors[0].std.toFixed(3)}`, ideal.toPrecision(3), `${floors[1].mean.toFixed(3)} ± ${floors[1].std.toFixed(3)}`],
], { columns: ["clock", "moons: loss", "moons: distance", "ring: loss", "ring: distance"] }));
const board = { title: "x", unit: "1", range: [-2.4, 2.4] as const };
const panel = (set: string, clock: string) => scatterChart({ title: `${set}, ${clock}`, x: board, y: { ...board, title: "y" }, clouds: [
  { name: clock, points: results.find((one) => one.set === set && one.clock === clock)!.drawn, size: 2.5 },
] });
show(sideBySide(["moons", "ring"].flatMap((set) => ["none", "t/T", "sinusoids"].map((clock) => panel(set, clock))), { columns: 3, width: 900, height: 640 }));

// %% tags=["exercise"]
// Exercise 7.1. How many parameters has a 3 × 3 convolution from `a` to `b` channels, bias included? And how many multiply–adds does it take on
// an image of h × w pixels (the bias is only added)?
const convolution = (a: number, b: number, h: number, w: number): { parameters: number; multiplyAdds: number } | undefined => undefined;

const counted = new Parameters();
const conv = new Conv2d(counted.scope("conv"), { inputs: 6, outputs: 10 });
const { multiplyAdds } = probe(() => conv.apply(tf.zeros([1, 12, 9, 6]))).parts[0];
check("7.1", convolution(6, 10, 12, 9), { parameters: counted.count, multiplyAdds }, "every output number is a sum of 9·a products");

// Exercise 7.2. `anatomy.blocks` has name, shape, parameters and multiplyAdds of each block of the checkpoint. Which share of all multiply–adds is spent
// at full resolution, 28 × 28 pixels, and which share of all parameters sits there?
const atTheTop: { cost: number; parameters: number } | undefined = undefined;

const rest = anatomy.blocks.filter(({ shape }) => !(shape.length === 3 && shape[0] === 28));
const below = (key: "multiplyAdds" | "parameters") => rest.reduce((sum, one) => sum + one[key], 0) / anatomy[key];
check("7.2", (atTheTop as { cost: number; parameters: number } | undefined) && [atTheTop!.cost, atTheTop!.parameters],
  [1 - below("multiplyAdds"), 1 - below("parameters")], { hint: "shape is [height, width, channels] for images", tolerance: 1e-3 });

// Exercise 7.3. How many pixels wide does a network see that has n layers of 3 × 3 at full size, then a halving (3 × 3, stride 2), then m layers
// of 3 × 3? After the halving, a step of one pixel is two pixels of the image.
const width = (n: number, m: number): number | undefined => undefined;

const measured = ([n, m]: number[]) => {
  const scope = new Parameters({ seed: 1 }).scope("tower");
  const strides = [...Array<1>(n).fill(1), 2 as const, ...Array<1>(m).fill(1)];
  const layers = strides.map((stride, i) => new Conv2d(scope.scope(i), { inputs: 1, outputs: 1, stride }));
  return fieldExtent(receptiveField((x) => layers.reduce((h, one) => one.apply(h), x), normalNoise(1)(0, [1, 41, 41, 1]) as tf.Tensor4D))[0];
};
const towers = [[0, 0], [2, 0], [1, 3]];
check("7.3", towers.map(([n, m]) => width(n, m)), towers.map(measured), "a layer adds one step on each side");

// %% tags=["solution"] jupyter={"source_hidden": true}
// Exercise 7.1. How many parameters has a 3 × 3 convolution from `a` to `b` channels, bias included? And how many multiply–adds does it take on
// an image of h × w pixels (the bias is only added)?
const convolution = (a: number, b: number, h: number, w: number): { parameters: number; multiplyAdds: number } | undefined => {
  return { parameters: 9 * a * b + b, multiplyAdds: 9 * a * b * h * w };
};

const counted = new Parameters();
const conv = new Conv2d(counted.scope("conv"), { inputs: 6, outputs: 10 });
const { multiplyAdds } = probe(() => conv.apply(tf.zeros([1, 12, 9, 6]))).parts[0];
check("7.1", convolution(6, 10, 12, 9), { parameters: counted.count, multiplyAdds }, "every output number is a sum of 9·a products");

// Exercise 7.2. `anatomy.blocks` has name, shape, parameters and multiplyAdds of each block of the checkpoint. Which share of all multiply–adds is spent
// at full resolution, 28 × 28 pixels, and which share of all parameters sits there?
const full = anatomy.blocks.filter(({ shape }) => shape.length === 3 && shape[0] === 28);
const total = (key: "multiplyAdds" | "parameters") => full.reduce((sum, one) => sum + one[key], 0) / anatomy[key];
const atTheTop: { cost: number; parameters: number } | undefined = { cost: total("multiplyAdds"), parameters: total("parameters") };

const rest = anatomy.blocks.filter(({ shape }) => !(shape.length === 3 && shape[0] === 28));
const below = (key: "multiplyAdds" | "parameters") => rest.reduce((sum, one) => sum + one[key], 0) / anatomy[key];
check("7.2", (atTheTop as { cost: number; parameters: number } | undefined) && [atTheTop!.cost, atTheTop!.parameters],
  [1 - below("multiplyAdds"), 1 - below("parameters")], { hint: "shape is [height, width, channels] for images", tolerance: 1e-3 });

// Exercise 7.3. How many pixels wide does a network see that has n layers of 3 × 3 at full size, then a halving (3 × 3, stride 2), then m layers
// of 3 × 3? After the halving, a step of one pixel is two pixels of the image.
// n + 1 layers see 2(n + 1) + 1 pixels; each further one adds two pixels on each side.
const width = (n: number, m: number): number | undefined => 2 * (n + 1) + 1 + 4 * m;

const measured = ([n, m]: number[]) => {
  const scope = new Parameters({ seed: 1 }).scope("tower");
  const strides = [...Array<1>(n).fill(1), 2 as const, ...Array<1>(m).fill(1)];
  const layers = strides.map((stride, i) => new Conv2d(scope.scope(i), { inputs: 1, outputs: 1, stride }));
  return fieldExtent(receptiveField((x) => layers.reduce((h, one) => one.apply(h), x), normalNoise(1)(0, [1, 41, 41, 1]) as tf.Tensor4D))[0];
};
const towers = [[0, 0], [2, 0], [1, 3]];
check("7.3", towers.map(([n, m]) => width(n, m)), towers.map(measured), "a layer adds one step on each side");

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

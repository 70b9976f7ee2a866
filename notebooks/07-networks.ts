// %% [markdown]
// # 7 · Networks
//
// So far $\epsilon_\theta(x_t,t)$ was a box: noisy image in, guessed noise out. This notebook opens it. What must such a network be able to
// do? Three things: answer with **an image of the same size**, see **many scales** at once (grain and whole figures), and **know the time**,
// that is, how much noise to expect.
//
// **You will**
// - measure what a network without these three loses;
// - see how far a network looks, by differentiating one of its pixels;
// - open a U-Net, a transformer and a hybrid of the two: blocks, parameters, cost, all read off the running network;
// - watch a digit travel through the U, and see where attention looks;
// - compare five ways of telling a network the time, and find out how little some of the differences mean.
//
// **Before this**: notebooks [03](03-forward-process.ipynb) and [04](04-training-objective.ipynb); what a convolution is. **Runs** in about two minutes on
// 2 idle cores, 1.5 GB of memory.

// %%
import {
  architectureDiagram, attentionOverlay, Conv2d, ddim, describeNetwork, DiffusionTask, DiT, featuresOf, featureSet, fieldChart, fieldExtent,
  filmStrip, gatherImages, lineChart, linearSchedule, loadDiffusionModel, loadDigits, checkerboard, modulate, networkDenoiser,
  networkTime, normalNoise, Normaliser, Parameters, PointMlp, principalColours, probe, qSample, RandomStream, realVersusReal,
  receptiveField, sample, scatterChart, sideBySide, silu, simpleLoss, sinusoidalEmbedding, slicedWasserstein, tf, toSample, Trainer, UNet2D, UVit,
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
// stack to guess noise. It is not told the time, and it sees one scale only. Against it we set a U-Net, and to find out *which* of the two
// is missing, the same U-Net with its clock stopped: it is always told $t=1$. The three are made to cost about the same per image.

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
const stack = new PlainStack();

// %%
const smallUNet = () => new UNet2D({
  in_channels: 1, out_channels: 1, block_out_channels: [8, 16], layers_per_block: 1, norm_num_groups: 4, attention_head_dim: 16,
  down_block_types: ["DownBlock2D", "DownBlock2D"], up_block_types: ["UpBlock2D", "UpBlock2D"],
}, { seed: 7 });
const [unet, stopped] = [smallUNet(), smallUNet()];
const blind = { parameters: stopped.parameters, apply: (x: tf.Tensor) => stopped.apply(x as tf.Tensor4D, tf.zeros([x.shape[0]])) };
table([describeNetwork(stack, oneImage, oneTime), describeNetwork(unet, oneImage, oneTime)].map(({ name, parameters, multiplyAdds }) => {
  return { network: name, parameters, "multiply–adds per image": multiplyAdds };
}))

// %% [markdown]
// Each is trained for 160 steps on the same digits, noise and times, and judged on 64 digits it has never seen. **What to see.** The stack is worse at
// *every* noise level, two to three times where there is much noise: its error stays far above the U-Net's although it computes more.
// The stopped clock, on the other hand, costs the U-Net little. With 784 noisy pixels before it, it can *measure* how much noise there
// is. Remember this; in the last section we shall meet data where it cannot.

// %%
const data = new Normaliser().encode(loadDigits({ split: "train" }).images);
const contestants = Object.entries({ "plain stack": stack, "U-Net, clock stopped": blind, "U-Net": unet }).map(([name, one]) => {
  const task = new DiffusionTask({ network: one, schedule: schedule, data, shape: [28, 28, 1], batchSize: 32, seed: 7 });
  const learningRate = { peak: 2e-3, warmup: 20, decay: { kind: "cosine" as const, total: 160 } };
  return { name, judge: networkDenoiser(one), trainer: new Trainer(task, { learningRate, averageDecay: 0.95 }) };
});
const unseen = gatherImages(heldOut, Array.from({ length: 64 }, (_, i) => i));
const knots = [10, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000];

// %%
const lossAt = (judge: ReturnType<typeof networkDenoiser>, t: number) => tf.tidy(() => {
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
// Nothing in the drawing is written by hand. `describeNetwork` runs the network once and notes what each block did: boxes are as high as their image
// and as wide as they have channels. **What to see.** The two rows of bars have opposite shapes. *Parameters* crowd at the bottom, where
// channels are many; *multiply–adds* at the top, where pixels are many: a kernel is stored once and applied at every pixel. That is
// why attention, whose cost grows with the square of the number of pixels, sits at the bottom only.

// %%
const anatomy = describeNetwork(network, oneImage, oneTime);
show(architectureDiagram(anatomy));
const rows = new Map<number, { parameters: number; multiplyAdds: number }>();
for (const { shape, parameters, multiplyAdds } of anatomy.blocks.filter((block) => block.shape.length === 3)) {
  const sum = rows.get(shape[0]) ?? { parameters: 0, multiplyAdds: 0 };
  rows.set(shape[0], { parameters: sum.parameters + parameters, multiplyAdds: sum.multiplyAdds + multiplyAdds });
}
const share = (part: number, whole: number) => `${((100 * part) / whole).toFixed(0)} %`;
table([...rows].map(([side, sum]) => ({
  pixels: `${side} × ${side}`, parameters: share(sum.parameters, anatomy.parameters), "multiply–adds": share(sum.multiplyAdds, anatomy.multiplyAdds),
})))

// %% [markdown]
// ## Inside a residual block
//
// A block adds to what it got, $y=x+h$, instead of replacing it. So the gradient has a way past every block, and depth does no harm. Inside,
// **group norm** keeps numbers at a known size: in each image, each group of channels is shifted and scaled to mean 0 and variance 1.
//
// `probe` runs the network and keeps what every part of it returned. We send a noisy five through the checkpoint at five noise levels and hold both
// equations against what really flowed through its first residual block.

// %%
const times = [50, 200, 400, 600, 900];
const xt = tf.concat(times.map((t) => qSample(schedule, digit, t, normalNoise(7)(0, digit.shape)))) as tf.Tensor4D;
const seen = probe(() => network.apply(xt, networkTime(tf.tensor1d(times))));
const index = seen.parts.findIndex((part) => part.kind === "residual");
const [before, block] = [seen.parts[index - 1].name, seen.parts[index].name];

formula("y = x + h").agrees(seen.get(block), { x: seen.get(before), h: seen.get(`${block}.conv2`) });
const perGroup = seen.get(before).shape[3]! / network.config.norm_num_groups;
const group = (x: tf.Tensor) => tf.slice(x, [0, 0, 0, 0], [1, 28, 28, perGroup]);
const ofGroup = (name: string) => tf.slice(network.parameters.get(`${block}.norm1.${name}`).variable, 0, perGroup);
formula("y = gamma * (x - mean(x)) / sqrt(mean((x - mean(x))^2) + delta) + b").agrees(group(seen.get(`${block}.norm1`)), {
  x: group(seen.get(before)), gamma: ofGroup("weight"), b: ofGroup("bias"), delta: network.config.norm_eps,
}, { tolerance: 1e-5 });

// %% [markdown]
// ## Telling the time
//
// How is a network told that it is 300 o'clock? A single number between 0 and 999 is a poor input: the first layer would have to make
// something different of 300 and 310 out of one huge number. So time is written like a clock, by hands that turn at different speeds:
// cosines and sines of $t\,\omega_i$, the fastest turning once in $2\pi$ steps, each further one slower. Two conventions are in use, and a network
// trained with one and run with the other fails silently. DiT and diffusers' default: cosines first, $\omega_i=10000^{-i/\text{half}}$. DDPM: sines first, and
// $\text{half}-1$ in the exponent.
//
// **What to see.** Each row is one moment: on the left of each half the hands race, on the right they creep. Two times that differ
// little differ in the fast hands only; no two times look the same.

// %%
const half = 16;
const hands = Array.from({ length: half }, (_, i) => i);
const moment = tf.tensor1d([300]);
const diffusersTime = formula("e = concat(cos(t * 10000^(-i / half)), sin(t * 10000^(-i / half)))");
const ddpmTime = formula("e = concat(sin(t * 10000^(-i / (half - 1))), cos(t * 10000^(-i / (half - 1))))");
const encode = (options: object) => tf.reshape(sinusoidalEmbedding(moment, { dimensions: 2 * half, ...options }), [-1]);
diffusersTime.agrees(encode({ order: "cos-sin", frequencyShift: 0 }), { t: 300, i: hands, half }, { tolerance: 1e-4 });
ddpmTime.agrees(encode({ order: "sin-cos", frequencyShift: 1 }), { t: 300, i: hands, half }, { tolerance: 1e-4 });
const clock = sinusoidalEmbedding(tf.range(0, 200, 2), { dimensions: 2 * half });
show(fieldChart({
  x: { title: "number i of the encoding", unit: "1", range: [0, 2 * half] }, y: { title: "time t", unit: "steps", range: [0, 200] },
  colour: { title: "value", unit: "1" }, values: clock.dataSync() as Float32Array, columns: 2 * half, diverging: true, height: 320,
}));

// %% [markdown]
// ## A digit travels through the U
//
// Now look at what the probe kept. A feature map has dozens of channels; to see them at once, the three directions in which they vary most are
// painted red, green and blue. Colours mean nothing by themselves, but **equal colours are equal features**. One row is one noise level,
// one column a stage of the U, shown by its last block.
//
// **What to see.** On the way down the noise disappears: at the bottom, the maps of $t=50$ and $t=400$ are almost the same, though the eye
// can hardly read the digit at $t=400$. At $t=900$ there is no digit left, and the bottom shows the same vague blob that any noise gives. On the way
// up the image becomes fine again, and in the last stage *the noise comes back*: the blue lines brought it across. It is needed there, for
// the answer asked for is the noise.

// %%
const stages = new Map<string, string>();
for (const { name, kind, shape } of anatomy.blocks) {
  const stage = /^[a-z]+_block(s\.\d+)?/.exec(name)?.[0].replace(/_blocks?/, "").replace(".", " ");
  if (stage && shape.length === 3 && (kind === "residual" || kind === "attention")) stages.set(stage, name);
}
const maps = [...stages.values()].map((name) => principalColours(seen.get(name), { size: [28, 28] }));
show(filmStrip([xt, ...maps, seen.output], {
  labels: ["xₜ", ...stages.keys(), "ε̂"], rowLabels: times.map((t) => `t = ${t}`), range: undefined, scale: 3,
}));

// %% [markdown]
// ## Attention: far pixels talk directly
//
// Convolution needs many layers to carry news across an image; attention needs one. Each pixel asks a question (a row of $Q$), each offers a key
// ($K$) and a value ($V$), and gets the mean of all values, weighted by how well the keys answer. Below, the equation on the checkpoint's own
// $Q,K,V$ at $t=200$, held against what the library passed on (its output matrix is undone by comparing before it).
//
// The pictures show the weights of one pixel (blue frame) over the digit: orange is where it looks. The network saw the *noisy* image;
// the clean one is drawn beneath only so that we can tell what it found. **What to see.** The weight lies not nearby but on telling places:
// ends, corners and crossings of the stroke, or the empty ground around it. At $t=900$ there is nothing to find, and it spreads or stays at the rim.

// %%
const weights = [...seen.all()].filter((part) => part.kind === "attention weights").slice(-1)[0];
const layer = weights.name.replace(/\.weights$/, "");
const [, heads, pixelsSeen] = weights.shape;
const side = Math.sqrt(pixelsSeen);
const d = seen.get(`${layer}.to_q`).shape[2]! / heads;
const head = (name: string) => tf.squeeze(tf.slice(seen.get(`${layer}.${name}`), [1, 0, 0], [1, -1, d]));
formula("P = softmax(Q * K' / sqrt(d))", { matrices: true })
  .agrees(tf.squeeze(tf.slice(weights.output!, [1, 0, 0, 0], [1, 1, -1, -1])), { Q: head("to_q"), K: head("to_k"), d }, { tolerance: 1e-5 });

const queries = [[1, 3], [3, 3], [5, 3]].map(([r, c]) => [Math.round((r * side) / 7), Math.round((c * side) / 7)] as const);
const looks = times.flatMap((_, k) => queries.map((query) => {
  const row = tf.slice(weights.output!, [k, 0, query[0] * side + query[1], 0], [1, -1, 1, -1]);
  return attentionOverlay(digit, tf.reshape(row, [heads, side, side]), { query });
}));
show(filmStrip(looks, { labels: times.flatMap((t) => [`t = ${t}`, "", ""]), rowLabels: Array.from({ length: heads }, (_, h) => `head ${h + 1}`), scale: 1 }));

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
// All three are described at growing image sizes. **What to see.** Doubling the side quadruples the pixels, and the U-Net's cost with them (on these logarithmic
// axes, slope 2), as long as its attention stays at the bottom. Where every pixel attends to every other, the slope climbs towards 4. Hence
// patches: a side of 4 means 16 times fewer tokens, and 256 times less attention. For large images both families first shrink the image
// with an autoencoder.

// %%
const uvitOf = (s: number) => new UVit({ image_size: [s, s], patch_size: 4, embed_dim: 128, depth: 7 }, { start: "zeros" });
show(architectureDiagram(describeNetwork(uvitOf(28), oneImage, oneTime)));
const sizes = [28, 56, 112];
const costOf = (s: number) => {
  const x = tf.zeros([1, s, s, 1]) as tf.Tensor4D;
  const uvit = uvitOf(s);
  const costs = [describeNetwork(network, x, oneTime), describeNetwork(dit, x, oneTime), describeNetwork(uvit, x, oneTime)];
  uvit.dispose();
  return costs.map(({ multiplyAdds }) => multiplyAdds);
};
const costs = sizes.map(costOf);
show(lineChart({
  x: { title: "side of the image", unit: "pixels", log: true }, y: { title: "multiply–adds per image", unit: "1", log: true },
  series: ["U-Net", "DiT", "U-ViT"].map((name, k) => ({ name, x: sizes, y: costs.map((cost) => cost[k]), mode: "lines+markers" as const })),
}));

// %% [markdown]
// ## Which clock is best? An ablation
//
// An **ablation** changes one thing and leaves all else as it is. Here the thing is how a small network learns the time, and the data are points in the
// plane on a checkerboard, where *one* noisy point says nothing about how much noise is in it. Six clocks: none; the raw number $t$; $t/T$; sinusoids; random Fourier features (sines
// and cosines of random frequencies times $t/T$); a learned vector for each $t$. Three seeds each, the same steps.
//
// Two judges: the loss on unseen points, and the sliced Wasserstein distance between 2000 samples and 2000 real points. What does that distance say of two
// sets of *real* points? Not 0, for they are finite: that is the floor, and no clock can be asked to go below it.

// %%
const points = (n: number, purpose: string) => checkerboard(n, new RandomStream(7, purpose));
const plane = linearSchedule({ T: 1000 });
const [training, unseenPoints, real] = [points(20_000, "train"), points(4000, "test"), featureSet(points(2000, "real"))];
const clean = tf.tensor2d(unseenPoints, [4000, 2]);
const at = Array.from({ length: 4000 }, (_, i) => 1 + Math.floor(i / 4));
const pointNoise = normalNoise(6)(0, [4000, 2]);
const noisyPoints = qSample(plane, clean, at, pointNoise);
const clocks = {
  none: { time_encoding: "none" }, "raw t": { time_encoding: "scalar", time_steps: 1 }, "t/T": { time_encoding: "scalar" },
  sinusoids: { time_encoding: "cos-sin" }, Fourier: { time_encoding: "fourier" }, learned: { time_encoding: "learned" },
} as const;
const runs = Object.entries(clocks).flatMap(([name, config]) => [0, 1, 2].map((seed) => ({ name, config, seed })));
const distance = (a: typeof real, b: typeof real) => slicedWasserstein(a, b, new RandomStream(1));

// %%
const results: { name: string; loss: number; apart: number; drawn: tf.Tensor }[] = [];
for (const { name, config, seed } of progress(runs, { label: "trainings" })) {
  const net = new PointMlp({ hidden: [64, 64, 64], ...config }, { seed });
  const task = new DiffusionTask({ network: net, schedule: plane, data: training, shape: [2], batchSize: 256, seed });
  const trainer = new Trainer(task, { learningRate: { peak: 3e-3, warmup: 50, decay: { kind: "cosine", total: 2000 } } });
  await trainer.run(2000);
  const judge = networkDenoiser(net);
  await trainer.withAverage(async () => {
    const loss = tf.tidy(() => simpleLoss(judge.predict(noisyPoints, tf.tensor1d(at)), pointNoise).dataSync()[0]);
    const drawn = await sample(ddim(judge, plane, normalNoise(seed + 100)(0, [2000, 2]), { steps: 50 }));
    results.push({ name, loss, apart: distance(real, featuresOf(drawn)), drawn });
  });
}

// %% [markdown]
// **What to see.** Without a clock the loss is clearly worse, and the samples blur across the fields' borders: here the time cannot be read off the data. The
// raw number is worse than none at all: its size drowns the coordinates, and some trainings die. The other four lie together: their differences are of the
// size of those between seeds. An honest reading is that a clock is needed, that it must come in a decent *range*, and that this experiment does not
// tell which of the four is best. (Try 128 hidden units or the other sets, and the order among them changes.) Sinusoids are the usual choice because
// they do well everywhere and need no tuning, not because they win here.

// %%
const floor = realVersusReal(featureSet(points(4000, "floor")), distance, new RandomStream(2), { size: 2000 });
const span = (values: number[]) => `${Math.min(...values).toPrecision(3)} … ${Math.max(...values).toPrecision(3)}`;
const of = (name: string) => results.filter((one) => one.name === name);
show(table([
  ...Object.keys(clocks).map((name) => ({
    clock: name, "loss, three seeds": span(of(name).map(({ loss }) => loss)), "distance to the data": span(of(name).map(({ apart }) => apart)),
  })),
  { clock: "real against real", "loss, three seeds": "–", "distance to the data": `${floor.mean.toFixed(3)} ± ${floor.std.toFixed(3)}` },
]));
const board = { title: "x", unit: "1", range: [-2.3, 2.3] as const };
const cloud = (name: string, drawn: tf.Tensor | Float32Array) => {
  return scatterChart({ title: name, x: board, y: { ...board, title: "y" }, clouds: [{ name, points: drawn as Float32Array, size: 2.5 }] });
};
const clouds = [cloud("real", points(2000, "real")), ...["none", "t/T", "sinusoids"].map((name) => cloud(name, of(name)[0].drawn as never))];
show(sideBySide(clouds, { columns: 4, width: 1000, height: 320 }));

// %% tags=["exercise"]
// Exercise 7.1. How many parameters has a 3 × 3 convolution from `a` to `b` channels, bias included? And how many multiply–adds does it take on
// an image of h × w pixels (the bias is only added)?
const convolution = (a: number, b: number, h: number, w: number): { parameters: number; multiplyAdds: number } | undefined => undefined;

const conv = new Conv2d(new Parameters().scope("conv"), { inputs: 6, outputs: 10 });
const counted = probe(() => conv.apply(tf.zeros([1, 12, 9, 6])));
const [weight, bias] = [9 * 6 * 10, 10];
check("7.1", convolution(6, 10, 12, 9), { parameters: weight + bias, multiplyAdds: counted.parts[0].multiplyAdds }, "every output number is a sum of 9·a products");

// Exercise 7.2. How many pixels wide does a network see that has n layers of 3 × 3 at full size, then a halving (a 3 × 3 layer of stride 2),
// then m layers of 3 × 3? After the halving, a step of one pixel is two pixels of the image.
const width = (n: number, m: number): number | undefined => undefined;

const scopes = new Parameters({ seed: 1 });
const tower = (n: number, m: number) => [...Array<1>(n).fill(1), 2 as const, ...Array<1>(m).fill(1)].map((stride, i) => {
  return new Conv2d(scopes.scope(`${n}.${m}.${i}`), { inputs: 1, outputs: 1, stride });
});
const measured = ([n, m]: number[]) => {
  const layers = tower(n, m);
  return fieldExtent(receptiveField((x) => layers.reduce((h, one) => one.apply(h), x), normalNoise(1)(0, [1, 41, 41, 1]) as tf.Tensor4D))[0];
};
const towers = [[0, 0], [2, 0], [1, 3]];
check("7.2", towers.map(([n, m]) => width(n, m)), towers.map(measured), "a layer adds one step on each side");

// %% tags=["solution"] jupyter={"source_hidden": true}
const convolution = (a: number, b: number, h: number, w: number): { parameters: number; multiplyAdds: number } | undefined => {
  return { parameters: 9 * a * b + b, multiplyAdds: 9 * a * b * h * w };
};

const conv = new Conv2d(new Parameters().scope("conv"), { inputs: 6, outputs: 10 });
const counted = probe(() => conv.apply(tf.zeros([1, 12, 9, 6])));
const [weight, bias] = [9 * 6 * 10, 10];
check("7.1", convolution(6, 10, 12, 9), { parameters: weight + bias, multiplyAdds: counted.parts[0].multiplyAdds }, "every output number is a sum of 9·a products");

// n + 1 layers see 2(n + 1) + 1 pixels; each further one adds two pixels on each side.
const width = (n: number, m: number): number | undefined => 2 * (n + 1) + 1 + 4 * m;

const scopes = new Parameters({ seed: 1 });
const tower = (n: number, m: number) => [...Array<1>(n).fill(1), 2 as const, ...Array<1>(m).fill(1)].map((stride, i) => {
  return new Conv2d(scopes.scope(`${n}.${m}.${i}`), { inputs: 1, outputs: 1, stride });
});
const measured = ([n, m]: number[]) => {
  const layers = tower(n, m);
  return fieldExtent(receptiveField((x) => layers.reduce((h, one) => one.apply(h), x), normalNoise(1)(0, [1, 41, 41, 1]) as tf.Tensor4D))[0];
};
const towers = [[0, 0], [2, 0], [1, 3]];
check("7.2", towers.map(([n, m]) => width(n, m)), towers.map(measured), "a layer adds one step on each side");

// %% [markdown]
// ## Summary
//
// - A denoising network returns an image of the size it got, sees grain and figure at once, and knows the time.
// - The U-Net gets many scales by halving and doubling, and its detail by connections across. Parameters live at the bottom, cost at the top.
// - How far it looks depends on the noise: the more there is, the further.
// - The transformer has one scale and attention everywhere; adaLN-Zero starts it as the identity. U-ViT adds the U's connections.
// - On images the time can almost be read off; in the plane it must be told, in a decent range. Which decent encoding matters little here.
//
// **Next:** build your own. Layers that run in `part(…)` can be probed, described and drawn like those of the library.
//
// **Read:** Ronneberger et al., *U-Net* (2015) · Ho, Jain & Abbeel, *Denoising Diffusion Probabilistic Models* (2020), appendix B · Peebles & Xie,
// *Scalable Diffusion Models with Transformers* (2023), section 3 · Bao et al., *All are Worth Words* (2023) · Luo et al., *Understanding the
// Effective Receptive Field* (2016) · Tancik et al., *Fourier Features* (2020) · Sun et al., *Is Noise Conditioning Necessary for Denoising
// Generative Models?* (2025).

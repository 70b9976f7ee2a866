// %% [markdown]
// # 7 · Networks
//
// So far $\epsilon_\theta(x_t,t)$ was a box: noisy image in, guessed noise out. This notebook opens it. What must such a network be able to
// do? Three things: answer with **an image of the same size**, see **many scales** at once (grain and whole figures), and **know the time**,
// that is, how much noise to expect: it is told, or must see it for itself. How it is told has a [notebook of its own](07-time-encoding.ipynb).
//
// **You will**
// - measure what a network without the last two loses;
// - see how far a network looks, by differentiating one of its pixels;
// - open a U-Net, a transformer and a hybrid of the two: blocks, parameters, cost, all read off the running network;
// - watch a digit travel through the U, and see where attention looks.
//
// **Before this**: notebooks [03](03-forward-process.ipynb) and [04](04-training-objective.ipynb); what a convolution is. **Runs** in about
// a minute on 2 cores, 1.7 GB of memory.

// %%
import * as lab from "diffusion-lab";
import { check, formula, progress, show, table } from "diffusion-lab/notebook";
const { tf } = lab;
type Images = lab.tf.Tensor4D;
const { network, denoiser, schedule, config } = lab.loadDiffusionModel("assets/mnist-unet");
const heldOut = lab.loadDigits({ split: "heldOut" });
const data = new lab.Normaliser().encode(lab.loadDigits({ split: "train" }).images);
const unseen = lab.gatherImages(heldOut, [...Array(64).keys()]);
const digit = lab.gatherImages(heldOut, [heldOut.labels.indexOf(5)]);
// The checkpoint takes a class too; the last label of its table stands for "any digit".
const anyDigit = (n: number) => ({ label: tf.fill([n], config.unconditionalLabel!, "int32") as lab.tf.Tensor1D });
const answer = (x: Images, time: lab.tf.Tensor1D) => network.apply(x, time, anyDigit(x.shape[0]));

// %% [markdown]
// ## The simple wrong thing: a stack of convolutions
//
// A convolution returns an image of the size it got. So stack four of them, 3 × 3 pixels each, with a nonlinearity between, and train the
// stack to guess noise. It is not told the time, and it sees one scale only. Against it we set a small U-Net that takes fewer multiply–adds, and to
// find out *which* of the two is missing, the same U-Net with its clock stopped: it is always told the same time. Each is trained for 160
// steps on the same digits, noise and times, and judged on 64 digits it has never seen.
//
// **What to see.** The stack is worse at *every* noise level, although it computes more. The stopped clock costs the U-Net a few per cent in this short training: with
// 784 noisy pixels before it, it can *measure* how much noise there is. (Neither is nearly trained; what a clock is worth to a finished network, this does not say. And the
// [next notebook](07-time-encoding.ipynb) has data where nothing can be measured.) So the clock is hardly what the stack lacks most. This experiment alone does not prove that it
// is the scales: the U-Net also has norms, connections across and twice the parameters, and it is one seed. The next section looks at the scales themselves.

// %%
const inStack = new lab.Parameters({ seed: 7 });
const convolutions = [1, 32, 32, 32].map((inputs, i) => {
  return new lab.Conv2d(inStack.scope(`layers.${i}`), { inputs, outputs: i < 3 ? 32 : 1 });
});
const through = (x: Images) =>
  tf.tidy(() => convolutions.reduce((h, layer, i) => layer.apply(i === 0 ? h : lab.silu(h)), x));
const stack = { parameters: inStack, apply: (x: lab.tf.Tensor) => through(x as Images) };
const describe = (net: lab.TimeNetwork, side = 28) => {
  const image = tf.zeros([1, side, side, 1]);
  return lab.describeNetwork(net, image, tf.zeros([1]) as lab.tf.Tensor1D, net === network ? anyDigit(1) : undefined);
};

// %%
const small: Partial<lab.UNet2DConfig> = {
  in_channels: 1, out_channels: 1, block_out_channels: [8, 16], layers_per_block: 1,
  norm_num_groups: 4, attention_head_dim: 16,
  down_block_types: ["DownBlock2D", "DownBlock2D"], up_block_types: ["UpBlock2D", "UpBlock2D"],
};
const [unet, stopped] = [1, 2].map(() => new lab.UNet2D(small, { seed: 7 }));
const midnight = (x: lab.tf.Tensor) => stopped.apply(x as Images, tf.zeros([x.shape[0]]));
const blind = { parameters: stopped.parameters, apply: midnight };
table(Object.entries({ stack, "U-Net": unet }).map(([name, net]) => {
  const { parameters, multiplyAdds } = describe(net);
  return { network: name, parameters, "million multiply–adds per image": multiplyAdds / 1e6 };
}))

// %%
const learningRate = { peak: 2e-3, warmup: 20, decay: { kind: "cosine", total: 160 } } as const;
const knots = [10, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000];
const curves: lab.Series[] = [];
for (const [name, network] of progress(Object.entries({ stack, "U-Net, clock stopped": blind, "U-Net": unet }))) {
  const task = new lab.DiffusionTask({ network, path: schedule, data, shape: [28, 28, 1], batchSize: 32, seed: 7 });
  const trainer = new lab.Trainer(task, { learningRate, averageDecay: 0.95 });
  await trainer.run(160);
  const y = () => lab.noiseErrors(lab.networkDenoiser(network, schedule), schedule, unseen, knots, lab.normalNoise(9));
  curves.push({ name, x: knots, y: await trainer.withAverage(y) });
}
const error = { title: "mean square error of ε̂", unit: "1", log: true };
show(lab.lineChart({ x: { title: "timestep t", unit: "steps" }, y: error, series: curves }));

// %% [markdown]
// ## How far does a network look?
//
// Ask the network itself: differentiate *one* output pixel, the one in the middle, with respect to every input pixel. Where the derivative is 0,
// the network is blind. We take the pixel of the clean image the network believes in, $\hat x_0$, and average over 16 digits.
//
// **What to see** (28 × 28 pixels each; brightness is logarithmic: black is a thousandth of the brightest). Four layers of 3 × 3 see exactly 9 × 9 pixels: each
// layer adds one pixel on every side. They see the border of that window dimly, since few paths lead there, so the table, which counts from 5 % of the
// largest, has less. The checkpoint's U-Net looks as far as it *must*. With little noise it looks at the neighbours; with much, a
// pixel can only be guessed from the whole figure, and the field grows to the size of a digit. No 9 × 9 window can do that. (Its frames are nowhere quite black:
// through the norms and attention every pixel counts a little.)

// %%
const sixteen = lab.gatherImages(heldOut, [...Array(16).keys()]);
const noisy = (x0: lab.tf.Tensor, t: number) => lab.qSample(schedule, x0, t, lab.normalNoise(7)(0, x0.shape)) as Images;
// ∂x̂₀[middle]/∂xₜ, its size averaged over 16 digits
const fieldOf = (apply: typeof answer, predicts: lab.Prediction, t: number) => {
  const time = lab.networkTime(tf.fill([16], t) as lab.tf.Tensor1D);
  return lab.receptiveField((x) => lab.toSample(schedule, predicts, apply(x, time), x, t), noisy(sixteen, t));
};
const ofStack = fieldOf(through, "noise", 400);
check("four layers see 9 × 9 pixels", lab.fieldExtent(ofStack), [9, 9]);

// %%
const views = [{ name: "stack, t = 400", field: ofStack }];
for (const t of [10, 100, 200, 400, 600]) {
  views.push({ name: `U-Net, t = ${t}`, field: fieldOf(answer, denoiser.predicts, t) });
}
const glow = (f: lab.tf.Tensor) => tf.reshape(tf.log(tf.maximum(tf.div(f, tf.max(f)), 1e-3)), [1, 28, 28, 1]);
const labels = views.map(({ name }) => name);
show(lab.filmStrip(views.map(({ field }) => glow(field)), { labels, range: [Math.log(1e-3), 0], scale: 4 }));
table(views.map(({ name, field }) => {
  const [height, width] = lab.fieldExtent(field, { threshold: 0.05 });
  return { field: name, "pixels above 5 % of the largest": `${height} × ${width}` };
}))

// %% [markdown]
// ## The U-Net, drawn from the network itself
//
// The U-Net's answer to "many scales" is to *halve* the image: the same 3 × 3 kernel then spans twice as much. After the bottom of the U it
// doubles it back up, and fine detail, which the small images have lost, comes across from the way down (blue lines).
//
// Nothing in the drawing is written by hand. `describeNetwork` runs the network once and notes what each block did: higher boxes have larger images,
// wider boxes more channels (not to scale). **What to see.** The two rows of bars have different shapes. *Parameters* crowd at the bottom,
// where channels are many; *multiply–adds* are spread far more evenly, for the top has few channels and many pixels: a kernel is stored once and applied at every pixel. And
// attention, whose cost grows with the square of the number of pixels, is kept away from the top for that reason.
//
// **Inside a residual block**: it adds to what it got, $y=x+h$, instead of replacing it, so that the gradient has a way past every block, and depth
// does no harm. (Where the number of channels changes, $x$ first goes through a convolution of 1 × 1.) And **group norm** keeps numbers at a known size: in each image, each group of channels is shifted and scaled to mean 0
// and variance 1, then by learned $\gamma$ and $b$. `probe` runs the network and keeps what every part of it returned. We send a five through at five
// noise levels and hold both equations against what really flowed through the checkpoint's first residual block; of its norm, against the first of eight groups.

// %%
const anatomy = describe(network);
show(lab.architectureDiagram(anatomy));
const times = [50, 200, 400, 600, 900];
const xt = tf.concat(times.map((t) => noisy(digit, t)));
const seen = lab.probe(() => answer(xt, lab.networkTime(tf.tensor1d(times))));
const [before, block] = ["conv_in", "down_blocks.0.resnets.0"];
formula("y = x + h").agrees(seen.get(block), { x: seen.get(before), h: seen.get(`${block}.conv2`) });
const group = (x: lab.tf.Tensor) => tf.slice(x, [0, 0, 0, 0], [1, -1, -1, 4]); // four channels of one image
const learned = (name: string) => tf.slice(network.parameters.get(`${block}.norm1.${name}`).variable, 0, 4);
const inside = { x: group(seen.get(before)), gamma: learned("weight"), b: learned("bias"), delta: 1e-5 };
formula("y = gamma * (x - mean(x)) / sqrt(mean((x - mean(x))^2) + delta) + b")
  .agrees(group(seen.get(`${block}.norm1`)), inside, { tolerance: 1e-5 });

// %% [markdown]
// ## A digit travels through the U
//
// Now look at what the probe kept. A feature map has dozens of channels; to see them at once, the three directions in which they vary most are
// painted red, green and blue. Colours mean nothing by themselves, but **equal colours are equal features**. One row is one noise level,
// one column a stage of the U, shown by its last block.
//
// **What to see.** On the way down the noise is averaged away: in the second column of maps the digit is as plain at $t=400$ as at $t=50$, though the eye can
// hardly read it in the input. At the bottom the colour of a whole map changes with $t$, for every channel shifts a little when the clock moves; look at the pattern within.
// At $t=900$ there is nothing to read, and the bottom shows something else. On the way up the image becomes fine again, the blue lines bring the detail, and the last
// stage shows a digit at $t=400$ (it takes our five for a six: so much is lost by then). This
// checkpoint answers with the velocity $v=\sqrt{\bar\alpha_t}\,\epsilon-\sqrt{1-\bar\alpha_t}\,x_0$: nearly all noise at $t=50$, the digit as a negative at
// $t=400$, and at $t=900$ a blur, since hardly more than the mean of all digits can be known.
//
// The bars say it in numbers: the correlation of each map's pattern with that of $t=50$, each channel's mean taken off first, for this one digit and noise. On the way down
// it rises, at $t=400$ from 0.4 in the first stage to 0.7 at the bottom, for there the digit counts and not the noise. It falls on the way up and rises again in the
// last stage. At $t=900$ the bottom has next to nothing in common with that of $t=50$.

// %%
const inTheU = anatomy.blocks.filter(({ kind }) => kind === "residual" || kind === "attention");
const stageOf = (name: string) =>
  name.replace(/_blocks?/, "").split(".").slice(0, name.startsWith("mid") ? 1 : 2).join(" ");
const stages = new Map(inTheU.map(({ name }) => [stageOf(name), name]));
const [titles, blocks] = [[...stages.keys()], [...stages.values()]];
const maps = blocks.map((name) => lab.principalColours(seen.get(name), { size: [28, 28] }));
const rowLabels = times.map((t) => `t = ${t}`);
show(lab.filmStrip([xt, ...maps, seen.output], { labels: ["xₜ", ...titles, "v̂"], rowLabels, scale: 3 }));
const alike = (k: number) => blocks.map((name) => lab.mapCorrelation(seen.get(name), 0, k));
const series = [1, 2, 3, 4].map((k) => ({ name: rowLabels[k], values: alike(k) }));
const [stage, like50] = ["stage of the U", "correlation with the map at t = 50"].map((title) => ({ title, unit: "1" }));
show(lab.barChart({ categories: titles, x: stage, y: like50, series, height: 320 }));

// %% [markdown]
// ## Attention: far places talk directly
//
// Convolution needs many layers to carry news across an image; attention needs one. Each place asks a question (a row of $Q$), each offers a key
// ($K$) and a value ($V$), and what a place gets is the mean of all values, weighted by how well their keys answer. Below, the equation, then
// the weights of the checkpoint's last attention at three noise levels, for three places each (blue frame), one head a row: orange is where the place looks.
// It works at the bottom of the U, where the map has 7 × 7 places, each as large as 4 × 4 pixels. The network
// saw the *noisy* image; the clean one is drawn beneath only so that we can tell what it found.
//
// **What to see.** Each tile has its own scale: full orange is the heaviest place of that tile. The place at the top of the stroke asks far below, at the bowl: no
// convolution of 3 × 3 could. Heads look at different places. At $t=400$, heads 1 and 3 send both places on the stroke mostly to one and the same; the third place, beside
// the digit, looks past it, at the border. The table counts the places looked at, averaged over all 49 that ask, as the exponential of the weights' entropy: 1 if all
// weight is on one, 49 if it is spread evenly. From $t=50$ to $400$ every head narrows its view; at $t=900$, where nearly all is noise, three of the four have widened it again.

// %%
const [Q, K, V] = [0, 1, 2].map((i) => lab.normalNoise(3)(i, [1, 1, 6, 4]) as Images);
const matrix = (x: lab.tf.Tensor) => tf.squeeze(x);
formula("y = softmax(Q * K' / sqrt(d)) * V", { matrices: true }).agrees(
  matrix(lab.scaledDotProductAttention(Q, K, V)),
  { Q: matrix(Q), K: matrix(K), V: matrix(V), d: 4 },
);

// %%
const weights = [...seen.all()].filter(({ kind }) => kind === "attention weights").slice(-1)[0].output!;
const [headNames, side] = [["head 1", "head 2", "head 3", "head 4"], 7];
const lookOf = (k: number, [row, column]: readonly number[]) => {
  const ofQuery = tf.slice(weights, [k, 0, row * side + column, 0], [1, -1, 1, -1]);
  return lab.attentionOverlay(digit, tf.reshape(ofQuery, [4, side, side]), { query: [row, column] });
};
const looks = [0, 2, 4].flatMap((k) => [[1, 3], [5, 3], [1, 0]].map((asking) => lookOf(k, asking)));
const captions = ["", "t = 50", "", "", "t = 400", "", "", "t = 900", ""];
show(lab.filmStrip(looks, { labels: captions, rowLabels: headNames, scale: 2 }));
const entropy = tf.neg(tf.sum(tf.mul(weights, tf.log(tf.maximum(weights, 1e-12))), 3));
const places = tf.mean(tf.exp(entropy), 2).arraySync() as number[][];
table(times.map((t, k) => ({ t, ...Object.fromEntries(headNames.map((h, i) => [h, places[k][i]])) })), { digits: 3 })

// %% [markdown]
// ## The transformer: one scale, attention everywhere
//
// Why not use attention only? A diffusion transformer (**DiT**) cuts the image into patches, makes each a vector (a *token*), tells it its place, and
// lets all tokens attend to each other in every block. There is no U: the resolution never changes. Time enters by **modulation**: the
// shift and scale of each norm, which group norm learned as fixed numbers, are computed from $t$, $\mathrm{modulate}(x)=(1+\mathrm{scale})\,\mathrm{norm}(x)+\mathrm{shift}$,
// and so is a gate $g$ on each branch,
//
// $$h=x+g_1\,\mathrm{attention}(\mathrm{modulate}(x)),\qquad y=h+g_2\,\mathrm{mlp}(\mathrm{modulate}(h)).$$
//
// The layer that computes shift, scale and gate starts at **zero** (*adaLN-Zero*): every gate is closed, and each untrained block returns what it got.
// Training can open them. The first block is drawn opened. The cell checks the zeros, then opens all gates with random weights and holds the second block to
// $y=x+g_1a+g_2m$, with $a$ and $m$ what its attention and its MLP returned, and the library's `modulate` to its equation, on the norm's output $z$ in that block.

// %%
const dit = new lab.DiT({ patch_size: 4, num_layers: 6, num_attention_heads: 4, attention_head_dim: 32 }, { seed: 7 });
const [first, second] = ["transformer_blocks.0", "transformer_blocks.1"];
show(lab.architectureDiagram(describe(dit), { open: first }));
const run = () => lab.probe(() => dit.apply(xt, lab.networkTime(tf.tensor1d(times))));
check("untrained: shift, scale, gate are 0", run().get(`${first}.norm1.linear`), tf.zeros([5, 768]), { tolerance: 0 });
dit.parameters.assignFlat(Float32Array.from(lab.normalNoise(8)(3, [dit.parameters.count]).dataSync(), (w) => w / 10));
const opened = run();
const six = tf.split(opened.get(`${second}.norm1.linear`), 6, 1) as lab.tf.Tensor2D[];
const [shift, scale, g1, , , g2] = six.map((one) => tf.expandDims(one, 1));
const [z, a, m] = ["norm1.norm", "attn1", "ff"].map((name) => opened.get(`${second}.${name}`));
formula("y = (1 + scale) * z + shift").agrees(lab.modulate(z as lab.tf.Tensor3D, six[0], six[1]), { scale, z, shift });
formula("y = x + g1 * a + g2 * m").agrees(opened.get(second), { x: opened.get(first), g1, a, g2, m });

// %% [markdown]
// ## The hybrid, and what growing costs
//
// **U-ViT** keeps the transformer's blocks and borrows the U's idea: the first half hands its results across to the second (blue brackets). Time
// is simply one more token among the patches.
//
// The table asks what larger images cost. **What to see.** With twice the side, attention between places gets 16 times dearer, and all else 4 times. U-Net and DiT attend
// on grids of the same size here, 7 × 7; but that is a hundredth of the U-Net's cost, so its factor climbs slowly from 4, and the transformers' fast. Hence patches: with a
// side of 4 there are 16 times fewer tokens than pixels, and 256 times less attention. And hence latent diffusion: an autoencoder first shrinks the image, whichever
// of the three networks then works on it.

// %%
const uvitOf = (side: number) =>
  new lab.UVit({ image_size: [side, side], patch_size: 4, embed_dim: 128, depth: 7 }, { start: "zeros" });
show(lab.architectureDiagram(describe(uvitOf(28))));
const costOf = (net: lab.TimeNetwork, side: number) => describe(net, side).multiplyAdds;
const costs = [28, 56, 112].map((side) => [network, dit, uvitOf(side)].map((net) => costOf(net, side)));
table(["U-Net", "DiT", "U-ViT"].map((name, k) => ({
  network: name,
  "million multiply–adds at 28 × 28": costs[0][k] / 1e6,
  "× at 56 × 56": costs[1][k] / costs[0][k],
  "× again at 112 × 112": costs[2][k] / costs[1][k],
})), { digits: 3 })

// %% tags=["exercise"]
// 7.1. A 3 × 3 convolution from a to b channels, on h × w pixels: how many parameters has it, bias included, and how
// many multiply–adds does it take? (The bias is only added.)
const convolution = (a: number, b: number, h: number, w: number): [params: number, cost: number] | undefined =>
  undefined;
const tree = new lab.Parameters();
const counted = new lab.Conv2d(tree.scope("counted"), { inputs: 6, outputs: 10 });
const { multiplyAdds } = lab.probe(() => counted.apply(tf.zeros([1, 12, 9, 6]))).parts[0];
const hint71 = "every number of the output is a sum of 9·a products";
check("7.1", convolution(6, 10, 12, 9), [tree.count, multiplyAdds], hint71);

// %% tags=["solution"] jupyter={"source_hidden": true}
// 7.1. A 3 × 3 convolution from a to b channels, on h × w pixels: how many parameters has it, bias included, and how
// many multiply–adds does it take? (The bias is only added.)
const convolution = (a: number, b: number, h: number, w: number): [params: number, cost: number] | undefined =>
  [9 * a * b + b, 9 * a * b * h * w];
const tree = new lab.Parameters();
const counted = new lab.Conv2d(tree.scope("counted"), { inputs: 6, outputs: 10 });
const { multiplyAdds } = lab.probe(() => counted.apply(tf.zeros([1, 12, 9, 6]))).parts[0];
const hint71 = "every number of the output is a sum of 9·a products";
check("7.1", convolution(6, 10, 12, 9), [tree.count, multiplyAdds], hint71);

// %% tags=["exercise"]
// 7.2. How many pixels wide do n layers of 3 × 3 see, then a halving (3 × 3, stride 2), then m layers of 3 × 3? After
// the halving, one step is two pixels.
const width = (n: number, m: number): number | undefined => undefined;
const tower = (strides: (1 | 2)[]) => strides.map((stride, i) => {
  return new lab.Conv2d(new lab.Parameters().scope(`${i}`), { inputs: 1, outputs: 1, stride });
});
const field = lab.normalNoise(1)(0, [1, 41, 41, 1]) as Images;
const seenBy = (layers: lab.Conv2d[]) => lab.receptiveField((x) => layers.reduce((h, one) => one.apply(h), x), field);
const towers = [tower([1, 1, 2]), tower([2]), tower([1, 2, 1, 1, 1])];
const widths = towers.map((layers) => lab.fieldExtent(seenBy(layers))[0]);
check("7.2", [width(2, 0), width(0, 0), width(1, 3)], widths, "a layer adds one step on each side");

// %% tags=["solution"] jupyter={"source_hidden": true}
// 7.2. How many pixels wide do n layers of 3 × 3 see, then a halving (3 × 3, stride 2), then m layers of 3 × 3? After
// the halving, one step is two pixels.
const width = (n: number, m: number): number | undefined => 2 * (n + 1) + 1 + 4 * m;
const tower = (strides: (1 | 2)[]) => strides.map((stride, i) => {
  return new lab.Conv2d(new lab.Parameters().scope(`${i}`), { inputs: 1, outputs: 1, stride });
});
const field = lab.normalNoise(1)(0, [1, 41, 41, 1]) as Images;
const seenBy = (layers: lab.Conv2d[]) => lab.receptiveField((x) => layers.reduce((h, one) => one.apply(h), x), field);
const towers = [tower([1, 1, 2]), tower([2]), tower([1, 2, 1, 1, 1])];
const widths = towers.map((layers) => lab.fieldExtent(seenBy(layers))[0]);
check("7.2", [width(2, 0), width(0, 0), width(1, 3)], widths, "a layer adds one step on each side");

// %% [markdown]
// ## Summary
//
// - A denoising network returns an image of the size it got, sees grain and figure at once, and knows the time: told, or seen from its input.
// - The U-Net gets many scales by halving and doubling, and its detail by connections across. Parameters crowd at the bottom; the cost is spread more evenly.
// - How far it looks depends on the noise: the more there is, the further.
// - The transformer has one scale and attention everywhere; adaLN-Zero starts each block as the identity. U-ViT adds the U's connections.
// - On images a network can measure much of the noise by itself: a stopped clock cost little in a short training.
//
// **Next:** [how a network is told the time](07-time-encoding.ipynb). Or build your own: layers that run in `part(…)` can be probed, described and drawn like those of the library.
//
// **Read:** Ronneberger et al., *U-Net* (2015) · Ho, Jain & Abbeel, *Denoising Diffusion Probabilistic Models* (2020), appendix B · Peebles & Xie,
// *Scalable Diffusion Models with Transformers* (2023), section 3 · Bao et al., *All are Worth Words* (2023) · Luo et al., *Understanding the
// Effective Receptive Field* (2016).

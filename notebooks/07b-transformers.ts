// %% [markdown]
// # 7b · Transformers
//
// A U-Net looks at a picture at several sizes. A transformer keeps one size and lets all places talk to all others. This notebook opens two of them, **DiT** and **U-ViT**, and asks what each costs when pictures grow.
//
// **After this you can**
// - turn a picture into tokens and back, and say what a transformer knows of their places;
// - check adaLN-Zero in a running block, and say why it starts at zero;
// - compute what attention costs, and when it costs most;
// - say what U-ViT takes from a U-Net.
//
// **You need** [7a](07a-unet.ipynb). **It takes** 20 minutes; the cells run in under a minute and 2 GB.

// %%
import * as d3 from "d3";
import * as lab from "diffusion-lab";
import { check, formula, sealed, show, slider, table } from "diffusion-lab/notebook";
const { tf } = lab;
type Images = lab.tf.Tensor4D;
const schedule = lab.linearSchedule({ T: 1000 });
const heldOut = lab.loadDigits({ split: "heldOut" });
const five = lab.gatherImages(heldOut, [heldOut.labels.indexOf(5)]);
const noisy = (x0: lab.tf.Tensor, t: number) => lab.qSample(schedule, x0, t, lab.normalNoise(7)(0, x0.shape)) as Images;
const describe = (net: lab.TimeNetwork, side = 28, condition?: lab.Condition) =>
  lab.describeNetwork(net, tf.zeros([1, side, side, 1]), tf.zeros([1]) as lab.tf.Tensor1D, condition);

// %% [markdown]
// ## Three questions first
//
// They give no credit. Answer with a letter, from memory.
//
// **R1** How wide is the window that four layers of 3 × 3 see? *a* 5 pixels · *b* 9 pixels · *c* 12 pixels
//
// **R2** What do the U-Net's connections across mainly carry? *a* the figure · *b* fine detail · *c* the time
//
// **R3** How does attention between $n$ places grow? *a* with $n^2$ · *b* with $n$ · *c* with $n\log n$

// %% tags=["exercise"]
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: undefined, R2: undefined, R3: undefined };

check("R1", recalled.R1, sealed("7b.R1", "6566c6b0"), "one more pixel on each side a layer");
check("R2", recalled.R2, sealed("7b.R2", "36caa53d"), "what stayed in the picture when the top lines were cut?");
check("R3", recalled.R3, sealed("7b.R3", "c1f5c94e"), "each place asks each place");

// %% tags=["solution"] jupyter={"source_hidden": true}
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: "b", R2: "b", R3: "a" };

check("R1", recalled.R1, sealed("7b.R1", "6566c6b0"), "one more pixel on each side a layer");
check("R2", recalled.R2, sealed("7b.R2", "36caa53d"), "what stayed in the picture when the top lines were cut?");
check("R3", recalled.R3, sealed("7b.R3", "c1f5c94e"), "each place asks each place");

// %% [markdown]
// ## A picture as a list of tokens
//
// A transformer works on a list of vectors, *tokens*. So cut the picture into patches of $4\times4$ pixels: $28\times28$ pixels become 49 tokens of 16 numbers. Nothing is lost; the way back is exact.
//
// **Predict.** Shuffle the 49 tokens. Attention gets the shuffled list. What comes out: nonsense, the same as before, or the same in shuffled order?

// %%
const tokens = lab.toPatches(five, 4); // [1, 49, 16]
const order = [...new lab.RandomStream(3, "order").permutation(49)];
const grid = { rows: 7, columns: 7, patch: 4 };
const pictures = [five, lab.fromPatches(tf.gather(tokens, order, 1) as typeof tokens, grid)];
check("patches and back", lab.fromPatches(tokens, grid), five, { tolerance: 0 });
show(lab.filmStrip(pictures, { labels: ["picture", "shuffled"], scale: 5 }));

// %%
const X = tf.squeeze(tokens, [0]) as lab.tf.Tensor2D;
const P = tf.oneHot(tf.tensor1d(order, "int32"), 49); // row i picks token order[i]
const attend = (x: lab.tf.Tensor) => {
  const one = tf.reshape(x, [1, 1, 49, 16]) as Images;
  return tf.reshape(lab.scaledDotProductAttention(one, one, one), [49, 16]);
};
const shuffledIn = attend(tf.matMul(tf.cast(P, "float32") as lab.tf.Tensor2D, X));
formula("y = P * softmax(X * X' / sqrt(d)) * X", { matrices: true })
  .agrees(shuffledIn, { P: P.arraySync() as number[][], X: X.arraySync(), d: 16 }, { tolerance: 1e-5 });

// %% [markdown]
// **Explanation.** The same, in shuffled order: $P$ comes out in front. Attention sees a *set*. It cannot know that the second picture is not a five.
//
// So each token is told its place. DiT adds a vector to it: sines and cosines of the column in one half, of the row in the other, with $\omega_i=10000^{-i/q}$ and $q$ a quarter of the channels.

// %%
const [channels, q] = [128, 32];
const positions = lab.gridEmbedding({ height: 7, width: 7, channels, base: 7 }); // [49, 128]
const place = { row: 2, column: 5 };
const vector = tf.reshape(tf.slice(positions, [7 * place.row + place.column, 0], [1, -1]), [-1]);
const i = d3.range(q);
formula("e = concat(concat(sin(c * 10000^(-i / q)), cos(c * 10000^(-i / q)))," +
  " concat(sin(r * 10000^(-i / q)), cos(r * 10000^(-i / q))))")
  .agrees(vector, { c: place.column, r: place.row, i, q }, { tolerance: 1e-5 });

// %% [markdown]
// How alike are the vectors of two places? Divide their product by the number of waves, so that a place is 1 with itself.
//
// **Predict.** Will the places most alike to the one in the middle form a disc, a cross, or a ring? Drag.

// %%
const likeness = tf.div(tf.matMul(positions, positions, false, true), channels / 2);
const [least, most] = [tf.min(likeness).dataSync()[0], 1];
const around = d3.range(49).map((k) => lab.imageGrid(
  tf.reshape(tf.sub(tf.div(tf.sub(tf.slice(likeness, k, 1), least), (most - least) / 2), 1), [1, 7, 7, 1]) as Images,
  { scale: 32, title: `likeness to row ${Math.floor(k / 7)}, column ${k % 7}` }));
slider({ label: "place", min: 0, max: 48, value: 24, onChange: (k) => around[k] })

// %% [markdown]
// *White: alike, 1. Black: the least alike of all pairs. Places count row by row.*
//
// **Explanation.** A disc with the arms of a cross: half of the vector says "same row", the other half "same column". Near places are more alike than far ones. Nothing here was learned; what to make of it, attention learns.
//
// ## DiT: one size, attention everywhere
//
// The drawing is made by the running network. The grey line is the way of the data. What is made of the *time* stands beside it, and yellow arrows show where it enters. The first block is opened.
//
// **Predict.** Which part of a block holds most parameters: attention, the feed-forward part, or what the time goes through?

// %%
const dit = new lab.DiT({ patch_size: 4, num_layers: 4, num_attention_heads: 4, attention_head_dim: 32 }, { seed: 7 });
const [first, second] = ["transformer_blocks.0", "transformer_blocks.1"];
const anatomy = describe(dit);
show(lab.architectureDiagram(anatomy, { open: first }));

// %% [markdown]
// **Explanation.** With 128 channels, the way of the time holds most: it makes *six* vectors a block. They are a shift and a scale for each of two norms,
//
// $$\mathrm{modulate}(z)=(1+\mathrm{scale})\,z+\mathrm{shift},\qquad z=\mathrm{norm}(x),$$
//
// and a gate $g$ for each of two branches,
//
// $$h=x+g_1\,\mathrm{attention}(\mathrm{modulate}(x)),\qquad y=h+g_2\,\mathrm{mlp}(\mathrm{modulate}(h)).$$
//
// The layer that makes the six starts at **zero**. This is adaLN-Zero.
//
// **Predict.** What does an untrained block return?

// %%
const times = [50, 400, 900];
const xt = tf.concat(times.map((t) => noisy(five, t)));
const run = () => lab.probe(() => dit.apply(xt, lab.networkTime(tf.tensor1d(times))));
const fresh = run();
check("shift, scale and gate are 0", fresh.get(`${first}.norm1.linear`), tf.zeros([3, 768]), { tolerance: 0 });
check("an untrained block returns what it got", fresh.get(second), fresh.get(first), { tolerance: 0 });

// %% [markdown]
// **Explanation.** Its input, to the last bit: every gate is closed. However deep the stack, the first gradient meets no obstacle.
//
// To see the equations at work we open all gates with random weights, and hold the second block against them: $a$ and $m$ are what its attention and its MLP returned.

// %%
dit.parameters.assignFlat(Float32Array.from(lab.normalNoise(8)(3, [dit.parameters.count]).dataSync(), (w) => w / 10));
const opened = run();
const six = tf.split(opened.get(`${second}.norm1.linear`), 6, 1) as lab.tf.Tensor2D[];
const [shift, scale, g1, , , g2] = six.map((one) => tf.expandDims(one, 1));
const [z, a, m] = ["norm1.norm", "attn1", "ff"].map((name) => opened.get(`${second}.${name}`));
formula("y = (1 + scale) * z + shift").agrees(lab.modulate(z as lab.tf.Tensor3D, six[0], six[1]), { scale, z, shift });
formula("y = x + g1 * a + g2 * m").agrees(opened.get(second), { x: opened.get(first), g1, a, g2, m });

// %% [markdown]
// ## Watch the gates open
//
// A small DiT, three blocks, is trained on digits. Every 25 steps we read the size of its gates.
//
// **Predict.** Do the gates of all blocks open alike? Does the loss fall while they are nearly closed?

// %%
const sizes = { patch_size: 4, num_layers: 3, num_attention_heads: 2, attention_head_dim: 32 };
const small = new lab.DiT(sizes, { seed: 7 });
const data = new lab.Normaliser().encode(lab.loadDigits({ split: "train" }).images);
const setting = { path: schedule, shape: [28, 28, 1], batchSize: 32, seed: 7 };
const trainer = new lab.Trainer(new lab.DiffusionTask({ network: small, data, ...setting }), { learningRate: 2e-3 });
const gatesNow = () => tf.tidy(() => [0, 1, 2].map((b) => {
  const kept = lab.probe(() => small.apply(xt, lab.networkTime(tf.tensor1d(times))));
  const parts = tf.split(kept.get(`transformer_blocks.${b}.norm1.linear`), 6, 1);
  return tf.mean(tf.abs(tf.concat([parts[2], parts[5]], 1))).dataSync()[0]; }));
const gates = [gatesNow()];
for (let k = 0; k < 10; k++) { await trainer.run(25); gates.push(gatesNow()); }

// %%
const steps = { title: "training step", unit: "1" };
const x = gates.map((_, k) => 25 * k);
const byBlock = [0, 1, 2].map((k) => ({ name: `block ${k}`, x, y: gates.map((gate) => gate[k]) }));
const smooth = { name: "loss, running mean", y: lab.runningMean([...trainer.losses], 0.9) };
show(lab.sideBySide([
  lab.lineChart({ x: steps, y: { title: "mean |gate|", unit: "1" }, series: byBlock }),
  lab.lineChart({ x: steps, y: { title: "loss", unit: "1", range: [0, 1.1] }, series: [smooth] }),
], { width: 960, height: 340 }));

// %% [markdown]
// *One training, seed 7, 250 steps of 32; the gates at $t=50$, 400, 900, averaged.*
//
// **Explanation.** All start at 0 and open at once, as the loss falls; the first block opens widest. Then they hardly change. (That zero is *better* than a random start needs several seeds and a longer run; here you only see what it does.)
//
// ## U-ViT: tokens, and lines across
//
// **U-ViT** keeps the transformer's blocks and borrows the U's lines: the first half hands its results across to the second (blue brackets). Time is simply one more token.
//
// **Predict.** How many tokens run through its blocks?

// %%
const uvitOf = (side: number, seed = 7) =>
  new lab.UVit({ image_size: [side, side], patch_size: 4, embed_dim: 128, depth: 5 }, { seed });
const uvit = uvitOf(28);
show(lab.architectureDiagram(describe(uvit)));

// %% [markdown]
// **Explanation.** $49+1$: the patches and the time. A block that joins first brings $[x,\,\mathrm{skip}]$ back to the usual width, $h=[x,\,\mathrm{skip}]\,W+b$. We check it in the running network.

// %%
const inside = lab.probe(() => uvit.apply(xt, lab.networkTime(tf.tensor1d(times))));
const [W, b] = ["weight", "bias"].map((name) => uvit.parameters.get(`out_blocks.0.skip_linear.${name}`).variable);
const both = tf.reshape(tf.concat([inside.get("mid_block"), inside.get("in_blocks.1")], 2), [150, 256]);
const joined = tf.reshape(inside.get("out_blocks.0.skip_linear"), [150, 128]);
check("the line across", tf.add(tf.matMul(both as lab.tf.Tensor2D, W as unknown as lab.tf.Tensor2D), b), joined);

// %% [markdown]
// ## What growing costs
//
// One block works on $N$ tokens of $d$ channels. Its matrices take $12Nd^2$ multiply–adds: four for attention, eight for the feed-forward part. Comparing and mixing the places takes $2N^2d$ more.
//
// **Predict.** Double the side of the picture. By which factor do the two terms grow?

// %%
const [counted] = anatomy.blocks.filter(({ name }) => name === first);
const costOf = (part: string) => counted.inner.find(({ name }) => name === `${first}.${part}`)!.multiplyAdds;
formula("c = 4 * N * d^2 + 2 * N^2 * d").agrees(costOf("attn1"), { N: 49, d: 128 });
formula("c = 8 * N * d^2").agrees(costOf("ff"), { N: 49, d: 128 });
const sides = d3.range(16, 513, 16);
const perBlock = (cost: (N: number) => number) => sides.map((side) => cost((side / 4) ** 2));
show(lab.lineChart({ x: { title: "side of the picture, in pixels", unit: "1", log: true },
  y: { title: "multiply–adds of a block", unit: "1", log: true }, series: [
    { name: "matrices, 12 N d²", x: sides, y: perBlock((N) => 12 * N * 128 ** 2) },
    { name: "between places, 2 N² d", x: sides, y: perBlock((N) => 2 * N ** 2 * 128), dash: "dash" }] }));

// %% [markdown]
// *Patches of 4 × 4, $d=128$.*
//
// **Explanation.** Four and sixteen: $N$ is four times as large. For small pictures attention is cheap; where the lines cross it begins to rule. Hence patches, and hence latent diffusion, where an autoencoder shrinks the picture first.
//
// **Predict.** The U-Net of [7a](07a-unet.ipynb) has attention only at the bottom. Does its cost grow slower or faster than that of DiT?

// %%
const { network: unet, config } = lab.loadDiffusionModel("assets/mnist-unet");
const anyDigit = { label: tf.tensor1d([config.unconditionalLabel!], "int32") };
const costs = [28, 56, 112].map((side) =>
  [describe(unet, side, anyDigit), describe(dit, side), describe(uvitOf(side), side)].map((one) => one.multiplyAdds));
table(["U-Net", "DiT", "U-ViT"].map((name, k) => ({
  network: name,
  "million multiply–adds at 28 × 28": costs[0][k] / 1e6,
  "× at 56 × 56": costs[1][k] / costs[0][k],
  "× again at 112 × 112": costs[2][k] / costs[1][k],
})), { digits: 3 })

// %% [markdown]
// **Explanation.** Slower: its attention is a small share of its cost. All three start near 4 and climb towards 16; the transformers climb first.
//
// ## Exercises
//
// **7b.1 (compute)** A picture of 32 × 32 is cut into patches of 2 × 2. How many tokens? By which factor is $2N^2d$ smaller with patches of 4 × 4?
//
// **7b.2 (compute)** At which number of tokens do both terms of a block cost the same? A function of $d$.
//
// **7b.3 (predict, then find)** Let DiT have patches of 2 instead of 4. By which factor does its whole cost grow at 28 × 28? Use `describe`; the answer must be right to 1 %.

// %% [markdown]
// **7b.4 (find the bug)** A student leaves the gates out, $y=x+\mathrm{attention}(\mathrm{modulate}(x))$, and starts the layer of shift and scale at zero. "My untrained block returns its input, as adaLN-Zero's does." What does it return? *a* its input · *b* its input plus attention of the norm · *c* its input plus zeros, but only at $t=0$
//
// **7b.5 (judge)** T or F? *1* Without positions, shuffled patches give the shuffled answer. *2* DiT halves the picture, as a U-Net does. *3* An untrained block of DiT returns its input. *4* U-ViT tells its blocks the time by modulation. *5* With twice the side, everything in a transformer costs 16 times as much.

// %% jupyter={"source_hidden": true}
// Judges of 7b.1 to 7b.3. Answer first.
const judge71 = ([count, factor]: number[]): string | true => count === 64 ? "that is for patches of 4 × 4"
  : count !== 256 ? "how many patches fit along a side? Square that" : factor === 4
  ? "that is the factor of N; the term has its square" : factor === 16 || "N falls to a quarter";
const judge72 = (at: (number | undefined)[]): string | true => at.every((one, k) => one === [384, 768][k]) ||
  (at[0] === 6 ? "the answer grows with d" : "solve 12 N d² = 2 N² d for N");
const finer = new lab.DiT({ patch_size: 2, num_layers: 4, num_attention_heads: 4, attention_head_dim: 32 });
const grown = describe(finer).multiplyAdds / anatomy.multiplyAdds;
const judge73 = (factor: number): string | true => Math.abs(factor / grown - 1) < 0.01 || (Math.abs(factor - 4) < 0.05
  ? "the matrices grow by 4; attention between places grows more" : Math.abs(factor - 16) < 0.2
  ? "only attention between places grows by 16" : "describe(new lab.DiT({ … })).multiplyAdds, for each patch size");

// %% tags=["exercise"]
const counts: [tokens: number, factor: number] | undefined = undefined; // 7b.1
const tokensAt = (d: number): number | undefined => undefined; // 7b.2
const growth: number | undefined = undefined; // 7b.3
const [returned, verdicts]: (string | undefined)[] = [undefined, undefined]; // 7b.4, 7b.5

check("7b.1", counts, judge71);
check("7b.2", [64, 128].map(tokensAt), judge72);
check("7b.3", growth, judge73);
check("7b.4", returned, sealed("7b.4", "304bf54f"), "put scale = shift = 0 into modulate: what is left?");
check("7b.5", verdicts, sealed("7b.5", "6a8e9615"), "five letters; look at P, at the two drawings, at the two terms");

// %% tags=["solution"] jupyter={"source_hidden": true}
const counts: [tokens: number, factor: number] | undefined = [(32 / 2) ** 2, 4 ** 2];
const tokensAt = (d: number): number | undefined => 6 * d;
const growth: number | undefined = describe(finer).multiplyAdds / describe(dit).multiplyAdds;
const [returned, verdicts]: (string | undefined)[] = ["b", "TFTFF"];

check("7b.1", counts, judge71);
check("7b.2", [64, 128].map(tokensAt), judge72);
check("7b.3", growth, judge73);
check("7b.4", returned, sealed("7b.4", "304bf54f"), "put scale = shift = 0 into modulate: what is left?");
check("7b.5", verdicts, sealed("7b.5", "6a8e9615"), "five letters; look at P, at the two drawings, at the two terms");

// %% [markdown]
// ## Summary
//
// - A transformer sees a set of tokens; positions make a picture of it.
// - DiT has one size. Time enters by shift, scale and gate, and adaLN-Zero starts each block as the identity.
// - U-ViT adds lines across and takes the time as a token.
// - Attention between places costs $2N^2d$: it rules when $N$ is large.
//
// **What would change our mind:** an attention between all places that grows with $N$ and loses nothing.
//
// **Tomorrow, ask yourself:** what comes out of shuffled tokens? Which six vectors does the time make?
//
// **Read:** Peebles and Xie, *Scalable diffusion models with transformers* (2023), section 3 · Bao et al., *All are worth words* (2023). **Next:** [7c · Telling the time](07c-time.ipynb).

// %% [markdown]
// # 7a · The U-Net
//
// So far $\hat\epsilon_\theta(x_t,t)$ was a box: noisy picture in, guessed noise out. This notebook opens it. [7b](07b-transformers.ipynb) opens a transformer, [7c](07c-time.ipynb) shows how the time $t$ enters.
//
// **After this you can**
// - compute how far a stack of convolutions sees, and what it costs;
// - measure how far any network sees, by differentiating it;
// - say what halving, connections across and attention each do in a U-Net;
// - check a residual block and a group norm inside a trained network.
//
// **You need** notebooks [03](03-forward-process.ipynb) and [04](04-training-objective.ipynb), and what a convolution is. **It takes** 30 minutes; the cells run in about a minute and 2 GB.

// %%
import * as d3 from "d3";
import * as lab from "diffusion-lab";
import { check, formula, progress, sealed, show, slider, table } from "diffusion-lab/notebook";
const { tf } = lab;
type Images = lab.tf.Tensor4D;
const { network, denoiser, schedule, config } = lab.loadDiffusionModel("assets/mnist-unet");
const heldOut = lab.loadDigits({ split: "heldOut" });
const digits = lab.gatherImages(heldOut, [...Array(64).keys()]);
const five = lab.gatherImages(heldOut, [heldOut.labels.indexOf(5)]);
// The checkpoint takes a class too; the last label of its table stands for "any digit".
const anyDigit = (n: number) => ({ label: tf.fill([n], config.unconditionalLabel!, "int32") as lab.tf.Tensor1D });
const answer = (x: Images, time: lab.tf.Tensor1D) => network.apply(x, time, anyDigit(x.shape[0]));

// %% [markdown]
// ## Three questions first
//
// They give no credit. Answer with a letter, from memory.
//
// **R1** What does the network get at each step of drawing? *a* $x_t$ alone · *b* $x_t$ and $t$ · *c* $x_0$ and $t$
//
// **R2** What does it return for a picture of 28 × 28 pixels? *a* one number · *b* a class · *c* a picture of 28 × 28
//
// **R3** At which times is the noise in $x_t$ easiest to guess? *a* near 0 · *b* in the middle · *c* near $T$

// %% tags=["exercise"]
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: undefined, R2: undefined, R3: undefined };

check("R1", recalled.R1, sealed("7a.R1", "6da9d889"), "look at the signature of ε̂");
check("R2", recalled.R2, sealed("7a.R2", "537fb90f"), "there is noise in every pixel");
check("R3", recalled.R3, sealed("7a.R3", "3876be91"), "when is x_t hardly anything but noise?");

// %% tags=["solution"] jupyter={"source_hidden": true}
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: "b", R2: "c", R3: "c" };

check("R1", recalled.R1, sealed("7a.R1", "6da9d889"), "look at the signature of ε̂");
check("R2", recalled.R2, sealed("7a.R2", "537fb90f"), "there is noise in every pixel");
check("R3", recalled.R3, sealed("7a.R3", "3876be91"), "when is x_t hardly anything but noise?");

// %% [markdown]
// ## A tempting idea: a stack of convolutions
//
// With a border of zeros, a convolution returns a picture of the size it got. So stack four of them, 3 × 3 pixels each, with a nonlinearity between, and train the stack to guess noise. Against it stands a small U-Net that computes *less*.
//
// **Predict.** Both get the same digits, noise and 160 steps. Where will the U-Net be better: at low noise, at high noise, everywhere, nowhere?

// %%
const inStack = new lab.Parameters({ seed: 7 });
const convolutions = [1, 32, 32, 32].map((inputs, i) => {
  return new lab.Conv2d(inStack.scope(`layers.${i}`), { inputs, outputs: i < 3 ? 32 : 1 });
});
const through = (x: Images) =>
  tf.tidy(() => convolutions.reduce((h, layer, i) => layer.apply(i === 0 ? h : lab.silu(h)), x));
const stack = { parameters: inStack, apply: (x: lab.tf.Tensor) => through(x as Images) };
const describe = (net: lab.TimeNetwork) => {
  const image = tf.zeros([1, 28, 28, 1]);
  return lab.describeNetwork(net, image, tf.zeros([1]) as lab.tf.Tensor1D, net === network ? anyDigit(1) : undefined);
};

// %%
const unet = new lab.UNet2D({
  in_channels: 1, out_channels: 1, block_out_channels: [8, 16], layers_per_block: 1,
  norm_num_groups: 4, attention_head_dim: 16,
  down_block_types: ["DownBlock2D", "DownBlock2D"], up_block_types: ["UpBlock2D", "UpBlock2D"],
}, { seed: 7 });
table(Object.entries({ stack, "U-Net": unet }).map(([name, net]) => {
  const { parameters, multiplyAdds } = describe(net);
  return { network: name, parameters, "million multiply–adds per picture": multiplyAdds / 1e6 };
}))

// %%
const data = new lab.Normaliser().encode(lab.loadDigits({ split: "train" }).images);
const learningRate = { peak: 2e-3, warmup: 20, decay: { kind: "cosine", total: 160 } } as const;
const knots = [10, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000];
const curves: lab.Series[] = [];
for (const [name, network] of progress(Object.entries({ stack, "U-Net": unet }), { label: "trainings" })) {
  const task = new lab.DiffusionTask({ network, path: schedule, data, shape: [28, 28, 1], batchSize: 32, seed: 7 });
  const trainer = new lab.Trainer(task, { learningRate, averageDecay: 0.95 });
  await trainer.run(160);
  const y = () => lab.noiseErrors(lab.networkDenoiser(network, schedule), schedule, digits, knots, lab.normalNoise(9));
  curves.push({ name, x: knots, y: await trainer.withAverage(y) });
}

// %%
const timeAxis = { title: "time t", unit: "1" };
const error = { title: "mean square error of ε̂", unit: "1", log: true };
show(lab.lineChart({ x: timeAxis, y: error, series: curves, height: 340 }));

// %% [markdown]
// *64 held-out digits; one training each, seed 7, and neither is finished.*
//
// **Explanation.** The stack is worse everywhere. One run does not say why: the U-Net also has norms and more parameters. So we measure what the idea is about, the distance that a network *sees*.
//
// ## How far does a network see?
//
// Differentiate *one* output pixel, the middle one, with respect to every input pixel. Where the derivative is 0, the network is blind. We take the pixel of $\hat x_0$ and average the size of the derivative over 16 digits.
//
// **Predict.** Four layers of 3 × 3: how many pixels wide?

// %%
const sixteen = tf.slice(digits, 0, 16) as Images;
const noisy = (x0: lab.tf.Tensor, t: number) => lab.qSample(schedule, x0, t, lab.normalNoise(7)(0, x0.shape)) as Images;
// |∂x̂₀[middle]/∂xₜ|, averaged over 16 digits
const fieldOf = (apply: typeof answer, predicts: lab.Prediction, t: number) => {
  const time = lab.networkTime(tf.fill([16], t) as lab.tf.Tensor1D);
  return lab.receptiveField((x) => lab.toSample(schedule, predicts, apply(x, time), x, t), noisy(sixteen, t));
};
const ofStack = fieldOf(through, "noise", 400);
check("four layers see 9 × 9 pixels", lab.fieldExtent(ofStack), [9, 9]);

// %% [markdown]
// **Explanation.** Each layer adds one pixel on every side: $1+2\cdot4=9$.
//
// **Predict.** And the trained U-Net of the checkpoint? Will it see farther when there is *much* noise or when there is *little*? Drag the time.

// %%
const fieldTimes = [10, 50, 100, 200, 300, 400, 600, 800];
const fields = fieldTimes.map((t) => fieldOf(answer, denoiser.predicts, t));
// from black, a thousandth of the largest, to white, the largest
const glow = (f: lab.tf.Tensor) =>
  tf.reshape(tf.add(tf.mul(tf.log(tf.maximum(tf.div(f, tf.max(f)), 1e-3)), 2 / Math.log(1e3)), 1), [1, 28, 28, 1]);
const fieldFrames = fieldTimes.map((t, i) => lab.filmStrip([noisy(five, t), glow(ofStack), glow(fields[i])],
  { labels: ["xₜ", "stack", "U-Net"], title: `t = ${t}`, scale: 7 }));
slider({ label: "t", min: 0, max: fieldTimes.length - 1, value: 5, onChange: (i) => fieldFrames[i] })

// %% [markdown]
// *Left a noisy digit, clipped to −1…1. Then what the middle pixel of the answer depends on: white most, black a thousandth of that or less (logarithmic). The slider counts eight times from 10 to 800.*
//
// **Explanation.** With little noise the network looks at the neighbours. With much, a pixel can only be guessed from the whole figure, and the field grows to the size of a digit. No window of 9 × 9 can do that. The chart counts what is above 5 % of the largest.

// %%
const width = (f: lab.tf.Tensor2D) => d3.mean(lab.fieldExtent(f, { threshold: 0.05 }))!;
show(lab.lineChart({
  x: timeAxis, y: { title: "pixels across, above 5 %", unit: "1", range: [0, 28] }, height: 320,
  series: [
    { name: "U-Net of the checkpoint, 16 digits", x: fieldTimes, y: fields.map(width), mode: "lines+markers" },
    { name: "stack of four", x: [10, 800], y: [width(ofStack), width(ofStack)], dash: "dash" },
  ],
}));

// %% [markdown]
// ## The U, drawn from the running network
//
// The U-Net's answer is to *halve* the picture. The same 3 × 3 kernel then spans twice as much. After the bottom it doubles the picture back up.
//
// The drawing is made by the network: `describeNetwork` runs it once and notes what each block did. Higher boxes have larger pictures, wider boxes more channels.
//
// **Predict.** Where are most *parameters*: at the top or at the bottom? And where is most *computing*?

// %%
const anatomy = describe(network);
show(lab.architectureDiagram(anatomy));

// %% [markdown]
// **Explanation.** Parameters crowd at the bottom, where channels are many. Computing is spread more evenly: a kernel is stored once, but applied at every pixel. Attention, whose cost grows with the *square* of the number of pixels, stands only at the bottom.
//
// ## Inside a residual block
//
// It adds to what it got: $y=x+h$, so a gradient has a way past every block. In it stands a **group norm**: in each picture, each group of channels is brought to mean 0 and variance 1, then learned $\gamma$ and $b$ scale and shift each channel. `probe` keeps what every part of the running network returned; we hold both equations against the first block, and against the first of its eight groups.

// %%
const times = [50, 200, 400, 600, 900];
const xt = tf.concat(times.map((t) => noisy(five, t)));
const seen = lab.probe(() => answer(xt, lab.networkTime(tf.tensor1d(times))));
const [before, block] = ["conv_in", "down_blocks.0.resnets.0"];
formula("y = x + h").agrees(seen.get(block), { x: seen.get(before), h: seen.get(`${block}.conv2`) });
const group = (x: lab.tf.Tensor) => tf.slice(x, [0, 0, 0, 0], [1, -1, -1, 4]); // four channels of one picture
const learned = (name: string) => tf.slice(network.parameters.get(`${block}.norm1.${name}`).variable, 0, 4);
const inside = { x: group(seen.get(before)), gamma: learned("weight"), b: learned("bias"), delta: 1e-5 };
formula("y = gamma * (x - mean(x)) / sqrt(mean((x - mean(x))^2) + delta) + b")
  .agrees(group(seen.get(`${block}.norm1`)), inside, { tolerance: 1e-5 });

// %% [markdown]
// ## A digit travels through the U
//
// A feature map has dozens of channels. Each map below is painted in grey along the *one* direction in which its channels vary most, the same for all rows of a column.
//
// **Predict.** At $t=400$ the eye hardly finds the five in $x_t$. In which column will it be plain again?

// %%
const inTheU = anatomy.blocks.filter(({ kind }) => kind === "residual" || kind === "attention");
const stageOf = (name: string) =>
  name.replace(/_blocks?/, "").split(".").slice(0, name.startsWith("mid") ? 1 : 2).join(" ");
const stages = new Map(inTheU.map(({ name }) => [stageOf(name), name])); // the last block of each stage
const inGrey = (map: lab.tf.Tensor) => {
  const pattern = tf.sub(map, tf.mean(map, [1, 2], true)); // the time shifts whole channels: take that off
  const { images, height, width } = lab.principalColours(pattern, { size: [28, 28] });
  return { images: images.filter((_, i) => i % 3 === 0), height, width, channels: 1 } as const;
};
const maps = [...stages.values()].map((name) => inGrey(seen.get(name)));
const rowLabels = times.map((t) => `t = ${t}`);
show(lab.filmStrip([xt, ...maps, seen.output], { labels: ["xₜ", ...stages.keys(), "v̂"], rowLabels, scale: 3 }));

// %% [markdown]
// *Maps: mid-grey is the mean of each picture's map, black and white 2.5 deviations. The outer columns are clipped to −1…1.*
//
// **Explanation.** Halving averages noise away; on the way up the picture becomes fine again. This checkpoint answers with the velocity $v=\sqrt{\bar\alpha_t}\,\epsilon-\sqrt{1-\bar\alpha_t}\,x_0$: nearly all noise at $t=50$, a negative of the digit at $t=400$.
//
// ## What the connections across carry
//
// The blue lines hand each map of the way down to its partner on the way up. We cut them, one level at a time, in the trained network: the weights that read the map from across are set to 0.
//
// **Predict.** Which cut hurts most at $t=50$: 28 × 28, 14 × 14, or 7 × 7?

// %%
const channels = new Map(anatomy.blocks.map(({ name, shape }) => [name, shape[2]]));
function withoutLines(level: number): lab.UNet2D {
  const net = new lab.UNet2D(network.config, { start: "zeros" });
  net.parameters.assignFlat(network.parameters.toFlat());
  for (const { name, skips } of anatomy.blocks.filter((one) => one.name.startsWith(`up_blocks.${level}.res`))) {
    for (const part of ["conv1", "conv_shortcut"]) {
      const { variable } = net.parameters.get(`${name}.${part}.weight`);
      const [inputs, across] = [variable.shape[2]!, channels.get(skips[0])!]; // the last channels come from across
      const own = Array.from({ length: inputs }, (_, i) => (i < inputs - across ? 1 : 0));
      variable.assign(tf.mul(variable, tf.tensor4d(own, [1, 1, inputs, 1])));
    } }
  return net; }

// %%
const asDenoiser = (net: lab.UNet2D) => lab.networkDenoiser({ parameters: net.parameters,
  apply: (x: lab.tf.Tensor, t: lab.tf.Tensor1D) => net.apply(x as Images, t, anyDigit(x.shape[0])) }, schedule,
  { predicts: denoiser.predicts });
const nets = [network, withoutLines(2), withoutLines(1), withoutLines(0)].map(asDenoiser);
const names = ["whole", "28 × 28 cut", "14 × 14 cut", "7 × 7 cut"];
const guessOf = (one: lab.Denoiser) => tf.concat(times.slice(0, 3).map((t, i) => lab.toSample(schedule, one.predicts,
  one.predict(tf.slice(xt, i, 1), tf.tensor1d([t])), tf.slice(xt, i, 1), t))) as Images;
const guesses = [tf.slice(xt, 0, 3) as Images, ...nets.map(guessOf)];

// %%
show(lab.filmStrip(guesses, { labels: ["xₜ", ...names], rowLabels: rowLabels.slice(0, 3), scale: 3 }));
const some = tf.slice(digits, 0, 32);
const costOf = nets.map((one) => lab.noiseErrors(one, schedule, some, times, lab.normalNoise(9)));
const timesWhole = (i: number) => Object.fromEntries(names.map((name, k) => [name, costOf[k][i] / costOf[0][i]]));
table(times.map((t, i) => ({ t, ...timesWhole(i) })), { digits: 3 })

// %% [markdown]
// *Pictures: $\hat x_0$. Table: mean square error of the noise, as a multiple of the whole network's; 32 held-out digits.*
//
// **Explanation.** Noise is fine detail, and fine detail exists only at the top. Without the top lines the network cannot say how much noise each pixel holds, so the noise stays. The lower lines matter less, and most in the middle times, when the *figure* must be found. At $t=900$ nothing matters much: there is hardly anything to know.
//
// (A network that is *trained* without lines might learn another way round. This cut only says what *this* network uses them for.)

// %% [markdown]
// ## Attention: far places talk directly
//
// Convolution needs many layers to carry news across a picture. Attention needs one. Each place has a question (a row of $Q$), a key ($K$) and a value ($V$). It gets the mean of all values, weighted by how well the keys answer its question.

// %%
const [Q, K, V] = [0, 1, 2].map((i) => lab.normalNoise(3)(i, [1, 1, 6, 4]) as Images);
const matrix = (x: lab.tf.Tensor) => tf.squeeze(x);
formula("y = softmax(Q * K' / sqrt(d)) * V", { matrices: true }).agrees(
  matrix(lab.scaledDotProductAttention(Q, K, V)),
  { Q: matrix(Q), K: matrix(K), V: matrix(V), d: 4 },
);

// %% [markdown]
// Below are the weights of the checkpoint's last attention, at the bottom of the U. The map there has 7 × 7 places. The slider moves the place that asks (blue frame).
//
// **Predict.** Put the frame on the top of the stroke. Does that place look at its neighbours, at the rest of the stroke, or at the empty ground?

// %%
const weights = [...seen.all()].filter(({ kind }) => kind === "attention weights").slice(-1)[0].output!;
const lookOf = (k: number, place: number) => {
  const ofPlace = tf.slice(weights, [k, 0, place, 0], [1, -1, 1, -1]);
  return lab.attentionOverlay(five, tf.reshape(ofPlace, [4, 7, 7]), { query: [Math.floor(place / 7), place % 7] });
};
const heads = ["head 1", "head 2", "head 3", "head 4"];
const looks = (place: number) => lab.filmStrip([0, 2, 4].map((k) => lookOf(k, place)),
  { labels: ["t = 50", "t = 400", "t = 900"], rowLabels: heads, scale: 2 });
slider({ label: "place", min: 0, max: 48, value: 10, onChange: looks })

// %% [markdown]
// *Orange: where the place looks; full orange is the heaviest place of that tile. The network saw the noisy picture; the clean one is drawn so that we can tell what it found. Places count row by row from the top left.*
//
// **Explanation.** Heads look at different places, some far away: no single convolution of 3 × 3 could.

// %% [markdown]
// ## Exercises
//
// **7a.1 (compute)** A 3 × 3 convolution goes from $a$ to $b$ channels on $h\times w$ pixels. How many parameters has it, bias included? How many multiply–adds does it take? (The bias is only added.)
//
// **7a.2 (compute)** How many pixels wide do $n$ layers of 3 × 3 see, then a halving (3 × 3, stride 2), then $m$ layers of 3 × 3?

// %% [markdown]
// **7a.3 (find the bug)** A student's group norm reshapes to [picture, height, width, group, channel of the group] and takes the mean over axes 0, 1, 2, 4. Samples of one batch change each other. Which axes are right?
//
// **7a.4 (judge)** T or F? *1* Most of a U-Net's parameters stand where most computing is done. *2* At low noise the trained network looks at few pixels. *3* Cutting the 7 × 7 lines hurts most. *4* A residual block whose $h$ is 0 returns its input.

// %% jupyter={"source_hidden": true}
// Judges of 7a.1 to 7a.3. Answer first.
const tree = new lab.Parameters();
const counted = new lab.Conv2d(tree.scope("counted"), { inputs: 6, outputs: 10 });
const { multiplyAdds } = lab.probe(() => counted.apply(tf.zeros([1, 12, 9, 6]))).parts[0];
const judge71 = ([params, cost]: number[]): string | true => params === tree.count - 10 ? "the bias is missing"
  : params !== tree.count ? "a kernel has 9 numbers for each pair of channels" : cost === multiplyAdds ||
  (cost === multiplyAdds + 1080 ? "adding the bias multiplies nothing" : "each output number is a sum of 9·a products");
const judge73 = (axes: number[]): string | true => axes.includes(0) ? "axis 0 mixes the pictures of a batch"
  : axes.includes(3) ? "with axis 3 all groups are one" : !axes.includes(4) ? "so each channel is a group of its own"
  : [...axes].sort().join() === "1,2,4" || "a mean over a group runs over all its pixels";

// %% jupyter={"source_hidden": true}
// Judge of 7a.2. Answer first.
const tower = (strides: (1 | 2)[]) => strides.map((stride, i) =>
  new lab.Conv2d(new lab.Parameters().scope(`${i}`), { inputs: 1, outputs: 1, stride }));
const ground = lab.normalNoise(1)(0, [1, 41, 41, 1]) as Images;
const seenBy = (layers: lab.Conv2d[]) => lab.receptiveField((x) => layers.reduce((h, one) => one.apply(h), x), ground);
const towers = [tower([1, 1, 2]), tower([2]), tower([1, 2, 1, 1, 1])];
const widths = towers.map((layers) => lab.fieldExtent(seenBy(layers))[0]);
const judge72 = (w: (number | undefined)[]): string | true => w.every((one, i) => one === widths[i]) ||
  (w[0] !== widths[0] ? "each layer at full size adds one pixel on each side; the halving is such a layer, too"
    : "after the halving one step is two pixels");

// %% tags=["exercise"]
const convolution = (a: number, b: number, h: number, w: number): [number, number] | undefined => undefined; // 7a.1
const widthOf = (n: number, m: number): number | undefined => undefined; // 7a.2
const axes: number[] | undefined = undefined; // 7a.3
const verdicts: string | undefined = undefined; // 7a.4

check("7a.1", convolution(6, 10, 12, 9), judge71);
check("7a.2", [widthOf(2, 0), widthOf(0, 0), widthOf(1, 3)], judge72);
check("7a.3", axes, judge73);
check("7a.4", verdicts, sealed("7a.4", "12d39579"), "four letters; see the bars, the fields, the cuts");

// %% tags=["solution"] jupyter={"source_hidden": true}
const convolution = (a: number, b: number, h: number, w: number): [number, number] | undefined =>
  [9 * a * b + b, 9 * a * b * h * w];
const widthOf = (n: number, m: number): number | undefined => 2 * (n + 1) + 1 + 4 * m;
const axes: number[] | undefined = [1, 2, 4];
const verdicts: string | undefined = "FTFT";

check("7a.1", convolution(6, 10, 12, 9), judge71);
check("7a.2", [widthOf(2, 0), widthOf(0, 0), widthOf(1, 3)], judge72);
check("7a.3", axes, judge73);
check("7a.4", verdicts, sealed("7a.4", "12d39579"), "four letters; see the bars, the fields, the cuts");

// %% [markdown]
// ## Summary
//
// - A denoising network answers with a picture, and must see grain and figure at once. How far it looks depends on the noise.
// - Halving gives many scales; the connections across keep the detail.
// - Attention stands where pictures are small: its cost grows with the square of the pixels.
//
// **What would change our mind:** a stack without halving, of equal cost, that denoises as well at $t=600$.
//
// **Tomorrow, ask yourself:** why 9 × 9? What stays in the picture if the top lines are cut? Why is attention at the bottom?
//
// **Read:** Ronneberger et al., *U-Net* (2015) · Ho, Jain and Abbeel (2020), appendix B. **Next:** [7b · Transformers](07b-transformers.ipynb).

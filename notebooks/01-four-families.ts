// %% [markdown]
// # 1 · Four families
//
// A generative model learns a distribution $p(x)$ from examples and draws new ones. Four families carry simple noise $z$ to data by a learned map: VAE, GAN, normalising flow, diffusion. They differ in what they are *paid for*. Here they learn the same points, with as many parameters, for as many seconds.
//
// **After this you can**
// - tell the four apart by their pictures;
// - write what each minimises, and check it by a number;
// - say who knows $\ln p(x)$, who needs an inverse, who draws in one pass.
//
// **You need** [00](00-welcome.ipynb), integrals and Bayes' rule. **It takes** 30 minutes; the cells run in two minutes and 1 GB.

// %%
import * as d3 from "d3";
import * as lab from "diffusion-lab";
import { CompareStore } from "diffusion-lab/compare";
import { check, formula, play, progress, sealed, show, slider, table } from "diffusion-lab/notebook";
const { tf } = lab;
type Plane = lab.tf.Tensor2D;
const [blue, orange, green, pink, , , black] = lab.palette;
const ring = lab.ringModes();
const data = lab.drawModes(10_000, new lab.RandomStream(0, "ring"), ring);

// %% [markdown]
// ## Three questions first
//
// They give no credit. Answer with a letter, from memory of [00](00-welcome.ipynb).
//
// **R1** What does the sampler begin with? *a* a training picture · *b* pure noise · *c* an empty picture
//
// **R2** The same seed, twice. What comes out? *a* the same picture · *b* two pictures · *c* that cannot be known
//
// **R3** Which process has nothing to learn? *a* forward · *b* reverse · *c* neither

// %% tags=["exercise"]
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: undefined, R2: undefined, R3: undefined };

check("R1", recalled.R1, sealed("1.R1", "5ad2d847"), "look for xT in 00");
check("R2", recalled.R2, sealed("1.R2", "b8ae2e18"), "random numbers come from a stream with a seed");
check("R3", recalled.R3, sealed("1.R3", "8f958d31"), "one of the two rules was written down by hand");

// %% tags=["solution"] jupyter={"source_hidden": true}
const recalled: Record<"R1" | "R2" | "R3", string | undefined> = { R1: "b", R2: "a", R3: "a" };

check("R1", recalled.R1, sealed("1.R1", "5ad2d847"), "look for xT in 00");
check("R2", recalled.R2, sealed("1.R2", "b8ae2e18"), "random numbers come from a stream with a seed");
check("R3", recalled.R3, sealed("1.R3", "8f958d31"), "one of the two rules was written down by hand");

// %% [markdown]
// ## One ring, four learners
//
// The data: 10 000 points in eight blobs on a ring. $p(x)$ is known here, so we can judge.
//
// | family | its map from $z$ to $x$ | it is paid for |
// |---|---|---|
// | VAE | decoder, with an encoder beside it | a lower bound of $\ln p(x)$ |
// | GAN | generator | deceiving a discriminator |
// | flow | an invertible network | $\ln p(x)$ itself |
// | diffusion | many small steps | guessing noise |
//
// Each gets two numbers $z\sim\mathcal N(0,I)$ for each point, and 34 000 to 38 000 parameters, counted below. The VAE's noise begins at $\sigma=0.3$: from $\sigma=1$ it learns to ignore $z$.

// %%
const [seed, batchSize, path, penalty] = [1, 256, lab.linearSchedule({ T: 1000 }), lab.r1Penalty({ gamma: 0.1 })];
const vae = new lab.MlpVae({ hidden: [128, 128], latent_channels: 2, likelihood: "gaussian" }, { seed });
const generator = new lab.MlpGenerator({ hidden: [128, 128] }, { seed });
const discriminator = new lab.MlpDiscriminator({ hidden: [128, 128] }, { seed });
const realNvp = new lab.RealNvp({ num_couplings: 8, hidden: [64, 64] }, { seed });
const mlp = new lab.PointMlp({ hidden: [128, 128, 128] }, { seed });
const tasks: Record<string, lab.TrainingTask> = {
  vae: new lab.VaeTask({ network: vae, data, batchSize, seed }),
  "gan-r1": new lab.GanTask({ generator, discriminator, penalty, data, batchSize, seed }),
  flow: new lab.NormalisingFlowTask({ network: realNvp, data, batchSize, seed }),
  diffusion: new lab.DiffusionTask({ network: mlp, path, data, shape: [2], batchSize, seed }),
};

// %%
(vae.gaussianLogDeviation as lab.tf.Tensor as lab.tf.Variable).assign(tf.tensor1d([Math.log(0.3)]));
const [names, titles] = [Object.keys(tasks), ["VAE", "GAN", "flow", "diffusion"]];
const denoiser = lab.networkDenoiser(mlp, path);
/** z → x of each family, [N, 2] → [N, 2]. */
const maps: ((z: Plane) => lab.tf.Tensor | Promise<lab.tf.Tensor>)[] = [
  (z) => lab.decodedMean(vae, vae.decode(z)),
  (z) => generator.apply(z),
  (z) => realNvp.inverse(z),
  (z) => lab.sample(lab.ddim(denoiser, path, z, { steps: 50 })),
];
const sizes = [vae, generator, realNvp, mlp].map((network) => network.parameters.count);
table([sizes.map((own, i) => own + (i === 1 ? discriminator.parameters.count : 0))], { columns: titles })

// %% [markdown]
// Ten seconds each: on an idle machine the library's study measured how long a step of each takes. That gives the number of steps, so the outcome is the same on every machine. All descend by Adam at the rate 0.001.
//
// **Predict.** Which of the four will have the ring after one second? Which will put points *between* the blobs at the end?

// %%
const store = new CompareStore("assets/compare");
const trainers = names.map((name) => new lab.Trainer(tasks[name],
  { learningRate: { peak: 1e-3, warmup: 100 }, averageDecay: 0.999 }));
const steps = names.map((method) => Math.round(10_000 / store.pace({ problem: "ring", method })! / 12));
const z400 = lab.normalNoise(2)(0, [400, 2]) as Plane;
const moments: Float32Array[][] = [];
for (const _ of progress(12, { label: "twelfths" })) {
  for (const [i, trainer] of trainers.entries()) await trainer.run(steps[i]);
  const now = trainers.map((trainer, i) => trainer.withAverage(async () => (await maps[i](z400)).dataSync()));
  moments.push((await Promise.all(now)) as Float32Array[]);
}
table([Object.fromEntries(titles.map((title, i) => [title, 12 * steps[i]]))])

// %%
const at = (k: number, x: number, y: number): [number, number] => [92 + 184 * k + 46 * x, 122 - 46 * y];
type Layer = Parameters<Parameters<typeof lab.drawing>[2]>[0];
const blobs = (svg: Layer, k: number) => d3.range(8).forEach((m) => svg.append("circle").attr("fill", "none")
  .attr("cx", at(k, ring.means[2 * m], 0)[0]).attr("cy", at(k, 0, ring.means[2 * m + 1])[1])
  .attr("r", 46 * 3 * ring.std).attr("stroke", orange));
const four = (clouds: Float32Array[], heads: string[], alt: string) => lab.drawing(732, 216, (svg) =>
  clouds.forEach((points, k) => { blobs(svg, k);
    lab.mathText(svg, heads[k], at(k, 0, 0)[0], 20, { size: 15 });
    const pairs = d3.range(0, points.length, 2).map((i) => [points[i], points[i + 1]]);
    const dots = pairs.filter((pair) => Math.max(...pair.map(Math.abs)) < 1.95).map(([x, y]) => at(k, x, y));
    svg.append("path").attr("d", dots.map(([x, y]) => `M${x.toFixed(1)},${y.toFixed(1)}h0`).join(""))
      .attr("stroke", blue).attr("stroke-width", 2.4).attr("stroke-linecap", "round"); }), alt);

// %%
const seconds = moments.map((_, k) => ((10 * (k + 1)) / 12).toFixed(1));
const heads = seconds.map((after) => titles.map((title) => `${title}, ${after} s`));
const film = moments.map((clouds, k) => four(clouds, heads[k], "400 points each"));
play({ label: "twelfth", min: 0, max: 11, value: 0, interval: 300, onChange: (k) => film[k] })

// %% [markdown]
// *Orange: three deviations of each blob. Points outside the frame are not drawn. For the VAE: the decoder's means.*
//
// **Explanation.** In the first frame three of them know of the ring, and diffusion is still a cloud. Press play: each gathers in another way, and the order changes.
//
// ## Who drew which?
//
// Now 800 fresh points of each, and of the VAE real draws: mean *plus* the noise of $p(x\mid z)$. The names are gone.
//
// **1.1 (predict)** Write four letters for A, B, C, D: v (VAE), g (GAN), f (flow), d (diffusion).

// %%
const [many, grain] = [11, 12].map((draw) => lab.normalNoise(draw)(0, [800, 2]) as Plane);
const drawAll = (z: Plane, noise: lab.tf.Tensor) => Promise.all(trainers.map((trainer, i) => trainer.withAverage(
  async () => (i === 0 ? lab.decodedSample(vae, vae.decode(z), noise) : await maps[i](z)).dataSync() as Float32Array)));
const final = await drawAll(many, grain);
const order = [...new lab.RandomStream(4, "letters").permutation(4)];
/** A picture without its SVG, which would be larger. */
const flat = ({ png, width, height, alt }: lab.Picture) => ({ png, width, height, alt });
show(flat(four(order.map((i) => final[i]), ["A", "B", "C", "D"], "800 points each, the families unnamed")));

// %% tags=["exercise"]
const families: string | undefined = undefined; // such as "vgfd"

check("1.1", families, sealed("1.1", "a1b39764"), "look at the last frame of the film, and at the width of the lines");

// %% tags=["solution"] jupyter={"source_hidden": true}
const families: string | undefined = "gfvd";

check("1.1", families, sealed("1.1", "a1b39764"), "look at the last frame of the film, and at the width of the lines");

// %% [markdown]
// ## Warped grids
//
// Where does a map put the *plane*? Rays and circles of $z$ are carried to $x$. A ray keeps its colour, by its angle.
//
// **Predict.** A flow and the ODE of diffusion are invertible: they may bend and stretch, never tear or fold. What must the grid then do between two blobs? And what may the GAN do?

// %%
const cycle = d3.piecewise(d3.interpolateRgb, [blue, green, orange, pink, blue]);
const radii = d3.range(0, 2.81, 0.02);
const polar = (angle: number, r: number) => d3.pointRadial((angle * Math.PI) / 180, r);
const rays = d3.range(0, 360, 18).map((angle) => radii.map((r) => polar(angle, r)));
const circles = [1, 2].map((r) => d3.range(0, 361, 1.5).map((angle) => polar(angle, r)));
const curves = [...circles, ...rays];
const grid = tf.tensor2d(curves.flat());
const carried = await Promise.all(trainers.map((trainer, i) => trainer.withAverage(async () =>
  (await maps[i](grid)).arraySync() as [number, number][])));
const ends = d3.cumsum(curves, (curve) => curve.length);

// %%
show(flat(lab.drawing(732, 216, (svg) => carried.forEach((points, k) => {
  lab.mathText(svg, titles[k], at(k, 0, 0)[0], 20, { size: 15 });
  blobs(svg, k);
  curves.forEach((curve, c) => {
    const line = points.slice(ends[c] - curve.length, ends[c]).map(([x, y]) => at(k, x, y));
    svg.append("path").attr("d", d3.line().digits(1)(line)!).attr("fill", "none")
      .attr("stroke-width", c < 2 ? 0.8 : 1.1).attr("stroke", c < 2 ? black : cycle((c - 2) / rays.length));
  });
}), "where each map puts rays and circles of z")));

// %% [markdown]
// **Explanation.** The plane stays in one piece, so bridges join the blobs. Diffusion spreads the rays evenly round the ring. The flow draws them all into one arc, which does not close; straight pieces inside are shortcuts of the drawing, where the map is steep. The GAN presses nearly all of the plane onto a thin closed line: it owes nobody a density, so area may vanish, and the sheet may fold. The VAE's means may, too; its noise gives them width.
//
// ## VAE: a lower bound
//
// $$\ln p(x)=\underbrace{E_q\ln p(x\mid z)}_{\text{reconstruction}}-\mathrm{KL}(q\,\Vert\,p(z))+\mathrm{KL}(q\,\Vert\,p(z\mid x))$$
//
// The last term is unknown and $\ge 0$: without it there remains the bound, the **ELBO**. Below, one number $z$ and $p(x\mid z)=\mathcal N(\tanh 2z,\,0.3^2)$.

// %%
const bell = (x: number, mean: number, deviation: number): number =>
  Math.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * Math.sqrt(2 * Math.PI));
const zs = d3.range(-5, 5, 0.005);
const integral = (f: (z: number) => number): number => 0.005 * d3.sum(zs, f);
const seen = 0.6;
const joint = (z: number): number => bell(z, 0, 1) * bell(seen, Math.tanh(2 * z), 0.3);
const evidence = integral(joint); // p(x) = ∫ p(z)·p(x | z) dz
const terms = (mu: number, s: number) => {
  const mean = (f: (z: number) => number) => integral((z) => bell(z, mu, s) * f(z));
  return { reconstruction: mean((z) => Math.log(bell(seen, Math.tanh(2 * z), 0.3))),
    kl: mean((z) => Math.log(bell(z, mu, s) / bell(z, 0, 1))),
    gap: mean((z) => Math.log((bell(z, mu, s) * evidence) / joint(z))) }; };

// %%
const means = d3.range(-0.2, 1.21, 0.1);
const bound = formula("logp = reconstruction - kl + gap", { symbols: { logp: "\\ln p(x)", kl: "\\mathrm{KL}" } });
const every = means.map((mu) => terms(mu, 0.25));
const [reconstruction, kl, gap] = (["reconstruction", "kl", "gap"] as const).map((key) => every.map((one) => one[key]));
bound.agrees(means.map(() => Math.log(evidence)), { reconstruction, kl, gap });
const near = d3.range(-1, 2.01, 0.02);
const posteriors = means.map((mu, k) => lab.lineChart({ height: 330, x: { title: "z", unit: "1" },
  title: `ELBO = ${(every[k].reconstruction - every[k].kl).toFixed(3)}, ln p(x) = ${Math.log(evidence).toFixed(3)}`,
  y: { title: "density", unit: "1", range: [0, 1.9] }, series: [
    { name: "p(z | x), exact", x: near, y: near.map((z) => joint(z) / evidence) },
    { name: "q(z)", x: near, y: near.map((z) => bell(z, mu, 0.25)), dash: "dash" }] }));
slider({ label: "mean of q", min: 0, max: means.length - 1, value: 1, onChange: (k) => posteriors[k] })

// %% [markdown]
// **Explanation.** The ELBO is highest where $q$ covers the true posterior best. It never reaches $\ln p(x)$, because $q$ is a Gaussian and the posterior is none.
//
// **Predict.** And our trained VAE? Its $\ln p(x)$ is an integral over the plane of $z$; 40 000 grid points do it. How wide is the gap: 0.01, 0.3, 3 nats?

// %%
const [side, fresh] = [d3.range(-4.975, 5, 0.05), lab.drawModes(200, new lab.RandomStream(1, "fresh"), ring)];
const plane = tf.tensor2d(side.flatMap((a) => side.map((b) => [a, b])));
const tested = tf.tensor2d(fresh, [200, 2]);
const judgedVae = await trainers[0].withAverage(async () => {
  const [decoded, radius] = [vae.decode(plane), tf.sum(tf.square(plane), 1)];
  const prior = tf.sub(tf.mul(radius, -0.5), Math.log(2 * Math.PI));
  const exact = d3.range(200).map((i) => tf.tidy(() => tf.add(tf.logSumExp(tf.add(prior,
    lab.logLikelihoodGivenLatent(vae, tf.slice(tested, i, 1), decoded))), Math.log(0.05 ** 2)).dataSync()[0]));
  const draws = d3.range(64).map((k) => lab.boundTerms(vae, tested, lab.normalNoise(k)(0, [200, 2]) as Plane));
  const keys = ["reconstruction", "kl"] as const;
  const [r, kl] = keys.map((key) => d3.mean(draws, (one) => d3.mean(one[key].dataSync())));
  return { exact, reconstruction: r!, kl: kl! }; });

// %%
const trueLogs = d3.range(200).map((i) => Math.log(lab.modesDensity(fresh[2 * i], fresh[2 * i + 1], ring)));
const elbo = judgedVae.reconstruction - judgedVae.kl;
check("the bound is below", elbo, (value: number) => value < d3.mean(judgedVae.exact)!);
table([{ n: 200, reconstruction: judgedVae.reconstruction, "KL (the rate)": judgedVae.kl, ELBO: elbo,
  "ln p(x), integrated": d3.mean(judgedVae.exact)!, "ln p(x) of the data": d3.mean(trueLogs)! }], { digits: 3 })

// %% [markdown]
// **Explanation.** In nats a point. The KL is the **rate**: what $z$ tells about $x$. This is how a VAE compresses. From ELBO to the integral is the bound's own gap; from there to the data's value the model is wrong.
//
// ## GAN: a game
//
// $$\min_G\max_D\;E_p\ln D(x)+E_{q}\ln(1-D(x)),\qquad D^*=\frac{p}{p+q}$$
//
// $p$ is the data, $q$ what the generator draws. At $D^*$ the value is $2\,\mathrm{JS}(p,q)-\ln 4$. The generator never sees a datum; it sees $D$.
//
// **Predict.** Where $p=q$, what does the best discriminator say?

// %%
const xs = d3.range(-6, 6, 0.02);
const [p, q] = [(x: number) => 0.5 * bell(x, -1, 0.5) + 0.5 * bell(x, 1.5, 0.5), (x: number) => bell(x, 0, 1.2)];
const rival = new lab.MlpDiscriminator({ dimensions: 1, hidden: [32, 32] }, { seed: 4 });
const adam = tf.train.adam(5e-3);
const column = tf.tensor2d(xs, [xs.length, 1]);
const [weightP, weightQ] = [p, q].map((density) => tf.tensor1d(xs.map((x) => 0.02 * density(x))));
const value = () => { // E_p ln D + E_q ln(1 − D), as sums over the grid; D = sigmoid(score)
  const score = rival.apply(column);
  return tf.neg(tf.sum(tf.add(tf.mul(weightP, tf.softplus(tf.neg(score))), tf.mul(weightQ, tf.softplus(score))))); };
for (const _ of progress(600, { label: "steps" })) adam.minimize(() => tf.neg(value()) as lab.tf.Scalar);
const learned = tf.sigmoid(rival.apply(column)).dataSync();

// %%
const best = formula("D = p / (p + q)", { symbols: { D: "D^*" } });
const optimum = best.evaluate({ p: xs.map(p), q: xs.map(q) }) as number[];
const worth = 0.02 * d3.sum(xs, (x, i) => p(x) * Math.log(optimum[i]) + q(x) * Math.log(1 - optimum[i]));
const half = (f: (x: number) => number) => 0.02 * d3.sum(xs, (x) => f(x) * Math.log(f(x) / ((p(x) + q(x)) / 2)));
formula("V = 2 * JS - log(4)", { symbols: { JS: "\\mathrm{JS}" } }).agrees(worth, { JS: (half(p) + half(q)) / 2 },
  { tolerance: 1e-4 });
show(best, lab.lineChart({ height: 330, x: { title: "x", unit: "1" }, y: { title: "density, D", unit: "1" }, series: [
  { name: "p, data", x: xs, y: xs.map(p) }, { name: "q, generator", x: xs, y: xs.map(q) },
  { name: "D* = p/(p + q)", x: xs, y: optimum, colour: black },
  { name: "D learned, 600 steps", x: xs, y: learned, dash: "dot", colour: green }] }));
table([{ "V at D*": worth, "V at the learned D": value().dataSync()[0], "−ln 4 (p = q)": -Math.log(4) }], { digits: 4 })

// %% [markdown]
// **Explanation.** ½: it can only guess. The learned $D$ comes near $D^*$ where there is mass. No $D$ is worth more than $D^*$.
//
// ## Flow: change of variables
//
// $$p(x)=\mathcal N(f(x);0,I)\,\Big|\det\frac{\partial f}{\partial x}\Big|$$
//
// $f$ is the inverse map, $x\to z$. The determinant says how much $f$ stretches there. Now take it by automatic differentiation and compare.
//
// **Predict.** Sum the trained flow's $p$ over a fine grid of the plane. What comes out?

// %%
const fine = d3.range(-2.49, 2.5, 0.02);
const cells = tf.tensor2d(fine.flatMap((y) => fine.map((x) => [x, y])));
const six = tf.slice(tested, 0, 6);
const flowed = await trainers[2].withAverage(() => {
  const [a, b, c, d] = [0, 1].flatMap((row) => { // The rows of ∂f/∂x: the gradients of f₁ and f₂.
    const slope = tf.grad((x: lab.tf.Tensor) => tf.sum(tf.slice(realNvp.forward(x).z, [0, row], [-1, 1])))(six);
    return (tf.split(slope, 2, 1) as Plane[]).map((one) => tf.squeeze(one));
  });
  const [z1, z2] = (tf.split(realNvp.forward(six).z, 2, 1) as Plane[]).map((one) => tf.squeeze(one));
  return { scope: { a, b, c, d, z1, z2 }, p: tf.exp(lab.logDensity(realNvp, six)),
    field: tf.exp(lab.logDensity(realNvp, cells)).dataSync() as Float32Array }; });

// %%
formula("p = exp(-(z1^2 + z2^2) / 2) / (2 * pi) * abs(a * d - b * c)")
  .agrees(flowed.p, flowed.scope, { tolerance: 1e-4 });
const total = 0.02 ** 2 * d3.sum(flowed.field);
const third = (i: number): boolean => i % 3 === 1;
const coarse = [...flowed.field].filter((_, i) => third(i % 250) && third(Math.floor(i / 250)));
const axis = (title: string) => ({ title, unit: "1", range: [-2.5, 2.5] as const });
show(lab.fieldChart({ x: axis("x₁"), y: axis("x₂"), values: coarse.map((density) => Math.log10(density + 1e-4)),
  columns: 83, style: "heatmap", colour: { title: "log₁₀ p(x), from −4", unit: "1" } }));
table([{ "∫p of the flow": total, "grid": "250 × 250, step 0.02" }], { digits: 4 })

// %% [markdown]
// **Explanation.** One, but for the grid: a flow *is* a density. The bridges are there, and the ring does not close.
//
// ## Diffusion: small steps
//
// $$x_t=\sqrt{\alpha_t}\,x_{t-1}+\sqrt{1-\alpha_t}\,\epsilon$$
//
// Forward a formula, back a network that guesses $\epsilon$ by squared error: the other notebooks. No game, no inverse, no bound in the loop; but many passes to draw.
//
// **Predict.** Which family is nearest to the ring after ten seconds each? Is it the one with the fewest bridges?

// %%
const [xPrev, epsilon] = [tested, lab.normalNoise(6)(0, [200, 2])];
formula("xt = sqrt(alpha) * xPrev + sqrt(1 - alpha) * epsilon", { symbols: { alpha: "\\alpha_t" } })
  .agrees(lab.qStep(path, xPrev, 300, epsilon), { alpha: path.alpha[300], xPrev, epsilon });
const held = (i: number) => lab.featureSet(lab.drawModes(2000, new lab.RandomStream(7, "held out", i), ring));
const five = await Promise.all(d3.range(5).map((i) =>
  drawAll(lab.normalNoise(20 + i)(0, [2000, 2]) as Plane, lab.normalNoise(40 + i)(0, [2000, 2]))));
const sets = [...titles.map((_, k) => five.map((all) => lab.featureSet(all[k]))), d3.range(5).map((i) => held(i + 5))];

// %%
table(sets.map((own, k) => {
  const distances = own.map((set, i) => lab.slicedWasserstein(set, held(i), new lab.RandomStream(9, "directions")));
  const found = own.map((set) => lab.modeCoverage(set, ring, { atLeast: 20 }));
  return { points: titles[k] ?? "real: the floor", "sets of 2000": 5, "distance": d3.mean(distances)!,
    "± (95 %)": (2.78 * d3.deviation(distances)!) / Math.sqrt(5), "blobs found": d3.min(found, (one) => one.covered)!,
    "within 3σ": d3.mean(found, (one) => one.share)!, "ln p(x)": ["a bound", "none", "exact", "by its ODE", "exact"][k],
    "passes a point": [1, 1, 1, 50, 0][k] };
}), { digits: 2 })

// %% [markdown]
// **Explanation.** One training each, drawn from five times, so the intervals are for the drawing only. Ten seconds in the plane rank nothing for pictures; the library's study has many seeds, and digits.
//
// ## Exercises
//
// **1.2 (compute)** Write $\mathrm{KL}(\mathcal N(\mu,\sigma^2)\,\Vert\,\mathcal N(0,1))$.
//
// **1.3 (compute)** $p(x)=0.3$ and $q(x)=0.1$. What is $D^*$? And where only the generator draws?
//
// **1.4 (compute)** $z\sim\mathcal N(0,1)$ and $x=e^z$. Write the density of $x>0$.
//
// **1.5 (judge)** Four letters of v, g, f, d, in this order: whose training loss never shows the drawing network a datum? Who must have an inverse? Who gives a lower bound of $\ln p$? Who needs many passes?

// %% tags=["exercise"]
const klOf = (mu: number, s: number): number | undefined => undefined; // 1.2
const dStar: (number | undefined)[] = [undefined, undefined]; // 1.3
const densityOf = (x: number): number | undefined => undefined; // 1.4
const letters: string | undefined = undefined; // 1.5

check("1.2", [klOf(0, 1), klOf(1, 1), klOf(0.3, 0.25)], [0, 0.5, terms(0.3, 0.25).kl], "it is 0 for μ = 0, σ = 1");
check("1.3", dStar, [0.75, 0], "p over the sum of both");
check("1.4", [0.5, 1, 3].map(densityOf), [0.5, 1, 3].map((x) => bell(Math.log(x), 0, 1) / x), "and the slope of ln x?");
check("1.5", letters, sealed("1.5", "7a4863d8"), "look at the table of what each is paid for");

// %% tags=["solution"] jupyter={"source_hidden": true}
const klOf = (mu: number, s: number): number | undefined => (mu ** 2 + s ** 2 - 1) / 2 - Math.log(s);
const dStar: (number | undefined)[] = [0.3 / (0.3 + 0.1), 0];
const densityOf = (x: number): number | undefined => Math.exp(-(Math.log(x) ** 2) / 2) / (x * Math.sqrt(2 * Math.PI));
const letters: string | undefined = "gfvd";

check("1.2", [klOf(0, 1), klOf(1, 1), klOf(0.3, 0.25)], [0, 0.5, terms(0.3, 0.25).kl], "it is 0 for μ = 0, σ = 1");
check("1.3", dStar, [0.75, 0], "p over the sum of both");
check("1.4", [0.5, 1, 3].map(densityOf), [0.5, 1, 3].map((x) => bell(Math.log(x), 0, 1) / x), "and the slope of ln x?");
check("1.5", letters, sealed("1.5", "7a4863d8"), "look at the table of what each is paid for");

// %% [markdown]
// ## Summary
//
// - All four carry noise to data. They are paid for a bound (VAE), for deceiving (GAN), for $\ln p$ (flow), for guessing noise (diffusion).
// - An invertible map keeps the plane in one piece: thin bridges.
// - A VAE's draws are means *plus* noise. A GAN's generator never sees a datum. "Flow" is not flow matching.
//
// **What would change our mind:** an invertible map without bridges.
//
// **Tomorrow, ask yourself:** what is the gap of the ELBO? What does $D^*$ say where $p=q$? Why is $\int p=1$ a test?
//
// **Read:** Kingma and Welling 2014 · Goodfellow et al. 2014 · Dinh et al. 2017 · Ho et al. 2020. **Next:** [2 · The core idea](02-core-idea.ipynb).

// %% [markdown]
// # 13 · Summary
//
// Add noise, learn to guess it, take it out step by step: three sentences are the subject. Here each is tied to one line of code. Delete the line and see what is left. Then twenty questions, with immediate answers, show where to read again.
//
// **After this you can**
// - say the subject in three sentences, with a formula for each;
// - foretell what is left if one of them is missing;
// - draw the map of its ideas;
// - name the notebook that you should read again.
//
// **You need** the notebooks that you have read. **It takes** 20 minutes; the cells run in half a minute and 1 GB.

// %%
import * as d3 from "d3";
import * as lab from "diffusion-lab";
import { check, formula, sealed, select, show, table } from "diffusion-lab/notebook";
const { tf } = lab;
const [blue, orange, , , , , black] = lab.palette;
const schedule = lab.linearSchedule({ T: 1000 });
const ring = lab.ringModes();
const centres = d3.range(8).map((k) => [ring.means[2 * k], ring.means[2 * k + 1]]);
/** The best denoiser that there can be for a ring of eight blobs. */
const ideal = lab.mixtureDenoiser(schedule, { means: centres, covariances: [ring.std ** 2] });

// %% [markdown]
// ## Three sentences
//
// 1. **Noise is added**, until nothing is left of the data: $x_t=\sqrt{\bar\alpha_t}\,x_0+\sqrt{1-\bar\alpha_t}\,\epsilon$. Nothing is learned.
// 2. **A network learns to guess the noise**: $\lVert\epsilon-\hat\epsilon_\theta(x_t,t)\rVert^2$. That is all of the training.
// 3. **Drawing starts from noise and takes it out, step by step**: $x_T\to x_{T-1}\to\dots\to x_0$.
//
// Each is one line of the library. The next cell holds the line against the sentence.

// %%
const x0 = tf.tensor2d(lab.drawModes(500, new lab.RandomStream(1, "ring"), ring), [500, 2]);
const epsilon = lab.normalNoise(2)(0, [500, 2]);
const [alphaBar, alpha, xt] = [schedule.alphaBar[300], schedule.alpha[300], lab.qSample(schedule, x0, 300, epsilon)];
formula("xt = sqrt(alphaBar) * x0 + sqrt(1 - alphaBar) * epsilon").agrees(xt, { alphaBar, x0, epsilon });
const epsilonHat = lab.estimate(ideal, schedule, xt, 300).noise;
formula("loss = mean((epsilon - epsilonHat)^2)").agrees(tf.mean(tf.squaredDifference(epsilon, epsilonHat)),
  { epsilon, epsilonHat });
const { mean } = lab.posterior(schedule, lab.estimate(ideal, schedule, xt, 300).x0, xt, 300);
const symbols = { mu: "\\mu_\\theta", alpha: "\\alpha_t" };
formula("mu = (xt - (1 - alpha) / sqrt(1 - alphaBar) * epsilonHat) / sqrt(alpha)", { symbols })
  .agrees(mean, { xt, alpha, alphaBar, epsilonHat }, { tolerance: 1e-5 });

// %% [markdown]
// ## Delete a line
//
// A perfect denoiser for a ring of eight blobs is a formula, so nothing has to be trained. Four programs draw with it:
// - **whole**: 250 steps of DDPM;
// - **no loop**: one step from $t=T$ to 0;
// - **no fresh noise**: the same steps, without $z$;
// - **no clock**: the denoiser is told $t=500$ at every step.
//
// **Predict.** Which of them still draws a ring? Which draws one point? Choose below, and guess before you look.

// %%
const fresh = lab.normalNoise(5);
const xT = fresh(0, [800, 2]);
const silent: lab.NoiseSource = (_draw, shape) => tf.zeros([...shape]);
const stopped: lab.Denoiser = { ...ideal, predict: (x, time) => ideal.predict(x, tf.fill(time.shape, 500)) };
const run = (denoiser: lab.Denoiser, steps: number, noise: lab.NoiseSource) =>
  lab.sample(lab.ddpm(denoiser, schedule, xT, { steps, noise }));
const drawn: Record<string, lab.tf.Tensor> = {
  "whole": await run(ideal, 250, fresh),
  "no loop": await run(ideal, 1, fresh),
  "no fresh noise": await run(ideal, 250, silent),
  "no clock": await run(stopped, 250, fresh),
};

// %%
const programs = ["whole", "no loop", "no fresh noise", "no clock"] as const;
const pictures = Object.fromEntries(programs.map((name) => [name, lab.drawing(300, 320, (svg) => {
  lab.mathText(svg, name, 150, 20, { size: 15 });
  centres.forEach(([x, y]) => svg.append("circle").attr("cx", 150 + 65 * x).attr("cy", 172 - 65 * y)
    .attr("r", 65 * 3 * ring.std).attr("fill", "none").attr("stroke", orange));
  const dots = (drawn[name].arraySync() as number[][]).filter((point) => Math.max(...point.map(Math.abs)) < 2.2)
    .map(([x, y]) => [150 + 65 * x, 172 - 65 * y]);
  svg.append("path").attr("d", dots.map(([x, y]) => `M${x.toFixed(1)},${y.toFixed(1)}h0`).join(""))
    .attr("stroke", blue).attr("stroke-width", 2.6).attr("stroke-linecap", "round");
}, `800 points, ${name}`)]));
select({ label: "program", options: programs, onChange: (name) => pictures[name] })

// %%
const real = (i: number) => lab.featureSet(lab.drawModes(800, new lab.RandomStream(7, "real", i), ring));
const directions = () => new lab.RandomStream(8, "directions");
const judged = (program: string, points: lab.FeatureSet) => {
  const all = d3.range(5).map((i) => lab.slicedWasserstein(points, real(i), directions()));
  return { program, n: 800, "distance, mean over 5 real sets": d3.mean(all)!, smallest: d3.min(all)!,
    largest: d3.max(all)!, "blobs found": lab.modeCoverage(points, ring, { atLeast: 8 }).covered };
};
const rows = programs.map((name) => judged(name, lab.featuresOf(drawn[name])));
table([...rows, judged("real: the floor", real(9))], { digits: 2 })

// %% [markdown]
// *Orange: three deviations of each blob. Points outside the frame are not drawn.*
//
// **Explanation.** Without the loop all noise goes to one place: the mean of the data. Without a clock, too: a denoiser that believes in much noise to the end goes on averaging. Without fresh noise the blobs shrink, for the spread of DDPM's steps is missing. In each case the denoiser is perfect; the *program* is wrong.
//
// ## The map
//
// **Predict.** Of twelve boxes, how many are learned?

// %%
type Box = readonly [name: string, x: number, y: number, colour: string];
const boxes: Box[] = [
  ["data x_0", 90, 50, black], ["schedule ᾱ_t", 90, 130, blue], ["noising q", 280, 50, blue], ["x_t", 440, 50, black],
  ["loss ‖ε − ε̂‖^2", 620, 50, blue], ["network ε̂_θ", 440, 150, orange], ["time t", 280, 150, blue],
  ["condition c", 280, 220, black], ["guidance w", 440, 220, blue], ["sampler", 620, 150, blue],
  ["x_T, noise", 620, 220, blue], ["picture", 800, 150, black]];
const links: (readonly [from: number, to: number])[] = [[0, 2], [1, 2], [2, 3], [3, 4], [3, 5], [6, 5], [7, 8], [8, 9],
  [5, 4], [5, 9], [10, 9], [9, 11], [7, 5]];
/** Where the line from box a to box b leaves a. */
const edge = ([, x, y]: Box, [, toX, toY]: Box): [number, number] => {
  const share = Math.min(66 / Math.abs(toX - x || 1e-9), 17 / Math.abs(toY - y || 1e-9));
  return [x + share * (toX - x), y + share * (toY - y)]; };

// %%
show(lab.drawing(890, 260, (svg) => {
  for (const [from, to] of links) lab.arrow(svg, edge(boxes[from], boxes[to]), edge(boxes[to], boxes[from]));
  for (const [name, x, y, colour] of boxes) {
    svg.append("rect").attr("x", x - 64).attr("y", y - 16).attr("width", 128).attr("height", 32).attr("rx", 8)
      .attr("fill", "#FFFFFF").attr("stroke", colour).attr("stroke-width", 2.4);
    lab.mathText(svg, name.replace("^2", "²"), x, y + 5, { colour });
  }
}, "the ideas of the course and how they hang together"));

// %% [markdown]
// *Blue: written down. Orange: learned. Black: what goes in and comes out.*
//
// | box | read again |
// |---|---|
// | data, four families | [01](01-four-families.ipynb) |
// | why steps, why Gaussians | [02](02-core-idea.ipynb) |
// | schedule, noising | [03](03-forward-process.ipynb) |
// | loss | [04](04-training-objective.ipynb) |
// | sampler | [05](05-reverse-process.ipynb) |
// | condition, guidance | [08](08-conditional-generation.ipynb) |
// | other programs, spaces, trainings | [10](10-variants.ipynb) |
// | both loops, line by line | [11](11-algorithms.ipynb) |
// | all in sixty lines | [14](14-minimal.ipynb) |
//
// Networks and the time: [07a](07a-unet.ipynb), [07b](07b-transformers.ipynb), [07c](07c-time.ipynb).
//
// ## Twenty questions
//
// Answer each with a letter, four at a time, and run the cell. A wrong answer says where to look.

// %% [markdown]
// ### What is drawn, and by whom
//
// **13.1** Which family is paid for $\ln p(x)$ itself? *a* VAE · *b* GAN · *c* flow
//
// **13.2** Whose generator never meets a datum in its loss? *a* GAN · *b* VAE · *c* diffusion
//
// **13.3** Why are the steps back small? *a* to save memory · *b* so that each is nearly a Gaussian · *c* so that the loss is small
//
// **13.4** A perfect denoiser, two big steps. What is drawn? *a* data · *b* something between the data · *c* nothing but noise

// %% tags=["exercise"]
const answers1: (string | undefined)[] = [undefined, undefined, undefined, undefined]; // 13.1 … 13.4

check("13.1", answers1[0], sealed("13.1", "cc7b7350"), "see the table of payments in 01");
check("13.2", answers1[1], sealed("13.2", "ca357086"), "it sees a discriminator only, see 01");
check("13.3", answers1[2], sealed("13.3", "9cddf266"), "see the slider of 02");
check("13.4", answers1[3], sealed("13.4", "54dd8992"), "see the histograms of 02");

// %% tags=["solution"] jupyter={"source_hidden": true}
const answers1: (string | undefined)[] = ["c", "a", "b", "b"];

check("13.1", answers1[0], sealed("13.1", "cc7b7350"), "see the table of payments in 01");
check("13.2", answers1[1], sealed("13.2", "ca357086"), "it sees a discriminator only, see 01");
check("13.3", answers1[2], sealed("13.3", "9cddf266"), "see the slider of 02");
check("13.4", answers1[3], sealed("13.4", "54dd8992"), "see the histograms of 02");

// %% [markdown]
// ### Noise in
//
// **13.5** $\bar\alpha_t=0.64$. What is the weight of $x_0$ in $x_t$? *a* 0.64 · *b* 0.8 · *c* 0.36
//
// **13.6** And of the noise? *a* 0.2 · *b* 0.36 · *c* 0.6
//
// **13.7** Why may $t$ be reached in one jump? *a* sums of Gaussians are Gaussian · *b* the network learns it · *c* noise is small
//
// **13.8** What is learned in the forward process? *a* the schedule · *b* nothing · *c* the noise

// %% tags=["exercise"]
const answers2: (string | undefined)[] = [undefined, undefined, undefined, undefined]; // 13.5 … 13.8

check("13.5", answers2[0], sealed("13.5", "3bb7b561"), "the weight is the root, see 03");
check("13.6", answers2[1], sealed("13.6", "eb3dade3"), "the squares of both weights sum to 1, see 03");
check("13.7", answers2[2], sealed("13.7", "ee11df86"), "see the walk against the jump in 03");
check("13.8", answers2[3], sealed("13.8", "ed4c2577"), "it is written down by hand, see 02");

// %% tags=["solution"] jupyter={"source_hidden": true}
const answers2: (string | undefined)[] = ["b", "c", "a", "b"];

check("13.5", answers2[0], sealed("13.5", "3bb7b561"), "the weight is the root, see 03");
check("13.6", answers2[1], sealed("13.6", "eb3dade3"), "the squares of both weights sum to 1, see 03");
check("13.7", answers2[2], sealed("13.7", "ee11df86"), "see the walk against the jump in 03");
check("13.8", answers2[3], sealed("13.8", "ed4c2577"), "it is written down by hand, see 02");

// %% [markdown]
// ### What is learned
//
// **13.9** The target of $\hat\epsilon_\theta(x_t,t)$ is … *a* fresh noise for the next step · *b* the noise in $x_t$ · *c* the picture before
//
// **13.10** The loss stands still at 0.03. Is the training over? *a* yes · *b* no: pictures may still get better · *c* that cannot be
//
// **13.11** Why can the loss not become 0? *a* the network is too small · *b* much of the noise cannot be known · *c* the rate is too high
//
// **13.12** How does $t$ come into a U-Net? *a* by its own vector, in every block · *b* as the number of layers · *c* not at all

// %% tags=["exercise"]
const answers3: (string | undefined)[] = [undefined, undefined, undefined, undefined]; // 13.9 … 13.12

check("13.9", answers3[0], sealed("13.9", "6b17feaa"), "see the objective in 04");
check("13.10", answers3[1], sealed("13.10", "9e9c70cf"), "see the floor in 04");
check("13.11", answers3[2], sealed("13.11", "c65dbb48"), "the floor is there for every network, see 04");
check("13.12", answers3[3], sealed("13.12", "cb903fd7"), "see how it enters the U-Net, in 07c");

// %% tags=["solution"] jupyter={"source_hidden": true}
const answers3: (string | undefined)[] = ["b", "b", "b", "a"];

check("13.9", answers3[0], sealed("13.9", "6b17feaa"), "see the objective in 04");
check("13.10", answers3[1], sealed("13.10", "9e9c70cf"), "see the floor in 04");
check("13.11", answers3[2], sealed("13.11", "c65dbb48"), "the floor is there for every network, see 04");
check("13.12", answers3[3], sealed("13.12", "cb903fd7"), "see how it enters the U-Net, in 07c");

// %% [markdown]
// ### Noise out
//
// **13.13** The last step of DDPM adds … *a* the most noise · *b* no noise · *c* the guessed noise
//
// **13.14** DDIM with $\eta=0$, the same $x_T$, twice: *a* the same picture · *b* two pictures · *c* noise
//
// **13.15** The mean step alone, without $z$, on DDPM's grid: *a* the same points · *b* the spread is lost · *c* noise
//
// **13.16** 64 pictures in one batch, 50 steps, no guidance: how many calls of the network? *a* 50 · *b* 64 · *c* 3200

// %% tags=["exercise"]
const answers4: (string | undefined)[] = [undefined, undefined, undefined, undefined]; // 13.13 … 13.16

check("13.13", answers4[0], sealed("13.13", "0e66ce4d"), "nothing comes after it, see 05");
check("13.14", answers4[1], sealed("13.14", "a284d5ca"), "no random number is left, see 05");
check("13.15", answers4[2], sealed("13.15", "0072ef49"), "see the lines taken away in 14");
check("13.16", answers4[3], sealed("13.16", "5a7ee2c5"), "a batch is one call, see 14");

// %% tags=["solution"] jupyter={"source_hidden": true}
const answers4: (string | undefined)[] = ["b", "a", "b", "a"];

check("13.13", answers4[0], sealed("13.13", "0e66ce4d"), "nothing comes after it, see 05");
check("13.14", answers4[1], sealed("13.14", "a284d5ca"), "no random number is left, see 05");
check("13.15", answers4[2], sealed("13.15", "0072ef49"), "see the lines taken away in 14");
check("13.16", answers4[3], sealed("13.16", "5a7ee2c5"), "a batch is one call, see 14");

// %% [markdown]
// ### This picture, please
//
// **13.17** $w=1$ means *a* no condition · *b* the conditional model, unguided · *c* half of both
//
// **13.18** Guidance needs … *a* a classifier · *b* a second network · *c* conditions left out in training
//
// **13.19** The larger $w$, the … *a* better · *b* less diverse · *c* faster
//
// **13.20** Guidance samples $p(x)\,p(c\mid x)^w$. *a* yes · *b* no · *c* only for $w>2$

// %% tags=["exercise"]
const answers5: (string | undefined)[] = [undefined, undefined, undefined, undefined]; // 13.17 … 13.20

check("13.17", answers5[0], sealed("13.17", "6c2b4481"), "put w = 1 into the formula of 08");
check("13.18", answers5[1], sealed("13.18", "3ac98072"), "one network gives both answers, see 08");
check("13.19", answers5[2], sealed("13.19", "b647faff"), "see the three curves of 08");
check("13.20", answers5[3], sealed("13.20", "deb0d8f6"), "see the two Gaussians of 08");

// %% tags=["solution"] jupyter={"source_hidden": true}
const answers5: (string | undefined)[] = ["b", "c", "b", "b"];

check("13.17", answers5[0], sealed("13.17", "6c2b4481"), "put w = 1 into the formula of 08");
check("13.18", answers5[1], sealed("13.18", "3ac98072"), "one network gives both answers, see 08");
check("13.19", answers5[2], sealed("13.19", "b647faff"), "see the three curves of 08");
check("13.20", answers5[3], sealed("13.20", "deb0d8f6"), "see the two Gaussians of 08");

// %% [markdown]
// ## Explain it to a friend
//
// Five minutes, no formulas. Tick what you said:
// - Noise is added by a fixed rule; nobody learns it.
// - A network sees a noisy picture and the time, and guesses the noise.
// - Drawing begins with noise, and one step takes out a little.
// - Why little: a small step back is nearly a Gaussian, a big one is not.
// - The picture is new: no training picture is given to the sampler.
// - How to ask for something: one more input, and guidance.
//
// Three or fewer? Read [02](02-core-idea.ipynb) again; it is short.

// %% [markdown]
// ## Go on
//
// **Build:** your own pictures in a folder, `loadImageFolder`, and the program on the first page of the repository; then a condition of your own.
//
// **Read:** Ho, Jain and Abbeel 2020 · Song et al. 2021, *Score-based generative modeling through stochastic differential equations* · Karras et al. 2022, *Elucidating the design space* · Lipman et al. 2023, *Flow matching*.
//
// **What would change our mind:** a question above that can be answered in two ways. Write us.
//
// **Next:** [14 · All of it in sixty lines](14-minimal.ipynb), if you have not yet written it yourself.

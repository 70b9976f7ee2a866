// %% [markdown]
// # 5 · The reverse process
//
// A trained network looks at a noisy image and guesses the noise in it: [notebook 04](04-training-objective.ipynb) made one. This
// notebook turns such a guesser into a machine that *draws*: start from pure noise, take a small step back, look again.
//
// **You will**
// - watch the shortcut fail: all noise removed at once;
// - compute one step of $p_\theta(x_{t-1}\mid x_t)$ by hand and compare it with the library's;
// - spoil the sampler in two classical ways, and measure the damage;
// - meet DDIM: the same network, steps forty times as large, and as much noise as you please;
// - ask a classifier how few steps are enough.
//
// **Before this**: notebooks 03 and 04. **Runs** in about a minute on 2 idle cores, 0.9 GB of memory. The network is the checkpoint in
// `assets/mnist-unet`; `npm run train -- mnist-unet` made it. It answers with the velocity, which `toNoise` exchanges for the noise.

// %%
import {
  clipStatic, dataDenoiser, ddim, ddpm, featuresOf, filmStrip, frechetFeatureDistance, gatherImages, imageGrid,
  indicesOfClasses, lineChart, loadClassifier, loadDiffusionModel, loadDigits, normalNoise, qSample, recognise, sample,
  samplers, tf, toNoise, toSample,
} from "diffusion-lab";
import { check, formula, progress, show, table } from "diffusion-lab/notebook";
const { denoiser, schedule } = loadDiffusionModel("assets/mnist-unet");
const { T, alpha, alphaBar, beta } = schedule;
const noise = normalNoise(7);
const xT = noise(0, [8, 28, 28, 1]);
const title = "x_T: pure noise, the start of eight digits (black −3, white 3)";
show(imageGrid(xT, { columns: 8, range: [-3, 3], title }));

// %% [markdown]
// ## The shortcut, and why it fails
//
// The network says which noise it sees, $\epsilon_\theta(x_T,T)$. Why not subtract it at once? We know how $x_T$ is made up, so
//
// $$\hat x_0=\frac{x_T-\sqrt{1-\bar\alpha_T}\,\epsilon_\theta(x_T,T)}{\sqrt{\bar\alpha_T}}.$$
//
// **What to see.** No digit in any row, for two reasons. Of $x_T$ almost nothing is signal, so the best answer is hardly more than the mean of
// all digits that notebook 04 began with: the network's (upper row) resembles the exact one for the training digits (middle). And the
// division by the tiny $\sqrt{\bar\alpha_T}$ (printed) blows up each little error: for the lower row the network's $\epsilon_\theta$ was changed
// by 0.02, less than you could see.

// %%
/** What the network takes for noise in a batch at time t. */
const predictNoise = (x: tf.Tensor, t: number) =>
  toNoise(schedule, denoiser.predicts, denoiser.predict(x, tf.fill([x.shape[0]], t) as tf.Tensor1D), x, t);
const guess = predictNoise(xT, T);
const jump = toSample(schedule, "noise", guess, xT, T);
formula("x0Hat = (xt - sqrt(1 - alphaBar) * epsilonTheta) / sqrt(alphaBar)")
  .agrees(jump, { xt: xT, alphaBar: alphaBar[T], epsilonTheta: guess }, { tolerance: 1e-3 });
const training = gatherImages(loadDigits({ split: "train" }), Array.from({ length: 3000 }, (_, i) => i));
const ideal = dataDenoiser(schedule, training).predict(xT, tf.fill([8], T) as tf.Tensor1D);
const blown = toSample(schedule, "noise", tf.add(guess, tf.mul(noise(1, guess.shape), 0.02)), xT, T);
const signal = Math.sqrt(alphaBar[T]).toFixed(4);
show(imageGrid(tf.concat([jump, ideal, blown]), { columns: 8, title: `one jump from x_T, where √ᾱ_T = ${signal}` }));

// %% [markdown]
// ## A small step instead
//
// Going from $t$ to $t-1$ asks for far less: a step so small is nearly a Gaussian (notebook 02), so only its mean must be guessed. If we knew $x_0$, the step back would be the Gaussian $q(x_{t-1}\mid x_t,x_0)$. We do not know it, but
// the network has a guess, which we put in the place of $x_0$:
//
// $$p_\theta(x_{t-1}\mid x_t)=\mathcal N\big(\mu_\theta(x_t,t),\ \sigma_t^2 I\big),\qquad \sigma_t^2=\tilde\beta_t .$$
//
// A sample of it is mean plus noise, with a fresh $z\sim\mathcal N(0,I)$ (DDPM, algorithm 2). Below, one step from $t=500$: the equation by
// hand, and the library's `ddpm` over the same step with the same $z$. It removes a little more noise than it adds.

// %%
const t = 500;
const digits = gatherImages(loadDigits({ split: "heldOut" }), [0, 1, 2, 3, 4, 5, 6, 7]);
const xt = qSample(schedule, digits, t, noise(0, digits.shape));
const epsilonTheta = predictNoise(xt, t);
const oneStep = await sample(ddpm(denoiser, schedule, xt, { times: [t, t - 1], finish: "last", noise: noise }));

const sigma = Math.sqrt(schedule.posteriorVariance[t]);
formula("xPrev = 1 / sqrt(alpha) * (xt - beta / sqrt(1 - alphaBar) * epsilonTheta) + sigma * z").agrees(
  oneStep,
  { xt, epsilonTheta, sigma, alpha: alpha[t], alphaBar: alphaBar[t], beta: beta[t], z: noise(1, xt.shape) },
  { tolerance: 1e-5 },
);

// %% tags=["exercise"]
// Exercise 5.1. Write the step yourself, for any t, with tf.add, tf.sub, tf.mul, tf.div. It is checked at t = 500 and
// at t = 1, where no noise may be added: what σ belongs there? (alpha, alphaBar, beta and
// schedule.posteriorVariance are at hand.)
const stepBack = (x: tf.Tensor, t: number, epsilon: tf.Tensor, z: tf.Tensor): tf.Tensor | undefined => undefined;

const lastStep = await sample(ddpm(denoiser, schedule, xt, { times: [1], noise: noise }));
const mine = [t, 1].map((t) => stepBack(xt, t, predictNoise(xt, t), noise(1, xt.shape)));
check("5.1", mine, [oneStep, lastStep], "every table is read at t; σ is the square root of a variance");

// %% tags=["solution"] jupyter={"source_hidden": true}
// β̃_1 = 0: the table itself says that the last step adds nothing.
const stepBack = (x: tf.Tensor, t: number, epsilon: tf.Tensor, z: tf.Tensor): tf.Tensor | undefined => {
  const direction = tf.mul(epsilon, beta[t] / Math.sqrt(1 - alphaBar[t]));
  const mean = tf.div(tf.sub(x, direction), Math.sqrt(alpha[t]));
  return tf.add(mean, tf.mul(z, Math.sqrt(schedule.posteriorVariance[t])));
};

const lastStep = await sample(ddpm(denoiser, schedule, xt, { times: [1], noise: noise }));
const mine = [t, 1].map((t) => stepBack(xt, t, predictNoise(xt, t), noise(1, xt.shape)));
check("5.1", mine, [oneStep, lastStep], "every table is read at t; σ is the square root of a variance");

// %% [markdown]
// ## A thousand small steps
//
// Now the whole chain, $t=T\dots1$, from noise that belongs to no digit. `ddpm` is a generator: it yields every state on the way, with
// the network's present idea of the result, $\hat x_0$. One precaution: we have just seen how wild $\hat x_0$ may get for large $t$, but pixels lie
// between −1 and 1. So each step clips $\hat x_0$ to that range and takes its mean from the clipped one (`clip: clipStatic()`).
//
// **What to see.** The upper rows are the states $x_t$, the lower ones $\hat x_0$ at the same moment. The idea is the mean of all digits at
// first, then settles on a shape while the state still looks like noise, and for the rest of the way only details change.

// %%
const stops = [1000, 900, 800, 700, 600, 500, 400, 300, 200, 100, 1];
const film: tf.Tensor[] = [];
const bar = progress(T, { label: "DDPM" });
const walk = ddpm(denoiser, schedule, noise(0, [2, 28, 28, 1]), { steps: T, noise: noise, clip: clipStatic() });
const drawn = await sample(walk, {
  onStep: (step) => {
    if (stops.includes(step.t)) film.push(tf.concat([step.xt, step.x0]));
    bar.tick();
  },
});
film.push(tf.concat([drawn, drawn]));
show(filmStrip(film, { labels: [...stops, 0].map((t) => `t = ${t}`), rowLabels: ["xₜ", "xₜ", "x̂₀", "x̂₀"] }));

// %% [markdown]
// ## Two ways to spoil it
//
// A thousand evaluations of a network are slow, so from here on we visit only every twentieth time; the library then uses the Gaussian
// between the visited times. Two mistakes are easily made:
//
// 1. **The noise $\sigma_t z$ is left out.** "Noise is what we want to remove, why add it?" Because $\mu_\theta$ is a *mean*, and a chain of
//    means drifts to a few shapes, each much like a mean.
// 2. **Noise is added at the last step too.** Nothing comes after it to remove it.
//
// `ddpm` draws no noise itself but is given it, so the first is one line. The second cannot happen to it: with $\sigma^2=\tilde\beta$ the last step adds nothing, as you
// have just seen. Code that uses $\sigma^2=\beta$ there adds $\sqrt{\beta}$, so we add that by hand: the last of 50 steps has $\beta=0.0058$, its root is $0.076$. (In 1000 steps the root would be $0.01$, and you would not see it.) A classifier judges: `recognised` is the share of images to which it
// gives a digit with a probability above 0.9, `classes` the number of different digits it sees; `grain` is the standard deviation of the top row of pixels, which is
// blank in every real digit: see the last row of the table. **What to see.** `recognised` is much the same for all three. It is below that of real digits, for nobody told the network *which* digit to draw: some of its pictures
// are none. Mistake 1 should make you wary of such judges: half of the classes are gone. Mistake 2 shows in the grain only. One number is never enough.

// %%
const judge = loadClassifier("assets/mnist-classifier");
const verdict = (x: tf.Tensor) => recognise(featuresOf(judge.classify(x as tf.Tensor4D)));
const grain = (x: tf.Tensor) => tf.tidy(() => tf.sqrt(tf.moments(tf.slice(x, [0, 0], [-1, 1])).variance).dataSync()[0]);

const start = noise(0, [32, 28, 28, 1]);
const options = { steps: 50, noise: noise, clip: clipStatic() };
const right = await sample(ddpm(denoiser, schedule, start, options));
const silent = await sample(ddpm(denoiser, schedule, start, { ...options, noise: (_, shape) => tf.zeros([...shape]) }));
const grainy = tf.add(right, tf.mul(noise(51, start.shape), schedule.sigma[T / 50]));

// %%
const real32 = gatherImages(loadDigits({ split: "heldOut" }), [...Array(32).keys()]);
const cases = { "as it should be": right, "1: no noise": silent, "2: noise at the end": grainy };
show(table(Object.entries({ ...cases, "(32 real digits)": real32 }).map(([sampler, x]) => {
  const { share, histogram, count } = verdict(x);
  const classes = histogram.filter((images) => images > 0).length;
  return { sampler, n: count, recognised: share, classes, grain: grain(x) };
}), { digits: 3 }));
for (const [title, x] of Object.entries(cases)) show(imageGrid(tf.slice(x, 0, 12), { columns: 12, title }));

// %% [markdown]
// ## DDIM: choose the noise
//
// How much noise must a step add? Song, Meng and Ermon saw that the training never asks: $L_{\text{simple}}$ knows only the marginals
// $q(x_t\mid x_0)$, and many chains share them. To go from $t$ to *any* earlier $s$, put the network's two guesses together again at the
// noise level of $s$, and exchange a part of the guessed noise for fresh noise:
//
// $$x_s=\sqrt{\bar\alpha_s}\,\hat x_0+\sqrt{1-\bar\alpha_s-\sigma^2}\;\epsilon_\theta+\sigma z .$$
//
// $\eta$ sets the part: $\eta=1$ gives the noise of DDPM, $\eta=0$ none at all, and then $x_T$ alone determines the image. Unlike mistake 1
// above, leaving out $\sigma z$ is repaid here: what is not added is kept of $\epsilon_\theta$.

// %%
const [s, eta] = [400, 0.5];
const levels = { alphaBar: alphaBar[t], alphaBarS: alphaBar[s] };
const symbols = { alphaBarS: "\\bar\\alpha_s", sigma: "\\sigma" };
const rule = "sigma = eta * sqrt((1 - alphaBarS) / (1 - alphaBar) * (1 - alphaBar / alphaBarS))";
const noiseOf = formula(rule, { symbols });
noiseOf.agrees(Math.sqrt(schedule.posteriorVariance[t]), { alphaBar: alphaBar[t], alphaBarS: alphaBar[t - 1], eta: 1 });

const halfNoisy = await sample(ddim(denoiser, schedule, xt, { times: [t, s], finish: "last", eta, noise }));
const parts = { x0Hat: toSample(schedule, "noise", epsilonTheta, xt, t), epsilonTheta, z: noise(1, xt.shape) };
formula("xs = sqrt(alphaBarS) * x0Hat + sqrt(1 - alphaBarS - sigma^2) * epsilonTheta + sigma * z", { symbols })
  .agrees(halfNoisy, { ...parts, ...levels, sigma: noiseOf.evaluate({ ...levels, eta }) }, { tolerance: 1e-5 });

// %% [markdown]
// The first check says that at $\eta=1$ and $s=t-1$ the added variance is $\tilde\beta_t$. Then DDIM must *be* DDPM, not only resemble it:
// the same start and the same $z$ at each step must give the same pixels. They do, up to the rounding of 32-bit numbers. **What to see.** The
// first two rows agree; the third comes from the same noise with $\eta=0$.

// %%
const eight = noise(0, [8, 28, 28, 1]);
const settings = { steps: 25, noise: noise, clip: clipStatic() };
const ancestral = await sample(ddpm(denoiser, schedule, eight, settings));
const withNoise = await sample(ddim(denoiser, schedule, eight, { ...settings, eta: 1 }));
const without = await sample(ddim(denoiser, schedule, eight, { ...settings, eta: 0 }));
const apart = (a: tf.Tensor, b: tf.Tensor) => tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);
show(table([
  { compared: "DDPM, DDIM η = 1", "largest difference": apart(ancestral, withNoise) },
  { compared: "DDIM η = 1, η = 0", "largest difference": apart(withNoise, without) },
], { digits: 1 }));
show(imageGrid(tf.concat([ancestral, withNoise, without]), { columns: 8 }));

// %% tags=["exercise"]
// Exercise 5.2. At η = 0 a step back is plain arithmetic, and so can be walked both ways. Write the step from t to s
// for any two times: x̂₀ and ε̂ from x_t, then together again at s. (schedule.signal(t) is √ᾱ_t, schedule.noise(t) is
// √(1 − ᾱ_t).)
const ddimStep = (x: tf.Tensor, epsilon: tf.Tensor, t: number, s: number): tf.Tensor | undefined => undefined;

const expected = await sample(ddim(denoiser, schedule, xt, { times: [500, 250], finish: "last" }));
const bothWays = [ddimStep(xt, epsilonTheta, 500, 250), ddimStep(expected, epsilonTheta, 250, 500)];
check("5.2", bothWays, [expected, xt], "at η = 0 there is no σ and no z");

// %% tags=["solution"] jupyter={"source_hidden": true}
const ddimStep = (x: tf.Tensor, epsilon: tf.Tensor, t: number, s: number): tf.Tensor | undefined => {
  const x0Hat = tf.div(tf.sub(x, tf.mul(epsilon, schedule.noise(t))), schedule.signal(t));
  return tf.add(tf.mul(x0Hat, schedule.signal(s)), tf.mul(epsilon, schedule.noise(s)));
};

const expected = await sample(ddim(denoiser, schedule, xt, { times: [500, 250], finish: "last" }));
const bothWays = [ddimStep(xt, epsilonTheta, 500, 250), ddimStep(expected, epsilonTheta, 250, 500)];
check("5.2", bothWays, [expected, xt], "at η = 0 there is no σ and no z");

// %% [markdown]
// ## Same seed, same image
//
// Each sample has a noise stream of its own, given by the seed and its number. So the same seed gives the same image, and image 3 is the
// same, up to the rounding of 32-bit numbers, whether it is drawn in a batch of eight or alone. Noise that is drawn for a whole batch at once would not do that.

// %%
const again = await sample(ddim(denoiser, schedule, normalNoise(7)(0, [8, 28, 28, 1]), settings));
const third = normalNoise(7, { firstSample: 3 })(0, [1, 28, 28, 1]);
const alone = await sample(ddim(denoiser, schedule, third, settings));
show(table([
  { compared: "seed 7, seed 7 again", "largest difference": apart(without, again) },
  { compared: "number 3 of eight, number 3 alone", "largest difference": apart(tf.slice(without, 3, 1), alone) },
], { digits: 1 }));

// %% [markdown]
// ## How many steps are enough?
//
// Sixty-four images for each number of steps, without noise ($\eta=0$) and with all of it ($\eta=1$, which is DDPM), all from the same starts. So
// far we took what came; but this network was also told which digit is which, and draws better when it knows what to draw. So we ask for
// 0, 1, … 9 in turn (`condition`; how a network learns that is for a later notebook).
//
// The share that is recognised would be a poor judge now: nobody taught the classifier to mind blur. The **Fréchet distance** compares the means and covariances of its features for two sets of images, and so
// also sees blur and sameness. Sixty-four *real* digits are not at distance 0 from a thousand others either: the dashed line is the mean of
// eight such sets, its band their standard deviation. The difference of two such sets varies $\sqrt2$ times as much, and 95 % of such differences lie within twice that.
//
// **What to see.** Two steps are too few: look at the blur in the first strip of pictures (all strips are at $\eta=0$). From four steps on all points lie within a few units of the real digits. The noise-free
// walk is ahead at four and eight steps, the noisy one at sixteen and thirty-two, each by less than two sets of real digits may differ: with one seed and sixty-four images there is no
// ranking. That the noise-free curve rises again says no more than that. (Most of the floor is bias, the same for all points: 64 images cannot fill a covariance of 64 features.) Four steps are about as many as this measurement can ask for; a sharper one needs more images. On small colour images the noise-free walk wins clearly when steps
// are few (Song et al., table 1: CIFAR10 and CelebA). Such rankings do not travel from one data set and judge to another, so measure your own.
//
// DDPM and DDIM are two of many ways down. The last table lists all that run on this schedule: a higher *order* means that the error falls
// faster as steps are added. `npm run bench -- samplers` measures them, and each is one short file in `src/samplers`.

// %%
const [n, counts] = [64, [2, 4, 8, 16, 32]];
const asked = Array.from({ length: n }, (_, i) => i % 10);
const condition = { label: tf.tensor1d(asked, "int32") };
const starts = noise(0, [n, 28, 28, 1]);
const features = (x: tf.Tensor) => featuresOf(judge.features(x as tf.Tensor4D));
const [heldOut, trainSet] = [loadDigits({ split: "heldOut" }), loadDigits({ split: "train" })];
const reference = features(gatherImages(heldOut, [...heldOut.labels.keys()]));
const [distances, walks]: [Record<string, number[]>, tf.Tensor[]] = [{ "η = 0": [], "η = 1": [] }, []];
for (const [steps, eta] of progress(counts.flatMap((steps) => [[steps, 0], [steps, 1]]), { label: "DDIM" })) {
  walks.push(await sample(ddim(denoiser, schedule, starts, { ...settings, steps, eta, condition })));
  distances[`η = ${eta}`].push(frechetFeatureDistance(features(walks.at(-1)!), reference));
}

// %%
const real = indicesOfClasses(trainSet, Array(8).fill(asked).flat()); // eight sets of digits, none in two
const sets = [...Array(8).keys()].map((k) => gatherImages(trainSet, real.slice(n * k, n * (k + 1))));
const floors = sets.map((set) => frechetFeatureDistance(features(set), reference));
const floor = floors.reduce((sum, one) => sum + one / 8, 0);
const deviation = Math.sqrt(floors.reduce((sum, one) => sum + (one - floor) ** 2 / 7, 0));
const flat = { name: "8 real sets", x: counts, y: counts.map(() => floor), deviation: counts.map(() => deviation) };
const curves = Object.entries(distances).map(([name, y]) => ({ name, x: counts, y, mode: "lines+markers" as const }));
const axes = { x: { title: "number of steps", unit: "1", log: true }, y: { title: "Fréchet distance", unit: "1" } };
show(lineChart({ ...axes, series: [...curves, { ...flat, dash: "dash", colour: "#000000" }] }));
for (const k of [0, 2, 8]) show(imageGrid(tf.slice(walks[k], 0, 16), { columns: 16, title: `${counts[k / 2]} steps` }));
const anywhere = samplers.filter(({ paths }) => paths === "any");
table(anywhere.map((one) => [one.name, one.order ?? "–", one.stochastic]), { columns: ["sampler", "order", "noisy"] })

// %% [markdown]
// ## Summary
//
// - One jump from pure noise fails: the best guess there is an average, and $1/\sqrt{\bar\alpha_T}$ magnifies every error.
// - A step back is a Gaussian: mean from the guessed noise, variance $\tilde\beta_t$, a fresh $z$, and no $z$ at the end.
// - DDIM walks between any two times with any amount of noise: $\eta=1$ is DDPM (up to rounding), $\eta=0$ makes $x_T$ the image's address.
// - A quality figure needs $n$, the seed, and what real data score.
//
// **Next:** sample your own: `npm run sample -- mnist-unet --sampler ddim --steps 50 --n 64 --seed 8 --out grid.png`.
//
// **Read:** Ho, Jain & Abbeel, *Denoising Diffusion Probabilistic Models* (2020), algorithm 2 and section 3.2 · Song, Meng & Ermon,
// *Denoising Diffusion Implicit Models* (2021), section 4 · Nichol & Dhariwal, *Improved Denoising Diffusion Probabilistic Models* (2021),
// section 4, on fewer steps · Lin et al., *Common Diffusion Noise Schedules and Sample Steps Are Flawed* (2024), on which times to visit.

// %% [markdown]
// # Welcome to diffusion-lab
//
// Many machines that paint do it by *un-noising*: they begin with random static and take the noise away, little by little, until a picture stands there. This course shows how, from the first equation to a model that you train yourself, and every equation on the way is computed in front of you.
//
// **You need** linear algebra and some programming. No knowledge of generative models, and no GPU. **This page takes** five minutes; its cells run in under a minute and 1 GB.
//
// ## How to use a notebook
//
// Click into a cell and press **Shift + Enter** to run it; go on from cell to cell. **Shift + Tab** on a name shows what it is, with its equation. Change anything and run again: nothing can break. *Kernel → Restart* brings a fresh start.

// %%
import * as lab from "diffusion-lab";
import { check, formula, show, table } from "diffusion-lab/notebook";
const { tf } = lab;

const { native, version } = lab.nativeStatus;
const slow = "pure JavaScript: lessons in the plane run, images are slow";
console.log(native ? `native TensorFlow ${version}: everything runs` : slow);

// %% [markdown]
// ## The idea in one picture
//
// The **forward process** (above, in the drawing) adds noise to a picture in many small steps until nothing is left of it. It is fixed; there is nothing to learn. A network learns the **reverse process** (below): one step back, from a noisy picture to a slightly less noisy one. (One real step is too small to see; drawn are the times 150 and 250 of 1000.) To create, begin with pure noise and walk all the way back.

// %%
const digits = lab.loadDigits({ split: "train" });
const schedule = lab.linearSchedule({ T: 1000 });
const three = lab.gatherImages(digits, [digits.labels.indexOf(3)]);
const noise = tf.tensor4d(new lab.RandomStream(2, "welcome").normals(784), [1, 28, 28, 1]);
const moments = [0, 150, 250, 1000].map((t) => lab.qSample(schedule, three, t, noise));
show(lab.chainDiagram({ images: tf.concat(moments) as typeof three }));

// %% [markdown]
// ## Real pictures, and the model's own
//
// These are real digits, written by people. The model was trained on 9000 of them.

// %%
show(lab.imageGrid(lab.gatherImages(digits, Array.from({ length: 16 }, (_, i) => i)), { columns: 8 }));

// %% [markdown]
// And these the model makes up as you watch. The checkpoint lies in `assets/mnist-unet`; it was trained by this library, with the command printed below. It has learned which digit is which, so we may ask: first for 0 … 7, then for 8, 9 and again from 0. `guided` makes it heed what we ask for. None of the sixteen was chosen: change the seed and you get sixteen others.

// %%
const model = lab.loadDiffusionModel("assets/mnist-unet");
const seed = 7;
const source = lab.normalNoise(seed);
const xT = source(0, [16, 28, 28, 1]);
const denoiser = lab.guided(model.denoiser, { guidanceScale: 1.25, unconditional: lab.unconditionalOf(model) });
const settings = { steps: 25, clip: lab.clipStatic() };
const label = tf.tensor1d(Array.from({ length: 16 }, (_, i) => i % 10), "int32");
const generated = await lab.sample(lab.ddim(denoiser, model.schedule, xT, { ...settings, condition: { label } }));
show(lab.imageGrid(generated as typeof three, { columns: 8 }));
console.log(model.record?.command, "·", model.network.parameters.count, "parameters");

// %% [markdown]
// ## From static to digit
//
// The sampler is a generator: it hands out every step, so we can look over its shoulder. This time we ask for nothing, and the network must settle on a digit by itself. The upper row is the noisy picture, the lower row what the network believes lies beneath it.

// %%
const above: lab.tf.Tensor[] = [];
const below: lab.tf.Tensor[] = [];
const first = tf.slice(xT, 0, 1);
await lab.sample(lab.ddim(model.denoiser, model.schedule, first, settings), {
  onStep: ({ step, xt, x0 }) => {
    if (step % 3 === 1) [above, below].forEach((row, i) => row.push((i === 0 ? xt : x0).clone()));
  },
});
const pairs = above.map((xt, i) => tf.concat([xt, below[i]]) as typeof three);
const labels = pairs.map((_, i) => `step ${3 * i + 1}`);
show(lab.filmStrip(pairs, { rowLabels: ["xₜ", "x̂₀"], labels, range: [-1.5, 1.5] }));

// %% [markdown]
// **What to see.** Below, the first guess is a grey blur: the average of all digits that could have been drowned to *this* picture, the likelier ones counting more. Step by step fewer are left, then the model decides, and the rest is finishing touches.
//
// ## Equations that run
//
// Throughout the course an equation is written once. It is shown, computed, and compared with the library's own function. This one is the heart of the forward process:

// %%
const closedForm = formula("sqrt(alphaBar) * x0 + sqrt(1 - alphaBar) * epsilon");
closedForm.agrees(lab.qSample(schedule, three, 250, noise), {
  alphaBar: schedule.alphaBar[250],
  x0: three,
  epsilon: noise,
});

// %% [markdown]
// ## Exercises check your answer
//
// **0.1** Does the digit at one place depend on the other fifteen? Draw it alone: give `normalNoise` the option `firstSample`, the number of the place, make noise of shape `[1, 28, 28, 1]`, ask for the digit that was asked for there (a `label` of one number) with the same `denoiser` and `settings`, and see whether you get the same picture. Write it as a function of the place.

// %% tags=["exercise"]
const drawAlone = async (place: number): Promise<lab.tf.Tensor | undefined> => undefined;
const alone = [await drawAlone(5), await drawAlone(12)];
const hint = "lab.normalNoise(seed, { firstSample: place })(0, [1, 28, 28, 1])";
check("0.1", alone, [5, 12].map((place) => tf.slice(generated, place, 1)), { hint, tolerance: 1e-3 });

// %% tags=["solution"] jupyter={"source_hidden": true}
const drawAlone = async (place: number): Promise<lab.tf.Tensor | undefined> => {
  const start = lab.normalNoise(seed, { firstSample: place })(0, [1, 28, 28, 1]);
  const condition = { label: tf.tensor1d([place % 10], "int32") };
  return lab.sample(lab.ddim(denoiser, model.schedule, start, { ...settings, condition }));
};
const alone = [await drawAlone(5), await drawAlone(12)];
const hint = "lab.normalNoise(seed, { firstSample: place })(0, [1, 28, 28, 1])";
check("0.1", alone, [5, 12].map((place) => tf.slice(generated, place, 1)), { hint, tolerance: 1e-3 });

// %% [markdown]
// ## The map
//
// The numbers leave room for chapters that are still being written.
//
// | | notebook | the question it answers |
// |---|---|---|
// | 1 | [Four families](01-four-families.ipynb) | Which machines draw, and what is each of them paid for? |
// | 2 | [The core idea](02-core-idea.ipynb) | Why many small steps, and what is learned in them? |
// | 3 | [The forward process](03-forward-process.ipynb) | How is a picture turned into noise, and why in this way? |
// | 4 | [The training objective](04-training-objective.ipynb) | What does the network learn, and why is guessing the noise enough? |
// | 5 | [The reverse process](05-reverse-process.ipynb) | How does noise become a picture, and in how many steps? |
// | 7a | [The U-Net](07a-unet.ipynb) | How does a network see grain and figure at once? |
// | 7b | [Transformers](07b-transformers.ipynb) | What if all places of a picture talk to all others? |
// | 7c | [Telling the time](07c-time.ipynb) | Must a network be told the time, and how? |
// | 8 | [Conditional generation](08-conditional-generation.ipynb) | How do you ask for *this* picture, and what does guidance draw? |
// | 10 | [Variants](10-variants.ipynb) | What do DDIM, score, latent and flow change, and when does noise help? |
// | 11 | [The two algorithms](11-algorithms.ipynb) | What does each line do, and which bugs does the loss not show? |
// | 13 | [Summary](13-summary.ipynb) | What do you know now, and what should you read again? |
// | 14 | [All of it in sixty lines](14-minimal.ipynb) | What is the whole, if nothing but the idea is left? |
//
// Begin with [1 · Four families](01-four-families.ipynb).
//
// Train the model yourself with `npm run train -- mnist-unet` in a terminal (*File → New → Terminal*). It shows its progress, can be stopped with Ctrl-C, and goes on where it stopped. Then `npm run sample -- mnist-unet --n 64 --out grid.png` draws from it, and with `--class 7` sevens only.
//
// **Read on:** Sohl-Dickstein et al. 2015, *Deep unsupervised learning using nonequilibrium thermodynamics*, where it began · Ho, Jain and Abbeel 2020, *Denoising diffusion probabilistic models*, where it took off.

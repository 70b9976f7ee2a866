/** A reader's browser shows what cells show: JupyterLab in Chromium, with the course's kernel under it. */
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { readCells } from "../notebooks/cells.js";
import { browserForTests, Lab, until, type OpenNotebook } from "./lab.js";

const { chromium, skip } = browserForTests();

const CELLS = [
  `import { lineChart } from "diffusion-lab/plot";
import { show, slider } from "diffusion-lab/notebook";
const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));
console.log("ready");`,
  `show(lineChart({ title: "a curve", x: { title: "time", unit: "1" }, y: { title: "noise", unit: "1" }, series: [{ name: "sigma", x: [0, 1, 2], y: [0, 1, 4] }] }));`,
  `import { live } from "diffusion-lab/notebook";
import { DiffusionTask, imageGrid, linearSchedule, PointMlp, RandomStream, ringOfGaussians, tf, Trainer } from "diffusion-lab";
let shade = 0;
const picture = live(() => imageGrid(tf.fill([1, 8, 8, 1], shade) as tf.Tensor4D));
for (let i = 0; i < 60; i++) { shade = i / 30 - 1; picture.update(); await sleep(100); }
picture.done();`,
  `slider({ label: "t", min: 1, max: 10, value: 3, onChange: (t) => \`<svg xmlns="http://www.w3.org/2000/svg" width="\${20 * t}" height="20"><rect width="\${20 * t}" height="20" fill="red"/></svg>\` })`,
  `const data = ringOfGaussians(200, new RandomStream(1, "ring"));
const network = new PointMlp({ hidden: [16, 16] });
const trainer = new Trainer(new DiffusionTask({ network: network, path: linearSchedule(), data: data, shape: [2], batchSize: 8 }));
await trainer.run(10_000_000, { onStep: ({ step }) => { if (step === 5) console.log("training"); } });`,
  `const before = trainer.step;
await trainer.run(3);
console.log("went on from", before > 4, trainer.step - before);`,
  `function predictNoise(t: number): number {
  if (t > 1000) throw new RangeError(\`t must lie in 1…1000, but is \${t}\`);
  return t;
}
predictNoise(1200)`,
  `import { qSample } from "diffusion-lab";
console.log("defined");`,
  `qSample(`,
];

let lab: Lab;
let notebook: OpenNotebook;
before(async () => {
  if (!chromium) return;
  lab = await Lab.start(chromium);
  notebook = await lab.open("course", CELLS);
  await notebook.run(0);
});
after(async () => {
  await lab?.close();
});

test("a cell prints under itself", { skip }, async () => {
  assert.match(await notebook.output(0).first().innerText(), /ready/);
});

test("a figure is drawn, and a point under the mouse is named", { skip }, async () => {
  await notebook.run(1);
  const figure = notebook.cell(1).locator(".diffusion-lab-figure");
  await figure.locator(".main-svg").first().waitFor();
  assert.match((await figure.textContent()) ?? "", /a curve/);
  const area = await figure.locator(".nsewdrag").first().boundingBox();
  assert.ok(area);
  let height = 0;
  await until(
    async () => {
      // Up and down over the middle point until the mouse is near it.
      height = (height + 0.05) % 1;
      await notebook.page.mouse.move(area.x + area.width / 2, area.y + area.height * height, { steps: 3 });
      return figure.locator(".hoverlayer text").count();
    },
    (labels) => labels > 0,
  );
});

test("a live picture changes in place while its cell runs", { skip }, async () => {
  await notebook.start(2);
  const images = notebook.cell(2).locator(".jp-OutputArea-output img");
  await images.first().waitFor();
  const source = async (): Promise<string> => (await images.first().getAttribute("src")) ?? "";
  const first = await source();
  await until(source, (now) => now !== first);
  assert.equal(await notebook.cell(2).locator(".jp-InputPrompt").innerText(), "[*]:");
  await notebook.finished(2);
  assert.equal(await images.count(), 1);
});

test("a slider changes its picture", { skip }, async () => {
  await notebook.run(3);
  const widget = notebook.cell(3).locator(".diffusion-lab-widget");
  const width = (): Promise<number> => widget.locator("img").evaluate((image: { width: number }) => image.width);
  await until(width, (pixels) => pixels === 60);
  await widget.locator("input[type=range]").focus();
  await notebook.page.keyboard.press("ArrowRight");
  await until(width, (pixels) => pixels === 80);
  assert.equal(await widget.locator("output").innerText(), "4");
  await widget.locator("input[type=range]").fill("9");
  await until(width, (pixels) => pixels === 180);
});

test("the stop button ends the library's training, and the next cell goes on with it", { skip }, async () => {
  await notebook.start(4);
  await notebook.output(4).filter({ hasText: "training" }).first().waitFor();
  await notebook.interrupt();
  await notebook.output(4).filter({ hasText: "Interrupted" }).first().waitFor();
  await notebook.run(5);
  assert.match(await notebook.output(5).first().innerText(), /went on from true 3/);
});

test("an error shows the learner's own line with a caret and nothing of the kernel", { skip }, async () => {
  await notebook.run(6);
  const error = await notebook.output(6).filter({ hasText: "RangeError" }).first().innerText();
  assert.match(error, /RangeError: t must lie in 1…1000, but is 1200/);
  assert.match(error, /> 2 \| {3}if \(t > 1000\) throw new RangeError/);
  assert.match(error, /\^/);
  assert.doesNotMatch(error, /tslab|node:internal|vm/);
});

test("all cells of a course notebook run from the menu, with their charts and without an error", { skip }, async () => {
  const cells = readCells(path.join(import.meta.dirname, "../../notebooks/03-forward-process.ipynb"));
  const code = cells
    .filter(({ type, tags }) => type === "code" && !tags.includes("exercise"))
    .map(({ source }) => source);
  const course = await lab.open("whole", code);
  await course.runAll();
  await course.finished(code.length - 1);
  assert.equal(await course.page.locator(".jp-Notebook .jp-RenderedText[data-mime-type*=error]").count(), 0);
  assert.match(
    await course
      .output(code.length - 1)
      .last()
      .innerText(),
    /3\.5 correct/,
  );
  await course.close();
});

test("Shift+Tab shows the docstring with its equation", { skip }, async () => {
  await notebook.run(7);
  await notebook.cell(8).locator(".cm-content").click();
  await notebook.page.keyboard.press("End");
  await notebook.page.keyboard.press("Shift+Tab");
  const tooltip = notebook.page.locator(".jp-Tooltip");
  await tooltip.waitFor();
  assert.match(await tooltip.innerText(), /x_t = √ᾱ_t·x_0 \+ √\(1 − ᾱ_t\)·ε/);
});

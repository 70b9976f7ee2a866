/** What is saved: running a notebook in the page, looking at it and saving it again change nothing that matters. */
import assert from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { smallCourse } from "../notebooks/course.js";
import { browserForTests, Lab, until, type OpenNotebook } from "./lab.js";

/** The page's own function, for what is evaluated there. */
declare function getComputedStyle(node: object): { getPropertyValue(name: string): string };

const { chromium, skip } = browserForTests();
const course = smallCourse();

/** Numbers that Python would write otherwise, a figure, a slider, and text. */
const SCRIPT = `// %% [markdown]
// # What is saved

// %%
import { lineChart } from "diffusion-lab/plot";
import { show, slider } from "diffusion-lab/notebook";
const axis = { title: "x", unit: "1" };
show(lineChart({ title: "small numbers", x: axis, y: axis, series: [{ name: "y", y: [0.0000412842, 1e-7, 2.5e21, 3] }] }));

// %%
console.log("a line");
console.error("a complaint");

// %%
slider({
  label: "t",
  min: 1,
  max: 10,
  value: 3,
  onChange: (t) => \`<svg xmlns="http://www.w3.org/2000/svg" width="\${20 * t}" height="20"><rect width="\${20 * t}" height="20" fill="red"/></svg>\`,
})
`;
const [FIGURE, , SLIDER] = [0, 1, 2];

let lab: Lab;
let notebook: OpenNotebook;
let saved: string;
const file = (): string => readFileSync(lab.file("saved"), "utf8");

before(async () => {
  if (!chromium) return;
  course.write("saved.ts", SCRIPT);
  const { status, text } = course.run("--from-script", "--save");
  assert.equal(status, 0, text);
  saved = course.text("saved.ipynb");
  lab = await Lab.start(chromium);
  copyFileSync(course.file("saved.ipynb"), lab.file("saved"));
  notebook = await lab.openFile("saved");
});
after(async () => {
  await lab?.close();
});

const image = (): ReturnType<OpenNotebook["output"]> => notebook.output(SLIDER).locator("img");

/** A picture of a control is never wider than its page. */
async function fitsThePage(): Promise<void> {
  const widest = await image().evaluate((picture) => getComputedStyle(picture as object).getPropertyValue("max-width"));
  assert.equal(widest, "100%");
}

async function showsItsFirstView(): Promise<void> {
  const stored = notebook
    .output(SLIDER)
    .filter({ hasText: "slider t = 3 in 1…10. Run this cell to wake this control." });
  await stored.waitFor();
  assert.equal(await image().evaluate((picture: { width: number }) => picture.width), 60);
  await fitsThePage();
  assert.doesNotMatch(await notebook.output(SLIDER).innerText(), /error|not found|Loading/i);
}

test("a slider of a saved notebook shows its first view and how to wake it", { skip }, async () => {
  await showsItsFirstView();
});

test(
  "all cells run in the page, looked at and saved, give the file that a run without a page gives",
  { skip },
  async () => {
    assert.match(saved, /0\.0000412842,\s+1e-7,\s+2\.5e\+21/);
    await notebook.runAll();
    await notebook.cell(SLIDER).locator(".diffusion-lab-widget").waitFor();
    await notebook.save();
    assert.equal(file(), saved);
    const figure = notebook.cell(FIGURE).locator(".diffusion-lab-figure");
    await figure.locator(".main-svg").first().waitFor();
    const box = await figure.boundingBox();
    assert.ok(box);
    await notebook.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 5 });
    await figure.locator(".hoverlayer, .modebar").first().waitFor({ state: "attached" });
    await notebook.cell(SLIDER).locator("input[type=range]").fill("9");
    await until(
      () => image().evaluate((picture: { width: number }) => picture.width),
      (pixels) => pixels === 180,
    );
    await notebook.save();
    assert.equal(file(), saved);
  },
);

test(
  "after a reload, with its kernel alive, the slider shows its first view, and running it wakes it",
  { skip },
  async () => {
    await notebook.load();
    await showsItsFirstView();
    await notebook.run(SLIDER);
    await notebook.cell(SLIDER).locator("input[type=range]").fill("9");
    await until(
      () => image().evaluate((picture: { width: number }) => picture.width),
      (pixels) => pixels === 180,
    );
    await fitsThePage();
  },
);

test("a slider whose kernel was restarted keeps its view and says how to wake it", { skip }, async () => {
  await notebook.restartKernel();
  await notebook.output(SLIDER).locator(".diffusion-lab-wake", { hasText: "Run this cell to wake" }).waitFor();
  assert.equal(await image().evaluate((picture: { width: number }) => picture.width), 180);
});

test("with a new kernel, and with none, a page shows the slider's first view", { skip }, async () => {
  for (const id of await lab.kernels()) await lab.ask(`api/kernels/${id}`, { method: "DELETE" });
  await notebook.load();
  await showsItsFirstView();
  await notebook.choose("Kernel", "Shut Down Kernel");
  await notebook.page.reload();
  await showsItsFirstView();
});

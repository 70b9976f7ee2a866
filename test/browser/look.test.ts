/** How cells look: figures in the page's width and theme, solutions that say so, cells that were not reached. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Locator } from "playwright-core";
import { browserForTests, Lab, until, type Cell, type OpenNotebook } from "./lab.js";

/** The page's own function, for what is evaluated there. */
declare function getComputedStyle(
  node: object,
  pseudoElement?: string,
): { readonly content: string; readonly fontFamily: string; getPropertyValue(name: string): string };

const { chromium, skip } = browserForTests();

const CELLS: readonly (string | Cell)[] = [
  `import { lineChart, scatterChart, sideBySide } from "diffusion-lab/plot";
import { check, show } from "diffusion-lab/notebook";
const unit = "1", ys = [1, 4, 2, 8];
const chart = (title: string) => lineChart({ title, x: { title: "x", unit }, y: { title: "y", unit },
  series: ["first", "second", "third"].map((name) => ({ name: \`\${name} of the curves\`, y: ys, ...(name === "third" ? { colour: "#000000" } : {}) })) });`,
  `show(chart("A title that is as long as this chart is wide, from one of its ends to the other"));`,
  `show(sideBySide(["left", "middle", "right"].map(chart)));`,
  {
    source: `const sum: number | undefined = 4;\ncheck("1.1", sum, 2 + 3);`,
    tags: ["exercise"],
  },
  {
    source: `const sum: number | undefined = 5; // the answer\ncheck("1.1", sum, 2 + 3);`,
    tags: ["solution"],
    hidden: true,
  },
  `// x̂₀ β̃ₜ\nthrow new Error("stop here");`,
  `console.log("never reached");`,
  `console.log("never reached either");`,
];
const [CHART, PANELS, EXERCISE, SOLUTION, ERROR] = [1, 2, 3, 4, 5];

let lab: Lab;
let notebook: OpenNotebook;

before(async () => {
  if (!chromium) return;
  lab = await Lab.start(chromium);
  notebook = await lab.open("look", CELLS, { width: 1400, height: 1000 });
  await notebook.runAll();
  await notebook.output(ERROR).filter({ hasText: "stop here" }).first().waitFor();
});
after(async () => {
  await lab?.close();
});

const figure = (index: number): Locator => notebook.cell(index).locator(".diffusion-lab-figure");

async function box(locator: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  await locator.scrollIntoViewIfNeeded();
  const found = await locator.boundingBox();
  assert.ok(found, `${locator} is not drawn`);
  return found;
}

/** Waits until a figure is drawn as wide as `right` says. */
const drawn = (index: number, right: (width: number) => boolean): Promise<number> =>
  until(async () => (await box(figure(index).locator(".main-svg").first())).width, right);

test("cells that an error kept from running carry no number", { skip }, async () => {
  const reached = [CHART, ERROR, ERROR + 1, ERROR + 2];
  const prompts = await until(
    () => Promise.all(reached.map((index) => notebook.cell(index).locator(".jp-InputPrompt").innerText())),
    (texts) => !texts.some((text) => text.includes("*")),
  );
  assert.deepEqual(prompts, ["[2]:", "[6]:", "[ ]:", "[ ]:"]);
});

test(
  "a solution is labelled, does not tell its first line, and its verdict is not the learner's",
  { skip },
  async () => {
    const solution = notebook.cell(SOLUTION);
    await solution.scrollIntoViewIfNeeded();
    assert.doesNotMatch(await solution.innerText(), /the answer|const sum/);
    const label = (part: string): Promise<string> =>
      solution.locator(part).evaluate((node: object) => getComputedStyle(node, "::before").content);
    assert.match(await label(".jp-InputPlaceholder .jp-Placeholder-contentContainer"), /Solution/);
    assert.match(await label(".jp-Cell-outputArea"), /Output of the solution/);
    assert.match(await notebook.output(EXERCISE).first().innerText(), /^✗ 1\.1 not yet/);
    assert.match(await notebook.output(SOLUTION).first().innerText(), /✓ 1\.1 correct/);
  },
);

test("the toolbar of a figure covers neither title nor legend, and shares nothing", { skip }, async () => {
  await drawn(CHART, (width) => width === 720);
  await figure(CHART).hover();
  const bar = figure(CHART).locator(".modebar");
  await bar.locator(".modebar-btn").first().waitFor();
  const tools = await bar
    .locator(".modebar-btn")
    .evaluateAll((all: { dataset: { title?: string } }[]) => all.map((one) => one.dataset.title));
  assert.deepEqual(tools, ["Download plot as a PNG", "Zoom", "Pan", "Reset axes"]);
  const over = await box(bar);
  for (const part of [".gtitle", ".legend"]) {
    const under = await box(figure(CHART).locator(part).first());
    assert.ok(over.y >= under.y + under.height, `the toolbar at ${over.y} lies over ${part}`);
  }
});

test("figures are as wide as the page has room for, and nothing of them is cut off", { skip }, async () => {
  await notebook.page.setViewportSize({ width: 760, height: 1000 });
  for (const index of [CHART, PANELS]) {
    const room = (await box(figure(index))).width;
    assert.ok(room < 720);
    await drawn(index, (width) => width <= room + 1 && width > room - 2);
  }
  const [whole, title, legend] = await Promise.all(
    ["", ".gtitle", ".legend"].map((part) =>
      box(
        figure(CHART)
          .locator(part === "" ? ".main-svg" : part)
          .first(),
      ),
    ),
  );
  assert.ok(title.x >= whole.x && title.x + title.width <= whole.x + whole.width, "the title is cut off");
  assert.ok(legend.y >= title.y + title.height, "the legend lies over the title");
  await notebook.page.setViewportSize({ width: 1400, height: 1000 });
  await drawn(CHART, (width) => width === 720);
});

test("figures take on the theme, as soon as it changes", { skip }, async () => {
  const style = (part: string, name: string): Promise<string> =>
    figure(CHART)
      .locator(part)
      .first()
      .evaluate((node, property) => getComputedStyle(node as object).getPropertyValue(property), name);
  const look = (): Promise<string[]> =>
    Promise.all([
      style(".gtitle", "fill"),
      style(".main-svg", "background-color"),
      style(".trace:nth-child(3) .js-line", "stroke"),
    ]);
  const clear = "rgba(0, 0, 0, 0)";
  const light = await look();
  assert.equal(light[1], clear);
  await notebook.theme("JupyterLab Dark");
  await until(look, ([ink, ground, curve]) => ink === "rgb(255, 255, 255)" && ground === clear && curve === ink);
  await notebook.theme("JupyterLab Light");
  await until(look, (now) => JSON.stringify(now) === JSON.stringify(light));
});

test("a letter of code and the hat over it are set in one font", { skip }, async () => {
  await notebook.cell(ERROR).scrollIntoViewIfNeeded();
  const line = notebook.cell(ERROR).locator(".cm-line").first();
  assert.match(await line.evaluate((node: object) => getComputedStyle(node).fontFamily), /^"DejaVu Sans Mono"/);
  // As wide as without its hat: the hat has no place of its own.
  const widths = await line.evaluate(async (node) => {
    const page = node as unknown as {
      ownerDocument: {
        fonts: { load(font: string, text: string): Promise<unknown[]> };
        createElement(name: "canvas"): {
          getContext(kind: "2d"): { font: string; measureText(text: string): { width: number } };
        };
      };
    };
    const loaded = await page.ownerDocument.fonts.load('13px "DejaVu Sans Mono"', "x̂");
    const pen = page.ownerDocument.createElement("canvas").getContext("2d");
    pen.font = '13px "DejaVu Sans Mono"';
    return [loaded.length, ...["x", "x̂", "β̃"].map((text) => pen.measureText(text).width)];
  });
  assert.ok(widths[0] > 0, "the font is not loaded");
  assert.deepEqual(widths.slice(2), [widths[1], widths[1]]);
});

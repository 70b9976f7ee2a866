/** A notebook of somebody else's: nothing that is stored in its outputs or texts runs in the page that opens it. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { CONTROL } from "../../src/lab/control-renderer.js";
import { browserForTests, Lab, until, type OpenNotebook } from "./lab.js";

const { chromium, skip } = browserForTests();

/** What would leave a mark in the page if anything of it ran. */
const RUNS = "globalThis.ranFromAFile = true";
const MARKUP = `<script>${RUNS}</script><img src="nowhere" onerror="${RUNS}"><svg onload="${RUNS}"></svg>`;
const LINK = `<a href="javascript:${RUNS}">a link</a>`;

const axis = { title: { text: MARKUP + LINK } };
const FIGURE = {
  data: [{ type: "scatter", x: [1, 2], y: [1, 2], text: [MARKUP, LINK], mode: "text+markers", name: MARKUP + LINK }],
  layout: {
    width: 500,
    height: 300,
    showlegend: true,
    title: { text: `a title ${MARKUP}${LINK}` },
    xaxis: axis,
    yaxis: axis,
    annotations: [{ x: 1, y: 1, text: MARKUP + LINK }],
    images: [{ source: `javascript:${RUNS}`, x: 0, y: 1, sizex: 1, sizey: 1 }],
  },
};

/** One output a kind that JupyterLab or this repository draws. */
const OUTPUTS: readonly Readonly<Record<string, unknown>>[] = [
  { "text/html": MARKUP + LINK },
  { "image/svg+xml": `<svg xmlns="http://www.w3.org/2000/svg" onload="${RUNS}"><script>${RUNS}</script></svg>` },
  { "application/javascript": RUNS },
  { "text/markdown": MARKUP + LINK },
  { "text/latex": `$\\href{javascript:${RUNS}}{x}$ ${MARKUP}` },
  { "application/vnd.plotly.v1+json": FIGURE, "text/plain": MARKUP },
  { [CONTROL]: { wake: MARKUP + LINK }, "text/plain": `slider ${MARKUP}\n${MARKUP}${LINK}` },
  { [CONTROL]: { wake: LINK }, "text/plain": MARKUP, "image/png": `" onerror="${RUNS}` },
];

let lab: Lab;
let notebook: OpenNotebook;

before(async () => {
  if (!chromium) return;
  lab = await Lab.start(chromium);
  const code = (data: object, index: number): object => ({
    cell_type: "code",
    id: `code-${index}`,
    metadata: {},
    source: `${index}`,
    execution_count: index + 1,
    outputs: [{ output_type: "display_data", data, metadata: {} }],
  });
  writeFileSync(
    lab.file("untrusted"),
    JSON.stringify({
      cells: [
        ...OUTPUTS.map(code),
        { cell_type: "markdown", id: "prose", metadata: { tags: [MARKUP] }, source: `# Prose\n\n${MARKUP}${LINK}` },
      ],
      metadata: { kernelspec: { display_name: MARKUP, language: "typescript", name: "tslab" } },
      nbformat: 4,
      nbformat_minor: 5,
    }),
  );
  // High enough for all of it: what lies below the page is not drawn.
  notebook = await lab.openFile("untrusted", { width: 1200, height: 4000 });
});
after(async () => {
  await lab?.close();
});

test("no script, handler or link of a stored output runs, and it is shown as text", { skip }, async () => {
  const figure = notebook.cell(5).locator(".diffusion-lab-figure .main-svg").first();
  await figure.scrollIntoViewIfNeeded();
  await figure.waitFor();
  for (const index of [6, 7]) {
    const control = notebook.cell(index).locator(".diffusion-lab-stored-control");
    await control.scrollIntoViewIfNeeded();
    await control.waitFor();
  }
  // As text, for a reader who wonders.
  await until(
    () => notebook.output(6).innerText(),
    (text) => text.includes("<script>"),
  );
  // A picture's source is fetched, and never run.
  const dangerous = await notebook.page.evaluate(
    `[...document.querySelectorAll(".jp-Notebook *")].filter(({ tagName, attributes }) => /^script$/i.test(tagName) ||
      [...attributes].some(({ name, value }) => /^on/.test(name) || (/^\\s*javascript:/i.test(value) && !/^ima?ge?$/i.test(tagName))))
      .map((node) => node.outerHTML)`,
  );
  assert.deepEqual(dangerous, []);
  const links = notebook.page.locator(".jp-Notebook a", { hasText: "a link" });
  for (const link of await links.all()) await link.dispatchEvent("click");
  assert.equal(await notebook.page.evaluate("globalThis.ranFromAFile"), undefined);
});

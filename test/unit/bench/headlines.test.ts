/** README's lines on speed and quality follow from the measured tables. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { markdownTable } from "diffusion-lab/base";
import fc from "fast-check";
import { enginesLine, headlines, samplersLine, speedLine } from "../../bench/headlines.js";
import { enginesMarkdown } from "../../bench/engines/report.js";
import { firstTable } from "../../bench/markdown.js";
import { withHeadlines } from "../../bench/pages.js";
import type { Row } from "../../bench/speed/measure.js";

const root = new URL("../../../", import.meta.url);
const page = readFileSync(new URL("docs/benchmarks.md", root), "utf8");

test("README's lines are those of docs/benchmarks.md: `npm run bench -- readme` brings them there", () => {
  const readme = readFileSync(new URL("README.md", root), "utf8");
  assert.equal(withHeadlines(readme, page), readme);
});

test("another table becomes another line, of its own part only", () => {
  const faster = page.replace("| unet sample 64 | diffusion-lab | 89 |", "| unet sample 64 | diffusion-lab | 12 |");
  assert.notEqual(faster, page);
  const [before, after] = [page, faster].map((text) => headlines(text).split("\n"));
  assert.equal(before.length, (page.match(/<!-- bench \w+ -->\n(?!Not measured yet)/g) ?? []).length);
  assert.deepEqual(
    before.map((line, i) => line === after[i]),
    before.map((line) => !line.startsWith("- [Speed]")),
  );
  assert.match(after[1], /and an evaluation 0\.10 \(/);
});

test("what was not measured yet has no line", () => {
  const projects = "other-projects";
  assert.ok(/<!-- bench projects -->\nNot measured yet/.test(page) !== headlines(page).includes(projects));
  const measured = page.replace(
    /(<!-- bench projects -->)[^]*?(<!-- \/bench projects -->)/,
    "$1\n3 seeds. After equal minutes, float32 here has 0.50 × a's Fréchet distance (0.4 to 0.6): better with every seed. In\n$2",
  );
  assert.match(
    headlines(measured),
    /\[Other projects\]\(docs\/benchmarks\.md#other-projects\): after equal minutes, float32 here/,
  );
  const not = page.replace(/(<!-- bench speed -->)[^]*?(<!-- \/bench speed -->)/, "$1\nNot measured yet.\n$2");
  assert.equal(headlines(not).split("\n").length, headlines(page).split("\n").length - 1);
});

test("of samplers, those that add noise do not compete, nor do missing errors", () => {
  const head = ["sampler", "order", "exact error, 10", "exact error, 20", "exact error, 50"];
  const rows = [
    ["`ddim`", "1", "3.0e-1", "2.0e-1", "1.0e-1"],
    ["`ddpm` ~", "1", "1.0e-9", "1.0e-9", "1.0e-9"],
    ["`heun`", "2", "–", "–", "1.0e-3"],
    ["`lms`", "4", "9.0e-2", "3.0e-3", "1.0e-5"],
    ["*real digits*", "", "", "", ""],
  ];
  assert.equal(
    samplersLine(markdownTable({ head, rows })),
    "of 4, `lms` comes nearest to a known solution in 20 evaluations of the network: error 3.0e-3, where `ddim` has 2.0e-1.",
  );
});

test("speed without PyTorch says so", () => {
  const head = ["work", "contestant", "ms a step"];
  const rows = [["unet train 64", "diffusion-lab", "240"]];
  assert.equal(speedLine(markdownTable({ head, rows })), "the last run had no PyTorch to compare with.");
  const line = speedLine(markdownTable({ head, rows: [...rows, ["unet train 64", "PyTorch eager", "300"]] }));
  assert.equal(line, "the U-Net at batch 64, in units of PyTorch eager's time: a training step 0.80.");
});

test("what markdownTable writes, firstTable reads", () => {
  const cell = fc.stringMatching(/^[a-z|é]{1,8}$/);
  fc.assert(
    fc.property(
      fc.uniqueArray(cell, { minLength: 1, maxLength: 4 }),
      fc.array(fc.array(cell, { minLength: 4, maxLength: 4 })),
      (head, all) => {
        const rows = all.map((cells) => cells.slice(0, head.length));
        const expected = rows.map((cells) => Object.fromEntries(head.map((name, k) => [name, cells[k]])));
        const text = `before\n\n${markdownTable({ head, rows })}\n\nafter | it`;
        assert.deepEqual(firstTable(text), expected);
      },
    ),
  );
});

test("engines: the smallest and the largest batch of the U-Net, over the fastest other", () => {
  const measured = (medians: Readonly<Record<string, number>>) =>
    Object.entries(medians).map(([contestant, medianMs]) => ({ contestant, medianMs }));
  const row = (batch: number, medians: Readonly<Record<string, number>>): Row =>
    ({ plan: { model: "unet", mode: "sample", batch }, measurements: measured(medians) }) as unknown as Row;
  const rows = [
    row(1, { "diffusion-lab": 8, "diffusion-lab auto": 4.4, "PyTorch eager": 6, "ONNX Runtime": 4 }),
    row(64, { "diffusion-lab": 90, "PyTorch eager": 100, "ONNX Runtime": 120 }),
  ];
  const part = enginesMarkdown(rows, "Medians.");
  assert.equal(
    enginesLine(part),
    "one evaluation of the U-Net: at batch 1 its own graph takes 2.00 and `auto` takes 1.10 × the time of ONNX Runtime; " +
      "at batch 64 its own graph takes 0.90 × the time of PyTorch eager.",
  );
  assert.deepEqual(firstTable(part)[1]["diffusion-lab auto"], "–");
});

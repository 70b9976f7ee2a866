import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import {
  formatNotebook,
  parseNotebook,
  writeAtomically,
  type Cell,
  type Notebook,
} from "../../../src/course/notebook-file.js";
import { cellErrors, figureProblems, plan, planProblems } from "../../../src/course/notebook-run.js";

const folder = mkdtempSync(path.join(tmpdir(), "notebooks-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const cell = (source: string, over: Partial<Cell> = {}): Cell => ({
  type: "code",
  source,
  metadata: {},
  outputs: [],
  executionCount: null,
  ...over,
});

const NOTEBOOK: Notebook = {
  metadata: { z: 1, a: 2 },
  cells: [
    cell("# t\nx", { type: "markdown" }),
    cell("1", {
      metadata: { execution: { started: "now" }, tags: ["t"] },
      executionCount: 1,
      outputs: [
        { output_type: "stream", name: "stdout", text: "a\nb" },
        {
          output_type: "display_data",
          metadata: { "image/png": { width: 2 } },
          data: { "text/plain": "x\ny", "image/png": "AAAA", "application/vnd.plotly.v1+json": { data: [{ y: [1] }] } },
        },
      ],
    }),
    cell("1"),
  ],
};

test("a notebook is written as nbformat writes it, and reading gives it back without timings", () => {
  const text = formatNotebook(NOTEBOOK);
  const parsed = JSON.parse(text) as { cells: Record<string, unknown>[]; metadata: object };
  assert.ok(text.startsWith('{\n "cells": [\n  {\n   "cell_type": "markdown"') && text.endsWith("}\n"));
  assert.deepEqual(Object.keys(parsed), ["cells", "metadata", "nbformat", "nbformat_minor"]);
  assert.deepEqual(Object.keys(parsed.metadata), ["a", "z"]);
  assert.deepEqual(parsed.cells[0].source, ["# t\n", "x"]);
  const outputs = parsed.cells[1].outputs as Record<string, never>[];
  assert.deepEqual(outputs[0].text, ["a\n", "b"]);
  assert.deepEqual(outputs[1].data, { ...NOTEBOOK.cells[1].outputs[1].data, "text/plain": ["x\n", "y"] });
  const back = parseNotebook(text, "n.ipynb");
  assert.deepEqual(back.cells[1], { ...NOTEBOOK.cells[1], metadata: { tags: ["t"] } });
  assert.equal(formatNotebook(back), text);
});

test("ids are the same in every run, and differ between equal cells", () => {
  const ids = (JSON.parse(formatNotebook(NOTEBOOK)) as { cells: { id: string }[] }).cells.map(({ id }) => id);
  assert.equal(ids[2], `${ids[1]}-2`);
  assert.match(ids[0], /^[0-9a-f]{8}$/);
});

test("a live widget is not saved, what stands beside it is", () => {
  const data = { "application/vnd.jupyter.widget-view+json": { model_id: "1" }, "text/plain": "slider" };
  const notebook = { metadata: {}, cells: [cell("1", { outputs: [{ output_type: "execute_result", data }] })] };
  assert.doesNotMatch(formatNotebook(notebook), /widget-view/);
  assert.match(formatNotebook(notebook), /slider/);
});

test("what is no notebook is refused in words", () => {
  const refused = (text: string, message: RegExp): void => assert.throws(() => parseNotebook(text, "n.ipynb"), message);
  refused("", /n\.ipynb is empty.*git checkout/);
  refused('{"cells": [', /is not JSON/);
  refused("{}", /no notebook: it has no nbformat or no cells/);
  refused('{"nbformat": 5, "cells": []}', /format 5\.0; this version reads format 4: save it as format 4/);
  refused('{"nbformat": 3, "nbformat_minor": 2, "cells": []}', /format 3\.2.*save it in JupyterLab/);
  refused('{"nbformat": 4, "cells": [{"cell_type": "prose"}]}', /cell 1 has the type prose/);
});

test("a file is written whole, only when it changes, and nothing else is left", () => {
  const file = path.join(folder, "a.ipynb");
  assert.equal(writeAtomically(file, "one"), true);
  assert.equal(writeAtomically(file, "one"), false);
  assert.equal(readFileSync(file, "utf8"), "one");
  assert.throws(() => writeAtomically(path.join(folder, "missing", "b"), "two"));
  assert.deepEqual(readdirSync(folder), ["a.ipynb"]);
});

const tagged = (tag: string): Cell => cell("1", { metadata: { tags: [tag] } });

test("a solution runs in place of its exercise", () => {
  const cells = [cell("0"), tagged("exercise"), cell("text", { type: "markdown" }), cell("2"), tagged("solution")];
  assert.deepEqual(plan(cells), [0, 4, undefined, 3, undefined]);
  assert.deepEqual(planProblems(cells), []);
  const lone = [tagged("exercise"), tagged("exercise"), tagged("solution"), tagged("solution")];
  assert.deepEqual(plan(lone), [0, 2, undefined, 3]);
  assert.deepEqual(
    planProblems(lone).map((problem) => problem.cell),
    [1, 4],
  );
});

test("a figure needs data and a PNG", () => {
  const figure = (value: unknown, png?: string) =>
    figureProblems([
      {
        output_type: "display_data",
        data: { "application/vnd.plotly.v1+json": value, ...(png && { "image/png": png }) },
      },
    ]);
  assert.deepEqual(figure({ data: [] }, "A"), ["a figure without data"]);
  assert.deepEqual(figure({ data: [{}] }), ["a figure without a PNG beside it"]);
  assert.deepEqual(figure({ data: [{}] }, "A"), []);
});

test("a cell's errors are all of them, also one that came from elsewhere while the cell did well or was refused", () => {
  const error = (evalue: string) => ({
    output_type: "error" as const,
    ename: "Error",
    evalue,
    traceback: [`\u001b[31mError: ${evalue}`],
  });
  const text = { output_type: "stream" as const, name: "stdout", text: "fine" };
  assert.deepEqual(cellErrors("error", [text, error("TS2322"), error("too late")]), [
    "Error: TS2322",
    "Error: too late",
  ]);
  assert.deepEqual(cellErrors("ok", [error("too late"), text]), ["Error: too late"]);
  assert.deepEqual(cellErrors("ok", [text]), []);
  assert.deepEqual(cellErrors("aborted", [text]), ["failed without an error message"]);
});

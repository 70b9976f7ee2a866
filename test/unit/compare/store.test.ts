/** Finished cells are kept whole, found again, and refused when damaged; the plan leaves out what is kept. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { cellName, parseCell, type CellResult } from "../../../src/compare/cell.js";
import { methods } from "../../../src/compare/methods/list.js";
import { stopsOf } from "../../../src/compare/pace.js";
import { problemNamed, problems } from "../../../src/compare/problem.js";
import { CompareStore } from "../../../src/compare/store.js";
import { missing, plan, wanted } from "../../../src/compare/study.js";

const root = mkdtempSync(join(tmpdir(), "compare-"));
after(() => rmSync(root, { recursive: true }));
let count = 0;
let store: CompareStore;
beforeEach(() => {
  store = new CompareStore(join(root, String(count++)));
});

const from = { processor: "a", versions: { node: "v1" }, date: "2026-11-30" };
const cell = (seed: number, change: Partial<CellResult> = {}): CellResult => ({
  problem: "ring",
  method: "flow",
  seed,
  learningRate: 1e-3,
  parameters: 35_376,
  drawingParameters: 35_376,
  outcome: { kind: "finished" },
  snapshots: [
    {
      budget: 5,
      step: 100,
      trainingLoss: 0.25,
      logLikelihood: null,
      bitsPerDimension: null,
      ways: { flow: { modesCovered: 1, recall: 0.5 } },
    },
    {
      budget: 15,
      step: 300,
      trainingLoss: 0.125,
      logLikelihood: -1.5,
      bitsPerDimension: 1.25,
      ways: { flow: { modesCovered: 1 } },
    },
  ],
  seconds: 12.5,
  date: "2026-11-30",
  ...change,
});

test("a kept cell is read back as it was, a second of its name takes its place", () => {
  store.keepCell(cell(1), from);
  store.keepCell(cell(0, { outcome: { kind: "diverged", step: 7, message: "NaN" }, snapshots: [] }), from);
  assert.deepEqual(
    store.cells(cell(0)).map(({ seed }) => seed),
    [0, 1],
  );
  assert.deepEqual(store.cells(cell(0))[1], cell(1));
  store.keepCell(cell(1, { seconds: 99 }), from);
  assert.equal(store.cells(cell(0)).length, 2);
  assert.equal(store.cells(cell(0))[1].seconds, 99);
  assert.deepEqual(store.allCells("cells"), store.cells(cell(0)));
  assert.deepEqual(store.allCells("stability"), []);
  store.keepCell(cell(1, { rate: 0.01 }), from);
  assert.deepEqual(store.allCells("stability"), [cell(1, { rate: 0.01 })]);
  assert.ok(store.has(cell(1, { rate: 0.01 })) && !store.has(cell(1, { rate: 0.1 })));
  assert.ok(store.has(cell(0)) && !store.has(cell(2)));
});

test("paces and floors are kept one by one; problems of a kind share a pace", () => {
  assert.equal(store.pace({ problem: "ring", method: "flow" }), undefined);
  store.keepPace({ problem: "ring", method: "flow" }, 2.44879, from);
  store.keepPace({ problem: "digits", method: "flow" }, 3, from);
  assert.equal(store.pace({ problem: "grid", method: "flow" }), 2.449);
  assert.equal(store.pace({ problem: "digits", method: "flow" }), 3);
  store.keepFloor("ring", { recall: 0.973123456 });
  store.keepFloor("grid", { recall: 1 });
  assert.deepEqual(store.floors(), { ring: { recall: 0.97312 }, grid: { recall: 1 } });
});

test("a damaged file is refused by its name and key", () => {
  store.keepCell(cell(0), from);
  const path = join(store.folder, "cells", "ring.flow.json");
  const text = readFileSync(path, "utf8");
  for (const [wrong, message] of [
    [
      text.replace('"finished"', '"perhaps"'),
      /ring\.flow\.json: cell 0: outcome: kind must be one of "finished", "diverged"/,
    ],
    [
      text.replace('"recall": 0.5', '"recall": "0.5"'),
      /snapshot 0: ways: flow: recall must be a finite number, got "0.5"/,
    ],
    [text.replace('"seed": 0', '"seed": -1'), /seed must be a whole number ≥ 0, got -1/],
    [text.slice(0, 200), /ring\.flow\.json is not valid JSON/],
  ] as const) {
    writeFileSync(path, wrong);
    assert.throws(() => store.cells(cell(0)), message);
  }
});

test("the plan has every seed of every problem, seed by seed, and leaves out what is kept", () => {
  const names = plan().map(cellName);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.indexOf("ring/flow/seed-1") > names.indexOf("digits/flow/seed-0"));
  assert.ok(names.includes("ring/diffusion/seed-9") && !names.includes("digits/diffusion/seed-5"));
  for (const { name } of problems) assert.ok(names.includes(`${name}/flow/seed-0`), name);
  store.keepCell(cell(0), from);
  const left = missing(store, plan(), ["ring/flow"]).map(cellName);
  assert.equal(left.length, 9);
  assert.ok(!left.includes("ring/flow/seed-0"));
  assert.ok(
    wanted(cell(1), ["ring"]) && wanted(cell(1), ["ring/flow/seed-1"]) && !wanted(cell(10), ["ring/flow/seed-1"]),
  );
});

test("names are refused with the nearest one", () => {
  assert.deepEqual(parseCell("ring/flow/seed-3"), { problem: "ring", method: "flow", seed: 3 });
  assert.deepEqual(parseCell("ring/flow/rate-0.01/seed-3"), { problem: "ring", method: "flow", seed: 3, rate: 0.01 });
  assert.throws(() => parseCell("ring/flow/rate-0/seed-3"), /is written as/);
  assert.throws(() => parseCell("ring/flow"), /problem\/method\/seed-N, such as ring\/gan\/seed-3; got "ring\/flow"/);
  assert.throws(() => parseCell("../flow/seed-3"), /is written as/);
  assert.throws(() => problemNamed("rign"), /did you mean "ring"\?/);
});

test("budgets become steps by the pace", () => {
  assert.deepEqual(stopsOf(problemNamed("ring").budgets, 2), [
    { budget: 5, step: 2500 },
    { budget: 15, step: 7500 },
    { budget: 45, step: 22_500 },
  ]);
});

test("all methods train about as many numbers", () => {
  for (const [kind, least, most] of [
    ["points", 33_000, 42_000],
    ["digits", 0.9e6, 1.15e6],
  ] as const) {
    const problem = problems.find((one) => one.kind === kind)!;
    for (const method of methods.filter(({ problems: kinds }) => kinds.includes(kind))) {
      const run = method.begin(problem, { seed: 0 });
      assert.ok(run.parameters >= least && run.parameters <= most, `${method.name}, ${kind}: ${run.parameters}`);
      run.dispose();
    }
  }
});

/** Verdicts follow from intervals and nothing else: made-up runs whose outcome is known. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CellResult } from "../../../src/compare/cell.js";
import { holds, judge, resultWords, verdictOf, verdictWords, type Case } from "../../../src/compare/claims/claim.js";
import { claims, judgeAll } from "../../../src/compare/claims/list.js";
import type { Evidence } from "../../../src/compare/evidence.js";
import { requireFinished } from "../../../src/compare/page.js";
import { problemNamed } from "../../../src/compare/problem.js";
import { budgetsOf, RATES } from "../../../src/compare/stability.js";
import { wholePlan } from "../../../src/compare/study.js";

const empty: Evidence = { cells: [], stability: [], floors: {}, paces: {}, speeds: null };
const floors = { ring: { slicedWasserstein: 0.1, modesCovered: 1, within3Sigma: 1, recall: 0.9 } };
const named = (name: string): (typeof claims)[number] => claims.find((claim) => claim.name === name)!;

/** A run with the same distance (in units of real data's) and modes at every budget. */
function run(
  method: string,
  seed: number,
  distance: number,
  {
    rate,
    modes = 1,
    loss = 1,
    diverged = false,
  }: { rate?: number; modes?: number; loss?: number; diverged?: boolean } = {},
): CellResult {
  const key = { problem: "ring", method, seed, ...(rate !== undefined && { rate }) };
  return {
    ...key,
    learningRate: rate ?? 1e-3,
    parameters: 1,
    drawingParameters: 1,
    outcome: diverged ? { kind: "diverged", step: 3, message: "NaN" } : { kind: "finished" },
    snapshots: (diverged ? [] : budgetsOf(key)).map((budget, i) => ({
      budget,
      step: i + 1,
      trainingLoss: loss,
      logLikelihood: null,
      bitsPerDimension: null,
      ways: {
        [method]: { slicedWasserstein: 0.1 * distance, modesCovered: modes, within3Sigma: 0.8, recall: 0.9 },
      },
    })),
    seconds: 1,
    date: "2026-11-30",
  };
}

const seeds = Array.from({ length: 10 }, (_, seed) => seed);
const many = (method: string, distance: number, more: Parameters<typeof run>[3] = {}): readonly CellResult[] =>
  seeds.map((seed) => run(method, seed, distance + 0.01 * seed, more));

test("a case holds if all of its interval does; a claim in all, in some or in no cases", () => {
  const over = (low: number, high: number): Case => ({
    where: `${low}`,
    estimate: { value: (low + high) / 2, interval: { low, high } },
    wanted: { least: 1 },
    unit: "",
  });
  assert.deepEqual([over(1, 2), over(0.9, 2), over(0, 0.5)].map(holds), [true, false, false]);
  assert.ok(holds({ estimate: { value: 3, interval: null }, wanted: { below: 4 } }));
  assert.ok(!holds({ estimate: { value: 4, interval: null }, wanted: { below: 4 } }));
  assert.deepEqual(verdictOf([over(1, 2), over(3, 4)]), { kind: "holds" });
  assert.deepEqual(verdictOf([over(1, 2), over(0, 4)]), { kind: "holds if", conditions: ["1"] });
  assert.deepEqual(verdictOf([over(0, 4)]), { kind: "not here" });
  assert.deepEqual(verdictOf([]), { kind: "not measured" });
  assert.equal(resultWords({ ...over(1, 2), unit: "× real data's" }), "1.5 × real data's (1 to 2)");
});

test("nothing is claimed of nothing, and names are apart", () => {
  assert.ok(judgeAll(empty).every(({ verdict }) => verdict.kind === "not measured"));
  assert.equal(new Set(claims.map(({ name }) => name)).size, claims.length);
});

test("distances: near the data, better than the best rival, and a run that diverged counts as far", () => {
  const cells = [...many("diffusion", 1.5), ...many("flow", 3), ...many("gan", 2)];
  const evidence = { ...empty, cells, floors };
  assert.equal(judge(named("diffusion-quality"), evidence).verdict.kind, "holds");
  const [best] = judge(named("diffusion-best"), evidence).cases;
  assert.match(best.note!, /GAN/, "the rival is the nearest, not the farthest");
  assert.ok(Math.abs(best.estimate.value - 1.545 / 2.045) < 1e-9 && holds(best));
  assert.equal(judge(named("flow-weak"), evidence).verdict.kind, "holds");
  assert.equal(judge(named("another-leads-early"), evidence).verdict.kind, "not here");
  const diverged = { ...evidence, cells: [...cells.slice(10), ...many("diffusion", 1, { diverged: true })] };
  assert.equal(judge(named("diffusion-quality"), diverged).verdict.kind, "not here");
  assert.equal(judge(named("diffusion-best"), diverged).cases[0].estimate.value, Infinity);
  const few = { ...evidence, cells: cells.filter(({ seed }) => seed < 2) };
  assert.equal(judge(named("diffusion-quality"), few).verdict.kind, "not measured", "two seeds are too few");
});

test("stability: shares, collapses and rates of settings", () => {
  const stability = RATES.flatMap((rate, i) => [
    ...many("diffusion", i < 5 ? 1.5 : 9, { rate, loss: i < 5 ? 1 : 2 }),
    ...many("gan", i === 2 ? 1.5 : 9, { rate }),
  ]);
  const evidence = { ...empty, stability, floors };
  const verdict = (name: string): string => judge(named(name), evidence).verdict.kind;
  assert.deepEqual(
    ["gan-unstable", "diffusion-stable", "diffusion-steadier", "gan-hard", "diffusion-easy"].map(verdict),
    ["holds", "holds", "holds", "holds", "holds"],
  );
  assert.equal(judge(named("diffusion-easy"), evidence).cases[0].estimate.value, 5);
  assert.equal(verdict("diffusion-fails-at-high-rates"), "holds");
  assert.deepEqual([verdict("diffusion-loss"), verdict("gan-loss")], ["holds", "holds"]);
  assert.equal(verdict("gan-collapse"), "not here");
  assert.equal(verdict("diffusion-collapse"), "holds");
  const missing = { ...evidence, cells: many("gan", 9, { modes: 0.5 }) };
  assert.deepEqual(judge(named("gan-collapse"), missing).verdict, {
    kind: "holds if",
    conditions: ["GAN at its own learning rate"],
  });
});

test("speed and cost: many times as fast, many times as slow, step for step", () => {
  const speed = (perSecond: number) => ({ perSecond, slowest: 1, fastest: 2, count: 1, repeats: 5 });
  const speeds = {
    "digits/gan/gan": speed(1000),
    "digits/vae/vae": speed(800),
    "digits/diffusion/ddpm": speed(10),
    "digits/diffusion/ddim-10": speed(100.1),
  };
  const evidence = { ...empty, speeds, paces: { "points/flow": 3, "points/vae": 1, "points/diffusion": 2.5 } };
  const conditions = ["diffusion draws digits by ddpm"];
  assert.deepEqual(judge(named("gan-fast"), evidence).verdict, { kind: "holds if", conditions });
  assert.deepEqual(judge(named("diffusion-slow"), evidence).verdict, { kind: "holds if", conditions });
  assert.deepEqual(judge(named("flow-complex"), evidence).verdict, {
    kind: "holds if",
    conditions: ["it is set beside VAE on points"],
  });
});

test("verdicts of an unfinished study are preliminary, and it is refused as a finished one", () => {
  const evidence = { ...empty, cells: many("diffusion", 1), floors };
  const judged = judge(named("diffusion-quality"), evidence);
  assert.equal(verdictWords(judged), "preliminary, 10 of 45 cells: holds");
  assert.throws(
    () => requireFinished(evidence),
    /the study is unfinished, 10 of 830 cells: ring\/vae\/seed-0.*and \d+ more are missing; npm run compare/,
  );
  const all = wholePlan().map((key) => ({ ...run(key.method, key.seed, 1), ...key }));
  const cells = all.filter(({ rate }) => rate === undefined);
  requireFinished({ ...empty, cells, stability: all.filter(({ rate }) => rate !== undefined) });
});

test("the floor of a problem without known modes is enough", () => {
  assert.equal(problemNamed("moons").modes, undefined);
  const cells = many("vae", 1).map((cell) => ({ ...cell, problem: "moons" }));
  const evidence = { ...empty, cells, floors: { moons: { slicedWasserstein: 0.1 } } };
  assert.equal(judge(named("vae-learns"), evidence).verdict.kind, "holds");
});

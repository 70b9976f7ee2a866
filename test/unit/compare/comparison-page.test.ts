/** docs/comparison.md, its figures and README's line are what assets/compare gives: run `npm run compare -- --write`. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { markedPart } from "../../../src/base/marked.js";
import { COMPARISON_PAGE, findingsOf } from "../../../src/cli/comparison-page.js";
import type { Evidence } from "../../../src/compare/evidence.js";
import { comparisonPage, FIGURES } from "../../../src/compare/page.js";
import { CompareStore } from "../../../src/compare/store.js";
import { planTable, wholePlan } from "../../../src/compare/study.js";
import { budgetsOf } from "../../../src/compare/stability.js";
import { figureToSvg } from "../../../src/plot/index.js";

const root = join(import.meta.dirname, "../../..");

test("page, figures and README's line say what is kept", () => {
  const { text, figures, line } = comparisonPage(findingsOf(new CompareStore(join(root, "assets/compare"))));
  assert.equal(readFileSync(join(root, COMPARISON_PAGE), "utf8"), text);
  assert.equal(markedPart(readFileSync(join(root, "README.md"), "utf8"), "compare"), line);
  const folder = join(root, "docs", FIGURES);
  const kept = existsSync(folder) ? readdirSync(folder) : [];
  assert.deepEqual(
    kept.sort(),
    Object.keys(figures)
      .map((name) => `${name}.svg`)
      .sort(),
  );
  for (const [name, figure] of Object.entries(figures)) {
    assert.equal(readFileSync(join(folder, `${name}.svg`), "utf8"), figureToSvg(figure), name);
  }
});

test("the plan that the doctor counts by is the plan", () => {
  const kept = JSON.parse(readFileSync(join(root, "assets/compare/plan.json"), "utf8")) as unknown;
  assert.deepEqual(kept, planTable());
  const cells = Object.values(planTable()).reduce((sum, entry) => sum + entry.cells, 0);
  assert.equal(cells, wholePlan().length);
});

/** Every cell of the plan with the same figures, but for the seed. */
function everything(): Evidence {
  const all = wholePlan().map((key) => ({
    ...key,
    learningRate: 1e-3,
    parameters: 1,
    drawingParameters: 1,
    outcome: { kind: "finished" } as const,
    snapshots: budgetsOf(key).map((budget, i) => ({
      budget,
      step: i + 1,
      trainingLoss: 1 / (i + 1),
      logLikelihood: -1,
      bitsPerDimension: key.problem === "digits" ? 2 : null,
      ways: {
        [key.method]: {
          slicedWasserstein: 0.1 + 0.01 * key.seed,
          frechet: 10 + key.seed,
          modesCovered: 1,
          within3Sigma: 0.9,
          recall: 0.9,
          precision: 0.9,
          nearTraining: 1,
          recognised: 0.9,
          highFrequency: 0.1,
          mmdSquared: 1e-4,
        },
      },
    })),
    seconds: 1,
    date: "2026-11-30",
  }));
  const floor = { ...all[0].snapshots[0].ways["vae"] };
  const speed = { perSecond: 100, slowest: 90, fastest: 110, count: 100, repeats: 5 };
  return {
    cells: all.filter((cell) => !("rate" in cell)),
    stability: all.filter((cell) => "rate" in cell),
    floors: Object.fromEntries(["ring", "grid", "moons", "rare", "digits"].map((name) => [name, floor])),
    paces: { "points/flow": 2, "points/vae": 1 },
    speeds: { "digits/gan/gan": speed, "digits/diffusion/ddpm": { ...speed, perSecond: 5 } },
  };
}

test("a finished study has every table and figure, no verdict left open, and a line that counts them", () => {
  const evidence = everything();
  const from = { processor: "a", versions: { node: "v1" }, date: "2026-11-30" };
  const page = comparisonPage({ evidence, speeds: { ...from, speeds: evidence.speeds! }, paces: undefined });
  assert.ok(
    !/preliminary|not measured|undefined|NaN/.test(page.text),
    /.*(preliminary|not measured|undefined|NaN).*/.exec(page.text)?.[0],
  );
  assert.deepEqual(Object.keys(page.figures), [
    ...["ring", "grid", "moons", "rare", "digits"].map((name) => `distance-${name}`),
    "speed-digits",
    "stability-ring",
    "stability-grid",
  ]);
  assert.match(page.line, /Of 26 sentences of the theory on them, \d+ hold, \d+ hold under conditions, \d+ do not/);
  const [held, some, none] = [...page.line.matchAll(/(\d+) (?:hold,|hold under|do not)/g)].map(([, n]) => Number(n));
  assert.equal(held + some + none, 26);
});

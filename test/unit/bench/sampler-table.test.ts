/** The table of samplers measures every one of the registry within its budget of evaluations. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { samplerMarkdown } from "../../bench/samplers/report.js";
import {
  adaptive,
  adaptiveRows,
  exactError,
  measured,
  stepsWithin,
  type AdaptiveRow,
  type SamplerRow,
} from "../../bench/samplers/table.js";
import { samplerNamed, samplers } from "diffusion-lab/samplers";

test("a budget of evaluations becomes the most steps that fit it", () => {
  assert.equal(stepsWithin(samplerNamed("ddim"), 10), 10);
  assert.equal(stepsWithin(samplerNamed("heun"), 10), 5); // 2·5 − 1 = 9
  assert.equal(stepsWithin(samplerNamed("langevin"), 10), 0); // 11 a step
});

test("the exact error of DDIM is that of its closed form on Gaussian data", async () => {
  // For N(0, s²) every DDIM step multiplies x by a number: the whole run is one factor.
  const schedule = (t: number): number => {
    let alphaBar = 1;
    for (let s = 1; s <= t; s++) alphaBar *= 1 - (1e-4 + ((s - 1) / 999) * (0.02 - 1e-4));
    return alphaBar;
  };
  const variance = 0.25;
  let factor = 1;
  for (const [t, s] of [
    [1000, 750],
    [750, 500],
    [500, 250],
    [250, 0],
  ]) {
    const [a, b] = [schedule(t), schedule(s)];
    const x0 = (Math.sqrt(a) * variance) / (a * variance + 1 - a);
    const noise = (1 - Math.sqrt(a) * x0) / Math.sqrt(1 - a);
    factor *= Math.sqrt(b) * x0 + Math.sqrt(1 - b) * noise;
  }
  const end = schedule(1000);
  const expected = Math.abs(factor - 0.5 / Math.sqrt(end * variance + 1 - end)) / 0.5;
  const error = await exactError(samplerNamed("ddim"), 4, 20_000);
  // The root mean square of 20 000 normals is 1 within 3 %.
  assert.ok(Math.abs(error / expected - 1) < 0.03, `${error} is not ${expected}`);
});

test("the registry's samplers with a set number of evaluations are all measured, each with a budget of 50", () => {
  assert.ok(measured.length > 24);
  for (const entry of measured)
    assert.ok(entry.evaluations(stepsWithin(entry, 50)) <= 50 && stepsWithin(entry, 50) > 0, entry.name);
});

test("no sampler is left out but the one whose step needs a distilled network", () => {
  const shown = new Set([...measured, ...adaptive]);
  assert.deepEqual(
    samplers.filter((entry) => !shown.has(entry)).map(({ name }) => name),
    ["consistency"],
  );
});

test("what chooses its steps is measured with the evaluations it used", async () => {
  const rows: AdaptiveRow[] = [];
  for await (const row of adaptiveRows(undefined)) rows.push(row);
  const [{ sampler, exactError: error, evaluations, imageEvaluations }] = rows;
  assert.equal(sampler, "probability-flow");
  // From σ(1) = 0.01 one step to x̂_0 leaves ½·σ²/(s² + σ²) = 2e-4, and some hundred tolerances of 1e-5 add up.
  assert.ok(error < 1e-3, `${error}`);
  // A step of Dormand–Prince takes six, and one more to be shown.
  assert.ok(evaluations > 70 && evaluations < 1000, `${evaluations}`);
  assert.equal(imageEvaluations, null);
});

test("rows become one line a sampler, and a missing budget a dash", () => {
  const row: SamplerRow = {
    sampler: "ddim",
    title: "DDIM",
    order: 1,
    stochastic: false,
    budget: 10,
    steps: 10,
    evaluations: 10,
    exactError: 0.0123,
    recognised: 0.874,
    frechet: 12.34,
  };
  const other: SamplerRow = { ...row, sampler: "langevin", order: null, stochastic: true, budget: 20, exactError: 1 };
  assert.equal(
    samplerMarkdown({
      rows: [row, other],
      adaptive: [
        {
          sampler: "probability-flow",
          exactError: 2e-4,
          evaluations: 150,
          recognised: 0.9,
          frechet: 4,
          imageEvaluations: 312.5,
        },
      ],
      images: { count: 128, seed: 7, guidanceScale: 1 },
      floor: { recognised: 0.99, frechet: 3 },
    }),
    [
      "| sampler | order | exact error, 10 | Fréchet, 10 | > 0.9, 10 | exact error, 20 | Fréchet, 20 | > 0.9, 20 |",
      "| :--- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
      "| `ddim` | 1 | 1.2e-2 | 12.3 | 87 % | – | – | – |",
      "| `langevin` ~ | – | – | – | – | 1.0e+0 | 12.3 | 87 % |",
      "| *real digits* |  |  | *3.0* | *99 %* |  | *3.0* | *99 %* |",
      "",
      "`probability-flow` chooses its steps: exact error 2.0e-4 in 150 evaluations, Fréchet 4.0 and > 0.9 90 % in 313 evaluations a batch.",
      "Fréchet and > 0.9 are of 128 digits each, seed 7, without guidance.",
    ].join("\n"),
  );
  assert.equal(
    samplerMarkdown({
      rows: [row],
      adaptive: [
        {
          sampler: "probability-flow",
          exactError: 2e-4,
          evaluations: 150,
          recognised: null,
          frechet: null,
          imageEvaluations: null,
        },
      ],
    }),
    [
      "| sampler | order | exact error, 10 |",
      "| :--- | ---: | ---: |",
      "| `ddim` | 1 | 1.2e-2 |",
      "",
      "`probability-flow` chooses its steps: exact error 2.0e-4 in 150 evaluations.",
    ].join("\n"),
  );
});

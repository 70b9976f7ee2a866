/** The study's report says what the numbers say, with a dash where one is missing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContestantName } from "../../../bench/quality/recipe.js";
import { conclusions, qualityMarkdown } from "../../../bench/quality/report.js";
import type { Ending } from "../../../bench/quality/store.js";
import type { QualityRow, QualityStudy } from "../../../bench/quality/study.js";

function row(
  seed: number,
  contestant: ContestantName,
  steps: number,
  frechet: number,
  ending: Ending = "minutes",
): QualityRow {
  const pace = { seconds: 180, paceMs: 180_000 / steps, durations: [], startSeconds: 2.25, version: "1" };
  return { seed, contestant, ending, steps, frechet, recognised: 0.9, histogram: [], ...pace };
}

function study(rows: readonly QualityRow[]): QualityStudy {
  const judge = { count: 2000, sampler: "dpm++2m", steps: 10, seed: 7 };
  return {
    settings: { minutes: 3, seeds: 2, turn: 10, judge },
    rows,
    floor: { frechet: 4, recognised: 0.99, histogram: [] },
  };
}

const rows = [
  row(0, "float32", 700, 90),
  row(0, "bf16", 900, 70),
  row(0, "torch", 600, 100),
  row(0, "float32", 900, 80, "equal steps"),
  row(1, "float32", 720, 120),
  row(1, "bf16", 900, 99),
  row(1, "torch", 640, 110),
  row(1, "float32", 900, 90, "equal steps"),
];

test("what came out is said in the direction it came out", () => {
  assert.equal(
    conclusions(study(rows)),
    "After equal minutes, float32 here has 1.00 × PyTorch's Fréchet distance (0.90 to 1.09): better with 1 of 2 seeds, so no difference is shown. " +
      "After equal minutes, bf16 has 0.80 × PyTorch's Fréchet distance (0.70 to 0.90): better with every seed. " +
      "After equal steps, bf16 has 0.99 × float32's Fréchet distance (0.88 to 1.10): better with 1 of 2 seeds, so no difference is shown. " +
      "In those minutes the networks saw 38 400 to 57 600 images.",
  );
  assert.match(conclusions(study([row(0, "float32", 2, 300)])), /saw 128 images\.$/);
  const slower = [row(0, "float32", 500, 130), row(0, "torch", 600, 100)];
  assert.equal(
    conclusions(study(slower)),
    "After equal minutes, float32 here has 1.30 × PyTorch's Fréchet distance: one seed, which shows no difference that another could not reverse. " +
      "In those minutes the networks saw 32 000 to 38 400 images.",
  );
});

test("tables have a line for each seed, then mean and deviation, then real digits", () => {
  const markdown = qualityMarkdown(study(rows));
  assert.ok(
    markdown.startsWith(
      "2 seeds, 3 minutes of training each; 2000 samples of each network by `dpm++2m` in 10 evaluations. After",
    ),
  );
  const tables = markdown.split("\n\n").filter((part) => part.startsWith("|"));
  assert.deepEqual(tables[0].split("\n"), [
    "| seed | Fréchet: float32 | Fréchet: bf16 | Fréchet: PyTorch | float32 / PyTorch | bf16 / PyTorch | > 0.9: float32 | > 0.9: bf16 | > 0.9: PyTorch |",
    "| :--- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    "| 0 | 90.0 | 70.0 | 100.0 | 0.90 | 0.70 | 90.0 % | 90.0 % | 90.0 % |",
    "| 1 | 120.0 | 99.0 | 110.0 | 1.09 | 0.90 | 90.0 % | 90.0 % | 90.0 % |",
    "| mean ± deviation | 105.0 ± 21.2 | 84.5 ± 20.5 | 105.0 ± 7.1 | 1.00 ± 0.13 | 0.80 ± 0.14 | 90.0 % ± 0.0 % | 90.0 % ± 0.0 % | 90.0 % ± 0.0 % |",
    "| *real digits* | *4.0* | *4.0* | *4.0* |  |  | *99.0 %* | *99.0 %* | *99.0 %* |",
  ]);
  assert.equal(tables[1].split("\n")[3], "| 1 | 720 | 900 | 640 | 250 | 200 | 281 | 2.3 | 2.3 | 2.3 |");
  assert.deepEqual(tables[2].split("\n").slice(0, 4), [
    "| seed | steps | Fréchet: float32 | Fréchet: bf16 | bf16 / float32 | > 0.9: float32 | > 0.9: bf16 |",
    "| :--- | ---: | ---: | ---: | ---: | ---: | ---: |",
    "| 0 | 900 | 80.0 | 70.0 | 0.88 | 90.0 % | 90.0 % |",
    "| 1 | 900 | 90.0 | 99.0 | 1.10 | 90.0 % | 90.0 % |",
  ]);
});

test("a study without PyTorch or bf16 leaves their columns out, a missing network is a dash", () => {
  const markdown = qualityMarkdown(
    study([row(0, "float32", 700, 90), row(0, "torch", 600, 100), row(1, "float32", 720, 80)]),
  );
  assert.match(markdown, /\| seed \| Fréchet: float32 \| Fréchet: PyTorch \| float32 \/ PyTorch \|/);
  assert.match(markdown, /\n\| 1 \| 80\.0 \| – \| – \|/);
  assert.doesNotMatch(markdown, /bf16|equal steps|same number/);
  assert.doesNotMatch(qualityMarkdown(study([row(0, "float32", 700, 90)])), /PyTorch|bf16/);
});

test("beside projects each precision is set beside each of them, which drew by samplers of their own", () => {
  const beside = study([
    row(0, "float32", 700, 50),
    row(1, "float32", 700, 50),
    row(0, "smalldiffusion", 300, 100),
    row(1, "smalldiffusion", 300, 200),
    row(0, "denoising-diffusion-pytorch", 300, 40),
    row(1, "denoising-diffusion-pytorch", 300, 40),
  ]);
  assert.match(
    conclusions(beside),
    /^After equal minutes, float32 here has 0\.38 × smalldiffusion's Fréchet distance \(0\.25 to 0\.50\): better with every seed\. After equal minutes, float32 here has 1\.25 × denoising-diffusion-pytorch's Fréchet distance \(1\.25 to 1\.25\): worse with every seed\. /,
  );
  const markdown = qualityMarkdown(beside);
  assert.match(markdown, /in 10 evaluations, of a project by its own sampler\. After/);
  assert.match(markdown, /\| float32 \/ smalldiffusion \| float32 \/ denoising-diffusion-pytorch \|/);
  assert.doesNotMatch(markdown, /same number of steps/);
  assert.doesNotMatch(qualityMarkdown(study(rows)), /own sampler/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { measure, type Contestant, type Measurement, type Plan } from "../../../src/bench/measure.js";
import { ratios, table, type Row } from "../../../src/bench/report.js";
import { median } from "../../../src/bench/statistics.js";

test("the median is the middle value, or the mean of the two in the middle", () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 100]), 3.5);
  assert.throws(() => median([]), RangeError);
});

function measurement(contestant: string, medianMs: number, peakBytes: number): Measurement {
  const times = { medianMs, fastestMs: medianMs, slowestMs: medianMs, firstStepMs: 2000, steps: 12 };
  return { contestant, parameters: 1, version: "1", peakBytes, ...times };
}

function row(
  model: string,
  mode: string,
  batch: number,
  ours: number,
  theirs: number,
  peak = [1e9, 1e9],
): Row {
  const plan: Plan = { model, mode, batch, rounds: 1, stepsPerTurn: 2 };
  return {
    plan,
    measurements: [
      measurement("diffusion-lab", ours, peak[0]),
      measurement("PyTorch eager", theirs, peak[1]),
    ],
  };
}

test("ratios are ours over PyTorch eager's, U-Net at batch 64 and MLP at 256", () => {
  const rows = [
    row("unet", "train", 16, 1, 1),
    row("unet", "train", 64, 450, 500, [8e8, 1e9]),
    row("unet", "sample", 64, 160, 200),
    row("mlp", "train", 256, 3, 2),
  ];
  assert.deepEqual(ratios(rows), { train_ratio: 0.9, sample_ratio: 0.8, memory_ratio: 0.8, mlp_ratio: 1.5 });
  assert.deepEqual(ratios(rows.slice(0, 1)), {
    train_ratio: null,
    sample_ratio: null,
    memory_ratio: null,
    mlp_ratio: null,
  });
  assert.match(table(rows), /unet train 64 +PyTorch eager +500 +500 +500 +2\.0 +1000 +0\.900\n/);
});

/** A worker whose steps take exactly what it says. */
function scripted(name: string, ms: number): Contestant {
  const script = `
    console.log("a line of some library");
    console.log(JSON.stringify({ ready: true, parameters: 7, version: "x" }));
    require("node:readline").createInterface({ input: process.stdin })
      .on("line", (n) => console.log(JSON.stringify({ ms: Array.from({ length: +n }, (_, i) => i === 0 ? 1e6 : ${ms}) })))
      .on("close", () => console.log(JSON.stringify({ peak: 123 })));`;
  return { name, command: () => ({ program: process.execPath, args: ["-e", script] }) };
}

test("workers are timed in turn, the first step of a turn is not counted", async () => {
  const plan: Plan = { model: "unet", mode: "train", batch: 64, rounds: 4, stepsPerTurn: 3 };
  const [a, b] = await measure([scripted("a", 10), scripted("b", 20)], plan);
  assert.deepEqual([a.medianMs, a.slowestMs, a.steps, a.peakBytes, a.parameters], [10, 10, 8, 123, 7]);
  assert.deepEqual([b.contestant, b.medianMs], ["b", 20]);
});

test("a worker that dies is reported with what it said", async () => {
  const dying: Contestant = {
    name: "dying",
    command: () => ({ program: process.execPath, args: ["-e", "throw new Error('no tensors today')"] }),
  };
  const plan: Plan = { model: "unet", mode: "train", batch: 64, rounds: 1, stepsPerTurn: 2 };
  await assert.rejects(measure([dying], plan), /ended without an answer[^]*no tensors today/);
  const missing: Contestant = { name: "missing", command: () => ({ program: "/no/such/program", args: [] }) };
  await assert.rejects(measure([missing], plan), /ENOENT/);
});

/** The benchmark's ratios, medians and tables follow from its timings, and dead workers are reported. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { measure, type Contestant, type Measurement, type Plan, type Row } from "../../bench/speed/measure.js";
import { makeNetwork } from "../../bench/networks.js";
import { plansFor, requireNetworks } from "../../bench/speed/plans.js";
import { bfloat16Ratio, ratios, speedMarkdown, speedText } from "../../bench/speed/report.js";
import { matrixPeak, rooflineLine } from "../../bench/speed/roofline.js";
import { median } from "../../bench/statistics.js";

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
  model: Plan["model"],
  mode: Plan["mode"],
  batch: number,
  ours: number,
  theirs: number,
  peak = [1e9, 1e9],
): Row {
  const plan: Plan = { model, mode, batch, rounds: 1, stepsPerTurn: 2 };
  return {
    plan,
    measurements: [measurement("diffusion-lab", ours, peak[0]), measurement("PyTorch eager", theirs, peak[1])],
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
  assert.match(speedText(rows), /unet train 64 +PyTorch eager +500 +500 +500 +– +2\.0 +1000 +0\.900\n/);
});

test("the ratio of bfloat16 is that contestant's, not the library's in float32", () => {
  const { plan, measurements } = row("unet", "train", 64, 450, 500);
  assert.equal(bfloat16Ratio([{ plan, measurements }]), null);
  const rounded = [measurements[0], measurement("diffusion-lab bf16", 325, 1e9), measurements[1]];
  assert.equal(bfloat16Ratio([{ plan, measurements: rounded }]), 0.65);
  assert.equal(ratios([{ plan, measurements: rounded }]).train_ratio, 0.9);
});

test("the roofline is the fastest product of anyone; the operations of a step are the library's count", () => {
  // 2·1000³ operations in 10 ms are 200 GFLOP/s, in 8 ms 250.
  const product = row("matmul", "product", 1000, 10, 8);
  const train = row("unet", "train", 64, 400, 500);
  const counted = {
    plan: train.plan,
    measurements: [{ ...train.measurements[0], flops: 80e9 }, train.measurements[1]],
  };
  assert.equal(matrixPeak([product]), 250e9);
  assert.equal(matrixPeak([train]), undefined);
  assert.equal(
    rooflineLine([product, counted]),
    "Roofline: matrix products reach 250 GFLOP/s on this machine; unet train 64: 200 (80 %).",
  );
  const text = speedMarkdown([counted], ["a line"]);
  assert.match(text, /\| unet train 64 \| diffusion-lab \| 400 \| 400 \| 400 \| 200 \|/);
  assert.match(text, /\| unet train 64 \| PyTorch eager \| 500 \| 500 \| 500 \| 160 \|.*\| 0\.800 \|\n\na line$/);
});

test("asked for the U-Net, its three batches are timed, and for the ratios the MLP's training", () => {
  const options = { batches: [16, 64, 128], rounds: 4, ratios: true };
  const works = (plans: readonly Plan[]): string[] =>
    plans.map(({ model, mode, batch }) => `${model} ${mode} ${batch}`);
  assert.deepEqual(works(plansFor(["unet"], options)), [
    "matmul product 2048",
    ...[16, 64, 128].flatMap((batch) => [`unet train ${batch}`, `unet sample ${batch}`]),
    "mlp train 256",
  ]);
  const all = plansFor([], { ...options, batches: [64], ratios: false });
  assert.deepEqual(works(all).slice(3), ["dit train 64", "dit sample 64", "mlp train 256", "mlp sample 256"]);
  // Medians of at least ten: the first step of a turn is not counted.
  for (const { rounds, stepsPerTurn } of all) assert.ok(rounds * (stepsPerTurn - 1) >= 10);
  assert.throws(() => requireNetworks(["unet", "vae"]), /unknown benchmark "vae": choose unet, dit, mlp/);
});

test("the networks have the parameters the benchmark's description gives", () => {
  const counts = (["unet", "dit", "mlp"] as const).map((name) => {
    const { parameters } = makeNetwork(name).network;
    const { count } = parameters;
    parameters.dispose();
    return count;
  });
  assert.deepEqual(counts, [1_062_497, 1_026_052, 37_762]);
});

/** A worker whose steps take exactly what it says. */
function scripted(name: string, ms: number, parameters = 7): Contestant {
  const script = `
    console.log("a line of some library");
    console.log(JSON.stringify({ ready: true, parameters: ${parameters}, version: "x" }));
    require("node:readline").createInterface({ input: process.stdin })
      .on("line", (n) => console.log(JSON.stringify({ ms: Array.from({ length: +n }, (_, i) => i === 0 ? 1e6 : ${ms}) })))
      .on("close", () => console.log(JSON.stringify({ peak: 123 })));`;
  return { name, command: () => ({ program: process.execPath, args: ["-e", script], environment: process.env }) };
}

test("workers are timed in turn, the first step of a turn is not counted", async () => {
  const plan: Plan = { model: "unet", mode: "train", batch: 64, rounds: 4, stepsPerTurn: 3 };
  const [a, b] = await measure([scripted("a", 10), scripted("b", 20)], plan);
  assert.deepEqual([a.medianMs, a.slowestMs, a.steps, a.peakBytes, a.parameters], [10, 10, 8, 123, 7]);
  assert.deepEqual([b.contestant, b.medianMs], ["b", 20]);
});

test("a contestant takes part in what it can do, with the same network as the first", async () => {
  const plan: Plan = { model: "dit", mode: "train", batch: 2, rounds: 1, stepsPerTurn: 2 };
  const absent = { ...scripted("b", 20), takesPart: ({ model }: { model: string }) => model === "unet" };
  const results = await measure([scripted("a", 10), absent], plan);
  assert.deepEqual(
    results.map(({ contestant }) => contestant),
    ["a"],
  );
  await assert.rejects(
    measure([scripted("a", 10), scripted("b", 20, 8)], plan),
    /b has 8 parameters and a 7: not the same network/,
  );
});

test("a worker that dies is reported with what it said", async () => {
  const dying: Contestant = {
    name: "dying",
    command: () => ({
      program: process.execPath,
      args: ["-e", "throw new Error('no tensors today')"],
      environment: process.env,
    }),
  };
  const plan: Plan = { model: "unet", mode: "train", batch: 64, rounds: 1, stepsPerTurn: 2 };
  await assert.rejects(measure([dying], plan), /ended without an answer[^]*no tensors today/);
  const [only, ...others] = await measure([scripted("a", 10), { ...dying, optional: true }], plan);
  assert.deepEqual([only.contestant, others], ["a", []]);
  const missing: Contestant = {
    name: "missing",
    command: () => ({ program: "/no/such/program", args: [], environment: {} }),
  };
  await assert.rejects(measure([missing], plan), /ENOENT/);
});

/** Contestants train in turns for equal time, and a study that was interrupted goes on. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { qualityContestants, type QualityContestant } from "../../../bench/quality/contestants.js";
import { measurePaces } from "../../../bench/quality/pace.js";
import { StudyProgress } from "../../../bench/quality/progress.js";
import { RECIPE, type ContestantName } from "../../../bench/quality/recipe.js";
import { StudyStore, type Ending, type NetworkKey } from "../../../bench/quality/store.js";
import { slowerPrecision, trainSeed, type SeedOptions } from "../../../bench/quality/training.js";
import { WorkerProcess } from "../../../bench/worker-process.js";
import { loadDigits, Normaliser } from "diffusion-lab/data";
import { linearSchedule } from "diffusion-lab/diffusion";
import { smallUnetConfig, UNet2D } from "diffusion-lab/networks";
import { loadParameters } from "diffusion-lab/nn";
import { DiffusionTask } from "diffusion-lab/families";
import { Trainer } from "diffusion-lab/training";
import { relativeError } from "../../../parity/networks/formula.js";

function temporaryStore(t: TestContext): StudyStore {
  const folder = mkdtempSync(join(tmpdir(), "quality-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "1-minutes"));
  return new StudyStore(join(folder, "1-minutes"));
}

/** A worker whose steps take exactly what it says and whose weights are the number of its steps. */
function scripted(name: ContestantName, ms: number, started: string[]): QualityContestant {
  const script = `
    const say = (message) => console.log(JSON.stringify(message));
    let done = 1;
    say({ ready: true, parameters: 7, version: "x" });
    require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      if (line.startsWith("save ")) {
        require("node:fs").writeFileSync(line.slice(5), String(done));
        return say({ saved: true });
      }
      done += Number(line);
      say({ ms: Array(Number(line)).fill(${ms}) });
    }).on("close", () => say({ peak: 1 }));`;
  return {
    name,
    command: (seed) => {
      started.push(`${name} ${seed}`);
      return { program: process.execPath, args: ["-e", script], environment: process.env };
    },
  };
}

const key = (contestant: ContestantName, ending: Ending = "minutes"): NetworkKey => ({ seed: 5, contestant, ending });

test("a seed is trained for its minutes, then the slower precision to the steps of the faster", async (t) => {
  const store = temporaryStore(t);
  const started: string[] = [];
  const contestants = [
    scripted("float32", 500, started),
    scripted("bf16", 400, started),
    scripted("torch", 600, started),
  ];
  await assert.rejects(
    trainSeed({ seed: 5, contestants, store, data: "", minutes: 1, turn: 10 }),
    /pace of float32 is not known/,
  );
  assert.deepEqual(started, []);
  await measurePaces(contestants, store, { rounds: 1, stepsPerTurn: 2 });
  const shares: Record<Ending, number[]> = { minutes: [], "equal steps": [] };
  const options: SeedOptions = {
    seed: 5,
    contestants,
    store,
    data: "",
    minutes: 1,
    turn: 10,
    onProgress: (ending, share) => shares[ending].push(share),
  };
  await trainSeed(options);
  const steps = (name: ContestantName, ending?: Ending) => store.training(key(name, ending))?.steps;
  // The first step is part of the start-up.
  assert.deepEqual([steps("float32"), steps("bf16"), steps("torch")], [121, 151, 101]);
  assert.deepEqual([steps("float32", "equal steps"), steps("bf16", "equal steps")], [151, undefined]);
  assert.equal(readFileSync(store.weights(key("float32")), "utf8"), "121");
  assert.equal(readFileSync(store.weights(key("float32", "equal steps")), "utf8"), "151");
  assert.deepEqual(slowerPrecision(store, 5), { slower: "float32", faster: "bf16", steps: 151 });
  const record = store.training(key("bf16"))!;
  assert.deepEqual([record.paceMs, record.seconds, record.durations.length, record.version], [400, 60, 150, "x"]);
  for (const list of Object.values(shares)) assert.deepEqual([list.at(-1), list], [1, [...list].sort((a, b) => a - b)]);

  // Going on: what is there is not trained again, and what is lost is.
  started.length = 0;
  await trainSeed(options);
  assert.deepEqual(started, []);
  rmSync(store.weights(key("torch")));
  rmSync(store.weights(key("float32", "equal steps")));
  await trainSeed(options);
  assert.deepEqual(started, ["torch 5", "float32 5"]);
  assert.equal(readFileSync(store.weights(key("float32", "equal steps")), "utf8"), "151");
  store.clear();
  assert.equal(store.training(key("float32")), undefined);
});

test("paces are measured in turns and then count for the study", async (t) => {
  const store = temporaryStore(t);
  const started: string[] = [];
  const contestants = [scripted("float32", 500, started), scripted("bf16", 400, started)];
  const paces = await measurePaces(contestants, store, { rounds: 2, stepsPerTurn: 3 });
  assert.deepEqual([paces.float32!.stepMs, paces.bf16!.stepMs], [500, 400]);
  assert.equal(store.pace("torch"), undefined);
  const busy = [scripted("float32", 5000, started), scripted("bf16", 800, started)];
  await trainSeed({ seed: 5, contestants: busy, store, data: "", minutes: 1, turn: 10 });
  const record = store.training(key("float32"))!;
  assert.deepEqual([record.steps, record.paceMs, record.seconds, record.durations[0]], [121, 500, 60, 5000]);
  assert.equal(record.startSeconds, paces.float32!.startSeconds);
  assert.equal(store.training(key("bf16"))!.steps, 151);
});

test("judgements are kept for each way of judging", (t) => {
  const store = temporaryStore(t);
  const settings = { count: 100, sampler: "ddim", steps: 10, seed: 7 };
  const judgement = { frechet: 12.5, recognised: 0.75, histogram: [100] };
  store.keepJudgement(key("torch"), settings, judgement);
  assert.deepEqual(store.judgement(key("torch"), settings), judgement);
  assert.equal(store.judgement(key("torch"), { ...settings, count: 200 }), undefined);
  assert.equal(store.judgement(key("torch", "equal steps"), settings), undefined);
});

test("progress is the expected time of what is done", () => {
  const seen: [number, string][] = [];
  const progress = new StudyProgress(
    [
      { name: "a", seconds: 60 },
      { name: "b", seconds: 40 },
    ],
    (...at) => seen.push(at),
  );
  assert.equal(progress.total, 100);
  progress.update("a", 0.5);
  progress.update("b", 0.25);
  progress.update("a", 1.1);
  assert.deepEqual(seen, [
    [30, "a"],
    [40, "b"],
    [70, "a"],
  ]);
});

test("this library's worker trains as a trainer with the recipe does", async (t) => {
  const store = temporaryStore(t);
  const file = store.weights(key("float32"));
  const { worker, ready } = await WorkerProcess.start(qualityContestants()[0].command(5, ""));
  try {
    assert.equal(ready.parameters, 1_062_497);
    assert.equal((await worker.steps(2)).length, 2);
    await worker.save(file);
    assert.ok((await worker.end()) > 1e8);
  } finally {
    worker.kill();
  }
  const network = new UNet2D(smallUnetConfig, { seed: 5 });
  const { batchSize, T, learningRate } = RECIPE;
  const data = new Normaliser().encode(loadDigits({ split: "train" }).images);
  const task = new DiffusionTask({
    network,
    path: linearSchedule({ T }),
    data,
    shape: [28, 28, 1],
    batchSize,
    seed: 5,
  });
  const trainer = new Trainer(task, { learningRate, averageDecay: RECIPE.averageDecay });
  await trainer.run(3);
  const expected = trainer.averageValues;
  loadParameters(file, network.parameters);
  const error = relativeError(network.parameters.toFlat(), [...expected]);
  assert.ok(error < 1e-6, `relative error ${error}`);
});

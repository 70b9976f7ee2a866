/** `npm run compare`: the families beside each other, trained for equal times; a study that can be broken off. */
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { wholeNumber } from "../base/arguments.js";
import { ProgressLine } from "../base/progress-line.js";
import { runMain } from "../base/run-main.js";
import { textTable } from "../base/table.js";
import { duration } from "../base/words.js";
import { cellName, parseCell, readCell, type CellKey, type CellResult } from "../compare/cell.js";
import { methods } from "../compare/methods/list.js";
import { performCell, performPace, performSpeed, withJudge } from "../compare/perform.js";
import { problemNamed, problems } from "../compare/problem.js";
import { isOfChoice, judgeRates, ratesPlan } from "../compare/rates.js";
import type { Speeds } from "../compare/speed.js";
import { budgetsOf, IN_STABILITY, RATES, stabilityPlan } from "../compare/stability.js";
import { CompareStore, paceKey, type Provenance } from "../compare/store.js";
import { missing, plan, wanted } from "../compare/study.js";
import { speedTable } from "../compare/tables.js";
import { answer, runInWorker } from "../compare/worker.js";
import { writeComparison } from "./comparison-page.js";
import { nativeStatus } from "../runtime/native.js";

const HELP = `npm run compare -- [stability | rates] [cells…] [options]

Trains VAE, GAN, normalising flow and diffusion on the same problems for the same time, and measures what they draw.
Each cell (a problem, a method, a seed) that is finished is kept in assets/compare; the command goes on with what is
missing, and Ctrl-C loses only the cells under way. Equal time is turned into steps once, by a measured pace.

Cells      all, or those whose name begins so: ring, ring/flow, ring/flow/seed-3
  problems   ${problems.map(({ name }) => name).join(", ")}
  methods    ${methods.map(({ name }) => name).join(", ")}

stability  another study: how many learning rates and seeds end well, and what becomes of the others
  methods    ${IN_STABILITY.join(", ")}; rates ${RATES.join(", ")}

rates      the runs that choose each method's learning rate, on seeds that the studies do not use

Options
  --list           what is finished and what is missing, with the time it takes; nothing is run
  --cell NAME      repeats the shortest budget of one cell, and prints it beside what is kept; keeps nothing
  --minutes N      stop after so many minutes, when the cells under way are finished
  --paces          only measure what a step takes, where it is not known: on a machine with nothing else to do
  --speed-only     only measure examples a second of every way to draw, anew, into assets/compare/speed.json: a minute or
                   two, without training, since speed does not depend on weights; on a machine with nothing else to do
  --write          write docs/comparison.md, its figures and README's line from what is kept; nothing is run
  --finished       with --write: refuse while cells are missing, rather than mark the verdicts as preliminary
`;

const OTHER_STUDIES: Readonly<Record<string, (() => readonly CellKey[]) | undefined>> = {
  stability: () => stabilityPlan(IN_STABILITY),
  rates: ratesPlan,
};

/** Points are trained on one thread, so that two cells fill two cores. */
const AT_ONCE = Math.min(2, cpus().length);
const store = new CompareStore("assets/compare");
const program = fileURLToPath(import.meta.url);

await runMain(HELP, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      list: { type: "boolean" },
      cell: { type: "string" },
      minutes: { type: "string" },
      paces: { type: "boolean" },
      "speed-only": { type: "boolean" },
      write: { type: "boolean" },
      finished: { type: "boolean" },
      worker: { type: "string" },
    },
  });
  if (values.worker) return work(values.worker, positionals[0]);
  if (values.cell) return repeat(values.cell);
  if (values.finished && !values.write) throw new RangeError("--finished says how --write judges: give both");
  if (values.write) return writeComparison(store, { finished: values.finished === true });
  const other = OTHER_STUDIES[positionals[0] ?? ""];
  const study = (other ?? plan)();
  const asked = other ? positionals.slice(1) : positionals;
  for (const name of asked) {
    if (!study.some((key) => wanted(key, [name]))) throw new RangeError(`no cell's name begins with "${name}"`);
  }
  const chosen = study.filter((key) => wanted(key, asked));
  if (values.list) return list(chosen);
  if (values["speed-only"]) return measureAllSpeeds(chosen);
  if (values.paces) return measureFloorsAndPaces(chosen, new AbortController().signal);
  const minutes = wholeNumber("--minutes", values.minutes, Infinity);
  return runAll(missing(store, chosen), minutes);
});

/** The other side of {@link runInWorker}. */
async function work(kind: string, name: string): Promise<void> {
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort(new Error("broken off")));
  await answer(async (tell) => {
    if (kind === "pace") return performPace(name);
    if (kind === "speed") return performSpeed(name);
    const onProgress = (progress: number, text: string): void => tell({ progress, text });
    return performCell(name, { msPerStep: paceOf(parseCell(name)), signal: stop.signal, onProgress });
  });
}

/** @throws Error if the pace was not measured */
function paceOf(key: CellKey): number {
  const pace = store.pace(key);
  if (pace === undefined) throw new Error(`the pace of ${paceKey(key)} is not known: npm run compare measures it`);
  return pace;
}

function provenance(): Provenance {
  return {
    processor: cpus()[0]?.model ?? "unknown",
    versions: { node: process.version, tensorflow: nativeStatus.version },
    date: new Date().toISOString().slice(0, 10),
  };
}

/** Seconds of training that a cell takes. */
function secondsOf(key: CellKey): number {
  return Math.max(...budgetsOf(key));
}

function list(cells: readonly CellKey[]): void {
  const groups = new Set(cells.map(({ problem, method }) => `${problem}/${method}`));
  const rows = [...groups].map((name) => {
    const all = cells.filter(({ problem, method }) => name === `${problem}/${method}`);
    const left = missing(store, all);
    const seconds = left.reduce((sum, key) => sum + secondsOf(key), 0);
    return [name, `${all.length - left.length} of ${all.length}`, duration(seconds)];
  });
  process.stdout.write(`${textTable({ head: ["cells", "finished", "training left"], rows })}\n`);
  if (cells.some(isOfChoice)) listRates();
}

/** What each rate came to, beside what each method has. */
function listRates(): void {
  const [tried, floors] = [store.allCells("rates"), store.floors()];
  const rows = methods.flatMap(({ name: method, problems: kinds, learningRate }) =>
    kinds.map((kind) => {
      const rates = judgeRates(tried, floors, { method, kind });
      return [
        `${method}, ${kind}`,
        String(learningRate[kind]),
        rates.map(({ rate, overFloor }) => `${rate}: ${overFloor.toPrecision(3)}`).join(", "),
      ];
    }),
  );
  process.stdout.write(`${textTable({ head: ["method", "rate it has", "distance over the floor, by rate"], rows })}\n`);
}

/** The shortest budget once more, beside what is kept. */
async function repeat(name: string): Promise<void> {
  const key = parseCell(name);
  const kept = store.cells(key).find((cell) => cellName(cell) === name);
  const line = new ProgressLine(100);
  const onProgress = (done: number, text: string): void => line.show(Math.floor(100 * done), text);
  const again = await performCell(name, { msPerStep: paceOf(key), budgets: 1, onProgress }).finally(() => line.end());
  const [now] = again.snapshots;
  if (!now) throw new Error(`${name} diverged: ${JSON.stringify(again.outcome)}`);
  const rows = Object.entries(now.ways).flatMap(([way, measures]) =>
    Object.entries(measures).map(([measure, value]) => {
      const before = kept?.snapshots[0]?.ways[way]?.[measure];
      return [way, measure, value.toPrecision(4), before?.toPrecision(4) ?? "–"];
    }),
  );
  const title = `after ${now.budget} s, step ${now.step}`;
  process.stdout.write(`${title}\n${textTable({ head: ["way", "measure", "now", "kept"], rows })}\n`);
}

async function runAll(cells: readonly CellKey[], minutes: number): Promise<void> {
  const seconds = cells.reduce((sum, key) => sum + secondsOf(key) / (isPoints(key) ? AT_ONCE : 1), 0);
  if (cells.length === 0) {
    process.stdout.write("every cell is finished\n");
    return;
  }
  process.stdout.write(
    `${cells.length} cells, about ${duration(1.3 * seconds)} with judging; finished cells are kept in ${store.folder}, Ctrl-C loses those under way\n`,
  );
  store.keepPlan();
  const stop = new AbortController();
  const onSignal = (): void => stop.abort(new Error("stopped; the same command goes on with what is missing"));
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    await measureFloorsAndPaces(cells, stop.signal);
    const until = performance.now() + 60_000 * minutes;
    await runQueue(cells, seconds, until, stop);
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

function isPoints({ problem }: CellKey): boolean {
  return problemNamed(problem).kind === "points";
}

/** Paces one by one, with nothing else beside them. */
async function measureFloorsAndPaces(cells: readonly CellKey[], signal: AbortSignal): Promise<void> {
  for (const problem of problems.filter(({ name }) => cells.some((key) => key.problem === name))) {
    if (!store.floors()[problem.name]) {
      store.keepFloor(problem.name, await withJudge(problem, (judge) => judge.floor()));
    }
  }
  const unknown = new Map(
    cells.filter((key) => store.pace(key) === undefined).map((key) => [paceKey(key), key] as const),
  );
  for (const [name, key] of unknown) {
    const task = { kind: "pace", name: `${key.problem}/${key.method}` } as const;
    const pace = (await runInWorker(task, { program, signal })) as number;
    store.keepPace(key, pace, provenance());
    process.stdout.write(`pace of ${name}: ${pace.toPrecision(3)} ms a step\n`);
  }
}

/** Each way to draw, one by one, with nothing else beside it; points by one problem, since their networks are the same. */
async function measureAllSpeeds(cells: readonly CellKey[]): Promise<void> {
  const byKind = new Map(
    cells.map((key) => [`${problemNamed(key.problem).kind}/${key.method}`, `${key.problem}/${key.method}`] as const),
  );
  const line = new ProgressLine(byKind.size);
  let done = 0;
  try {
    for (const name of byKind.values()) {
      line.show(done, `speed of ${name}`);
      store.keepSpeeds((await runInWorker({ kind: "speed", name }, { program })) as Speeds, provenance());
      line.show(++done, `speed of ${name}`);
    }
  } finally {
    line.end();
  }
  process.stdout.write(`${textTable(speedTable(store.evidence()))}\n`);
}

/** Cells of points two at a time, of digits one by one. */
async function runQueue(
  cells: readonly CellKey[],
  seconds: number,
  until: number,
  stop: AbortController,
): Promise<void> {
  const line = new ProgressLine(Math.ceil(seconds));
  const shares = new Map<string, number>();
  const show = (text: string): void => {
    const done = cells.reduce((sum, key) => {
      return sum + ((shares.get(cellName(key)) ?? 0) * secondsOf(key)) / (isPoints(key) ? AT_ONCE : 1);
    }, 0);
    line.show(Math.floor(done), text);
  };
  const one = async (key: CellKey): Promise<void> => {
    const name = cellName(key);
    const onProgress = (done: number, text: string): void => {
      shares.set(name, done);
      show(`${name}: ${text}`);
    };
    const value = await runInWorker({ kind: "cell", name }, { program, signal: stop.signal, onProgress });
    const result: CellResult = readCell(name, value);
    store.keepCell(result, provenance());
    shares.set(name, 1);
    const ended = result.outcome.kind === "finished" ? "" : ` (${result.outcome.kind})`;
    show(`${name} finished${ended}`);
  };
  const inTurn = async (queue: CellKey[], atOnce: number): Promise<void> => {
    const lane = async (): Promise<void> => {
      for (let key = queue.shift(); key && performance.now() < until; key = queue.shift()) await one(key);
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
  };
  try {
    await inTurn(cells.filter(isPoints), AT_ONCE);
    await inTurn(
      cells.filter((key) => !isPoints(key)),
      1,
    );
  } catch (error) {
    // One that fails ends the others: they would go on unseen.
    stop.abort(error);
    throw error;
  } finally {
    line.end();
  }
}

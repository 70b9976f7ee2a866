/** One run of the study: a problem, a method and a seed, with what was measured of it. */
import { Fields } from "../base/fields.js";
import type { Measures } from "./measures.js";

/** Which run. */
export interface CellKey {
  readonly problem: string;
  readonly method: string;
  readonly seed: number;
  /** A learning rate that is asked for, in the study of stability; left out, the method's own. */
  readonly rate?: number;
}

/** A run at one of its budgets. */
export interface Snapshot {
  /** Seconds of training on a machine of one's own; by the pace, not by the clock. */
  readonly budget: number;
  readonly step: number;
  /** Of the first phase, averaged over the last hundred steps. */
  readonly trainingLoss: number;
  /** Mean ln p(x) of fresh data, in nats; null where there is none. */
  readonly logLikelihood: number | null;
  /** The same of grey levels, as bits a dimension; null where levels have no probability. */
  readonly bitsPerDimension: number | null;
  /** By the way of drawing. */
  readonly ways: Readonly<Record<string, Measures>>;
}

/** How a run ended. */
export type Outcome =
  { readonly kind: "finished" } | { readonly kind: "diverged"; readonly step: number; readonly message: string };

export interface CellResult extends CellKey {
  readonly learningRate: number;
  readonly parameters: number;
  readonly drawingParameters: number;
  readonly outcome: Outcome;
  /** By the budget; fewer than the problem has if the run diverged. */
  readonly snapshots: readonly Snapshot[];
  /** Seconds it took here. */
  readonly seconds: number;
  readonly date: string;
}

/** "ring/gan/seed-3", or "ring/gan/rate-0.01/seed-3" in the study of stability. */
export function cellName({ problem, method, seed, rate }: CellKey): string {
  return [problem, method, ...(rate === undefined ? [] : [`rate-${rate}`]), `seed-${seed}`].join("/");
}

/** @throws RangeError unless it is written as {@link cellName} writes it */
export function parseCell(name: string): CellKey {
  const found = /^([a-z0-9-]+)\/([a-z0-9-]+)(?:\/rate-([0-9.e+-]{1,12}))?\/seed-(\d{1,6})$/.exec(name);
  const [, problem, method, rate, seed] = found ?? [];
  if (!found || (rate !== undefined && !(Number(rate) > 0))) {
    throw new RangeError(`a cell is written as problem/method/seed-N, such as ring/gan/seed-3; got "${name}"`);
  }
  return { problem, method, seed: Number(seed), ...(rate !== undefined && { rate: Number(rate) }) };
}

/** A cell as a file holds it. @throws RangeError naming the key that is no part of one */
export function readCell(where: string, value: unknown): CellResult {
  const fields = new Fields(where, value);
  const cell: CellResult = {
    problem: fields.string("problem"),
    method: fields.string("method"),
    seed: fields.number("seed", { whole: true, least: 0 }),
    ...(fields.has("rate") && { rate: fields.number("rate", { above: 0 }) }),
    learningRate: fields.number("learningRate", { above: 0 }),
    parameters: fields.number("parameters", { whole: true, least: 1 }),
    drawingParameters: fields.number("drawingParameters", { whole: true, least: 1 }),
    outcome: readOutcome(fields.object("outcome")),
    snapshots: list(fields, "snapshots").map((entry, i) => readSnapshot(`${where}: snapshot ${i}`, entry)),
    seconds: fields.number("seconds", { least: 0 }),
    date: fields.string("date"),
  };
  fields.finish();
  return cell;
}

function list(fields: Fields, key: string): unknown[] {
  const value = fields.raw(key);
  return Array.isArray(value) ? value : fields.refuse(key, value, "a list");
}

function readOutcome(fields: Fields): Outcome {
  const kind = fields.oneOf("kind", ["finished", "diverged"]);
  if (kind === "finished") return { kind };
  return { kind, step: fields.number("step", { whole: true, least: 1 }), message: fields.string("message") };
}

function readSnapshot(where: string, value: unknown): Snapshot {
  const fields = new Fields(where, value);
  const ways = fields.object("ways");
  return {
    budget: fields.number("budget", { above: 0 }),
    step: fields.number("step", { whole: true, least: 1 }),
    trainingLoss: fields.number("trainingLoss"),
    logLikelihood: fields.has("logLikelihood") ? fields.number("logLikelihood") : null,
    bitsPerDimension: fields.has("bitsPerDimension") ? fields.number("bitsPerDimension") : null,
    ways: Object.fromEntries(Object.keys(ways.values).map((name) => [name, readMeasures(ways.object(name))])),
  };
}

/** Figures by name. @throws RangeError naming one that is no finite number */
export function readMeasures(fields: Fields): Measures {
  return Object.fromEntries(Object.keys(fields.values).map((key) => [key, fields.number(key)]));
}

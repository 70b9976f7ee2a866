/** Figures of what the study has found; the docs and the notebooks draw the same. */
import { barChart, lineChart, palette, type Figure, type Series } from "../plot/index.js";
import { median, shareEstimate } from "./estimate.js";
import { distances, type Evidence } from "./evidence.js";
import { methods } from "./methods/list.js";
import { problemNamed } from "./problem.js";
import { endsWell, IN_STABILITY, RATES } from "./stability.js";

/** Each method has its colour in every figure. */
const colourOf = (method: string): string => palette[methods.findIndex(({ name }) => name === method) % palette.length];
const titleOf = (method: string): string => methods.find(({ name }) => name === method)!.title;

/**
 * Distance from the data, in units of real data's own, against seconds of training: the median over the seeds of every
 * method.
 *
 * @throws RangeError while no cell of the problem is finished
 */
export function distanceChart(evidence: Evidence, problem: string): Figure {
  const { budgets, title } = problemNamed(problem);
  const series = methods.flatMap(({ name }): Series[] => {
    const y = budgets.map((budget) => {
      const values = [...distances(evidence, { problem, method: name, budget }).values()];
      return values.length > 0 ? median(values) : NaN;
    });
    if (!y.some(Number.isFinite)) return [];
    return [{ name: titleOf(name), x: [...budgets], y, mode: "lines+markers", colour: colourOf(name) }];
  });
  requireSome(series, `no cell of ${problem} is finished`);
  return lineChart({
    title,
    x: { title: "training", unit: "s", log: true },
    y: { title: "distance, × real data's", unit: "1", log: true },
    series,
  });
}

/**
 * The share of seeds that end well against the learning rate.
 *
 * @throws RangeError while no cell of the study of stability is finished on the problem
 */
export function stabilityChart(evidence: Evidence, problem: string): Figure {
  const { floors, stability } = evidence;
  const series = IN_STABILITY.flatMap((name): Series[] => {
    const shares = RATES.map((rate) => {
      const cells = stability.filter((one) => one.problem === problem && one.method === name && one.rate === rate);
      return cells.length > 0 && floors[problem]
        ? shareEstimate(cells.map((cell) => endsWell(cell, floors))).value
        : NaN;
    });
    if (!shares.some(Number.isFinite)) return [];
    return [{ name: titleOf(name), x: [...RATES], y: shares, mode: "lines+markers", colour: colourOf(name) }];
  });
  requireSome(series, `no cell of the study of stability is finished on ${problem}`);
  return lineChart({
    title: problemNamed(problem).title,
    x: { title: "learning rate", unit: "1", log: true },
    y: { title: "share of seeds that end well", unit: "1", range: [-0.03, 1.03] },
    series,
  });
}

/**
 * Examples a second of every way to draw.
 *
 * @throws RangeError while they were not measured
 */
export function speedChart({ speeds }: Evidence, kind: "points" | "digits"): Figure {
  const found = Object.entries(speeds ?? {}).filter(([name]) => name.startsWith(`${kind}/`));
  requireSome(found, `no speed was measured of ${kind}: npm run compare -- --speed-only`);
  return barChart({
    categories: found.map(([name]) => name.split("/")[2]),
    x: { title: "way to draw", unit: "1" },
    y: { title: `${kind} a second`, unit: "1", log: true },
    series: [{ name: "speed", values: found.map(([, { perSecond }]) => perSecond) }],
  });
}

function requireSome(list: readonly unknown[], message: string): void {
  if (list.length === 0) throw new RangeError(message);
}

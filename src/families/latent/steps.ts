/** The steps of a sampler as the scheduler of diffusers spreads them that is its counterpart. */
import type { GaussianPath, StepRules } from "../../diffusion/index.js";
import { exponentialLevels, karrasLevels, type SamplerOptions } from "../../samplers/index.js";

/** Where a sampler's steps lie, and how it begins. */
export interface StepPlan {
  /** `times` or `levels`, and `finish`. */
  readonly grid: Pick<SamplerOptions, "times" | "levels" | "finish">;
  /** The noise levels of the steps as times, for a start among them; falling, without the end. */
  readonly times: readonly number[];
  /** Standard deviation of x at the first time, where there is no picture to start from. */
  readonly startDeviation: number;
  /** The network is told whole times, as this scheduler rounds them. */
  readonly wholeTimes: boolean;
}

/**
 * How the schedulers differ: `spacing` where the file says none; whether the last step may end at t = 1; whether they
 * count n + 1 times and leave the last one out; whether x begins with the deviation of the path, and not with 1.
 */
interface Rule {
  readonly spacing: "leading" | "linspace";
  readonly toFirstLevel?: boolean;
  readonly leavesOutLast?: boolean;
  readonly startsFromPath?: boolean;
}

const ddim: Rule = { spacing: "leading", toFirstLevel: false };
const pndm: Rule = { spacing: "leading", toFirstLevel: true };
const sigma: Rule = { spacing: "linspace", startsFromPath: true };
const multistep: Rule = { spacing: "linspace", leavesOutLast: true };

const rules: Readonly<Record<string, Rule>> = {
  ddim,
  "ddim-stochastic": ddim,
  pndm,
  plms: pndm,
  euler: sigma,
  "euler-ancestral": sigma,
  heun: sigma,
  "heun-churn": sigma,
  lms: sigma,
  "dpm-solver-2": sigma,
  "dpm++1": multistep,
  "dpm++2m": multistep,
  "dpm++3m": multistep,
  "dpm++2m-sde": multistep,
  unipc: multistep,
  "unipc-3": multistep,
};
/** Of samplers without a counterpart, and of DDPM, which always ends at the data. */
const plain: Rule = { spacing: "leading" };

/**
 * The steps of `sampler` on a discrete path, in the numbering of this library (diffusers' times and 1).
 *
 * `steps_offset` is 1, as `StableDiffusionPipeline` sets it whatever the file says; only the spacing "leading" looks at
 * it.
 *
 * @throws RangeError if the path has no so many steps, or starts after its end
 */
export function stepPlan(stated: StepRules, sampler: string, path: GaussianPath, steps: number): StepPlan {
  const rule = Object.hasOwn(rules, sampler) ? rules[sampler] : plain;
  const spacing = stated.spacing ?? rule.spacing;
  const { T } = path;
  if (!Number.isInteger(steps) || steps < 1 || steps > T - 1) {
    throw new RangeError(`steps must be a whole number from 1 to ${T - 1}, got ${steps}`);
  }
  const times = spread(spacing, steps, T, rule.leavesOutLast ?? false).map((t) => t + 1);
  const startDeviation = rule.startsFromPath && spacing !== "leading" ? path.noise(times[0]) : 1;
  const { levels } = stated;
  if (levels && (rule.startsFromPath || rule.leavesOutLast) && steps > 1) {
    const all = rule.leavesOutLast ? [T, 1] : [times[0], times[times.length - 1]];
    const [max, min] = all.map((t) => path.noise(t) / path.signal(t));
    const list = levels === "karras" ? karrasLevels(steps, { min, max }) : exponentialLevels(steps, { min, max });
    const places = list.map((level) => path.timeAt(level));
    return { grid: { levels: list }, times: places, startDeviation, wholeTimes: rule.leavesOutLast ?? false };
  }
  const toFirstLevel = rule.toFirstLevel !== undefined && (stated.toFirstLevel ?? rule.toFirstLevel);
  // A step from t = 1 to t = 1 changes nothing.
  const ends = toFirstLevel && times.length > 1 ? { times: withFirst(times), finish: "last" as const } : { times };
  return { grid: ends, times, startDeviation, wholeTimes: false };
}

function withFirst(times: readonly number[]): readonly number[] {
  return times.at(-1) === 1 ? times : [...times, 1];
}

/** Falling times 0 … T − 1 as diffusers counts them. */
function spread(
  spacing: "leading" | "trailing" | "linspace",
  steps: number,
  T: number,
  leavesOutLast: boolean,
): readonly number[] {
  const count = leavesOutLast ? steps + 1 : steps;
  switch (spacing) {
    case "leading": {
      const stride = Math.floor(T / count);
      return Array.from({ length: steps }, (_, i) => (count - 1 - i) * stride + 1);
    }
    case "trailing":
      return Array.from({ length: steps }, (_, i) => toEven(T - (i * T) / steps) - 1);
    case "linspace": {
      if (count === 1) return [T - 1];
      const exact = Array.from({ length: steps }, (_, i) => ((count - 1 - i) * (T - 1)) / (count - 1));
      return leavesOutLast ? exact.map(toEven) : exact;
    }
  }
}

/** To the nearest whole number, a half to the even one, as numpy rounds. */
function toEven(value: number): number {
  const nearest = Math.round(value);
  return nearest - value === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

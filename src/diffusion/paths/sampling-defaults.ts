/** How a model is meant to be sampled, as data: what its folder says, and drawing from it does unless told otherwise. */
import { Fields } from "../../base/fields.js";
import { noiseLevel, type GaussianPath } from "./path.js";

/** The bounds of x̂_0: `clipStatic(limit)` or `clipDynamic({ percentile, maximum })`. */
export type Clipping =
  | { readonly kind: "static"; readonly limit: number }
  | { readonly kind: "dynamic"; readonly percentile: number; readonly maximum: number };

/**
 * Which times are visited, in as many steps as are asked for:
 * - `"spaced"`: 1 … T by the rules of `Spacing`, all `stepsOffset` later; with `toFirstLevel` the last step ends at
 *   t = 1 and not at the data (Stable Diffusion's `set_alpha_to_one: false`)
 * - `"flow"`: evenly from 1 to 1/1000 and then to 0, each time bent to s·t/(1 + (s − 1)·t) with s = `shift`
 * - `"levels"`: noise levels from the highest to `sigmaMin`, then 0
 */
export type SamplingGrid =
  | {
      readonly kind: "spaced";
      readonly spacing: "leading" | "trailing" | "linspace";
      readonly stepsOffset: number;
      readonly toFirstLevel: boolean;
    }
  | { readonly kind: "flow"; readonly shift: number }
  | {
      readonly kind: "levels";
      readonly rule: "karras" | "exponential";
      readonly sigmaMin: number;
      /** Of the Karras rule. */
      readonly rho: number;
    };

export interface SamplingDefaults {
  /** Null: as samplers space their steps on the model's path. */
  readonly grid: SamplingGrid | null;
  /** Null: x̂_0 is not bounded. */
  readonly clipping: Clipping | null;
  /** After clipping x̂_0 the step still uses ε̂ of before, as diffusers' DDIM does; false derives it again. */
  readonly clipKeepsNoise: boolean;
  /** The variance of an ancestral step: `DdpmOptions.variance`. */
  readonly variance: "posterior" | "beta" | "learned";
}

/** A grid in our own words. @throws RangeError naming the field that is wrong */
export function parseGrid(fields: Fields): SamplingGrid {
  const kind = fields.oneOf("kind", ["spaced", "flow", "levels"]);
  const grid = readGrid(kind, fields);
  fields.finish();
  return grid;
}

function readGrid(kind: SamplingGrid["kind"], fields: Fields): SamplingGrid {
  switch (kind) {
    case "spaced":
      return {
        kind,
        spacing: fields.oneOf("spacing", ["leading", "trailing", "linspace"]),
        stepsOffset: fields.number("stepsOffset", { whole: true, least: 0, default: 0 }),
        toFirstLevel: fields.boolean("toFirstLevel", false),
      };
    case "flow":
      return { kind, shift: fields.number("shift", { above: 0, default: 1 }) };
    case "levels":
      return {
        kind,
        rule: fields.oneOf("rule", ["karras", "exponential"], "karras"),
        sigmaMin: fields.number("sigmaMin", { above: 0 }),
        rho: fields.number("rho", { above: 0, default: 7 }),
      };
    default:
      return kind satisfies never;
  }
}

/** Bounds in our own words. @throws RangeError naming the field that is wrong */
export function parseClipping(fields: Fields): Clipping {
  const kind = fields.oneOf("kind", ["static", "dynamic"]);
  const clipping: Clipping =
    kind === "static"
      ? { kind, limit: fields.number("limit", { above: 0 }) }
      : {
          kind,
          percentile: fields.number("percentile", { above: 0, most: 1 }),
          maximum: fields.number("maximum", { least: 1 }),
        };
  fields.finish();
  return clipping;
}

/**
 * Refuses what a file could not say, or would say of another path.
 *
 * @throws RangeError naming the field that is wrong, and what it may be
 */
export function requireSampling(sampling: SamplingDefaults, path: GaussianPath): void {
  const fields = new Fields("sampling", sampling);
  if (fields.has("clipping")) parseClipping(fields.object("clipping"));
  for (const key of ["grid", "clipping"])
    if (fields.raw(key) === undefined) fields.refuse(key, undefined, "null, or one");
  fields.boolean("clipKeepsNoise");
  fields.oneOf("variance", ["posterior", "beta", "learned"]);
  if (fields.has("grid")) requireGridOn(path, parseGrid(fields.object("grid")));
  fields.finish();
}

function requireGridOn(path: GaussianPath, grid: SamplingGrid): void {
  const refuse = (why: string): never => {
    throw new RangeError(`sampling: grid: "${grid.kind}" ${why}: give grid null, or one for the path "${path.name}"`);
  };
  switch (grid.kind) {
    case "spaced":
      if (!path.discrete && (grid.stepsOffset > 0 || grid.toFirstLevel)) refuse("counts whole times, which it has not");
      if (path.discrete && grid.stepsOffset >= path.T)
        refuse(`with stepsOffset ${grid.stepsOffset} starts after T = ${path.T}`);
      return;
    case "flow":
      if (path.discrete || path.T !== 1) refuse("visits times from 1 to 0");
      return;
    case "levels":
      if (!(grid.sigmaMin < noiseLevel(path, path.T) && noiseLevel(path, path.T) < Infinity)) {
        refuse(`leads from σ(T) = ${noiseLevel(path, path.T)} to sigmaMin = ${grid.sigmaMin}`);
      }
      return;
    default:
      grid satisfies never;
  }
}

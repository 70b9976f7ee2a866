/** A discrete schedule as the keys of diffusers' DDPM and DDIM schedulers, both ways. */
import type { Fields, Json } from "../../base/fields.js";
import type { PathConfig } from "./path.js";
import { pathFromConfig } from "./registry.js";
import { requireSchedule, type Schedule } from "./schedule.js";

/** Which names a scheduler knows: DDIM has no "sigmoid". */
export interface NamedSchedules {
  readonly sigmoid: boolean;
}

/** The keys, as a `scheduler_config.json` has them. */
export interface ScheduleKeys {
  readonly num_train_timesteps: number;
  readonly beta_schedule: string;
  readonly beta_start: number;
  readonly beta_end: number;
  readonly trained_betas: readonly number[] | null;
  readonly rescale_betas_zero_snr: boolean;
}

/** What diffusers takes where nothing is said. */
const DEFAULTS = { beta_schedule: "linear", beta_start: 1e-4, beta_end: 0.02, trained_betas: null } as const;

/** Diffusers' names for schedules between two β, and the kind of path each is. */
const namedByEnds: Readonly<Record<string, string>> = {
  linear: "linear",
  scaled_linear: "scaled-linear",
  sigmoid: "sigmoid-beta",
};
const COSINE = "squaredcos_cap_v2";
/** Diffusers' cosine has no parameters but T. */
const COSINE_CONFIG = { kind: "cosine", s: 0.008, maxBeta: 0.999 } as const;

/**
 * The keys of a schedule: by diffusers' name where it has one, else as the list `trained_betas`. Where the keys alone
 * would be read as another kind, as for a Laplace schedule, `_path` says which schedule it is: a note to diffusers.
 */
export function scheduleKeys(schedule: Schedule, named: NamedSchedules): Readonly<Record<string, Json>> {
  const { config, T } = schedule;
  const rescaled = config.kind === "zero-terminal-snr";
  const base = rescaled ? (config["of"] as PathConfig) : config;
  const keys: ScheduleKeys = {
    num_train_timesteps: T,
    ...DEFAULTS,
    ...(nameKeys(base, named) ?? { trained_betas: betasOf(rescaled ? pathFromConfig(base) : schedule) }),
    rescale_betas_zero_snr: rescaled,
  };
  return sameJson(configOf(keys), config) ? { ...keys } : { ...keys, _path: config };
}

function betasOf(path: Parameters<typeof requireSchedule>[1]): number[] {
  return Array.from(requireSchedule("the schedule", path).beta.subarray(1));
}

/** The keys of a schedule that diffusers has a name for. */
function nameKeys(config: PathConfig, { sigmoid }: NamedSchedules): Partial<ScheduleKeys> | undefined {
  const kind = config.kind === "quadratic" ? "scaled-linear" : config.kind;
  const { T, betaStart, betaEnd, referenceT } = config as PathConfig & Readonly<Record<string, number>>;
  if (kind === "cosine") return sameJson(config, { ...COSINE_CONFIG, T }) ? { beta_schedule: COSINE } : undefined;
  const name = Object.keys(namedByEnds).find((one) => namedByEnds[one] === kind);
  // A single β is the first of the two there, and the last here.
  if (name === undefined || (name === "sigmoid" && !sigmoid) || T === 1) return undefined;
  const scale = referenceT / T;
  return { beta_schedule: name, beta_start: betaStart * scale, beta_end: betaEnd * scale };
}

/** The path that the keys name. */
function configOf(keys: ScheduleKeys): PathConfig {
  const {
    num_train_timesteps: T,
    beta_schedule,
    beta_start: betaStart,
    beta_end: betaEnd,
    trained_betas: betas,
  } = keys;
  const named: PathConfig =
    beta_schedule === COSINE
      ? { ...COSINE_CONFIG, T }
      : { kind: namedByEnds[beta_schedule], T, betaStart, betaEnd, referenceT: T };
  const base: PathConfig = betas ? { kind: "betas", name: "trained betas", betas } : named;
  return keys.rescale_betas_zero_snr ? { kind: "zero-terminal-snr", of: base } : base;
}

/** The schedule of a `scheduler_config.json`. @throws RangeError naming the key that cannot be obeyed */
export function readSchedule(fields: Fields, { sigmoid }: NamedSchedules): Schedule {
  const names = [...Object.keys(namedByEnds), COSINE].filter((name) => sigmoid || name !== "sigmoid");
  const listed = fields.has("trained_betas");
  const beta_schedule = fields.string("beta_schedule", DEFAULTS.beta_schedule);
  // The other forms do not look at the ends.
  const looksAtEnds = !listed && Object.hasOwn(namedByEnds, beta_schedule);
  const beta_start = fields.number("beta_start", { ...(looksAtEnds && { above: 0 }), default: DEFAULTS.beta_start });
  const keys: ScheduleKeys = {
    num_train_timesteps: fields.number("num_train_timesteps", { whole: true, least: 1, most: 1e6, default: 1000 }),
    beta_schedule,
    beta_start,
    beta_end: fields.number("beta_end", { ...(looksAtEnds && { least: beta_start }), default: DEFAULTS.beta_end }),
    trained_betas: listed ? fields.numbers("trained_betas") : null,
    rescale_betas_zero_snr: fields.boolean("rescale_betas_zero_snr", false),
  };
  const { num_train_timesteps: T, trained_betas: betas, beta_schedule: name } = keys;
  if (betas && betas.length !== T) fields.refuse("num_train_timesteps", T, `${betas.length}, as many as trained_betas`);
  if (!betas && !names.includes(name)) fields.refuse("beta_schedule", name, `one of ${names.join(", ")}`);
  const schedule = requireSchedule(fields.where, pathFromConfig(configOf(keys), `${fields.where}, its betas`));
  const note = fields.raw("_path");
  return note === undefined ? schedule : agreeing(fields.where, schedule, note);
}

/** ᾱ of the same schedule may differ by what a recomputation rounds, and no more. */
const SAME = 1e-6;

/** The schedule of the note `_path`, which must be the one the keys give: one of them may have been edited. */
function agreeing(where: string, schedule: Schedule, note: unknown): Schedule {
  const noted = requireSchedule(`${where}: _path`, pathFromConfig(note, `${where}: _path`));
  const apart = noted.T !== schedule.T || noted.alphaBar.some((a, t) => !(Math.abs(a - schedule.alphaBar[t]) <= SAME));
  if (!apart) return noted;
  throw new RangeError(
    `${where}: _path says "${noted.name}", but the betas beside it are others: make them agree, or take _path out`,
  );
}

/** Whether two JSON values are the same, in whatever order their keys stand. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const keys = Object.keys(a);
  const valueOf = (object: object, key: string): unknown => (object as Record<string, unknown>)[key];
  return (
    Array.isArray(a) === Array.isArray(b) &&
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(valueOf(a, key), valueOf(b, key)))
  );
}

/** Every kind of path there is: what a file says of one becomes the same value again. A new path needs one line here. */
import { requireKind } from "../../base/kinds.js";
import { nearestName } from "../../base/check.js";
import { Fields } from "../../base/fields.js";
import { edmKind, flowKind, subVpKind, veKind, vpKind } from "./continuous-paths.js";
import { cosineKind } from "./cosine-schedule.js";
import { laplaceKind } from "./laplace-schedule.js";
import { linearKind } from "./linear-schedule.js";
import { logLinearKind } from "./log-linear-schedule.js";
import type { PathKind } from "./path-kind.js";
import type { GaussianPath } from "./path.js";
import { quadraticKind, scaledLinearKind } from "./quadratic-schedule.js";
import { respacedKind } from "./respace.js";
import { alphaBarsKind, betasKind } from "./schedule.js";
import { sigmoidAlphaBarKind, sigmoidBetaKind } from "./sigmoid-schedules.js";
import { zeroTerminalSnrKind } from "./zero-terminal-snr.js";

/** All kinds by name: a path's `config.kind` is one of these. */
export const pathKinds: ReadonlyMap<string, PathKind> = new Map(
  [
    linearKind,
    quadraticKind,
    scaledLinearKind,
    cosineKind,
    sigmoidBetaKind,
    sigmoidAlphaBarKind,
    laplaceKind,
    logLinearKind,
    zeroTerminalSnrKind,
    respacedKind,
    betasKind,
    alphaBarsKind,
    vpKind,
    subVpKind,
    veKind,
    edmKind,
    flowKind,
  ].map((one) => [one.kind, one]),
);

/**
 * The path that `path.config` of another process, or a file, names.
 *
 * @param config `{ kind, … }`; parameters that are left out have their defaults
 * @param where what messages name
 * @throws RangeError for an unknown kind or parameter, naming the nearest one there is, and for values that make no path
 */
export function pathFromConfig(config: unknown, where = "the path"): GaussianPath {
  requireKind("where", where, "a text");
  const fields = new Fields(where, config);
  const name = fields.string("kind");
  const kind = pathKinds.get(name);
  if (!kind) {
    const near = nearestName(name, [...pathKinds.keys()]);
    throw new RangeError(
      `${where}: unknown kind "${name}"${near ? ` (did you mean "${near}"?)` : ""}; there are ${[...pathKinds.keys()].join(", ")}`,
    );
  }
  const path = within(where, () => kind.parse(fields, (key) => pathFromConfig(fields.raw(key), `${where}: ${key}`)));
  fields.finish();
  return path;
}

/** Runs `make`; its refusals say where, too. */
function within<T>(where: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError) || error.message.startsWith(where)) throw error;
    throw new RangeError(`${where}: ${error.message}`, { cause: error });
  }
}

/** @throws RangeError unless the path is one that {@link pathFromConfig} can make again */
export function requireNamed(path: GaussianPath): NonNullable<GaussianPath["config"]> {
  if (path.config && pathKinds.has(path.config.kind)) return path.config;
  throw new RangeError(
    `the path "${path.name}" has no config of a known kind, so no file can name it: give it one, ` +
      "and its kind a line in src/diffusion/paths/registry.ts",
  );
}

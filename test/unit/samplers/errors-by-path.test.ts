/** Every sampler on every kind of path, with default options, is as near to the known law as the table says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { linearSchedule, samplers, type GaussianPath } from "../../../src/index.js";
import { pathFromConfig, pathKinds } from "../../../src/diffusion/paths/registry.js";
import { errorOf } from "./exact-laws.js";
import { refused, statedErrors } from "./stated-errors.js";

const linear = linearSchedule();
const made: Readonly<Record<string, object>> = {
  "zero-terminal-snr": { of: linear.config },
  respaced: { parent: linear.config, times: Array.from({ length: 100 }, (_, i) => 10 * (i + 1)) },
  betas: { name: "linear's", betas: Array.from(linear.beta.slice(1)) },
  "alpha-bars": { name: "linear's", alphaBars: Array.from(linear.alphaBar) },
};

const pathOfKind = (kind: string): GaussianPath => pathFromConfig({ kind, ...made[kind] });

/** They hold levels of the linear schedule under another name: at one number of steps they must come out as it does. */
const SAME_LEVELS = ["betas", "alpha-bars", "respaced"];

/** It takes one step whatever comes out, which needs a network made for it; `test/parity/schedulers` holds it. */
const judged = samplers.filter(({ name }) => name !== "consistency");

for (const kind of pathKinds.keys()) {
  test(`${kind}: the errors of ${judged.length} samplers are the stated ones`, () => {
    const path = pathOfKind(kind);
    const stated = statedErrors(kind);
    const measured: string[] = [];
    for (const entry of judged) {
      const all = entry.choosesSteps ? [20] : [10, 20, 50];
      const counts = SAME_LEVELS.includes(kind) ? all.slice(0, 1) : all;
      const expected = stated[entry.name] ?? assert.fail(`${entry.name} has no line for ${kind}`);
      if (expected === refused) {
        assert.throws(() => errorOf(entry, path, 10), /has no signal at t = .* use ddim or DPM-Solver\+\+/, entry.name);
        continue;
      }
      counts.forEach((steps, i) => {
        const error = errorOf(entry, path, steps);
        if (error > 2 * expected[i] || !(error >= 0))
          measured.push(`${entry.name}, ${steps} steps: ${error}, stated ${expected[i]}`);
      });
    }
    assert.deepEqual(measured, []);
  });
}

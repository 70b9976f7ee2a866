/** Folders that diffusers saved open here, and what they draw is what diffusers drew from them. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as tf from "../../../src/runtime/tf.js";
import { parseSchedulerConfig } from "../../../src/diffusion/index.js";
import {
  chooseSampler,
  isDiffusionModel,
  loadModel,
  type DiffusionModel,
  type GenerativeModel,
} from "../../../src/families/index.js";
import { clipOptions } from "../../../src/families/diffusion/sampling-options.js";
import { sample, type NoiseSource } from "../../../src/samplers/index.js";
import { command } from "../../unit/cli/command.js";
import { fromTorch, signal, toTorch } from "../networks/formula.js";

const fixtures = fileURLToPath(new URL("fixtures", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "pipelines-"));
after(() => rmSync(scratch, { recursive: true }));

interface Case {
  readonly name: string;
  readonly scheduler: Readonly<Record<string, unknown>>;
  readonly steps: number;
  readonly drawn: number[];
}
const drawn = JSON.parse(readFileSync(join(fixtures, "drawn.json"), "utf8")) as {
  readonly pipelines: Readonly<Record<string, number[]>>;
  readonly cases: readonly Case[];
};

/** What both sides take for draw `number`. */
const noise: NoiseSource = (number, shape) =>
  fromTorch(signal(`draw ${number}`, [shape[0], shape[3], shape[1], shape[2]]));

/** The samplers that a scheduler's `step` is. */
const samplerOf: Readonly<Record<string, string>> = {
  DDPMScheduler: "ddpm",
  DDIMScheduler: "ddim",
  FlowMatchEulerDiscreteScheduler: "flow-euler",
};

async function draw(model: DiffusionModel, scheduler: string, steps: number, condition = {}): Promise<tf.Tensor> {
  const { sampler } = chooseSampler(samplerOf[scheduler], { steps }, model.sampling);
  const xT = noise(0, [2, ...model.shape]);
  const options = { noise, condition, ...clipOptions(model.sampling) };
  return toTorch(await sample(sampler(model.denoiser, model.path, xT, options)));
}

/** The largest difference, in units of the largest value, or of 1. */
function difference(actual: tf.Tensor, expected: readonly number[]): number {
  const values = actual.dataSync();
  assert.equal(values.length, expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(values[i] - value))) / scale;
}

function diffusion(model: GenerativeModel): DiffusionModel {
  return isDiffusionModel(model) ? model : assert.fail(model.family);
}

const conditions: Readonly<Record<string, () => Record<string, tf.Tensor>>> = {
  conditional: () => ({ context: signal("context", [2, 4, 5]) }),
  dit: () => ({ label: tf.tensor1d([2, 0], "int32") }),
};
const partOf: Readonly<Record<string, string>> = { conditional: "unet", dit: "transformer" };

for (const [name, expected] of Object.entries(drawn.pipelines)) {
  test(`${name}: a folder of diffusers opens and draws what diffusers draws`, async () => {
    const folder = join(fixtures, name, partOf[name] ?? "");
    const model = diffusion(loadModel(folder));
    const scheduler = name.startsWith("ddpm") ? "DDPMScheduler" : "DDIMScheduler";
    const found = difference(await draw(model, scheduler, 10, conditions[name]?.()), expected);
    assert.ok(found < 1e-4, `${found}`);
    model.dispose();
  });
}

test("every scheduler_config.json is obeyed: the same folder draws what diffusers draws with it", async () => {
  const base = diffusion(loadModel(join(fixtures, "ddpm")));
  base.dispose();
  const apart: string[] = [];
  for (const { name, scheduler, steps, drawn: expected } of drawn.cases) {
    const title = `${String(scheduler["_class_name"])}, ${name}, ${steps} steps`;
    const folder = join(scratch, "one");
    rmSync(folder, { recursive: true, force: true });
    cpSync(join(fixtures, "ddpm"), folder, { recursive: true });
    const index = JSON.parse(readFileSync(join(folder, "model_index.json"), "utf8")) as Record<string, unknown>;
    index["scheduler"] = ["diffusers", scheduler["_class_name"]];
    writeFileSync(join(folder, "model_index.json"), JSON.stringify(index));
    writeFileSync(join(folder, "scheduler", "scheduler_config.json"), JSON.stringify(scheduler));
    if (refused.has(name) && scheduler["_class_name"] === "DDIMScheduler") {
      assert.throws(() => loadModel(folder), /set_alpha_to_one = false with steps_offset = 0/);
      continue;
    }
    const model = diffusion(loadModel(folder));
    const found = difference(await draw(model, scheduler["_class_name"] as string, steps), expected);
    model.dispose();
    if (!(found < 3e-4)) apart.push(`${title}: ${found}`);
  }
  assert.deepEqual(apart, []);
});

/** What diffusers does and the library says that it does not. */
const refused = new Set(["ends at the first level, clipped"]);

test("a scheduler's configuration that diffusers wrote has no key that is not known", () => {
  for (const { scheduler } of drawn.cases) {
    const keys = Object.keys(scheduler).filter((key) => !key.startsWith("_"));
    for (const key of keys) {
      const read = (): unknown => parseSchedulerConfig({ ...scheduler, [key]: { nonsense: true } }, "file");
      // A key whose value is looked at refuses nonsense by its name.
      const ignored = ["set_alpha_to_one", "variance_type", "base_shift", "max_shift"].includes(key);
      if (!ignored && !key.includes("seq_len") && key !== "time_shift_type") assert.throws(read, new RegExp(key), key);
    }
  }
});

test("npm run sample draws from a folder of diffusers", async () => {
  const folders = [...Object.keys(drawn.pipelines).filter((name) => name !== "conditional")];
  const outcomes = await Promise.all(
    folders.map((name) => {
      const out = join(scratch, `${name}.png`);
      return command("sample", [join(fixtures, name, partOf[name] ?? ""), "--steps", "2", "--n", "2", "--out", out]);
    }),
  );
  outcomes.forEach(({ code, stdout, stderr }, i) => {
    assert.equal(code, 0, `${folders[i]}: ${stderr}`);
    assert.match(stdout, /2 images are in .*, drawn by /);
  });
});

/** Folders that diffusers saved open here, and what they draw is what diffusers drew from them. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as tf from "../../../src/runtime/tf.js";
import { parseSchedulerConfig } from "../../../src/diffusion/index.js";
import { isDiffusionModel, loadModel, type DiffusionModel, type GenerativeModel } from "../../../src/families/index.js";
import { command } from "../../unit/cli/command.js";
import { signal } from "../networks/formula.js";
import { drawFrom } from "./drawing.js";
import { hashOf, models, saveModel } from "./models.js";

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
  readonly versions: Readonly<Record<string, string>>;
  readonly pipelines: Readonly<Record<string, number[]>>;
  readonly cases: readonly Case[];
};

/** The samplers that a scheduler's `step` is. */
const samplerOf: Readonly<Record<string, string>> = {
  DDPMScheduler: "ddpm",
  DDIMScheduler: "ddim",
  FlowMatchEulerDiscreteScheduler: "flow-euler",
};

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

const partOf: Readonly<Record<string, string>> = { conditional: "unet", dit: "transformer" };

for (const [name, expected] of Object.entries(drawn.pipelines)) {
  test(`${name}: a folder of diffusers opens and draws what diffusers draws`, async () => {
    const folder = join(fixtures, name, partOf[name] ?? "");
    const model = diffusion(loadModel(folder));
    const scheduler = name.startsWith("ddpm") ? "DDPMScheduler" : "DDIMScheduler";
    const found = difference(await drawFrom(model, { sampler: samplerOf[scheduler], steps: 10 }), expected);
    assert.ok(found < 1e-4, `${found}`);
    model.dispose();
  });
}

test("every scheduler_config.json is obeyed: the same folder draws what diffusers draws with it", async (t) => {
  // One small network under so many schedulers: to make a graph for each takes twice as long as to draw without.
  process.env["DIFFUSION_LAB_COMPILE"] = "0";
  t.after(() => delete process.env["DIFFUSION_LAB_COMPILE"]);
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
    const found = difference(
      await drawFrom(model, { sampler: samplerOf[scheduler["_class_name"] as string], steps }),
      expected,
    );
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

test("a network that takes tokens draws with them, and says so without", async () => {
  const model = loadModel(join(fixtures, "conditional", "unet"));
  await assert.rejects(
    model.draw({ count: 2 }),
    /takes context, tokens that no command line has: draw from it in a program/,
  );
  const context = signal("context", [1, 4, 5]);
  const images = await diffusion(model).draw({ count: 2, steps: 2, context });
  assert.deepEqual(images.shape, [2, 8, 8, 1]);
  tf.dispose([images, context]);
  model.dispose();
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

/** What open_models.py saw when it opened what is saved here. */
const result = JSON.parse(readFileSync(new URL("result.json", import.meta.url), "utf8")) as {
  readonly versions: { readonly torch: string; readonly diffusers: string };
  readonly models: Readonly<
    Record<string, { readonly sha256: string; readonly pipeline: string; readonly difference?: number }>
  >;
  readonly "mnist-unet": { readonly sha256: string; readonly differences: Readonly<Record<string, number>> };
};
const again = "what is saved is not what diffusers opened: run test/parity/pipelines/open_models.py again";

test("what diffusers opened is what is saved here, and it drew the same", () => {
  assert.deepEqual(Object.keys(result.models), Object.keys(models), again);
  for (const [name, seen] of Object.entries(result.models)) {
    const folder = join(scratch, "saved", name);
    saveModel(name, folder);
    assert.equal(hashOf(folder), seen.sha256, `${name}: ${again}`);
    assert.ok(models[name]().sampler === null || seen.difference! < 1e-4, name);
  }
});

test("the digits that diffusers drew are of the checkpoint in assets", () => {
  const { sha256, differences } = result["mnist-unet"];
  assert.equal(hashOf("assets/mnist-unet"), sha256, again);
  for (const [sampler, difference] of Object.entries(differences)) assert.ok(difference < 1e-4, sampler);
});

test("fixtures and result were made with the one set of versions in requirements.txt", () => {
  const pinned = readFileSync(new URL("../requirements.txt", import.meta.url), "utf8");
  for (const { versions } of [result, drawn]) {
    for (const [name, version] of Object.entries(versions)) {
      assert.match(pinned, new RegExp(`^${name}==${version.replace("+cpu", "")}$`, "m"));
    }
  }
});

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { readSafetensors, decodePng } from "../../src/files/index.js";
import { loadDiffusionModel } from "../../src/families/index.js";

const root = join(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "readme-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

test("the library example runs as written, with the built package, and writes a picture of sixteen digits", () => {
  const example = /```ts\n(import[\s\S]*?)```/.exec(readme)?.[1];
  assert.ok(example, "README has an example");
  // Thirty minutes of training become a few steps; nothing else is changed.
  const [, kept] = [...readme.matchAll(/```ts\n(import[\s\S]*?)```/g)].map(([, code]) => code);
  assert.match(kept, /saveDiffusionModel\("my-model"/);
  const short = `${example}${kept}`.replace(/trainer\.run\(2000,/, "trainer.run(2,").replace(/steps: 50/, "steps: 2");
  assert.notEqual(short, example);
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "example.ts"), short);
  const run = spawnSync(process.execPath, ["--import", "tsx", "example.ts"], { cwd: folder, encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stdout, /^1 \d\.\d{4}\n$/);
  const { width, height } = decodePng(readFileSync(join(folder, "digits.png")));
  assert.deepEqual([width, height], [4 * 56 + 3 * 2, 4 * 56 + 3 * 2]);
  const model = loadDiffusionModel(join(folder, "my-model"));
  assert.deepEqual([model.denoiser.predicts, model.network.config.block_out_channels], ["noise", [32, 64]]);
  model.dispose();
});

test("both ends of the trip to a cluster run as written: what goes out comes back and draws", () => {
  const page = readFileSync(join(root, "src/networks/README.md"), "utf8");
  const [out, back] = [...page.matchAll(/```ts\n(import[\s\S]*?)```/g)].map(([, code]) => code);
  const place = join(folder, "trip-test");
  mkdirSync(place);
  for (const shared of ["node_modules", "assets"]) symlinkSync(join(root, shared), join(place, shared));
  writeFileSync(join(place, "package.json"), '{ "type": "module" }');
  const run = (name: string, code: string): void => {
    writeFileSync(join(place, name), code);
    const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", name], { cwd: place, encoding: "utf8" });
    assert.equal(status, 0, stderr);
  };
  mkdirSync(join(place, "trip"));
  run("out.ts", out);
  assert.equal(
    readSafetensors(join(place, "trip/digits.safetensors"), (file) => file.entries.get("images")?.shape.join()),
    "9000,1,28,28",
  );
  renameSync(join(place, "trip/start"), join(place, "trip/back"));
  run("back.ts", back.replace("steps: 50", "steps: 2"));
  const { width } = decodePng(readFileSync(join(place, "grid.png")));
  assert.ok(width >= 6 * 28);
});

test("the example of classes and guidance runs as written and draws one digit of each class", () => {
  const page = readFileSync(join(root, "src/training/README.md"), "utf8");
  const example = /```ts\n(import[\s\S]*?)```/.exec(page)![1];
  const place = join(folder, "classes");
  mkdirSync(place);
  symlinkSync(join(root, "node_modules"), join(place, "node_modules"));
  writeFileSync(join(place, "package.json"), '{ "type": "module" }');
  writeFileSync(join(place, "example.ts"), example.replace("run(2000)", "run(2)").replace("steps: 50", "steps: 2"));
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", "example.ts"], {
    cwd: place,
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  const { width, height } = decodePng(readFileSync(join(place, "classes.png")));
  assert.ok(width > (10 * height) / 2, `${width} × ${height}`);
});

test("every file the pages link to is there", () => {
  for (const name of ["README.md", "src/networks/README.md", "src/training/README.md", "src/kernel/README.md"]) {
    const page = join(root, name);
    const targets = [...readFileSync(page, "utf8").matchAll(/\]\(([^)#]+?)(?:#[^)]*)?\)/g)].map(([, target]) => target);
    for (const link of targets.filter((target) => !/^https?:/.test(target))) {
      assert.ok(existsSync(join(dirname(page), link)), `${name} links to ${link}, which is missing`);
    }
  }
});

test("every npm script the README names is there", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const named = new Set(
    [...readme.matchAll(/npm (?:run ([\w-]+)|(start|test))/g)].map(([, script, builtIn]) => script ?? builtIn),
  );
  for (const name of named) assert.ok(name in scripts, `npm run ${name} is missing`);
});

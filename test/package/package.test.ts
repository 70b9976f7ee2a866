/** The packed library works in an empty project: installed by npm, type-checked, imported, run and made native. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { decodePng, loadDiffusionModel } from "../../src/index.js";
import { examplesOf, shortened } from "../examples.js";
import { checkout, npm, pack, Project } from "./installed.js";

interface Manifest {
  readonly version: string;
  readonly exports: Record<string, unknown>;
  readonly optionalDependencies?: Record<string, string>;
}
interface Lock {
  readonly packages: Record<string, { resolved?: string; hasInstallScript?: boolean }>;
}

const manifest = JSON.parse(readFileSync(join(checkout, "src/package.json"), "utf8")) as Manifest;
/** `diffusion-lab`, `diffusion-lab/nn`, … */
const imports = Object.keys(manifest.exports)
  .filter((subpath) => subpath !== "./package.json")
  .map((subpath) => join("diffusion-lab", subpath));

const [moonsExample] = examplesOf("src/README.md");
const [digitsExample, saveExample] = examplesOf("README.md");
const [tasksExample, classesExample] = examplesOf("src/training/README.md");

let packed: ReturnType<typeof pack>;
let project: Project;

before(() => {
  packed = pack();
  const types = (
    JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as { devDependencies: Record<string, string> }
  ).devDependencies["@types/node"];
  project = new Project(packed.tarball, `@types/node@${types}`);
});

test("packed are the library, its page, its licence and its set-up, each compiled file with its source still there", () => {
  const rooms = new Set(packed.files.map((file) => /^(dist\/[^/]+|setup\/[^/]+|[^/]+)(\/|$)/.exec(file)![1]));
  for (const left of ["dist/cli", "dist/course", "dist/kernel", "dist/bench", "dist/.tsbuildinfo", "test", "kernel"]) {
    assert.ok(!rooms.has(left), left);
  }
  for (const file of [
    "README.md",
    "LICENSE",
    "package.json",
    "runtime/addons/drop_pages.c",
    "setup/native/unpack.py",
  ]) {
    assert.ok(packed.files.includes(file), file);
  }
  for (const file of packed.files) {
    const source = file.replace(/^dist\/(.+?)(\.d)?\.(js|ts)$/, "$1.ts");
    assert.ok(existsSync(join(checkout, "src", source)), `${file} comes from ${source}, which is gone`);
  }
  assert.equal(readFileSync(join(checkout, "src/LICENSE"), "utf8"), readFileSync(join(checkout, "LICENSE"), "utf8"));
});

test("npm installs it from the registry alone: no package has a script that fetches something", () => {
  const registry = npm(project.folder, "config", "get", "registry").stdout.trim();
  const { packages } = project.json<Lock>("package-lock.json");
  for (const [name, { resolved, hasInstallScript }] of Object.entries(packages)) {
    if (name === "") continue;
    // npm can be told to leave the registry's addresses out.
    const known = resolved === undefined || resolved.startsWith("file:") || resolved.startsWith(registry);
    assert.ok(known, `${name} comes from ${resolved}`);
    // core-js asks for donations.
    assert.ok(!hasInstallScript || name === "node_modules/core-js", `${name} has an install script`);
  }
  assert.ok(!("node_modules/@tensorflow/tfjs-node" in packages));
});

test("the examples and every import pass the type checker, with the declarations they read", () => {
  const files = {
    "moons.ts": moonsExample,
    "digits.ts": `${digitsExample}${saveExample}`,
    "classes.ts": classesExample,
    "tasks.ts": tasksExample,
  };
  for (const [name, code] of Object.entries(files)) project.write(name, code);
  project.write("rooms.ts", imports.map((name, i) => `export * as room${i} from "${name}";`).join("\n"));
  assert.deepEqual(project.typeErrors(...Object.keys(files), "rooms.ts"), []);
});

test("every documented import loads in plain JavaScript, which says once that it computes; nothing else can be imported", () => {
  const code = `
    for (const name of ${JSON.stringify(imports)}) console.log(name, Object.keys(await import(name)).length > 0);
    for (const name of ["diffusion-lab/cli", "diffusion-lab/dist/index.js", "diffusion-lab/models"]) {
      console.log(name, await import(name).then(() => "loaded", ({ code }) => code));
    }`;
  const { status, stdout, stderr } = project.run("imports.ts", code);
  assert.equal(status, 0, stderr);
  assert.deepEqual(stdout.trim().split("\n"), [
    ...imports.map((name) => `${name} true`),
    "diffusion-lab/cli ERR_PACKAGE_PATH_NOT_EXPORTED",
    "diffusion-lab/dist/index.js ERR_PACKAGE_PATH_NOT_EXPORTED",
    "diffusion-lab/models ERR_PACKAGE_PATH_NOT_EXPORTED",
  ]);
  assert.match(stderr, /^diffusion-lab: native TensorFlow is not installed.*`npx diffusion-lab setup`.*\n$/);
});

test("random numbers alone load no TensorFlow", () => {
  const code = `
    import { RandomStream } from "diffusion-lab/random";
    console.log(new RandomStream(0, "test").normals(1).length);`;
  const { stdout, stderr } = project.run("random.ts", code);
  assert.deepEqual({ stdout, stderr }, { stdout: "1\n", stderr: "" });
});

test("the page's example of points runs in plain JavaScript", () => {
  const { status, stdout, stderr } = project.run("moons.ts", shortened(moonsExample));
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^1 \d\.\d{3}\n$/);
  assert.equal(stderr.trim().split("\n").length, 1, stderr);
  assert.ok(decodePng(readFileSync(project.path("moons.png"))).width > 100);
});

test("before the first convolution in plain JavaScript comes what it will take, once, with the remedy", () => {
  const code = `
    import { tf } from "diffusion-lab";
    const [x, w] = [tf.ones([1, 4, 4, 1]), tf.ones([3, 3, 1, 1])];
    console.error("begin");
    for (let i = 0; i < 2; i++) console.error(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same").dataSync()[5]);`;
  const lines = project.run("convolution.ts", code).stderr.trim().split("\n");
  assert.match(lines[2], /100 times as long.*`npx diffusion-lab setup`/);
  assert.deepEqual([lines[1], ...lines.slice(3)], ["begin", "9", "9"]);
});

test("npx diffusion-lab setup makes the project native, from the cache this machine has", () => {
  const unready = project.npx("diffusion-lab", "setup", "--check");
  assert.equal(unready.status, 1, unready.stderr);
  assert.match(
    unready.stdout,
    /✘ native TensorFlow +@tensorflow\/tfjs-node@4\.22\.0 is not installed\n +→ npx diffusion-lab setup/,
  );

  const { status, stdout, stderr } = project.npx("diffusion-lab", "setup");
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /✔ native TensorFlow: TensorFlow 2\.\d+\.\d+, \d+ threads/);
  assert.match(stdout, /now run on native TensorFlow 2\.\d+\.\d+\.\n$/);
  assert.deepEqual(project.json<Manifest>("package.json").optionalDependencies, { "@tensorflow/tfjs-node": "4.22.0" });

  const again = project.npx("diffusion-lab", "setup", "--check");
  assert.equal(again.status, 0, again.stdout);
  assert.match(again.stdout, /✔ native TensorFlow +2\.\d+/);
  assert.equal(npm(project.folder, "ls").status, 0, "npm finds the project's dependencies in order");
});

test("then the pages' examples run natively and without a word", () => {
  assert.ok(existsSync(project.path("node_modules/@tensorflow/tfjs-node/lib")), "set up by the test above");
  const program = `import { nativeStatus } from "diffusion-lab";\nconsole.log(nativeStatus.native);\n`;
  const digits = project.run("digits.ts", `${program}${shortened(digitsExample)}${saveExample}`);
  assert.equal(digits.status, 0, digits.stderr);
  assert.match(digits.stdout, /^true\n1 \d\.\d{4}\n$/);
  assert.equal(digits.stderr, "");
  const { width, height } = decodePng(readFileSync(project.path("digits.png")));
  assert.deepEqual([width, height], [4 * 56 + 3 * 2, 4 * 56 + 3 * 2]);
  const model = loadDiffusionModel(project.path("my-model"));
  assert.deepEqual([model.denoiser.predicts, model.network.config.block_out_channels], ["noise", [32, 64]]);
  model.dispose();

  const tasks = project.run("tasks.ts", tasksExample);
  assert.equal(tasks.status, 0, tasks.stderr);
  assert.match(tasks.stdout, /^50 \{.*\}\n100 \{.*\}\n$/);

  const classes = project.run("classes.ts", shortened(classesExample));
  assert.equal(classes.status, 0, classes.stderr);
  assert.ok(decodePng(readFileSync(project.path("classes.png"))).width > 5 * 28);
});

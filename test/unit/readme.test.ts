/** Links, scripts and examples of the pages lead to what exists and runs. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { CaptionedDigits } from "../../src/data/index.js";
import { readSafetensors, decodePng } from "../../src/files/index.js";
import { examplesOf, shortened } from "../examples.js";

// The examples of the library itself run where it is installed: test/package.

const root = join(import.meta.dirname, "../..");

/** The READMEs of a folder and of all below it. */
function readmesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => /(^|[\\/])README\.md$/.test(path) && !/(^|[\\/])(node_modules|dist)[\\/]/.test(path))
    .map((path) => join(folder, path));
}

/** The pages that tell readers what to run and where to look. */
const PAGES = [
  "README.md",
  "README.zh-CN.md",
  "CONTRIBUTING.md",
  "docs/benchmarks.md",
  "docs/dependencies.md",
  ...["src", "test"].flatMap(readmesIn),
];
const pages = PAGES.map((name) => readFileSync(join(root, name), "utf8")).join("\n");
const folder = mkdtempSync(join(tmpdir(), "readme-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** A folder where programs find the library and its checkpoints. */
function projectNamed(name: string) {
  const place = join(folder, name);
  mkdirSync(place);
  for (const shared of ["node_modules", "assets"]) symlinkSync(join(root, shared), join(place, shared));
  writeFileSync(join(place, "package.json"), '{ "type": "module" }');
  const run = (program: string, code: string): string => {
    writeFileSync(join(place, program), code);
    const args = ["--import", "tsx", program];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: place, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  return { place, run };
}

test("both ends of the trip to a cluster run as written: what goes out comes back and draws", () => {
  const [out, back] = examplesOf("src/networks/README.md");
  const { place, run } = projectNamed("trip-test");
  mkdirSync(join(place, "trip"));
  run("out.ts", out);
  assert.equal(
    readSafetensors(join(place, "trip/digits.safetensors"), (file) => file.entries.get("images")?.shape.join()),
    "9000,1,28,28",
  );
  renameSync(join(place, "trip/start"), join(place, "trip/back"));
  run("back.ts", shortened(back));
  const { width } = decodePng(readFileSync(join(place, "grid.png")));
  assert.ok(width >= 6 * 28);
});

test("the example of a folder of pictures runs as written", () => {
  const { place, run } = projectNamed("photos-test");
  for (const kind of ["cats", "dogs"]) {
    mkdirSync(join(place, "photos", kind), { recursive: true });
    for (let i = 0; i < 20; i++)
      copyFileSync(join(root, "assets/mnist-unet/grid.png"), join(place, `photos/${kind}/${i}.png`));
  }
  writeFileSync(join(place, "photos/dogs/bad.png"), "");
  const [example] = examplesOf("src/data/README.md");
  assert.match(run("photos.ts", shortened(example)), /^left out dogs\/bad\.png: /);
  assert.ok(decodePng(readFileSync(join(place, "drawn.png"))).width > 2 * 32);
});

test("the example of captioned digits runs as written, and says the captions and the facts", () => {
  const [, example] = examplesOf("src/data/README.md");
  const said = projectNamed("captions-test").run("captions.ts", example);
  const data = new CaptionedDigits({ split: "train" });
  for (const caption of data.captions([0, 1, 2, 3])) assert.ok(said.includes(caption), said);
  assert.match(said, new RegExp(`ground: '${data.composition(0).ground}'`));
  assert.match(said, /12288$/m);
});

test("every file the pages link to is there", () => {
  for (const name of PAGES) {
    const page = join(root, name);
    const links = [...readFileSync(page, "utf8").matchAll(/\]\(([^)#]*)(?:#([^)]*))?\)/g)];
    for (const [, file, anchor] of links.filter(([, target]) => !/^https?:/.test(target))) {
      const target = file === "" ? page : join(dirname(page), file);
      assert.ok(existsSync(target), `${name} links to ${file}, which is missing`);
      if (anchor === undefined) continue;
      assert.ok(anchorsOf(target).includes(anchor), `${name} links to ${file}#${anchor}, and no heading has that name`);
    }
  }
});

/** The names that a page's headings have in links. */
function anchorsOf(page: string): string[] {
  const headings = [...readFileSync(page, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading.toLowerCase());
  return headings.map((heading) => heading.replace(/[^\p{L}\p{N} -]/gu, "").replaceAll(" ", "-"));
}

test("every npm script the pages name is there", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const named = new Set(
    [...pages.matchAll(/npm (?:run ([\w-]+(?::\w+)?)|(start|test))/g)].map(([, script, builtIn]) => script ?? builtIn),
  );
  for (const name of named) assert.ok(name in scripts, `npm run ${name} is missing`);
});

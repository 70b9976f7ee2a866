/** The built lists of samplers are current, and one file is all that a new sampler needs. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { register } from "tsx/esm/api";
import { gatheredSamplers } from "../../../src/setup/gather-samplers.mjs";

const root = join(import.meta.dirname, "../../..");
const folder = join(root, "src", "samplers");

// Sources are imported here, whatever has been built.
register();

test("gathered.ts lists the samplers' files as they are: after adding one, `npm run build` and commit it", () => {
  assert.equal(readFileSync(join(folder, "gathered.ts"), "utf8"), gatheredSamplers(folder));
});

test("what the gathered files list is what the registry holds", async () => {
  const files = [...gatheredSamplers(folder).matchAll(/export \* from "\.\/(.*)\.js"/g)].map(([, name]) => name);
  assert.ok(files.length >= 17);
  const lists = await Promise.all(files.map((file) => import(join(folder, `${file}.ts`))));
  const { samplers } = await import("../../../src/index.ts");
  const listed = lists.flatMap(({ default: entries }) => entries.map(({ name }) => name));
  assert.deepEqual(listed.sort(), samplers.map(({ name }) => name).sort());
});

test("a sampler is one file: that of CONTRIBUTING.md, put into a copy of the library, is built, typed, documented, listed and run", () => {
  const copy = mkdtempSync(join(tmpdir(), "one-file-"));
  try {
    cpSync(join(root, "src"), join(copy, "src"), {
      recursive: true,
      filter: (from) => !from.endsWith("node_modules"),
    });
    for (const file of ["package.json", "tsconfig.base.json"]) cpSync(join(root, file), join(copy, file));
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    const nested = join(root, "src", "node_modules");
    if (existsSync(nested)) symlinkSync(nested, join(copy, "src", "node_modules"));
    const source = /as `src\/samplers\/plain-ddim\.ts`[^`]*```ts\n([\s\S]*?)```/.exec(
      readFileSync(join(root, "CONTRIBUTING.md"), "utf8"),
    )?.[1];
    assert.ok(source, "CONTRIBUTING.md shows the file");
    writeFileSync(join(copy, "src", "samplers", "plain-ddim.ts"), source);

    const node = (...args) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: "utf8" });
      assert.equal(status, 0, stdout + stderr);
      return stdout;
    };
    node("src/setup/gather-samplers.mjs");
    node("node_modules/typescript/bin/tsc", "-b", "src");
    // What a cell's Shift+Tab shows.
    assert.match(
      readFileSync(join(copy, "src/dist/samplers/gathered.d.ts"), "utf8"),
      /export \* from "\.\/plain-ddim\.js"/,
    );
    assert.match(
      readFileSync(join(copy, "src/dist/samplers/plain-ddim.d.ts"), "utf8"),
      /DDIM without noise: x_s = [\s\S]*function plainDdim\(denoiser: Denoiser/,
    );

    assert.match(node("src/dist/cli/sample.js", "--help"), /plain-ddim +DDIM, as CONTRIBUTING.md adds it/);
    mkdirSync(join(copy, "assets"));
    symlinkSync(join(root, "assets", "mnist-unet"), join(copy, "assets", "mnist-unet"));
    const images = (sampler) => {
      node(
        "src/dist/cli/sample.js",
        "mnist-unet",
        "--sampler",
        sampler,
        "--steps",
        "2",
        "--n",
        "1",
        "--out",
        `${sampler}.png`,
      );
      return readFileSync(join(copy, `${sampler}.png`));
    };
    assert.deepEqual(images("plain-ddim"), images("ddim"));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

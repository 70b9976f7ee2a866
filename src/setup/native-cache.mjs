import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { ask, run } from "./command.mjs";
import { SetupError } from "./errors.mjs";
import { ROOT, userCache, venvProgram } from "./paths.mjs";
import { digest, hashFile, readJson, writeAtomically } from "./stamps.mjs";
import { megabytes } from "./steps.mjs";
import { unzip } from "./unzip.mjs";
import { HEADERS, libraryNames, TENSORFLOW_VERSION, WHEELS } from "./wheels.mjs";

/** The tfjs-node package in this checkout. */
export const PACKAGE = join(ROOT, "node_modules", "@tensorflow", "tfjs-node");
const NODE_HEADERS = join(ROOT, "node_modules", "node-api-headers", "include");
/** Our own addons, one source each. */
const OWN_ADDONS = ["quiet_stderr", "drop_pages"];
const ownSource = (name) => join(ROOT, "src", "runtime", "addons", `${name}.c`);
const BINDING_SOURCES = ["tfjs_backend.cc", "tfjs_binding.cc"].map((name) => join(PACKAGE, "binding", name));

export const machine = `${process.platform}-${process.arch}`;

/** One folder of the user's cache: the libraries, their headers, and the addon built against them. */
export function nativeFolder(cache = userCache()) {
  return join(cache, `tensorflow-${TENSORFLOW_VERSION}-${machine}-napi8`);
}

/** Size and checksum of every named file under a folder. */
export async function describeFiles(folder, names) {
  const files = {};
  for (const name of names) {
    const path = join(folder, name);
    files[name] = { bytes: statSync(path).size, sha256: await hashFile(path) };
  }
  return files;
}

/** The recorded files that are missing or have another size. Cheap: no content is read. */
export function wrongSizes(folder, files) {
  return Object.entries(files ?? {})
    .filter(([name, { bytes }]) => {
      try {
        return statSync(join(folder, name)).size !== bytes;
      } catch {
        return true;
      }
    })
    .map(([name]) => name);
}

/** The recorded files whose content is not what was installed. Reads everything (about 2 s). */
export async function wrongContents(folder, files) {
  const wrong = wrongSizes(folder, files);
  for (const [name, { sha256 }] of Object.entries(files ?? {})) {
    if (!wrong.includes(name) && (await hashFile(join(folder, name))) !== sha256) wrong.push(name);
  }
  return wrong;
}

/** Refuses a download that is not the one this course was tested with. */
export async function verifyWheel(path, expected) {
  const actual = await hashFile(path);
  if (actual === expected) return;
  throw new SetupError(
    "native TensorFlow",
    `the downloaded wheel has checksum ${actual.slice(0, 16)}…, expected ${expected.slice(0, 16)}…`,
    "Try again; if it stays so, a proxy or mirror changes the file.",
  );
}

function requireSpace(folder, bytes) {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new SetupError(
    "native TensorFlow",
    `${folder} has ${megabytes(free)} free, ${megabytes(bytes)} are needed while the libraries are unpacked`,
    "Free some space, or set DIFFUSION_LAB_CACHE to a folder on another disk.",
  );
}

function folderSize(folder) {
  let total = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    try {
      if (entry.isFile()) total += statSync(join(entry.parentPath ?? entry.path, entry.name)).size;
    } catch {
      // A temporary file that is gone already.
    }
  }
  return total;
}

async function downloadWheel(wheel, staging, progress) {
  const temporary = join(staging, "tmp");
  mkdirSync(temporary, { recursive: true });
  const timer = setInterval(() => {
    progress(`downloaded ${megabytes(folderSize(staging))} of ${megabytes(wheel.bytes)}`);
  }, 500);
  try {
    const options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--progress-bar", "off", "--no-input"];
    const target = ["--python-version", "3.11", "--platform", wheel.platform, "-d", staging];
    const what = `${wheel.package}==${TENSORFLOW_VERSION}`;
    await run(
      venvProgram("python"),
      ["-m", "pip", "download", "--disable-pip-version-check", ...options, ...target, what],
      { env: { ...process.env, TMPDIR: temporary } },
    );
  } finally {
    clearInterval(timer);
  }
  const name = readdirSync(staging).find((file) => file.endsWith(".whl"));
  return join(staging, name);
}

/** Makes `<folder>/deps` from the wheel: two shared libraries with debug sections stripped, and the C headers. */
export async function installLibraries(folder, progress) {
  const wheel = WHEELS[machine];
  const cache = join(folder, "..");
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) {
    if (name.includes(".tmp-")) rmSync(join(cache, name), { recursive: true, force: true });
  }
  requireSpace(cache, 1.3e9);
  const staging = `${folder}.tmp-${process.pid}`;
  try {
    mkdirSync(join(staging, "deps", "lib"), { recursive: true });
    const archive = await downloadWheel(wheel, staging, progress);
    progress("verifying the checksum");
    await verifyWheel(archive, wheel.sha256);

    const libraries = libraryNames(process.platform);
    const members = Object.values(libraries).map((name) => `tensorflow/${name}`);
    const headers = HEADERS.map((name) => `tensorflow/include/${name}`);
    let unpacked = 0;
    const unpackedTo = join(staging, "unpacked");
    await unzip(archive, [...members, ...headers], unpackedTo, (bytes) => {
      unpacked += bytes;
      progress(`unpacked ${megabytes(unpacked)} of 853 MB`);
    });
    rmSync(archive);
    renameSync(join(unpackedTo, "tensorflow", "include"), join(staging, "deps", "include"));
    for (const [alias, name] of Object.entries(libraries)) {
      renameSync(join(unpackedTo, "tensorflow", name), join(staging, "deps", "lib", name));
      symlinkSync(name, join(staging, "deps", "lib", alias));
    }
    progress("stripping debug sections");
    // A library that cannot be stripped is only larger. (On macOS it would also lose its signature.)
    if (process.platform === "linux") {
      for (const name of Object.values(libraries)) {
        await ask("strip", ["--strip-unneeded", join(staging, "deps", "lib", name)]);
      }
    }
    for (const leftover of ["unpacked", "tmp"]) rmSync(join(staging, leftover), { recursive: true, force: true });

    progress("recording checksums");
    const names = [
      ...Object.values(libraries).map((name) => `deps/lib/${name}`),
      ...HEADERS.map((name) => `deps/include/${name}`),
    ];
    const manifest = {
      version: TENSORFLOW_VERSION,
      wheel: wheel.sha256,
      libraries: await describeFiles(staging, names),
    };
    writeAtomically(join(staging, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(staging, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** The first compiler that answers: `CXX` if set, else the usual names. */
export async function findCompiler(env = process.env) {
  for (const program of env["CXX"] ? [env["CXX"]] : ["g++", "c++", "clang++"]) {
    const answer = await ask(program, ["--version"]);
    if (answer !== null) return { program, version: answer.split("\n")[0] };
  }
  return null;
}

const COMMON_FLAGS = ["-O2", "-fPIC", "-shared", "-DNAPI_VERSION=8"];
const SYSTEM_FLAGS = process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : [];
const RPATH = process.platform === "darwin" ? "@loader_path/../../deps/lib" : "$ORIGIN/../../deps/lib";

/** Changes whenever the addons would be built differently; null while the package is not installed. */
export function addonKey() {
  if (!BINDING_SOURCES.every((path) => existsSync(path))) return null;
  const sources = [...BINDING_SOURCES, ...OWN_ADDONS.map(ownSource)].map((path) => readFileSync(path));
  return digest(...sources, [...COMMON_FLAGS, ...SYSTEM_FLAGS, RPATH].join(" "));
}

/** Builds tfjs-node's own, unmodified addon against the libraries, and our small ones. */
export async function buildAddons(folder, compiler) {
  const output = join(folder, "lib", "napi-v8");
  const staging = join(folder, `lib.tmp-${process.pid}`);
  mkdirSync(staging, { recursive: true });
  try {
    const binding = join(staging, "tfjs_binding.node");
    const include = ["-I", NODE_HEADERS, "-I", join(folder, "deps", "include"), "-I", join(PACKAGE, "binding")];
    const link = ["-L", join(folder, "deps", "lib"), "-ltensorflow", "-ltensorflow_framework", `-Wl,-rpath,${RPATH}`];
    const flags = ["-std=c++17", ...COMMON_FLAGS, ...SYSTEM_FLAGS];
    await run(compiler.program, [...flags, ...include, ...BINDING_SOURCES, "-o", binding, ...link]);
    const ownFlags = ["-x", "c", ...COMMON_FLAGS, ...SYSTEM_FLAGS, "-I", NODE_HEADERS];
    for (const name of OWN_ADDONS) {
      await run(compiler.program, [...ownFlags, ownSource(name), "-o", join(staging, `${name}.node`)]);
    }
    rmSync(output, { recursive: true, force: true });
    mkdirSync(join(folder, "lib"), { recursive: true });
    renameSync(staging, output);
    const names = ["tfjs_binding", ...OWN_ADDONS].map((name) => `lib/napi-v8/${name}.node`);
    const manifest = {
      ...readJson(join(folder, "manifest.json")),
      addonKey: addonKey(),
      addons: await describeFiles(folder, names),
    };
    writeAtomically(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** What of the cache can be used as it is. */
export function cacheState(folder) {
  const manifest = readJson(join(folder, "manifest.json"));
  const wheel = WHEELS[machine];
  const libraries =
    manifest?.libraries !== undefined &&
    manifest.wheel === wheel?.sha256 &&
    wrongSizes(folder, manifest.libraries).length === 0;
  const addons =
    libraries &&
    manifest.addonKey !== undefined &&
    manifest.addonKey === addonKey() &&
    wrongSizes(folder, manifest.addons).length === 0;
  return { manifest, libraries, addons };
}

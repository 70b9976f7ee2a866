import { existsSync, lstatSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { run } from "./command.mjs";
import { asSetupError, SetupError } from "./errors.mjs";
import { withLock } from "./lock.mjs";
import {
  buildAddons,
  cacheState,
  findCompiler,
  installLibraries,
  machine,
  nativeFolder,
  PACKAGE,
  wrongContents,
} from "./native-cache.mjs";
import { LOCAL, ROOT, userCache } from "./paths.mjs";
import { digest, isStamped, readJson, stamp, unstamp } from "./stamps.mjs";
import { TENSORFLOW_VERSION, WHEELS } from "./wheels.mjs";

const NAME = "native TensorFlow";
const STAMP = join(LOCAL, "native.json");
const CHECK = join(ROOT, "src", "setup", "check-native.mjs");

/** Puts a link where the package looks, in place of whatever lies there. */
function link(target, path) {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(path) === target) return;
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.tmp-${process.pid}`;
  const old = `${path}.old-${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  symlinkSync(target, draft, "junction");
  if (existsSync(path) || lstatSync(path, { throwIfNoEntry: false })) renameSync(path, old);
  renameSync(draft, path);
  rmSync(old, { recursive: true, force: true });
}

function isLinked(folder) {
  const points = (path, target) =>
    lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(path) === target;
  return points(join(PACKAGE, "deps"), join(folder, "deps")) && points(join(PACKAGE, "lib"), join(folder, "lib"));
}

/**
 * Loads the backend in a process of its own and multiplies two matrices; returns what it reports.
 *
 * @returns {Promise<{ version: string, threads: number, gflops: number, milliseconds: number, node: string }>}
 */
export async function checkNative() {
  const { stdout } = await run(process.execPath, [CHECK], { cwd: ROOT });
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

function stampKey(manifest) {
  return digest(JSON.stringify(manifest), process.version, PACKAGE);
}

/** What set-up last found out about the native backend. */
export function nativeFacts() {
  return readJson(STAMP);
}

async function fromWheel(steps) {
  const folder = nativeFolder();
  const compiler = await findCompiler();
  let state = cacheState(folder);
  if (!state.addons && compiler === null) {
    throw new SetupError(NAME, "no C++ compiler was found", compilerRemedy());
  }
  if (!state.libraries) {
    const estimate = "about 60 s on a fast network, 274 MB to download";
    await steps.step("TensorFlow libraries", estimate, async (progress) => {
      await installLibraries(folder, progress);
      return `TensorFlow ${TENSORFLOW_VERSION} in ${folder}`;
    });
    state = cacheState(folder);
  }
  if (!state.addons) {
    await steps.step("TensorFlow addon", `about 15 s, compiling with ${compiler.program}`, async () => {
      await buildAddons(folder, compiler);
      return "built";
    });
  }
  link(join(folder, "deps"), join(PACKAGE, "deps"));
  link(join(folder, "lib"), join(PACKAGE, "lib"));
}

/** The binary its authors publish: another TensorFlow version, from another host, for where ours cannot be built. */
async function fromPublishedBinary(steps) {
  for (const name of ["deps", "lib"]) rmSync(join(PACKAGE, name), { recursive: true, force: true });
  await steps.step("published TensorFlow binary", "about 30 s, 100 MB to download", async () => {
    const PATH = [join(ROOT, "node_modules", ".bin"), process.env["PATH"]].join(delimiter);
    await run(process.execPath, [join("scripts", "install.js")], { cwd: PACKAGE, env: { ...process.env, PATH } });
    return "installed";
  });
}

async function verified(steps) {
  /** @type {Awaited<ReturnType<typeof checkNative>> | undefined} */
  let facts;
  await steps.step(NAME, "a first matrix product, about 2 s", async () => {
    facts = await checkNative();
    return `TensorFlow ${facts.version}, ${facts.threads} threads`;
  });
  return facts;
}

export function compilerRemedy(platform = process.platform) {
  if (platform === "darwin") return "Run `xcode-select --install`, then the same command again.";
  if (platform === "win32") return "Use WSL (https://learn.microsoft.com/windows/wsl), then the same command there.";
  return "On Debian or Ubuntu: sudo apt install g++ (Fedora: sudo dnf install gcc-c++), then the same command again.";
}

/** What a learner without the native backend can and cannot do. */
export function withoutNative(error) {
  return [
    `${NAME} is not available: ${error.why}`,
    `Remedy: ${error.remedy}`,
    "The course goes on with the pure-JavaScript backend.",
    "Works: everything on formulas, schedules and 2-D points (moons, rings, checkerboards), also training there.",
    "Does not: training or sampling image networks, about 100 times too slow. Their saved pictures still show.",
  ].join("\n");
}

/**
 * Step 3: the native backend. It is built against the libraries of the official wheel, kept in the user's cache and
 * linked into the package; failing that its published binary; failing that the course runs on plain JavaScript.
 */
export async function nativeTensorFlow(steps) {
  const folder = nativeFolder();
  const state = WHEELS[machine] ? cacheState(folder) : { addons: false };
  if (state.addons && isLinked(folder) && isStamped(STAMP, stampKey(state.manifest))) {
    steps.ready(NAME, `TensorFlow ${nativeFacts().version}, ${nativeFacts().threads} threads`);
    return;
  }
  const published = readJson(STAMP);
  if (published?.source === "published" && published.node === process.version && existsSync(join(PACKAGE, "lib"))) {
    steps.ready(NAME, `TensorFlow ${published.version} (published binary)`);
    return;
  }
  unstamp(STAMP);
  let reason;
  try {
    if (!WHEELS[machine]) throw new SetupError(NAME, `no tested TensorFlow library for ${machine}`, compilerRemedy());
    const lock = join(userCache(), "lock");
    const onWait = (pid) => steps.warn(`Waiting for another set-up (process ${pid}) that is filling ${userCache()}`);
    await withLock(lock, () => fromWheel(steps), onWait);
    let facts;
    try {
      facts = await verified(steps);
    } catch (error) {
      const { manifest } = cacheState(folder);
      const wrong = await wrongContents(folder, { ...manifest.libraries, ...manifest.addons });
      if (wrong.length === 0) throw error;
      steps.warn(`${wrong.join(", ")} in ${folder} is damaged: making it anew`);
      rmSync(folder, { recursive: true, force: true });
      await withLock(lock, () => fromWheel(steps), onWait);
      facts = await verified(steps);
    }
    stamp(STAMP, stampKey(cacheState(folder).manifest), { source: "wheel", ...facts });
    return;
  } catch (error) {
    reason = asSetupError(NAME, error);
    steps.warn(`${reason.what}: ${reason.why}\nTrying the published binary of @tensorflow/tfjs-node instead.`);
  }
  try {
    await fromPublishedBinary(steps);
    stamp(STAMP, "published", { source: "published", ...(await verified(steps)) });
  } catch {
    steps.warn(withoutNative(reason));
    stamp(STAMP, "none", { source: "none", reason: reason.why });
  }
}

/** Makes @tensorflow/tfjs-node native: from the tested wheel, failing that from the binary its authors publish. */
import { rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../support/command.mjs";
import { asSetupError } from "../support/errors.mjs";
import { withLock } from "../support/lock.mjs";
import { buildAddons } from "./addons.mjs";
import { cacheState, damagedFiles, nativeFolder, userCache } from "./cache.mjs";
import { requireCompiler } from "./compiler.mjs";
import { installLibraries } from "./libraries.mjs";
import { linkNative, unlinkNative } from "./link.mjs";
import { requireWheel, TENSORFLOW_VERSION } from "./wheels.mjs";

/** @typedef {import("../support/steps.mjs").Steps} Steps */

/**
 * What is to become native, and by which Python.
 *
 * @typedef {object} Target
 * @property {string} tfjsNode the folder of the package tfjs-node
 * @property {(scratch: string) => Promise<string>} pip a Python that has pip; one may be made in the scratch folder
 */

/** @typedef {{ version: string, threads: number, gflops: number, milliseconds: number, node: string }} NativeFacts */

export const NAME = "native TensorFlow";

/** What a reader without the native backend can and cannot do. */
export const WITHOUT_NATIVE = [
  "Works: everything on formulas, schedules and 2-D points (moons, rings, checkerboards), also training there.",
  "Does not: training or sampling image networks, about 100 times too slow. Their saved pictures still show.",
];

const PROBE = fileURLToPath(new URL("probe.mjs", import.meta.url));

/**
 * Loads the backend in a process of its own and multiplies two matrices; returns what it reports.
 *
 * @param {string} tfjsNode
 * @returns {Promise<NativeFacts>}
 */
export async function probeNative(tfjsNode) {
  const { stdout } = await run(process.execPath, [PROBE, tfjsNode]);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

/**
 * Fills the cache with what is missing there and links it into the package. A compiler is asked for before the download.
 *
 * @param {Steps} steps
 * @param {Target} target
 * @param {string} folder
 */
async function fromCache(steps, { tfjsNode, pip }, folder) {
  const { libraries, addons } = cacheState(folder, tfjsNode);
  if (!addons) {
    const compiler = await requireCompiler();
    if (!libraries) {
      const megabytes = Math.round(requireWheel().bytes / 1e6);
      const estimate = `about 60 s on a fast network, ${megabytes} MB to download`;
      await steps.step("TensorFlow libraries", estimate, async (progress) => {
        await installLibraries(folder, pip, progress);
        return `TensorFlow ${TENSORFLOW_VERSION} in ${folder}`;
      });
    }
    await steps.step("TensorFlow addon", `about 15 s, compiling with ${compiler.program}`, async () => {
      await buildAddons(folder, tfjsNode, compiler);
      return "built";
    });
  }
  linkNative(tfjsNode, folder);
}

/**
 * @param {Steps} steps
 * @param {string} tfjsNode
 */
async function probed(steps, tfjsNode) {
  /** @type {NativeFacts | undefined} */
  let facts;
  await steps.step(NAME, "a first matrix product, about 2 s", async () => {
    facts = await probeNative(tfjsNode);
    return `TensorFlow ${facts.version}, ${facts.threads} threads`;
  });
  return /** @type {NativeFacts} */ (/** @type {unknown} */ (facts));
}

/**
 * From the wheel. A cache that was damaged is filled anew once.
 *
 * @param {Steps} steps
 * @param {Target} target
 */
async function fromWheel(steps, target) {
  requireWheel();
  const folder = nativeFolder();
  const fill = () => {
    /** @param {number | undefined} pid */
    const onWait = (pid) => steps.warn(`Waiting for another set-up (process ${pid}) that is filling ${userCache()}`);
    return withLock(join(userCache(), "lock"), () => fromCache(steps, target, folder), onWait);
  };
  await fill();
  try {
    return await probed(steps, target.tfjsNode);
  } catch (error) {
    const wrong = await damagedFiles(folder);
    if (wrong === null || wrong.length === 0) throw error;
    steps.warn(`${wrong.join(", ")} in ${folder} is damaged: making it anew`);
    rmSync(folder, { recursive: true, force: true });
    await fill();
    return probed(steps, target.tfjsNode);
  }
}

/**
 * The binary its authors publish: another TensorFlow version, from another host, for where ours cannot be built.
 *
 * @param {Steps} steps
 * @param {string} tfjsNode
 */
async function fromPublishedBinary(steps, tfjsNode) {
  unlinkNative(tfjsNode);
  await steps.step("published TensorFlow binary", "about 30 s, 100 MB to download", async () => {
    const PATH = [join(dirname(dirname(tfjsNode)), ".bin"), process.env["PATH"]].join(delimiter);
    await run(process.execPath, [join("scripts", "install.js")], { cwd: tfjsNode, env: { ...process.env, PATH } });
    return "installed";
  });
  return probed(steps, tfjsNode);
}

/**
 * Makes the package native, whatever of it is done already, and shows that it computes.
 *
 * @param {Steps} steps
 * @param {Target} target
 * @returns {Promise<NativeFacts & { source: "wheel" | "published" }>}
 * @throws {import("../support/errors.mjs").SetupError} if neither way succeeds; it says why the first one did not
 */
export async function installNative(steps, target) {
  let reason;
  try {
    return { source: "wheel", ...(await fromWheel(steps, target)) };
  } catch (error) {
    reason = asSetupError(NAME, error, steps.doctor);
    steps.warn(`${reason.what}: ${reason.why}\nTrying the published binary of @tensorflow/tfjs-node instead.`);
  }
  try {
    return { source: "published", ...(await fromPublishedBinary(steps, target.tfjsNode)) };
  } catch {
    throw reason;
  }
}

/** Step 1 of set-up: the npm packages of this checkout, and what differs from package-lock.json. */
import { existsSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { npmCommand, run } from "./support/command.mjs";
import { SetupError } from "./support/errors.mjs";
import { systemLibc } from "./native/wheels.mjs";
import { ROOT } from "./paths.mjs";
import { readJson } from "./support/stamps.mjs";

/** @typedef {{ platform: string, arch: string, libc: string }} Machine */

/**
 * An entry of package-lock.json, as far as it is read here.
 *
 * @typedef {object} LockEntry
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [link]
 * @property {boolean} [optional]
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 * @property {string[]} [libc]
 */

/** @typedef {{ packages: Record<string, LockEntry> }} Lock */

/**
 * Does this entry of a lock file belong on this machine? Optional packages name the systems they are for.
 *
 * @param {LockEntry} entry
 * @param {Machine} machine
 */
function isWanted(entry, { platform, arch, libc }) {
  /** @type {(list: string[] | undefined, value: string) => boolean} */
  const allowed = (list, value) =>
    !list || (list.some((item) => !item.startsWith("!")) ? list.includes(value) : !list.includes(`!${value}`));
  return allowed(entry.os, platform) && allowed(entry.cpu, arch) && (!entry.libc || entry.libc.includes(libc));
}

function thisMachine() {
  return { platform: process.platform, arch: process.arch, libc: systemLibc() ?? "none" };
}

/**
 * What a lock file asks for and an installation lacks: compares package-lock.json with the record npm leaves in
 * node_modules, so that a hand-made `npm install` counts as well as our own.
 *
 * @param {Lock} lock
 * @param {Lock | null} installed
 * @param {{ machine?: Machine, exists?: (path: string) => boolean }} [options]
 * @returns {string[]} the paths of the packages that must be installed
 */
export function missingPackages(lock, installed, { machine = thisMachine(), exists = () => true } = {}) {
  if (installed === null) return ["node_modules"];
  const missing = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (!path.startsWith("node_modules/") && !path.includes("/node_modules/")) continue;
    if (entry.optional && !isWanted(entry, machine)) continue;
    const present = installed.packages[path];
    const same = present && (entry.link ? present.link : present.version === entry.version);
    const sameContent = !entry?.integrity || !present?.integrity || entry.integrity === present.integrity;
    if (!same || !sameContent || !exists(path)) missing.push(path);
  }
  return missing;
}

export function npmDifferences(root = ROOT) {
  const lock = readJson(join(root, "package-lock.json"));
  if (lock === null)
    throw new SetupError("npm packages", "package-lock.json is missing or broken", "git checkout package-lock.json");
  const installed = readJson(join(root, "node_modules", ".package-lock.json"));
  return missingPackages(lock, installed, { exists: (path) => existsSync(join(root, path)) });
}

/**
 * How many of the lock file's packages lie on the disk already.
 *
 * @param {string[]} paths
 */
function countInstalled(paths) {
  return paths.filter((path) => existsSync(join(ROOT, path, "package.json"))).length;
}

/**
 * The kernel brings its own, older TypeScript, and both packages want to be `tsc`. npm links whichever comes first;
 * `npx tsc` must mean the course's compiler.
 */
function linkCompiler() {
  if (process.platform === "win32") return;
  for (const name of ["tsc", "tsserver"]) {
    const link = join(ROOT, "node_modules", ".bin", name);
    const target = `../typescript/bin/${name}`;
    if (readlinkSync(link) === target) continue;
    rmSync(link);
    symlinkSync(target, link);
  }
}

/**
 * Step 1: the npm packages, exactly as package-lock.json names them, with no install script run.
 *
 * @param {import("./support/steps.mjs").Steps} steps
 */
export async function npmPackages(steps) {
  const differences = npmDifferences();
  if (differences.length === 0) {
    steps.ready("npm packages", "as the lock file says");
    return;
  }
  await steps.step("npm packages", "about 20 s, 60 MB to download", async (progress) => {
    const lock = readJson(join(ROOT, "package-lock.json"));
    const paths = Object.keys(lock.packages).filter((path) => path.includes("node_modules/"));
    const timer = setInterval(() => progress(`${countInstalled(paths)} of at most ${paths.length} packages`), 500);
    // An interrupted run must not look finished to the next one.
    rmSync(join(ROOT, "node_modules", ".package-lock.json"), { force: true });
    try {
      const { program, args } = npmCommand();
      const quiet = [
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        "--no-update-notifier",
        "--fetch-retry-maxtimeout=10000",
      ];
      await run(program, [...args, "ci", "--ignore-scripts", ...quiet], { cwd: ROOT });
    } finally {
      clearInterval(timer);
    }
    linkCompiler();
    return `${countInstalled(paths)} packages`;
  });
}

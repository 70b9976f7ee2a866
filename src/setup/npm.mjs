import { existsSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { npmCommand, run } from "./command.mjs";
import { SetupError } from "./errors.mjs";
import { ROOT } from "./paths.mjs";
import { readJson } from "./stamps.mjs";

/** Does this entry of a lock file belong on this machine? Optional packages name the systems they are for. */
function isWanted(entry, { platform, arch, libc }) {
  const allowed = (list, value) =>
    !list || (list.some((item) => !item.startsWith("!")) ? list.includes(value) : !list.includes(`!${value}`));
  return allowed(entry.os, platform) && allowed(entry.cpu, arch) && (!entry.libc || entry.libc.includes(libc));
}

/** glibc names itself in Node's report; musl does not. */
function thisMachine() {
  /** @type {any} */
  const report = process.platform === "linux" ? process.report.getReport() : null;
  const libc = report?.header?.glibcVersionRuntime ? "glibc" : "musl";
  return { platform: process.platform, arch: process.arch, libc };
}

/**
 * What a lock file asks for and an installation lacks: compares package-lock.json with the record npm leaves in
 * node_modules, so that a hand-made `npm install` counts as well as our own.
 *
 * @param {{ packages: Record<string, any> }} lock
 * @param {{ packages: Record<string, any> } | null} installed
 * @param {{ machine?: { platform: string, arch: string, libc: string }, exists?: (path: string) => boolean }} [options]
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

/** How many of the lock file's packages lie on the disk already. */
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

/** Step 1: the npm packages, exactly as package-lock.json names them, with no install script run. */
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

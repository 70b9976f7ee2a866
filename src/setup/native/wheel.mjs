/** Downloads a wheel by pip, which knows the user's mirrors and proxies, and unpacks what is needed of it. */
import { mkdirSync, readdirSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../support/command.mjs";
import { SetupError } from "../support/errors.mjs";
import { hashFile } from "../support/stamps.mjs";
import { megabytes } from "../support/steps.mjs";
import { TENSORFLOW_VERSION } from "./wheels.mjs";

const UNPACK = fileURLToPath(new URL("unpack.py", import.meta.url));

/** @param {string} folder */
function folderSize(folder) {
  let total = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    // pip's temporary files come and go.
    if (entry.isFile()) {
      total += statSync(join(entry.parentPath ?? entry.path, entry.name), { throwIfNoEntry: false })?.size ?? 0;
    }
  }
  return total;
}

/**
 * Refuses a folder whose disk is too full.
 *
 * @param {string} folder
 * @param {number} bytes
 */
export function requireSpace(folder, bytes) {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new SetupError(
    "native TensorFlow",
    `${folder} has ${megabytes(free)} free, ${megabytes(bytes)} are needed while the libraries are unpacked`,
    "Free some space, or set DIFFUSION_LAB_CACHE to a folder on another disk.",
  );
}

/**
 * Refuses a download that is not the tested one.
 *
 * @param {string} path
 * @param {string} expected its SHA-256
 */
export async function requireChecksum(path, expected) {
  const actual = await hashFile(path);
  if (actual === expected) return;
  throw new SetupError(
    "native TensorFlow",
    `the downloaded wheel has checksum ${actual.slice(0, 16)}…, expected ${expected.slice(0, 16)}…`,
    "Try again; if it stays so, a proxy or mirror changes the file.",
  );
}

/**
 * Downloads a wheel into a folder and returns its path.
 *
 * @param {string} python one that has pip
 * @param {import("./wheels.mjs").Wheel} wheel
 * @param {string} folder
 * @param {import("../support/steps.mjs").Progress} progress
 */
export async function downloadWheel(python, wheel, folder, progress) {
  const temporary = join(folder, "tmp");
  mkdirSync(temporary, { recursive: true });
  const timer = setInterval(() => {
    progress(`downloaded ${megabytes(folderSize(folder))} of ${megabytes(wheel.bytes)}`);
  }, 500);
  try {
    const quiet = ["--disable-pip-version-check", "--no-cache-dir", "--progress-bar", "off", "--no-input"];
    const target = ["--no-deps", "--only-binary=:all:", "--python-version", "3.11", "--platform", wheel.platform];
    const what = `${wheel.package}==${TENSORFLOW_VERSION}`;
    await run(python, ["-m", "pip", "download", ...quiet, ...target, "-d", folder, what], {
      env: { ...process.env, TMPDIR: temporary },
    });
  } finally {
    clearInterval(timer);
  }
  const name = readdirSync(folder).find((file) => file.endsWith(".whl"));
  if (name === undefined) throw new Error(`pip ended well and left no wheel in ${folder}`);
  await requireChecksum(join(folder, name), wheel.sha256);
  return join(folder, name);
}

/**
 * Unpacks the named members of an archive, keeping their paths.
 *
 * @param {string} python
 * @param {string} archive
 * @param {string[]} members
 * @param {string} folder
 * @param {(bytes: number) => void} [onBytes] how many have been written so far
 */
export async function unpack(python, archive, members, folder, onBytes) {
  await run(python, [UNPACK, archive, folder, ...members], { onLine: (line) => onBytes?.(Number(line)) });
}

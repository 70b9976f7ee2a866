/** TensorFlow's shared libraries and C headers: taken from the wheel, put into the cache as a whole. */
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { ask } from "../support/command.mjs";
import { writeAtomically } from "../support/stamps.mjs";
import { megabytes } from "../support/steps.mjs";
import { describeFiles } from "./manifest.mjs";
import { downloadWheel, requireSpace, unpack } from "./wheel.mjs";
import { HEADERS, libraryNames, requireWheel, TENSORFLOW_VERSION } from "./wheels.mjs";

const UNPACKED = "853 MB";

/**
 * Makes a folder of the cache with `deps/lib` (two shared libraries without debug sections) and `deps/include`. The
 * folder appears when it is whole; what an interrupted run left is cleared away.
 *
 * @param {string} folder
 * @param {(scratch: string) => Promise<string>} pip a Python that has pip; one may be made in the scratch folder
 * @param {import("../support/steps.mjs").Progress} progress
 */
export async function installLibraries(folder, pip, progress) {
  const wheel = requireWheel();
  const cache = dirname(folder);
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) {
    if (name.includes(".tmp-")) rmSync(join(cache, name), { recursive: true, force: true });
  }
  requireSpace(cache, 1.3e9);
  const staging = `${folder}.tmp-${process.pid}`;
  const scratch = join(staging, "scratch");
  try {
    mkdirSync(join(staging, "deps", "lib"), { recursive: true });
    mkdirSync(scratch);
    const python = await pip(scratch);
    const archive = await downloadWheel(python, wheel, join(scratch, "wheel"), progress);

    const libraries = libraryNames();
    const members = [...Object.values(libraries), ...HEADERS.map((name) => `include/${name}`)];
    const paths = members.map((name) => `tensorflow/${name}`);
    await unpack(python, archive, paths, scratch, (bytes) => {
      progress(`unpacked ${megabytes(bytes)} of ${UNPACKED}`);
    });
    renameSync(join(scratch, "tensorflow", "include"), join(staging, "deps", "include"));
    for (const [alias, name] of Object.entries(libraries)) {
      renameSync(join(scratch, "tensorflow", name), join(staging, "deps", "lib", name));
      symlinkSync(name, join(staging, "deps", "lib", alias));
    }
    rmSync(scratch, { recursive: true });

    progress("stripping debug sections");
    // A library that cannot be stripped is only larger. (On macOS it would also lose its signature.)
    if (process.platform === "linux") {
      for (const name of Object.values(libraries)) {
        await ask("strip", ["--strip-unneeded", join(staging, "deps", "lib", name)]);
      }
    }
    progress("recording checksums");
    const files = await describeFiles(staging, [
      ...Object.values(libraries).map((name) => `deps/lib/${name}`),
      ...HEADERS.map((name) => `deps/include/${name}`),
    ]);
    const manifest = { version: TENSORFLOW_VERSION, wheel: wheel.sha256, libraries: files };
    writeAtomically(join(staging, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(staging, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

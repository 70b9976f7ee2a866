/** Step 4 of set-up: the library, compiled; and the benchmark, when it is asked for. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { run } from "./support/command.mjs";
import { lastLines, SetupError } from "./support/errors.mjs";
import { gatherSamplers } from "./gather-samplers.mjs";
import { ROOT } from "./paths.mjs";
import { pruneOutput } from "./prune.mjs";

/** Every package there is; `tsc -b` builds one and those it refers to. */
const PACKAGES = ["src", "src/kernel", "src/lab", "test/bench"];

/** When each was last built; the compiler leaves its record alone where nothing changed. */
function builds() {
  return PACKAGES.map((folder) => {
    return statSync(join(ROOT, folder, "dist", ".tsbuildinfo"), { throwIfNoEntry: false })?.mtimeMs;
  });
}

/**
 * Compiles a package and those it refers to, and clears away what earlier builds left in them. TypeScript's own build
 * record makes a second run short.
 *
 * @param {string} what
 * @param {string} folder
 */
async function compile(what, folder) {
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const before = builds();
  try {
    await run(process.execPath, [compiler, "-b", folder], { cwd: ROOT });
  } catch (error) {
    const { output } = /** @type {import("./support/command.mjs").CommandError} */ (error);
    throw new SetupError(
      what,
      `${folder} does not compile:\n${lastLines(output, 20)}`,
      "Mend the lines named above, or `git status` to see what differs from the published course.",
    );
  }
  const after = builds();
  for (const changed of PACKAGES.filter((_, i) => before[i] !== after[i])) pruneOutput(join(ROOT, changed));
  return `${folder}/dist is current`;
}

/**
 * Compiles the library to src/dist.
 *
 * @param {import("./support/steps.mjs").Steps} steps
 */
export async function buildLibrary(steps) {
  const first = !existsSync(join(ROOT, "src", "dist", "index.js"));
  const work = () => {
    gatherSamplers();
    return compile("library", "src");
  };
  if (first) await steps.step("library", "compiling src, about 10 s", work);
  else await steps.check("library", "compiling what changed, about 1 s", work);
}

/**
 * Compiles the kernel alone to src/kernel/dist.
 *
 * @param {import("./support/steps.mjs").Steps} steps
 */
export async function buildKernel(steps) {
  await steps.check("kernel", "compiling src/kernel, about 3 s", () => compile("kernel", "src/kernel"));
}

/**
 * Compiles the benchmark to test/bench/dist; only `npm run bench` needs it.
 *
 * @param {import("./support/steps.mjs").Steps} steps
 */
export async function buildBenchmark(steps) {
  await steps.check("benchmark", "compiling test/bench, about 3 s", () => compile("benchmark", "test/bench"));
}

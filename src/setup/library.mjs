/** Step 4 of set-up: the library, compiled. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "./support/command.mjs";
import { SetupError, lastLines } from "./support/errors.mjs";
import { gatherSamplers } from "./gather-samplers.mjs";
import { ROOT } from "./paths.mjs";

/**
 * Compiles a package and those it refers to. TypeScript's own build record makes a second run short.
 *
 * @param {string} what
 * @param {string} project
 */
async function compile(what, project) {
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  try {
    await run(process.execPath, [compiler, "-b", project], { cwd: ROOT });
  } catch (error) {
    throw new SetupError(
      what,
      `${project} does not compile:\n${lastLines(/** @type {import("./support/command.mjs").CommandError} */ (error).output, 20)}`,
      "Mend the lines named above, or `git status` to see what differs from the published course.",
    );
  }
  return `${project}/dist is current`;
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
 * The benchmark, a package of its own that only `npm run bench` needs, compiled to test/bench/dist.
 *
 * @param {import("./support/steps.mjs").Steps} steps
 */
export async function buildBenchmark(steps) {
  await steps.check("benchmark", "compiling test/bench, about 3 s", () => compile("benchmark", "test/bench"));
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.mjs";
import { SetupError, lastLines } from "./errors.mjs";
import { gatherSamplers } from "./gather-samplers.mjs";
import { ROOT } from "./paths.mjs";

/** Step 4: the library, compiled to src/dist. TypeScript's own build record makes a second run short. */
export async function buildLibrary(steps) {
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const first = !existsSync(join(ROOT, "src", "dist", "index.js"));
  const compile = async () => {
    gatherSamplers();
    try {
      await run(process.execPath, [compiler, "-b", "src"], { cwd: ROOT });
    } catch (error) {
      throw new SetupError(
        "library",
        `src does not compile:\n${lastLines(error.output, 20)}`,
        "Mend the lines named above, or `git status` to see what differs from the published course.",
      );
    }
    return "src/dist is current";
  };
  if (first) await steps.step("library", "compiling src, about 10 s", compile);
  else await steps.check("library", "compiling what changed, about 1 s", compile);
}

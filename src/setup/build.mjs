/** `npm run build`; with `library`, what npm runs before it packs the library. Old output is cleared away. */
import { buildBenchmark, buildLibrary } from "./library.mjs";
import { asSetupError } from "./support/errors.mjs";
import { printFailure, Steps } from "./support/steps.mjs";

try {
  // npm pack --json has the standard output for itself.
  const steps = new Steps(process.stderr);
  await buildLibrary(steps);
  if (process.argv[2] !== "library") await buildBenchmark(steps);
} catch (error) {
  printFailure(asSetupError("npm run build", error));
  process.exitCode = 1;
}

/** `npm run build`; with `library` or `kernel`, what npm runs before it packs that. Old output is cleared away. */
import { buildBenchmark, buildKernel, buildLibrary } from "./library.mjs";
import { asSetupError } from "./support/errors.mjs";
import { printFailure, Steps } from "./support/steps.mjs";

try {
  // npm pack --json has the standard output for itself.
  const steps = new Steps(process.stderr);
  const [, , only] = process.argv;
  if (only === "kernel") await buildKernel(steps);
  else await buildLibrary(steps);
  if (only === undefined) await buildBenchmark(steps);
} catch (error) {
  printFailure(asSetupError("npm run build", error));
  process.exitCode = 1;
}

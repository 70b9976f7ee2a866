/** `npm run build`, and what npm runs before it packs the library: compiles it and clears old output away. */
import { buildLibrary } from "./library.mjs";
import { asSetupError } from "./support/errors.mjs";
import { printFailure, Steps } from "./support/steps.mjs";

try {
  // npm pack --json has the standard output for itself.
  await buildLibrary(new Steps(process.stderr));
} catch (error) {
  printFailure(asSetupError("npm run build", error));
  process.exitCode = 1;
}

/**
 * `npm run train`, `sample`, `notebooks` …: sets up what is missing without a word if nothing is, then runs the named
 * program of src/dist in this very process, so that Ctrl-C reaches it as it would reach the program alone.
 */
import { requireSupportedNode } from "./gate.mjs";

requireSupportedNode();

const { existsSync } = await import("node:fs");
const { join } = await import("node:path");
const { pathToFileURL } = await import("node:url");
const { asSetupError, SetupError } = await import("./errors.mjs");
const { ROOT } = await import("./paths.mjs");
const { setUp } = await import("./setup.mjs");
const { printFailure, QuietSteps } = await import("./steps.mjs");

const [name, ...words] = process.argv.slice(2);
const file = join(ROOT, "src", "dist", `${name}.js`);

async function prepare() {
  try {
    await setUp(new QuietSteps(process.stderr));
  } catch (error) {
    // A part of the library that does not compile need not be the part that is wanted.
    if (error.what !== "library" || !existsSync(file)) throw error;
    printFailure(error);
  }
  if (!existsSync(file)) throw new SetupError(name, `there is no ${file}`, "`git status` shows what differs from the published course.");
}

try {
  await prepare();
  process.argv = [process.argv[0], file, ...words];
  await import(pathToFileURL(file).href);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  printFailure(asSetupError(name, error));
  process.exitCode = 1;
}

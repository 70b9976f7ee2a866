import { join } from "node:path";
import { kernelspec } from "./kernelspec.mjs";
import { buildLibrary } from "./library.mjs";
import { withLock } from "./lock.mjs";
import { npmPackages } from "./npm.mjs";
import { LOCAL } from "./paths.mjs";
import { pythonEnvironment } from "./python.mjs";
import { nativeTensorFlow } from "./tensorflow.mjs";

/**
 * Everything the course needs, each step only if it is not done yet. Two set-ups of one checkout take turns.
 * The library comes last: if only it does not compile, the thrown SetupError's `what` is "library".
 */
export async function setUp(steps) {
  const onWait = (pid) => steps.warn(`Waiting for another set-up of this checkout (process ${pid}) to finish`);
  await withLock(join(LOCAL, "setup.lock"), async () => {
    await npmPackages(steps);
    await pythonEnvironment(steps);
    await nativeTensorFlow(steps);
    kernelspec(steps);
    await buildLibrary(steps);
  }, onWait);
}

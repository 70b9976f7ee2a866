/** The steps of set-up, in their order. */
import { join } from "node:path";
import { kernelspec } from "./kernelspec.mjs";
import { labSettings } from "./lab.mjs";
import { buildLibrary } from "./library.mjs";
import { withLock } from "./support/lock.mjs";
import { npmPackages } from "./npm.mjs";
import { LOCAL } from "./paths.mjs";
import { pythonEnvironment } from "./python.mjs";
import { nativeTensorFlow } from "./tensorflow.mjs";

/**
 * Everything the course needs, each step only if it is not done yet. Two set-ups of one checkout take turns.
 * If only the library does not compile, everything else is ready and the SetupError's `what` is "library".
 *
 * @param {import("./support/steps.mjs").Steps} steps
 */
export async function setUp(steps) {
  /** @param {number | undefined} pid */
  const onWait = (pid) => steps.warn(`Waiting for another set-up of this checkout (process ${pid}) to finish`);
  await withLock(
    join(LOCAL, "setup.lock"),
    async () => {
      await npmPackages(steps);
      await pythonEnvironment(steps);
      await nativeTensorFlow(steps);
      try {
        await buildLibrary(steps);
      } finally {
        await kernelspec(steps);
        await labSettings(steps);
      }
    },
    onWait,
  );
}

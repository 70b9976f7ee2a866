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
 * Everything the course needs, or what one of its programs does, each step only if it is not done yet. Two set-ups of one
 * checkout take turns. If only the library does not compile, everything else is ready and the SetupError's `what` is
 * "library".
 *
 * @param {import("./support/steps.mjs").Steps} steps
 * @param {{ notebooks?: boolean, native?: boolean }} [needs] notebooks: JupyterLab and the kernel; native: TensorFlow
 */
export async function setUp(steps, { notebooks = true, native = true } = {}) {
  /** @param {number | undefined} pid */
  const onWait = (pid) => steps.warn(`Waiting for another set-up of this checkout (process ${pid}) to finish`);
  await withLock(
    join(LOCAL, "setup.lock"),
    async () => {
      await npmPackages(steps);
      if (notebooks) await pythonEnvironment(steps);
      if (native) await nativeTensorFlow(steps);
      try {
        await buildLibrary(steps);
      } finally {
        if (notebooks) await kernelspec(steps);
        if (notebooks) await labSettings(steps);
      }
    },
    onWait,
  );
}

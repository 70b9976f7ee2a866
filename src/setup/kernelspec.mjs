/** The kernelspec of this checkout, and the environment in which Jupyter sees it alone. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { JUPYTER, ROOT } from "./paths.mjs";
import { writeAtomically } from "./support/stamps.mjs";

const NATIVE_PROCESS = join(ROOT, "src", "dist", "runtime", "native-process.js");
const SOURCE = join(ROOT, "src", "kernel", "dist", "kernelspec.js");
export const KERNELSPEC = join(JUPYTER, "kernels", "tslab", "kernel.json");

/**
 * The kernel's own description of how it is started, with the very Node that set-up was run with.
 *
 * @template {{ argv: string[] }} Spec
 * @param {Spec} spec
 * @returns {Spec}
 */
export function pinNode(spec, node = process.execPath) {
  const [, ...rest] = spec.argv;
  return { ...spec, argv: [node, ...rest] };
}

/**
 * Step 5: the kernelspec, inside the checkout; JUPYTER_PATH makes JupyterLab see it.
 *
 * @param {import("./support/steps.mjs").Steps} steps
 */
export async function kernelspec(steps) {
  if (!existsSync(SOURCE)) return;
  const { kernelSpec } = await import(pathToFileURL(SOURCE).href);
  const { computingProcess } = await import(pathToFileURL(NATIVE_PROCESS).href);
  writeAtomically(
    KERNELSPEC,
    `${JSON.stringify(pinNode(kernelSpec({ env: computingProcess.environment })), null, 2)}\n`,
  );
  steps.ready("kernel", `TypeScript, in ${JUPYTER}`);
}

/** The environment in which Jupyter sees this checkout's kernel and settings and nobody else's. */
export function jupyterEnvironment(env = process.env) {
  return {
    ...env,
    JUPYTER_PATH: JUPYTER,
    JUPYTER_CONFIG_DIR: join(JUPYTER, "config"),
    JUPYTER_DATA_DIR: join(JUPYTER, "data"),
    JUPYTER_RUNTIME_DIR: join(JUPYTER, "runtime"),
    IPYTHONDIR: join(JUPYTER, "ipython"),
  };
}

/** The kernelspecs of this checkout, one a language, and the environment in which Jupyter sees them alone. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { JUPYTER, ROOT } from "./paths.mjs";
import { writeAtomically } from "./support/stamps.mjs";

const NATIVE_PROCESS = join(ROOT, "src", "dist", "runtime", "native-process.js");
const SOURCE = join(ROOT, "src", "kernel", "dist", "kernelspec.js");
export const KERNELSPEC = join(JUPYTER, "kernels", "tslab", "kernel.json");

/** The kernel of the Chinese notebooks: the same one, whose checks and formulas speak Chinese. */
const CHINESE = {
  name: "tslab-zh",
  display_name: "TypeScript (diffusion-lab, 中文)",
  env: { DIFFUSION_LAB_LANG: "zh" },
};

/** The kernels that JupyterLab offers. */
export const KERNELS = ["tslab", CHINESE.name];

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
 * Step 5: the kernelspecs, inside the checkout; JUPYTER_PATH makes JupyterLab see them.
 *
 * @param {import("./support/steps.mjs").Steps} steps
 */
export async function kernelspec(steps) {
  if (!existsSync(SOURCE)) return;
  const { kernelSpec } = await import(pathToFileURL(SOURCE).href);
  const { computingProcess } = await import(pathToFileURL(NATIVE_PROCESS).href);
  const english = pinNode(kernelSpec({ env: computingProcess.environment }));
  const { name, display_name, env } = CHINESE;
  const chinese = { ...english, display_name, env: { ...english.env, ...env } };
  writeAtomically(KERNELSPEC, `${JSON.stringify(english, null, 2)}\n`);
  writeAtomically(join(JUPYTER, "kernels", name, "kernel.json"), `${JSON.stringify(chinese, null, 2)}\n`);
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

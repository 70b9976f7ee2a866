import { readFileSync } from "node:fs";
import { join } from "node:path";
import { JUPYTER, ROOT } from "./paths.mjs";
import { writeAtomically } from "./stamps.mjs";

const TEMPLATE = join(ROOT, "src", "setup", "kernel.json");
export const KERNELSPEC = join(JUPYTER, "kernels", "tslab", "kernel.json");

/** The template with this checkout's and this Node's paths put in. */
export function renderKernelspec(template, { node, root }) {
  const fill = (value) => value.replaceAll("{node}", node).replaceAll("{root}", root);
  const spec = JSON.parse(template);
  return { ...spec, argv: spec.argv.map(fill), env: Object.fromEntries(Object.entries(spec.env).map(([k, v]) => [k, fill(v)])) };
}

/** Step 4: the kernelspec, inside the checkout; JUPYTER_PATH makes JupyterLab see it. */
export function kernelspec(steps) {
  const spec = renderKernelspec(readFileSync(TEMPLATE, "utf8"), { node: process.execPath, root: ROOT });
  writeAtomically(KERNELSPEC, `${JSON.stringify(spec, null, 2)}\n`);
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

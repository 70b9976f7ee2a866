// How Jupyter starts this kernel. The set-up writes it to …/kernels/tslab/kernel.json.
import path from "node:path";
import { fileURLToPath } from "node:url";

export const KERNEL_NAME = "tslab";
export const DISPLAY_NAME = "TypeScript (diffusion-lab)";

export interface KernelSpec {
  readonly argv: readonly string[];
  readonly display_name: string;
  readonly language: string;
  readonly interrupt_mode: "message" | "signal";
  readonly env: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * @param options.env what the kernel's process is started with besides Jupyter's own environment, default nothing
 * @param options.folder where the built kernel lies, default beside this file
 */
export function kernelSpec(
  options: { readonly env?: Readonly<Record<string, string>>; readonly folder?: string } = {},
): KernelSpec {
  const { env = {}, folder = path.dirname(fileURLToPath(import.meta.url)) } = options;
  const argv = [
    "node",
    // Cells import ES modules through require, which Node 20 calls experimental.
    "--disable-warning=ExperimentalWarning",
    // A cell may be terminated in the middle of a timer callback.
    "--no-force-async-hooks-checks",
    path.join(folder, "launcher.js"),
    "--config-path",
    "{connection_file}",
  ];
  return {
    argv,
    display_name: DISPLAY_NAME,
    language: "typescript",
    interrupt_mode: "message",
    env,
    metadata: { debugger: false },
  };
}

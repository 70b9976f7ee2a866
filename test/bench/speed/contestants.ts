import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Precision } from "diffusion-lab/compile";
import { computingProcess, forComputing, forOthers } from "diffusion-lab/runtime";
import type { Contestant } from "./measure.js";

/** The versions the ratios are stated against. */
export const PEERS = ["torch==2.13.0", "diffusers==0.42.1"] as const;

const here = dirname(fileURLToPath(import.meta.url));

/** The checkout, found by the script that only it has. */
export function checkoutRoot(): string | undefined {
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "test", "bench", "torch_worker.py"))) return folder;
  }
  return undefined;
}

/** This library, from source or built, as the benchmark itself runs. */
export function library(precision: Precision = "float32"): Contestant {
  const worker = join(here, fileURLToPath(import.meta.url).endsWith(".ts") ? "worker.ts" : "worker.js");
  return {
    name: precision === "float32" ? "diffusion-lab" : `diffusion-lab ${precision}`,
    takesPart: ({ model, mode }) => precision === "float32" || (mode === "train" && model !== "mlp"),
    command: ({ model, mode, batch }) => ({
      program: process.execPath,
      args: [...process.execArgv, ...computingProcess.nodeFlags, worker, model, mode, String(batch), precision],
      environment: forComputing(process.env),
    }),
  };
}

/** `eager` and `compile`: our own script of the same network. `diffusers`: its UNet2DModel. */
export const torchVariants = ["eager", "compile", "diffusers", "channels-last"] as const;
export type TorchVariant = (typeof torchVariants)[number];

/** A contestant in PyTorch, if a Python that has what it needs is found: of `--install-peers`, or the one on the path. */
export function torch(variant: TorchVariant): Contestant | undefined {
  const checkout = checkoutRoot();
  const python = pythonWith(variant === "diffusers" ? "torch, diffusers" : "torch", checkout);
  if (!checkout || !python) return undefined;
  const script = join(checkout, "test", "bench", "torch_worker.py");
  return {
    name: variant === "diffusers" ? "diffusers UNet2DModel" : `PyTorch ${variant}`,
    takesPart: ({ model }) => {
      if (variant === "diffusers" || variant === "channels-last") return model === "unet";
      return variant === "eager" || model !== "matmul";
    },
    // torch.compile needs a C++ compiler, which not every machine has.
    optional: variant !== "eager",
    command: ({ model, mode, batch }) => ({
      program: python,
      args: [script, model, mode, String(batch), variant],
      environment: forOthers(process.env),
    }),
  };
}

/** Makes `.cache/peers` with PyTorch and diffusers, unless they are there. */
export function installPeers(): void {
  const checkout = checkoutRoot();
  if (!checkout) throw new Error("--install-peers works in a checkout of the course only: test/bench is not here");
  const folder = join(checkout, ".cache", "peers");
  if (!existsSync(pythonOf(folder))) run("python3", ["-m", "venv", folder]);
  if (!imports(pythonOf(folder), "torch, diffusers"))
    run(pythonOf(folder), ["-m", "pip", "install", "--quiet", ...PEERS]);
}

/** A Python that can import these: that of `--install-peers`, or the one on the path. */
export function pythonWith(modules: string, checkout: string | undefined): string | undefined {
  const candidates = [...(checkout ? [pythonOf(join(checkout, ".cache", "peers"))] : []), "python3"];
  return candidates.find((python) => imports(python, modules));
}

function imports(python: string, modules: string): boolean {
  return spawnSync(python, ["-c", `import ${modules}`], { stdio: "ignore" }).status === 0;
}

function pythonOf(folder: string): string {
  return process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
}

function run(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: "inherit" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed${error ? `: ${error.message}` : ""}`);
}

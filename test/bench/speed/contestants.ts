/** Who is timed: this library in two precisions, and PyTorch in several ways. */
import type { Precision } from "diffusion-lab/compile";
import type { EngineName } from "diffusion-lab/onnx";
import { forOthers } from "diffusion-lab/runtime";
import { pythonWith, script } from "../peers.js";
import { libraryWorker } from "../work.js";
import type { Contestant } from "./measure.js";

export function library(precision: Precision = "float32", engine: EngineName = "graph"): Contestant {
  const name = ["diffusion-lab", precision === "float32" ? "" : precision, engine === "graph" ? "" : engine];
  return {
    name: name.filter((word) => word !== "").join(" "),
    takesPart: ({ model, mode }) => precision === "float32" || (mode === "train" && model !== "mlp"),
    command: ({ model, mode, batch }) => libraryWorker({ speed: { model, mode, batch, precision, engine } }),
  };
}

/** `eager` and `compile`: our own script of the same network. `diffusers`: its UNet2DModel. */
export const torchVariants = ["eager", "compile", "diffusers", "channels-last"] as const;
export type TorchVariant = (typeof torchVariants)[number];

/** A contestant in PyTorch, if a Python that has what it needs is found. */
export function torch(variant: TorchVariant): Contestant | undefined {
  const python = pythonWith(variant === "diffusers" ? "torch, diffusers" : "torch");
  if (!python) return undefined;
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
      args: [script("torch_worker.py"), model, mode, String(batch), variant],
      environment: forOthers(process.env),
    }),
  };
}

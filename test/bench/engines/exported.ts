/** The benchmark's networks as ONNX files, and what ONNX Runtime and OpenVINO in Python make of them. */
import { join } from "node:path";
import { toOnnx } from "diffusion-lab/onnx";
import { forOthers } from "diffusion-lab/runtime";
import type { StoredNetwork } from "diffusion-lab/networks";
import { makeNetwork, NETWORKS } from "../networks.js";
import { pythonWith, script } from "../peers.js";
import type { Contestant } from "../speed/measure.js";

/** What is in a folder: each network's file, and how many numbers it has. */
export type Exported = ReadonlyMap<string, { readonly path: string; readonly parameters: number }>;

export function exportNetworks(folder: string): Exported {
  return new Map(
    NETWORKS.map((name) => {
      const { network, shape } = makeNetwork(name);
      const path = join(folder, `${name}.onnx`);
      toOnnx(network as unknown as StoredNetwork, path, { shape });
      const parameters = network.parameters.count;
      network.parameters.dispose();
      return [name, { path, parameters }];
    }),
  );
}

const TITLES = { onnxruntime: "ONNX Runtime", openvino: "OpenVINO" } as const;
export type Runtime = keyof typeof TITLES;

/** A contestant, if a Python that has the runtime is found. */
export function runtime(engine: Runtime, exported: Exported): Contestant | undefined {
  const python = pythonWith(engine);
  if (!python) return undefined;
  return {
    name: TITLES[engine],
    takesPart: ({ mode }) => mode === "sample",
    command: ({ model, batch }) => {
      const { path, parameters } = exported.get(model)!;
      return {
        program: python,
        args: [script("engine_worker.py"), path, String(batch), engine, String(parameters)],
        environment: forOthers(process.env),
      };
    },
  };
}

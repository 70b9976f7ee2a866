/** What `npm run bench` times, in which order. */
import type { Plan } from "./measure.js";
import { NETWORKS, type NetworkName } from "../networks.js";

export interface PlanOptions {
  /** Of the U-Net. */
  readonly batches: readonly number[];
  /** Turns of each contestant. */
  readonly rounds: number;
  /** Whether the line of ratios is wanted, which has one for the MLP. */
  readonly ratios: boolean;
}

/** Eight counted: for a while after a pause PyTorch's steps are slower than in a training that goes on. */
const NETWORK_STEPS = 9;

/** Everything to time for these networks, the machine's matrix product first. */
export function plansFor(networks: readonly NetworkName[], { batches, rounds, ratios }: PlanOptions): Plan[] {
  const wanted = networks.length > 0 ? networks : NETWORKS;
  const pair = (model: NetworkName, batch: number, stepsPerTurn: number): Plan[] =>
    (["train", "sample"] as const).map((mode) => ({ model, mode, batch, rounds, stepsPerTurn }));
  const mlp = pair("mlp", 256, 51);
  return [
    { model: "matmul", mode: "product", batch: 2048, rounds, stepsPerTurn: 5 },
    ...(wanted.includes("unet") ? batches.flatMap((batch) => pair("unet", batch, NETWORK_STEPS)) : []),
    ...(wanted.includes("dit") ? pair("dit", 64, NETWORK_STEPS) : []),
    ...(wanted.includes("mlp") ? mlp : ratios ? mlp.slice(0, 1) : []),
  ];
}

/** @throws RangeError naming the network there is not */
export function requireNetworks(names: readonly string[]): readonly NetworkName[] {
  const unknown = names.find((name) => !(NETWORKS as readonly string[]).includes(name));
  if (unknown !== undefined) throw new RangeError(`unknown benchmark "${unknown}": choose ${NETWORKS.join(", ")}`);
  return names as readonly NetworkName[];
}

/** Diffusion: noise predicted by squared error; drawn by DDPM and by DDIM in ten steps. */
import { linearSchedule } from "../../diffusion/index.js";
import { diffusionModel, DiffusionTask, networkDenoiser, type DiffusionNetwork } from "../../families/index.js";
import { PointMlp, smallUnetConfig, UNet2D } from "../../networks/index.js";
import type { Method, MethodRun, Way } from "../method.js";
import type { Problem } from "../problem.js";
import { flowLikelihood } from "./diffusion-likelihood.js";

/** All of the chain in the plane, where it costs little; a tenth of it for digits. */
const DDPM_STEPS = { points: 1000, digits: 100 } as const;

/** 37 000 numbers for points, 1.06 million for digits. */
function networkFor({ kind }: Problem, seed: number): DiffusionNetwork {
  if (kind === "points") return new PointMlp({ hidden: [128, 128, 128] }, { seed });
  return new UNet2D(smallUnetConfig, { seed });
}

export const diffusion: Method = {
  name: "diffusion",
  title: "diffusion",
  family: "diffusion",
  likelihood: { points: "exact", digits: "lower bound" },
  problems: ["points", "digits"],
  learningRate: { points: 3e-3, digits: 5e-4 },
  begin(problem, { seed, learningRate = diffusion.learningRate[problem.kind] }): MethodRun {
    const { kind, shape } = problem;
    const path = linearSchedule({ T: 1000 });
    const network = networkFor(problem, seed);
    // v for images, where a network that predicts ε must copy x_t to name the noise in it.
    const prediction = kind === "points" ? "noise" : "velocity";
    const model = diffusionModel({ network, path, config: { prediction, shape } });
    const batchSize = kind === "points" ? 256 : 64;
    const task = new DiffusionTask({ network, path, prediction, data: problem.training(), shape, batchSize, seed });
    const way = (name: string, title: string, sampler: string, steps: number): Way => ({
      name,
      title,
      evaluations: steps,
      draw: ({ count, seed: drawSeed, signal }) =>
        model.draw({ count, seed: drawSeed, sampler, steps, batchSize: kind === "points" ? count : 100, signal }),
    });
    const parameters = network.parameters.count;
    return {
      task,
      trainerOptions: { learningRate, averageDecay: 0.999 },
      parameters,
      drawingParameters: parameters,
      ways: [
        way("ddpm", `DDPM, ${DDPM_STEPS[kind]} steps`, "ddpm", DDPM_STEPS[kind]),
        way("ddim-10", "DDIM, 10 steps", "ddim", 10),
      ],
      likelihood: flowLikelihood(kind, () => networkDenoiser(network, path, { predicts: prediction }), path),
      dispose: () => model.dispose(),
    };
  },
};

/** Variational autoencoder: a lower bound as its likelihood, drawn in one pass of the decoder. */
import { VaeModel, VaeTask } from "../../families/index.js";
import { ConvVae, MlpVae } from "../../networks/index.js";
import type { Method, MethodRun } from "../method.js";
import type { Problem } from "../problem.js";

/** 37 000 numbers for points, about a million for digits. */
function networkFor({ kind }: Problem, seed: number): ConvVae | MlpVae {
  if (kind === "points")
    return new MlpVae({ hidden: [128, 128], latent_channels: 2, likelihood: "gaussian" }, { seed });
  return new ConvVae({ block_out_channels: [48, 96], hidden_channels: 76 }, { seed });
}

export const vae: Method = {
  name: "vae",
  title: "VAE",
  family: "vae",
  likelihood: { points: "lower bound", digits: "lower bound" },
  problems: ["points", "digits"],
  learningRate: { points: 3e-3, digits: 1e-3 },
  begin(problem, { seed, learningRate = vae.learningRate[problem.kind] }): MethodRun {
    const { kind } = problem;
    const network = networkFor(problem, seed);
    const task = new VaeTask({ network, data: problem.training(), batchSize: kind === "points" ? 256 : 64, seed });
    const model = new VaeModel(network);
    return {
      task,
      trainerOptions: { learningRate: { peak: learningRate, warmup: 100 }, averageDecay: 0.999 },
      parameters: network.parameters.count,
      drawingParameters: network.parameters.count,
      ways: [
        {
          name: "vae",
          // What a point is, noise and all; of an image, what is shown.
          title: kind === "points" ? "sample of the decoder" : "mean of the decoder",
          evaluations: 1,
          draw: ({ count, seed: drawSeed, signal }) =>
            model.draw({
              decoding: kind === "points" ? "sample" : "mean",
              count,
              seed: drawSeed,
              batchSize: kind === "points" ? count : 100,
              signal,
            }),
        },
      ],
      // Of digits that of a coin for each pixel: it gives grey levels no probability, so there are no bits of them.
      likelihood: { of: model.likelihoodOf, examples: 500, logLikelihood: (x) => model.logLikelihood(x) },
      dispose: () => model.dispose(),
    };
  },
};

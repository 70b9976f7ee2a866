/** Variational autoencoder: a lower bound as its likelihood, drawn in one pass of the decoder. */
import { VaeModel, VaeTask } from "../../families/index.js";
import { ConvVae } from "../../networks/index.js";
import type { Method, MethodRun } from "../method.js";

export const vae: Method = {
  name: "vae",
  title: "VAE",
  family: "vae",
  likelihood: "lower bound",
  problems: ["digits"],
  learningRate: { points: 1e-3, digits: 1e-3 },
  begin(problem, { seed, learningRate = vae.learningRate[problem.kind] }): MethodRun {
    const network = new ConvVae({ block_out_channels: [48, 96], hidden_channels: 76 }, { seed });
    const task = new VaeTask({ network, data: problem.training(), batchSize: 64, seed });
    const model = new VaeModel(network);
    return {
      task,
      trainerOptions: { learningRate: { peak: learningRate, warmup: 100 }, averageDecay: 0.999 },
      parameters: network.parameters.count,
      drawingParameters: network.parameters.count,
      ways: [
        {
          name: "vae",
          title: "mean of the decoder",
          evaluations: 1,
          draw: ({ count, seed: drawSeed, signal }) => model.draw({ count, seed: drawSeed, batchSize: 100, signal }),
        },
      ],
      logLikelihood: (x) => model.logLikelihood(x),
      dispose: () => model.dispose(),
    };
  },
};

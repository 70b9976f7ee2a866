/** Normalising flows: exact likelihood, drawn in one pass of the inverse. */
import { NormalisingFlowModel, NormalisingFlowTask, type StoredFlow } from "../../families/index.js";
import { Glow, RealNvp } from "../../networks/index.js";
import type { Method, MethodRun } from "../method.js";
import type { Problem } from "../problem.js";

/** As many numbers as the other families train: 37 000 for points, about a million for digits. */
function networkFor({ kind }: Problem, seed: number): StoredFlow {
  if (kind === "points") return new RealNvp({ num_couplings: 8, hidden: [64, 64] }, { seed });
  return new Glow({ num_steps: 12, hidden_channels: 168 }, { seed });
}

export const flow: Method = {
  name: "flow",
  title: "normalising flow",
  family: "flow",
  // Noise makes numbers of grey levels, and a bound of their likelihood.
  likelihood: { points: "exact", digits: "lower bound" },
  problems: ["points", "digits"],
  learningRate: { points: 3e-3, digits: 1e-3 },
  begin(problem, { seed, learningRate = flow.learningRate[problem.kind] }): MethodRun {
    const { kind } = problem;
    const network = networkFor(problem, seed);
    const batchSize = kind === "points" ? 256 : 64;
    const task = new NormalisingFlowTask({ network, data: problem.training(), batchSize, seed });
    const model = new NormalisingFlowModel(network);
    const parameters = network.parameters.count;
    return {
      task,
      trainerOptions: { learningRate: { peak: learningRate, warmup: 100 }, averageDecay: 0.999 },
      parameters,
      drawingParameters: parameters,
      ways: [
        {
          name: "flow",
          title: "inverse of the flow",
          evaluations: 1,
          draw: ({ count, seed: drawSeed, signal }) =>
            model.draw({ count, seed: drawSeed, batchSize: kind === "points" ? count : 100, signal }),
        },
      ],
      likelihood: { of: model.likelihoodOf, examples: 500, logLikelihood: (x) => model.logLikelihood(x) },
      dispose: () => model.dispose(),
    };
  },
};

/** GANs: the plain game, the game with R1, and Wasserstein's with a gradient penalty. Drawn in one pass of the generator. */
import { GanModel, GanTask, gradientPenalty, r1Penalty, type GanTaskOptions } from "../../families/index.js";
import { DcganDiscriminator, DcganGenerator, MlpDiscriminator, MlpGenerator } from "../../networks/index.js";
import type { Method, MethodRun } from "../method.js";
import type { Problem } from "../problem.js";

/** What makes one game differ from another. */
interface Game extends Pick<GanTaskOptions, "loss" | "penalty" | "discriminatorSteps"> {
  readonly name: string;
  readonly title: string;
}

type Players = Pick<GanTaskOptions, "generator" | "discriminator">;

/** Both players together have as many numbers as the other families' networks. */
function playersFor({ kind }: Problem, seed: number): Players {
  if (kind === "points") {
    const hidden = [128, 128];
    return {
      generator: new MlpGenerator({ hidden }, { seed }),
      discriminator: new MlpDiscriminator({ hidden }, { seed }),
    };
  }
  const widths = { block_out_channels: [80, 160] };
  return { generator: new DcganGenerator(widths, { seed }), discriminator: new DcganDiscriminator(widths, { seed }) };
}

function ganMethod({ name, title, ...game }: Game, learningRate: Method["learningRate"]): Method {
  return {
    name,
    title,
    family: "gan",
    likelihood: { points: null, digits: null },
    problems: ["points", "digits"],
    learningRate,
    begin(problem, { seed, learningRate: rate = learningRate[problem.kind] }): MethodRun {
      const { kind } = problem;
      const players = playersFor(problem, seed);
      const batchSize = kind === "points" ? 256 : 64;
      const task = new GanTask({ ...players, ...game, data: problem.training(), batchSize, seed });
      const model = new GanModel(players);
      const [drawing, judging] = [players.generator.parameters.count, players.discriminator.parameters.count];
      return {
        task,
        trainerOptions: { learningRate: rate, averageDecay: 0.999 },
        parameters: drawing + judging,
        drawingParameters: drawing,
        ways: [
          {
            name,
            title: "one pass of the generator",
            evaluations: 1,
            draw: ({ count, seed: drawSeed, signal }) =>
              model.draw({ count, seed: drawSeed, batchSize: kind === "points" ? count : 100, signal }),
          },
        ],
        dispose: () => {
          model.dispose();
          players.discriminator.dispose();
        },
      };
    },
  };
}

/** The game as it was first played, with the loss that its authors recommend. */
export const gan = ganMethod({ name: "gan", title: "GAN" }, { points: 1e-3, digits: 1e-3 });

export const ganR1 = ganMethod(
  { name: "gan-r1", title: "GAN with R1", penalty: r1Penalty({ gamma: 0.1 }) },
  { points: 3e-3, digits: 2e-3 },
);

/** Five batches for the critic, one for the generator. Source: Gulrajani et al. 2017, algorithm 1. */
export const wganGp = ganMethod(
  {
    name: "wgan-gp",
    title: "Wasserstein GAN, gradient penalty",
    loss: "wasserstein",
    penalty: gradientPenalty(),
    discriminatorSteps: 5,
  },
  { points: 1e-3, digits: 1e-3 },
);

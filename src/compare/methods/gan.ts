/** GANs: the plain game, the game with R1, and Wasserstein's with a gradient penalty. Drawn in one pass of the generator. */
import {
  GanModel,
  GanTask,
  gradientPenalty,
  r1Penalty,
  type GanTaskOptions,
  type SlopePenalty,
} from "../../families/index.js";
import { DcganDiscriminator, DcganGenerator, MlpDiscriminator, MlpGenerator } from "../../networks/index.js";
import type { Method, MethodRun } from "../method.js";
import type { Problem } from "../problem.js";

/** What makes one game differ from another. */
interface Game extends Pick<GanTaskOptions, "loss" | "discriminatorSteps"> {
  readonly name: string;
  readonly title: string;
  readonly penalty?: Readonly<Record<Problem["kind"], SlopePenalty>>;
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

function ganMethod({ name, title, penalty, ...game }: Game, learningRate: Method["learningRate"]): Method {
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
      const data = problem.training();
      const task = new GanTask({ ...players, ...game, penalty: penalty?.[kind], data, batchSize, seed });
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

const r1 = r1Penalty({ gamma: 0.1 });

export const ganR1 = ganMethod(
  { name: "gan-r1", title: "GAN with R1", penalty: { points: r1, digits: r1 } },
  { points: 3e-3, digits: 2e-3 },
);

/**
 * Five batches for the critic, one for the generator; λ = 10, and 0.1 for points, as the authors take it for theirs.
 *
 * Source: Gulrajani et al. 2017, algorithm 1, and their program for points.
 */
export const wganGp = ganMethod(
  {
    name: "wgan-gp",
    title: "Wasserstein GAN, gradient penalty",
    loss: "wasserstein",
    penalty: { points: gradientPenalty({ weight: 0.1 }), digits: gradientPenalty() },
    discriminatorSteps: 5,
  },
  { points: 1e-3, digits: 1e-3 },
);

/** `npm run bench -- latent`: what a picture costs by diffusion on latents and on pixels. */
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { counted, ProgressLine, runMain, wholeNumber } from "diffusion-lab/base";
import { requireWritable, writeFileAtomically } from "diffusion-lab/files";
import { writeBenchmark } from "../pages.js";
import { partMeasurer, pictureCost, trainingCost, type PictureCost, type TrainingCost } from "./measure.js";
import { latentMarkdown } from "./report.js";

const HELP = `npm run bench -- latent [options]

What a picture costs by diffusion on latents and on pixels: two U-Nets of equal size, 4.3 million parameters, with the same
text and attention on grids of the same size; the autoencoder's decoder is counted in. Operations (of the recorded graphs),
seconds and peak memory for one picture of 32, 64, 128 and 256 pixels a side, of a training step at 32, and the side that
one second buys. Weights are random: they change no cost, and nothing need be trained. Each part runs in a process of its
own: 14 of them, about 3 minutes of an idle machine.

Options
  --steps N      steps of a drawing, each with guidance, default 20
  --rounds N     evaluations that are timed, default 5; their median counts
  --largest N    largest side, default 256
  --write        put the table into docs/benchmarks.md, and its line into README.md
  --out FILE     where all numbers go (default .cache/bench-latent.json)
`;

const SPACES = ["latents", "pixels"] as const;
const SIDES = [32, 64, 128, 256];

await runMain(HELP, async () => {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: {
      steps: { type: "string" },
      rounds: { type: "string" },
      largest: { type: "string" },
      write: { type: "boolean" },
      out: { type: "string", default: join(".cache", "bench-latent.json") },
    },
  });
  const steps = wholeNumber("--steps", values.steps, 20);
  const rounds = wholeNumber("--rounds", values.rounds, 5);
  const largest = wholeNumber("--largest", values.largest, 256, SIDES[0]);
  requireWritable(values.out);
  const measure = partMeasurer(rounds);
  const sides = SIDES.filter((side) => side <= largest);
  const line = new ProgressLine(2 * sides.length + 2);
  const pictures: PictureCost[] = [];
  const training: TrainingCost[] = [];
  const tell = (what: string): void => line.show(pictures.length + training.length, what);
  tell("the first process starts");
  for (const side of sides) {
    for (const space of SPACES) {
      pictures.push(await pictureCost(measure, space, side, steps));
      tell(`a picture of ${side}×${side} on ${space}`);
    }
  }
  for (const space of SPACES) {
    training.push(await trainingCost(measure, space, SIDES[0]));
    tell(`a training step on ${space}`);
  }
  line.end();
  const machine = `${counted(cpus().length, "core")}, ${cpus()[0]?.model ?? "unknown"}`;
  const table = latentMarkdown({ steps, pictures, training, machine });
  process.stdout.write(`${table}\n`);
  writeFileAtomically(values.out, `${JSON.stringify({ steps, rounds, machine, pictures, training }, null, 2)}\n`);
  if (values.write) writeBenchmark("bench latent", table);
});

/** `npm run bench -- [unet] [dit] [mlp]`: how fast a step is, beside PyTorch's. */
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeBenchmark } from "../pages.js";
import { installPeers, PEERS } from "../peers.js";
import { library, torch, torchVariants, type TorchVariant } from "./contestants.js";
import { measure, type Contestant, type Row } from "./measure.js";
import { plansFor, requireNetworks } from "./plans.js";
import { bfloat16Ratio, ratios, speedMarkdown, speedText } from "./report.js";
import { matrixPeak, rooflineLine } from "./roofline.js";
import { bfloat16Supported } from "diffusion-lab/compile";
import { requireWritable, writeFileAtomically } from "diffusion-lab/files";
import { runMain, wholeNumber } from "diffusion-lab/base";

const HELP = `npm run bench -- [unet] [dit] [mlp] [options]
npm run bench -- samplers [--help]
npm run bench -- variants [--help]
npm run bench -- latent [--help]
npm run bench -- quality [--help]

Times a training step and a sampling step of this library and of PyTorch, each in its own process, in turn, and prints
medians, floating-point operations a second, peak memory and the time to the first finished step. Without names: all.

  unet   the U-Net of 1.06 million parameters on 28×28, batches 16, 64 and 128
  dit    a transformer of 1.03 million parameters on 28×28, batch 64
  mlp    the network for points in the plane, batch 256

Options
  --install-peers   put ${PEERS.join(" and ")} into .cache/peers first
  --peers LIST      of ${torchVariants.join(", ")}, or none (default eager,compile,diffusers; what is not
                    installed is left out). torch.compile takes half a minute to start for each line
  --batch N         the U-Net at this batch only
  --rounds N        turns of each (default 4, eight steps counted in each)
  --json            end with one line of ratios to PyTorch eager: U-Net at batch 64, MLP at 256
  --write           put the table into docs/benchmarks.md, and its line into README.md
  --out FILE        where all numbers go (default .cache/bench.json)
`;

await runMain(HELP, benchSpeed);

async function benchSpeed(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      "install-peers": { type: "boolean" },
      peers: { type: "string", default: "eager,compile,diffusers" },
      batch: { type: "string" },
      rounds: { type: "string" },
      json: { type: "boolean" },
      write: { type: "boolean" },
      out: { type: "string" },
    },
  });
  const networks = requireNetworks(positionals);
  const variants = requireVariants(values.peers);
  const batches = values.batch === undefined ? [16, 64, 128] : [wholeNumber("--batch", values.batch, 64)];
  const rounds = wholeNumber("--rounds", values.rounds, 4);
  const out = values.out ?? join(".cache", "bench.json");
  requireWritable(out);
  if (values["install-peers"]) installPeers();

  const contestants = [library(), ...(bfloat16Supported() ? [library("bf16")] : []), ...peersOf(variants)];
  const rows: Row[] = [];
  for (const plan of plansFor(networks, { batches, rounds, ratios: values.json === true })) {
    process.stderr.write(`${plan.model} ${plan.mode} ${plan.batch} …\n`);
    rows.push({ plan, measurements: await measure(contestants, plan) });
  }
  const machine = { processor: cpus()[0]?.model ?? "unknown", cores: cpus().length, load: loadavg()[0] };
  const date = new Date().toISOString();
  const lines = summary(rows, machine, date);
  process.stdout.write(`${speedText(rows)}\n\n${lines.join("\n")}\n`);

  const all = { date, machine, ratios: ratios(rows), bf16_train_ratio: bfloat16Ratio(rows) };
  writeFileAtomically(out, `${JSON.stringify({ ...all, peakFlops: matrixPeak(rows), rows }, null, 2)}\n`);
  if (values.write) {
    writeBenchmark("bench speed", speedMarkdown(rows, lines));
  }
  if (values.json) process.stdout.write(`\n${JSON.stringify(ratios(rows))}\n`);
}

function requireVariants(list: string): readonly TorchVariant[] {
  if (list === "none") return [];
  return list.split(",").map((name) => {
    const variant = torchVariants.find((known) => known === name);
    if (!variant) throw new RangeError(`--peers takes ${torchVariants.join(", ")} or none, got "${name}"`);
    return variant;
  });
}

function peersOf(variants: readonly TorchVariant[]): Contestant[] {
  return variants.flatMap((variant) => {
    const peer = torch(variant);
    if (peer) return [peer];
    process.stderr.write(
      `PyTorch ${variant} is not here; --install-peers puts ${PEERS.join(" and ")} into .cache/peers\n`,
    );
    return [];
  });
}

function summary(
  rows: readonly Row[],
  machine: { readonly processor: string; readonly cores: number; readonly load: number },
  date: string,
): string[] {
  const versions = new Set(rows.flatMap(({ measurements }) => measurements.map(({ version }) => version)));
  const steps = Math.min(...rows.flatMap(({ measurements }) => measurements.map((m) => m.steps)));
  const bf16 = bfloat16Ratio(rows);
  const roofline = rooflineLine(rows);
  return [
    `Medians of at least ${steps} steps, in turn; ${machine.processor}, ${machine.cores} cores, load ${machine.load.toFixed(1)}; ` +
      `${[...versions].join("; ")}; ${date.slice(0, 10)}.`,
    ...(roofline ? [roofline] : []),
    ...(bf16 === null
      ? []
      : [`U-Net training with bfloat16 products over PyTorch eager in float32, batch 64: ${bf16.toFixed(3)}.`]),
  ];
}

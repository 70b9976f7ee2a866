import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installPeers, library, TORCH, torch, type TorchVariant } from "../bench/contestants.js";
import { measure, type Contestant, type Plan } from "../bench/measure.js";
import { ratios, table, type Row } from "../bench/report.js";
import { bfloat16Supported } from "../compile/index.js";
import { writeFileAtomically } from "../nn/index.js";
import { wholeNumber } from "./arguments.js";
import { runMain } from "./run-main.js";

const HELP = `npm run bench -- [unet] [mlp] [options]
npm run bench -- samplers [--help]

Times a training step and a sampling step of this library and of PyTorch, each in its own process, in turn,
and prints medians, peak memory and the time to the first finished step. Without names: everything.

  unet   the U-Net of 1.06 million parameters on 28×28, batches 16, 64 and 128
  mlp    the network for points in the plane, batch 256

Options
  --install-peers   put ${TORCH} into .cache/peers first
  --all-peers       also PyTorch with channels-last and with torch.compile (a minute more for each size)
  --bf16            also this library's training step with bfloat16 products, where the processor has them
  --batch N         the U-Net at this batch only
  --rounds N        turns of each (default 12)
  --json            end with one line of ratios to PyTorch eager: U-Net at batch 64, MLP at 256
  --out FILE        where all numbers go (default .cache/bench.json)
`;

if (process.argv[2] === "samplers") await import("./bench-samplers.js");
else await runMain(HELP, benchSpeed);

async function benchSpeed(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      "install-peers": { type: "boolean" },
      "all-peers": { type: "boolean" },
      bf16: { type: "boolean" },
      batch: { type: "string" },
      rounds: { type: "string" },
      json: { type: "boolean" },
      out: { type: "string" },
    },
  });
  const unknown = positionals.find((name) => name !== "unet" && name !== "mlp");
  if (unknown !== undefined) throw new RangeError(`unknown benchmark "${unknown}": there are unet and mlp`);
  if (values["install-peers"]) installPeers();

  const variants: TorchVariant[] = values["all-peers"] ? ["eager", "channels-last", "compile"] : ["eager"];
  const peers = variants.map(torch).filter((peer): peer is Contestant => peer !== undefined);
  if (peers.length === 0) {
    process.stderr.write(
      "PyTorch is not here: only this library is timed; --install-peers puts it into .cache/peers\n",
    );
  }
  const rounds = wholeNumber("--rounds", values.rounds, 12);
  const batches = values.batch === undefined ? [16, 64, 128] : [wholeNumber("--batch", values.batch, 64)];
  // The line of ratios has one for the MLP, whatever is asked for in full.
  const withMlp = positionals.length === 0 || positionals.includes("mlp") || values.json === true;
  const withUnet = positionals.length === 0 || positionals.includes("unet");
  const plans: Plan[] = [
    ...(withUnet ? batches.flatMap((batch) => unetPlans(batch, rounds)) : []),
    ...(withMlp ? [{ model: "mlp", mode: "train", batch: 256, rounds, stepsPerTurn: 51 }] : []),
  ];
  if (values.bf16 && !bfloat16Supported())
    throw new RangeError("--bf16: this processor has no bfloat16 instructions");
  const rounded = values.bf16 ? [library("bf16")] : [];
  const rows: Row[] = [];
  for (const plan of plans) {
    process.stderr.write(`${plan.model} ${plan.mode} ${plan.batch} …\n`);
    rows.push({
      plan,
      measurements: await measure([library(), ...(plan.mode === "train" ? rounded : []), ...peers], plan),
    });
  }
  const machine = { processor: cpus()[0]?.model ?? "unknown", cores: cpus().length, load: loadavg()[0] };
  process.stdout.write(
    `${machine.processor}, ${machine.cores} cores, load ${machine.load.toFixed(1)}\n\n${table(rows)}`,
  );
  const out = values.out ?? join(".cache", "bench.json");
  writeFileAtomically(
    out,
    `${JSON.stringify({ date: new Date().toISOString(), machine, ratios: ratios(rows), rows }, null, 2)}\n`,
  );
  if (values.json) process.stdout.write(`\n${JSON.stringify(ratios(rows))}\n`);
}

function unetPlans(batch: number, rounds: number): Plan[] {
  return (["train", "sample"] as const).map((mode) => ({
    model: "unet",
    mode,
    batch,
    rounds,
    stepsPerTurn: 2,
  }));
}

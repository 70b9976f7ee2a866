/** `npm run bench -- engines`: an evaluation of a network here, beside the engines that one would take for it elsewhere. */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runMain, wholeNumber } from "diffusion-lab/base";
import { requireWritable, writeFileAtomically } from "diffusion-lab/files";
import type { NetworkName } from "../networks.js";
import { writeBenchmark } from "../pages.js";
import { ENGINE_PEERS, installEnginePeers, installPeers, PEERS } from "../peers.js";
import { library, torch, type TorchVariant } from "../speed/contestants.js";
import { measure, type Contestant, type Plan, type Row } from "../speed/measure.js";
import { requireNetworks } from "../speed/plans.js";
import { speedText } from "../speed/report.js";
import { exportNetworks, runtime, type Runtime } from "./exported.js";
import { engineRatios, enginesMarkdown } from "./report.js";

const HELP = `npm run bench -- engines [unet] [dit] [mlp] [options]

Times one evaluation of the benchmark's networks: this library's own graph, its engine auto, PyTorch eager, compiled and
channels-last, ONNX Runtime and OpenVINO, each in its own process, in turn. What is not installed is left out; some
minutes in all; without names all three networks. auto needs npm run doctor -- --install onnxruntime.

Options
  --install-peers   put ${[...PEERS, ...ENGINE_PEERS].join(", ")} into .cache/peers first (about 1.5 GB)
  --rounds N        turns of each (default 4)
  --json            end with one line of ratios: ours over the fastest of the others
  --write           put the table into docs/benchmarks.md, and its line into README.md
  --out FILE        where all numbers go (default .cache/bench-engines.json)
`;

const TORCH: readonly TorchVariant[] = ["eager", "compile", "channels-last"];
const RUNTIMES: readonly Runtime[] = ["onnxruntime", "openvino"];

await runMain(HELP, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    args: process.argv.slice(3),
    options: {
      "install-peers": { type: "boolean" },
      rounds: { type: "string" },
      json: { type: "boolean" },
      write: { type: "boolean" },
      out: { type: "string" },
    },
  });
  const networks = requireNetworks(positionals);
  const rounds = wholeNumber("--rounds", values.rounds, 4);
  const out = values.out ?? join(".cache", "bench-engines.json");
  requireWritable(out);
  if (values["install-peers"]) {
    installPeers();
    installEnginePeers();
  }
  const folder = mkdtempSync(join(tmpdir(), "diffusion-lab-bench-"));
  try {
    const rows = await timed(contestantsWith(folder), { networks, rounds });
    const machine = { processor: cpus()[0]?.model ?? "unknown", cores: cpus().length, load: loadavg()[0] };
    const date = new Date().toISOString();
    const ratios = engineRatios(rows);
    const line = `Medians of at least ${9 * rounds} evaluations, in turn; ${machine.processor}, ${machine.cores} cores, load ${machine.load.toFixed(1)}; ${date.slice(0, 10)}.`;
    process.stdout.write(`${speedText(rows)}\n\n${line}\n`);
    writeFileAtomically(out, `${JSON.stringify({ date, machine, ratios, rows }, null, 2)}\n`);
    if (values.write) writeBenchmark("bench engines", enginesMarkdown(rows, line));
    if (values.json) process.stdout.write(`\n${JSON.stringify(ratios)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function contestantsWith(folder: string): Contestant[] {
  const exported = exportNetworks(folder);
  const others: [string, Contestant | undefined][] = [
    ...TORCH.map((variant): [string, Contestant | undefined] => [`PyTorch ${variant}`, torch(variant)]),
    ...RUNTIMES.map((engine): [string, Contestant | undefined] => [engine, runtime(engine, exported)]),
  ];
  const here = others.flatMap(([name, found]) => {
    if (!found) process.stderr.write(`${name} is not here; --install-peers puts it into .cache/peers\n`);
    return found ? [found] : [];
  });
  return [library(), library("float32", "auto"), ...here];
}

async function timed(
  contestants: readonly Contestant[],
  { networks, rounds }: { readonly networks: readonly NetworkName[]; readonly rounds: number },
): Promise<Row[]> {
  const plan = (model: Plan["model"], batch: number, stepsPerTurn: number): Plan => ({
    model,
    mode: "sample",
    batch,
    rounds,
    stepsPerTurn,
  });
  const plans = [
    plan("unet", 1, 33),
    plan("unet", 4, 33),
    plan("unet", 64, 9),
    plan("dit", 1, 33),
    plan("dit", 4, 17),
    plan("mlp", 256, 101),
  ];
  const rows: Row[] = [];
  for (const one of plans) {
    if (networks.length > 0 && !(networks as readonly string[]).includes(one.model)) continue;
    process.stderr.write(`${one.model} ${one.mode} ${one.batch} …\n`);
    rows.push({ plan: one, measurements: await measure(contestants, one) });
  }
  return rows;
}

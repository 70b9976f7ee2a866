/** `npm run bench -- quality`: how good a network is after equal minutes. */
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeBenchmark } from "../pages.js";
import { installPeers, installProjects, PEERS, PROJECT_PACKAGES, PROJECTS_GB } from "../peers.js";
import { projectContestants, qualityContestants, TITLES, type QualityContestant } from "./contestants.js";
import { measurePaces } from "./pace.js";
import { isProject, RECIPE, type ContestantName, type StudySettings } from "./recipe.js";
import { qualityMarkdown } from "./report.js";
import { StudyStore } from "./store.js";
import { runStudy, studyFolder, type QualityRow } from "./study.js";
import { median } from "../statistics.js";
import { requireWritable, writeFileAtomically } from "diffusion-lab/files";
import { finiteNumber, ProgressLine, runMain, wholeNumber } from "diffusion-lab/base";

const HELP = `npm run bench -- quality [options]

Quality per minute: the benchmark's U-Net is trained on the 9000 digits for the same minutes by this library in float32,
by this library in bf16 (where the processor has it) and by a plain PyTorch loop (where there is one), in turns, so that
all see the same machine. A step counts with its contestant's undisturbed pace, which is measured first. Samples of each
are judged by assets/mnist-classifier. The slower precision then trains on to the steps of the faster one, so that both
are also compared at equal steps. An interrupted study goes on where it was.

Options
  --minutes X       of training for each, default 3
  --seeds N         default 3
  --n N             samples of each network, default 2000
  --peers none      leave PyTorch out
  --peers projects  beside smalldiffusion and denoising-diffusion-pytorch in PyTorch's place: their networks at our size,
                    trainers and samplers, see test/bench/quality_projects.py; drawing takes them some minutes a seed
  --install-peers   put ${PEERS.join(" and ")} into .cache/peers first
  --install-projects put ${PROJECT_PACKAGES.join(", ")} into
                    .cache/projects first, about ${PROJECTS_GB} GB
  --pace            only measure anew how fast each contestant is, which a first study does by itself: all minutes are
                    counted by that. It takes a minute, in which nothing else should run
  --fresh           forget what an earlier study of as many minutes has found
  --write           put the tables into docs/benchmarks.md, which has one place for studies with PyTorch and one for
                    those without, and their line into README.md; one more for studies beside projects
  --out FILE        where all numbers go (default .cache/bench-quality.json)
`;

const CACHE = ".cache";

const reasons: Readonly<Record<string, string>> = {
  bf16: "this processor has no bfloat16 instructions",
  torch: "no Python here has it; --install-peers puts it into .cache/peers",
  smalldiffusion: "--install-projects puts it into .cache/projects",
  "denoising-diffusion-pytorch": "--install-projects puts it into .cache/projects",
};

await runMain(HELP, async () => {
  const { values } = parseArgs({
    allowPositionals: true,
    options: {
      minutes: { type: "string" },
      seeds: { type: "string" },
      n: { type: "string" },
      peers: { type: "string" },
      "install-peers": { type: "boolean" },
      "install-projects": { type: "boolean" },
      pace: { type: "boolean" },
      fresh: { type: "boolean" },
      write: { type: "boolean" },
      out: { type: "string" },
    },
  });
  const settings: StudySettings = {
    minutes: finiteNumber("--minutes", values.minutes, 3),
    seeds: wholeNumber("--seeds", values.seeds, 3),
    turn: 10,
    judge: { count: wholeNumber("--n", values.n, 2000, 65), sampler: "dpm++2m", steps: 10, seed: 7 },
  };
  if (settings.minutes <= 0) throw new RangeError(`--minutes must be positive, got ${settings.minutes}`);
  const out = values.out ?? join(CACHE, "bench-quality.json");
  requireWritable(out);
  if (values["install-peers"]) installPeers();
  if (values["install-projects"]) installProjects();
  const { peers } = values;
  if (peers !== undefined && peers !== "none" && peers !== "projects")
    throw new RangeError(`--peers takes none or projects here, got "${peers}"`);
  const contestants = [
    ...qualityContestants().filter(({ name }) => name !== "torch" || peers === undefined),
    ...(peers === "projects" ? projectContestants(settings.judge.count) : []),
  ];
  const wanted = Object.entries(TITLES).filter(([name]) => {
    const project = isProject(name as ContestantName);
    return peers === "projects" ? name !== "torch" : !project;
  });
  const missing = wanted.filter(([name]) => !contestants.some((present) => present.name === name));
  const why = (name: string): string => (name === "torch" && peers ? "as was asked" : reasons[name]);
  for (const [name, title] of missing) process.stderr.write(`${title} takes no part: ${why(name)}\n`);
  const store = new StudyStore(studyFolder(CACHE, settings));
  if (values.fresh) store.clear();
  if (values.pace || contestants.some(({ name }) => !store.pace(name))) await showPaces(contestants, store);
  if (values.pace) return;

  let line: ProgressLine | undefined;
  const study = await runStudy({
    settings,
    contestants,
    store,
    onRow: (row) => process.stdout.write(`${describe(row)}\n`),
    onProgress: (done, total, text) => {
      if (line) line.show(Math.floor(done), text);
      else line = new ProgressLine(Math.ceil(total), Math.floor(done));
    },
  }).finally(() => line?.end());

  const markdown = qualityMarkdown(study);
  process.stdout.write(`\n${markdown}\n`);
  const machine = { processor: cpus()[0]?.model ?? "unknown", cores: cpus().length, load: loadavg() };
  const all = { date: new Date().toISOString(), machine, recipe: RECIPE, ...study };
  writeFileAtomically(out, `${JSON.stringify(all, null, 2)}\n`);
  if (values.write) {
    const among = (test: (name: ContestantName) => boolean): boolean => contestants.some(({ name }) => test(name));
    const withTorch = among((name) => name === "torch") ? "bench quality" : "bench precisions";
    writeBenchmark(among(isProject) ? "bench projects" : withTorch, markdown);
  }
});

async function showPaces(contestants: readonly QualityContestant[], store: StudyStore): Promise<void> {
  const [load] = loadavg();
  if (load > 0.5) {
    process.stderr.write(
      `other work is running (load ${load.toFixed(1)}): the paces may come out too slow; measure again with --pace\n`,
    );
  }
  for (const [name, { stepMs, startSeconds }] of Object.entries(await measurePaces(contestants, store))) {
    const title = TITLES[name as ContestantName].padEnd(8);
    process.stdout.write(`${title} ${stepMs.toFixed(0)} ms a step, first one after ${startSeconds.toFixed(1)} s\n`);
  }
}

function describe({ seed, contestant, ending, steps, paceMs, durations, frechet, recognised }: QualityRow): string {
  const quality = `Fréchet ${frechet.toFixed(1)}  > 0.9 ${(100 * recognised).toFixed(1)} %`;
  const seen = (median(durations) / paceMs).toFixed(1);
  const pace = `${steps} steps of ${paceMs.toFixed(0)} ms (in fact ${seen} × that)`;
  return `seed ${seed}  ${TITLES[contestant].padEnd(8)} after ${ending.padEnd(11)}  ${pace}  ${quality}`;
}

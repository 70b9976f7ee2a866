// Writing a notebook: write only notebooks/NN-name.ts in percent format
//
//   // %% [markdown]
//   // # 3 · The forward process
//   // %%
//   import { linearSchedule } from "diffusion-lab";
//   // %% tags=["exercise"]
//   // %% tags=["solution"] jupyter={"source_hidden": true}
//   // %% tags=["raises-exception"]
//
// then `npm run notebooks -- --from-script --save 03`. A cell tagged `exercise` is the learner's stub: the headless run
// executes the next cell tagged `solution` in its place (stub and solution may declare the same names, and the cells
// between may use them). A name is declared once in a notebook. Environment: DIFFUSION_LAB_HEADLESS=1 makes red
// checks throw.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import type { KernelCommand } from "./client.js";
import { kernelSpec } from "diffusion-lab-kernel/kernelspec";
import {
  courseMetadata,
  NotebookError,
  readNotebook,
  writeAtomically,
  writeNotebook,
  type Notebook,
} from "./notebook-file.js";
import { runNotebook, type Problem, type RunResult } from "./notebook-run.js";
import { difference, formatPercent, parsePercent, PercentError, scriptCells, withScript } from "./percent.js";
import { projectRoot } from "diffusion-lab-kernel/root";
import { typecheckNotebooks } from "./typecheck.js";

const USAGE = `npm run notebooks [-- 03 05] [--save]

Runs notebooks/*.ipynb (or those whose names begin with the words given) headlessly, each on a fresh kernel, and
fails when a cell fails, a cell tagged \`raises-exception\` succeeds, a promise is rejected unhandled, a check is red,
a figure has no data or no PNG, a cell does not pass the strict type check, or notebook and script differ.

  --save         write the new outputs into the notebooks (only of those that pass)
  --from-script  first make each notebook's cells from notebooks/NN-name.ts; unchanged cells keep their outputs
  --to-script    the other way: write the scripts from the notebooks (after an edit in JupyterLab)
  --check        pairing and type check only, run nothing
  --stock        run on plain \`tslab kernel\` instead of the course's kernel
  --jobs N       notebooks at a time (default: 2, or 1 where less than 6 GB are free)
  --timeout S    seconds a cell may take (default 600)
  --verbose      a line for each cell
  --help         this
`;

interface Paths {
  readonly name: string;
  readonly notebook: string;
  readonly script: string;
}

function select(folder: string, words: readonly string[]): Paths[] {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => !file.startsWith(".")) : [];
  const names = new Set(
    files.filter((file) => /\.(ipynb|ts)$/.test(file)).map((file) => file.replace(/\.(ipynb|ts)$/, "")),
  );
  const wanted = [...names].sort().filter((name) => words.length === 0 || words.some((word) => name.startsWith(word)));
  for (const word of words) {
    if (![...names].some((name) => name.startsWith(word))) {
      throw new NotebookError(
        `No notebook begins with "${word}". There are: ${[...names].sort().join(", ") || "none"}.`,
      );
    }
  }
  return wanted.map((name) => ({
    name,
    notebook: path.join(folder, `${name}.ipynb`),
    script: path.join(folder, `${name}.ts`),
  }));
}

function fromScript({ notebook: file, script }: Paths): boolean {
  if (!existsSync(script)) throw new NotebookError(`${script} does not exist.`);
  const old: Notebook = existsSync(file) ? readNotebook(file) : { cells: [], metadata: {} };
  const cells = parsePercent(readFileSync(script, "utf8"));
  return writeNotebook(file, withScript({ ...old, metadata: courseMetadata() }, cells));
}

function pairingProblem({ notebook, script }: Paths, read: Notebook): Problem | undefined {
  if (!existsSync(script)) {
    return { cell: 0, message: `its script ${path.basename(script)} is missing: npm run notebooks -- --to-script` };
  }
  const found = difference(scriptCells(read), parsePercent(readFileSync(script, "utf8")));
  if (!found) return undefined;
  const remedy = "--from-script takes the script's text, --to-script the notebook's";
  return { cell: 0, message: `${path.basename(notebook)} and its script differ: ${found} (${remedy})` };
}

function kernelCommand(root: string, stock: boolean): KernelCommand {
  const env = { DIFFUSION_LAB_HEADLESS: "1", TF_CPP_MIN_LOG_LEVEL: "2" };
  if (!stock) return { argv: kernelSpec().argv, cwd: path.join(root, "notebooks"), env };
  const tslab = createRequire(path.join(root, "package.json")).resolve("tslab/bin/tslab");
  const flags = ["--disable-warning=ExperimentalWarning"];
  return { argv: ["node", ...flags, tslab, "kernel", "--config-path", "{connection_file}"], cwd: root, env };
}

async function inParallel<T>(items: readonly T[], jobs: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, worker));
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const show = (row: readonly string[]): string =>
    row.map((text, column) => (column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column]))).join("  ");
  return rows.map(show).join("\n");
}

async function main(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      save: { type: "boolean", default: false },
      "from-script": { type: "boolean", default: false },
      "to-script": { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      stock: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      jobs: { type: "string" },
      timeout: { type: "string", default: "600" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const jobs = values.jobs === undefined ? (os.freemem() > 6e9 ? 2 : 1) : Number(values.jobs);
  if (!Number.isSafeInteger(jobs) || jobs < 1)
    throw new NotebookError(`--jobs takes a whole number of at least 1, got "${values.jobs}".`);
  const cellTimeout = Number(values.timeout);
  if (!(cellTimeout > 0 && cellTimeout <= 1e6))
    throw new NotebookError(`--timeout takes seconds, at most 1000000, got "${values.timeout}".`);
  const root = projectRoot();
  const folder = path.join(root, "notebooks");
  const all = select(folder, positionals);
  if (all.length === 0) throw new NotebookError(`There is no notebook in ${folder}.`);
  if (values["to-script"]) {
    for (const { notebook, script } of all) {
      const changed = writeAtomically(script, formatPercent(scriptCells(readNotebook(notebook))));
      if (changed) console.log(`wrote ${path.relative(root, script)}`);
    }
    return 0;
  }
  if (values["from-script"]) {
    for (const paths of all) if (fromScript(paths)) console.log(`wrote ${path.relative(root, paths.notebook)}`);
  }
  const notebooks = new Map<string, Notebook>();
  const problems = new Map<string, Problem[]>(all.map(({ name }) => [name, []]));
  for (const paths of all) {
    try {
      const read = readNotebook(paths.notebook);
      notebooks.set(paths.name, read);
      const pairing = pairingProblem(paths, read);
      if (pairing) problems.get(paths.name)?.push(pairing);
    } catch (error) {
      if (!(error instanceof NotebookError) && !(error instanceof PercentError)) throw error;
      problems.get(paths.name)?.push({ cell: 0, message: error.message });
    }
  }
  const cells = new Map([...notebooks].map(([name, notebook]) => [name, notebook.cells]));
  for (const [name, found] of typecheckNotebooks(cells, root)) problems.get(name)?.push(...found);

  const results = new Map<string, RunResult>();
  if (!values.check) {
    const kernel = kernelCommand(root, values.stock);
    await inParallel([...notebooks], jobs, async ([name, notebook]) => {
      const result = await runNotebook(notebook, {
        kernel,
        cellTimeout,
        onCell: (cell, seconds) => values.verbose && console.log(`  ${name} [${cell}] ${seconds.toFixed(2)} s`),
      });
      results.set(name, result);
      problems.get(name)?.push(...result.problems);
      console.log(`${problems.get(name)?.length ? "✗" : "✓"} ${name} (${result.seconds.toFixed(1)} s)`);
    });
  }
  for (const { name, notebook: file } of all) {
    const result = results.get(name);
    if (!values.save || !result) continue;
    if (problems.get(name)?.length) console.log(`${name}: not saved, because it fails`);
    else if (writeNotebook(file, result.notebook)) console.log(`saved ${path.relative(root, file)}`);
  }

  for (const [name, found] of problems) {
    for (const { cell, message } of found) {
      console.error(`\n✗ ${name}${cell > 0 ? `, cell ${cell}` : ""}: ${message}`);
    }
  }
  if (results.size > 0) {
    const rows = [...results].sort().map(([name, { codeCells, seconds, peakMemory }]) => {
      const state = problems.get(name)?.length ? "FAILED" : "ok";
      return [name, String(codeCells), seconds.toFixed(1), String(peakMemory), state];
    });
    console.log(`\n${table([["notebook", "code cells", "seconds", "peak MiB", ""], ...rows])}`);
  }
  return [...problems.values()].some((found) => found.length > 0) ? 1 : 0;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const known = error instanceof NotebookError || error instanceof PercentError || error instanceof TypeError;
    console.error(known ? (error as Error).message : error);
    process.exit(2);
  },
);

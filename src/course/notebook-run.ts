// Runs one notebook on a fresh kernel and says what went wrong.
import { setTimeout as wait } from "node:timers/promises";
import { KernelClient, KernelDied, type KernelCommand } from "./client.js";
import { tags, type Cell, type Notebook, type Output } from "./notebook-file.js";
import { OutputCollector } from "./outputs.js";

export interface Problem {
  /** Counted from 1 over all cells, as in the file. */
  readonly cell: number;
  readonly message: string;
}

export interface RunResult {
  /** The notebook with its new outputs. */
  readonly notebook: Notebook;
  readonly problems: readonly Problem[];
  readonly codeCells: number;
  readonly seconds: number;
  /** MiB. */
  readonly peakMemory: number;
}

export interface RunOptions {
  readonly kernel: KernelCommand;
  /** Seconds a cell may take. */
  readonly cellTimeout?: number;
  readonly onCell?: (cell: number, seconds: number) => void;
}

export const TAGS = { exercise: "exercise", solution: "solution", raises: "raises-exception" } as const;

/** For each cell the source that is run in its place, if any: the solution stands in for its exercise's stub. */
export function plan(cells: readonly Cell[]): (number | undefined)[] {
  const runs: (number | undefined)[] = cells.map((cell, index) => (cell.type === "code" ? index : undefined));
  cells.forEach((cell, index) => {
    if (cell.type !== "code" || !tags(cell).includes(TAGS.exercise)) return;
    const solution = cells.findIndex((other, at) => at > index && tags(other).includes(TAGS.solution));
    const next = cells.findIndex((other, at) => at > index && tags(other).includes(TAGS.exercise));
    if (solution < 0 || (next >= 0 && next < solution)) return;
    runs[index] = solution;
    runs[solution] = undefined;
  });
  return runs;
}

/** Exercises without a solution after them, and solutions without an exercise before them. */
export function planProblems(cells: readonly Cell[]): Problem[] {
  const runs = plan(cells);
  const used = new Set(runs.filter((run, index) => run !== undefined && run !== index));
  return cells.flatMap((cell, index) => {
    const own = tags(cell);
    if (own.includes(TAGS.exercise) && runs[index] === index) {
      return [{ cell: index + 1, message: "an exercise needs a cell tagged solution after it" }];
    }
    if (own.includes(TAGS.solution) && !used.has(index)) {
      return [{ cell: index + 1, message: "a solution needs a cell tagged exercise before it" }];
    }
    return [];
  });
}

const PLOTLY = "application/vnd.plotly.v1+json";

/** A figure that was sent but shows nothing, or shows nothing where plotly is not installed. */
export function figureProblems(outputs: readonly Output[]): string[] {
  return outputs.flatMap((output) => {
    const figure = output.data?.[PLOTLY] as { data?: unknown } | undefined;
    if (figure === undefined) return [];
    if (!Array.isArray(figure.data) || figure.data.length === 0) return ["a figure without data"];
    return output.data?.["image/png"] ? [] : ["a figure without a PNG beside it"];
  });
}

function plain(text: string): string {
  return text.replace(/\u001b\[[0-9;]*m/g, "");
}

/** All errors shown under a cell: its own, and what an earlier cell left running threw meanwhile. */
export function cellErrors(status: string, outputs: readonly Output[]): string[] {
  const errors = outputs.filter((output) => output.output_type === "error");
  if (errors.length === 0 && status !== "ok") return ["failed without an error message"];
  return errors.map(({ traceback, ename, evalue }) => plain(traceback?.join("\n") ?? `${ename}: ${evalue}`));
}

export async function runNotebook(notebook: Notebook, options: RunOptions): Promise<RunResult> {
  const started = performance.now();
  const problems: Problem[] = [...planProblems(notebook.cells)];
  const cells: Cell[] = notebook.cells.map((cell) => ({ ...cell, outputs: [], executionCount: null }));
  const displays = new Map<string, Output[]>();
  const kernel = await KernelClient.start(options.kernel);
  let count = 0;
  try {
    for (const [index, run] of plan(cells).entries()) {
      if (run === undefined || cells[run].source.trim() === "") continue;
      const collector = new OutputCollector(displays);
      const cellStarted = performance.now();
      const { reply } = await kernel.execute(cells[run].source, {
        stopOnError: false,
        timeout: (options.cellTimeout ?? 600) * 1000,
        onOutput: (message) => collector.add(message),
      });
      count += 1;
      options.onCell?.(run + 1, (performance.now() - cellStarted) / 1000);
      cells[run] = { ...cells[run], outputs: collector.outputs, executionCount: count };
      const mayRaise = [cells[run], cells[index]].some((cell) => tags(cell).includes(TAGS.raises));
      const report = (message: string): void => void problems.push({ cell: run + 1, message });
      if (!mayRaise) cellErrors(reply.status as string, collector.outputs).forEach(report);
      if (reply.status === "ok" && mayRaise) report("is tagged raises-exception, but it succeeded");
      for (const message of figureProblems(collector.outputs)) report(message);
    }
    // Promises that nobody waits for may still fail.
    await wait(200);
    for (const message of kernel.late) {
      if (message.header.msg_type !== "error") continue;
      const traceback = (message.content.traceback as string[]).join("\n");
      problems.push({ cell: 0, message: `after its cell had ended: ${plain(traceback)}` });
    }
  } catch (error) {
    const stopped = error instanceof KernelDied || (error as Error).message.startsWith("No answer");
    if (!stopped) throw error;
    problems.push({ cell: 0, message: (error as Error).message });
  }
  const peakMemory = kernel.peakMemory();
  if (problems.some(({ message }) => message.startsWith("No answer"))) kernel.kill();
  else await kernel.shutdown();
  const seconds = (performance.now() - started) / 1000;
  return { notebook: { ...notebook, cells }, problems, codeCells: count, seconds, peakMemory };
}

/** A process of its own for each cell, pace and speed: its threads are set before it starts, and its memory ends with it. */
import { spawn } from "node:child_process";
import { parseJson } from "../base/fields.js";
import { problemNamed } from "./problem.js";

/** How a worker is asked, by the command line of `npm run compare`. */
export type WorkerTask = { readonly kind: "cell" | "pace" | "speed"; readonly name: string };

export interface WorkerOptions {
  /** The program that answers {@link WorkerTask}s: `npm run compare` itself. */
  readonly program: string;
  readonly signal?: AbortSignal;
  /** Told the share done and what is being done. */
  readonly onProgress?: (done: number, text: string) => void;
}

/** What a worker writes, a line each. */
export type WorkerLine =
  { readonly progress: number; readonly text: string } | { readonly result: unknown } | { readonly error: string };

/**
 * Networks for points are so small that a second thread only slows them down; those for images take all there are.
 */
export function threadsFor(problem: string): string | undefined {
  return problemNamed(problem).kind === "points" ? "1" : undefined;
}

/**
 * Runs a task in a process of its own; resolves with its result.
 *
 * @throws Error with what the worker said if it failed, or how it ended; with the signal's reason if it was broken off
 */
export async function runInWorker(task: WorkerTask, { program, signal, onProgress }: WorkerOptions): Promise<unknown> {
  const threads = threadsFor(task.name.split("/")[0]);
  const child = spawn(process.execPath, [...process.execArgv, program, "--worker", task.kind, task.name], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...(threads && { TF_NUM_INTRAOP_THREADS: threads, TF_NUM_INTEROP_THREADS: threads }) },
  });
  const stop = (): void => void child.kill("SIGTERM");
  signal?.addEventListener("abort", stop, { once: true });
  let [rest, complaints] = ["", ""];
  let result: { readonly value: unknown } | undefined;
  let failure: string | undefined;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const said = parseJson("what a worker says", line) as WorkerLine;
      if ("progress" in said) onProgress?.(said.progress, said.text);
      else if ("result" in said) result = { value: said.result };
      else failure = said.error;
    }
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-2000);
  });
  try {
    const ended = await new Promise<string>((resolve, reject) => {
      child.once("error", reject).once("close", (code, by) => resolve(by ?? `code ${code}`));
    });
    signal?.throwIfAborted();
    if (result) return result.value;
    throw new Error(failure ?? `${task.kind} ${task.name}: its process ended with ${ended}\n${complaints.trim()}`);
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** A worker's side: does what it was asked, and says so. */
export async function answer(work: (tell: (line: WorkerLine) => void) => Promise<unknown>): Promise<void> {
  const tell = (line: WorkerLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  try {
    tell({ result: await work(tell) });
  } catch (error) {
    tell({ error: (error as Error).message });
    process.exitCode = 1;
  }
}

import { WorkerProcess, type Ready } from "./worker-process.js";
import { median } from "./statistics.js";

/** One of the programs that are compared. */
export interface Contestant {
  readonly name: string;
  command(model: string, mode: string, batch: number): { program: string; args: readonly string[] };
}

export interface Measurement extends Ready {
  readonly contestant: string;
  /** Of a step, over all rounds. */
  readonly medianMs: number;
  readonly fastestMs: number;
  readonly slowestMs: number;
  readonly steps: number;
  readonly peakBytes: number;
}

export interface Plan {
  readonly model: string;
  readonly mode: string;
  readonly batch: number;
  /** Turns of each contestant. */
  readonly rounds: number;
  /** Steps a turn; the first is not counted, since the others' work has emptied the caches. */
  readonly stepsPerTurn: number;
}

/** Times all contestants in turn, round after round, each in a process of its own, so that all see the same machine. */
export async function measure(contestants: readonly Contestant[], plan: Plan): Promise<Measurement[]> {
  const { model, mode, batch, rounds, stepsPerTurn } = plan;
  const entries: { name: string; worker: WorkerProcess; ready: Ready; times: number[] }[] = [];
  try {
    for (const contestant of contestants) {
      const { program, args } = contestant.command(model, mode, batch);
      entries.push({ name: contestant.name, times: [], ...(await WorkerProcess.start(program, args)) });
    }
    for (let round = 0; round < rounds; round++) {
      // Every other round runs backwards, so that nobody always follows the same one.
      const order = round % 2 === 0 ? entries : [...entries].reverse();
      for (const { worker, times } of order) times.push(...(await worker.steps(stepsPerTurn)).slice(1));
    }
    const results: Measurement[] = [];
    for (const { name, worker, ready, times } of entries) {
      const peakBytes = await worker.end();
      const [fastestMs, slowestMs] = [Math.min(...times), Math.max(...times)];
      results.push({
        contestant: name,
        ...ready,
        medianMs: median(times),
        fastestMs,
        slowestMs,
        steps: times.length,
        peakBytes,
      });
    }
    return results;
  } finally {
    for (const { worker } of entries) worker.kill();
  }
}

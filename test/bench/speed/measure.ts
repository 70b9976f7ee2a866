/** Times contestants in turn, each in a process of its own. */
import type { NetworkName } from "../networks.js";
import { WorkerProcess, type Command, type Ready } from "../worker-process.js";
import { median } from "../statistics.js";

/** What is timed: a network trained or evaluated, or the product of two square matrices. */
export interface Task {
  readonly model: NetworkName | "matmul";
  readonly mode: "train" | "sample" | "product";
  readonly batch: number;
}

/** One of the programs that are compared. */
export interface Contestant {
  readonly name: string;
  /** What it can do; default everything. */
  readonly takesPart?: (task: Task) => boolean;
  /** Whether it is left out, with a message, where it does not start. */
  readonly optional?: boolean;
  command(task: Task): Command;
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

export interface Plan extends Task {
  /** Turns of each contestant. */
  readonly rounds: number;
  /** Steps a turn; the first is not counted, since the others' work has emptied the caches. */
  readonly stepsPerTurn: number;
}

/** What was measured of one kind of work; the library's own measurement comes first. */
export interface Row {
  readonly plan: Plan;
  readonly measurements: readonly Measurement[];
}

interface Entry {
  readonly name: string;
  readonly worker: WorkerProcess;
  readonly ready: Ready;
  readonly times: number[];
}

/**
 * Times all contestants in turn, round after round, each in a process of its own, so that all see the same machine.
 *
 * @throws Error if two of them have a different number of parameters: then it is not the same network
 */
export async function measure(contestants: readonly Contestant[], plan: Plan): Promise<Measurement[]> {
  const { rounds, stepsPerTurn } = plan;
  const entries: Entry[] = [];
  try {
    for (const contestant of contestants) {
      if (contestant.takesPart?.(plan) === false) continue;
      const entry = await start(contestant, plan);
      if (!entry) continue;
      entries.push(entry);
      requireSameNetwork(entries[0], entry);
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

async function start(contestant: Contestant, plan: Plan): Promise<Entry | undefined> {
  try {
    return { name: contestant.name, times: [], ...(await WorkerProcess.start(contestant.command(plan))) };
  } catch (error) {
    if (!contestant.optional) throw error;
    process.stderr.write(`${contestant.name} is left out: ${(error as Error).message}\n`);
    return undefined;
  }
}

function requireSameNetwork(first: Entry, other: Entry): void {
  const [expected, actual] = [first.ready.parameters, other.ready.parameters];
  if (actual !== expected) {
    throw new Error(`${other.name} has ${actual} parameters and ${first.name} ${expected}: not the same network`);
  }
}

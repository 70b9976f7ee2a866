/** Trains the contestants of one seed, in turns. */
import { WorkerProcess } from "../worker-process.js";
import { TrainingClock } from "./clock.js";
import type { QualityContestant } from "./contestants.js";
import type { ContestantName, StudySettings } from "./recipe.js";
import type { Ending, Pace, StudyStore, Training } from "./store.js";
import { takeTurns, type Trainee } from "./turns.js";

interface LiveTraining extends Trainee {
  readonly contestant: QualityContestant;
  readonly stepper: WorkerProcess;
  readonly pace: Pace;
}

export interface SeedOptions extends Pick<StudySettings, "minutes" | "turn"> {
  readonly seed: number;
  readonly contestants: readonly QualityContestant[];
  readonly store: StudyStore;
  /** See {@link StudyStore}; here for those who do not read digits themselves. */
  readonly data: string;
  readonly onProgress?: (ending: Ending, share: number) => void;
}

/**
 * Trains, in turns, every contestant of a seed that the store does not know yet; then the slower precision of this
 * library on to the step at which the faster one ended. Everything goes to the store as soon as it is there.
 */
export async function trainSeed(options: SeedOptions): Promise<void> {
  const { seed, contestants, store, minutes, turn, onProgress } = options;
  const live: LiveTraining[] = [];
  try {
    for (const contestant of contestants) {
      if (store.training({ seed, contestant: contestant.name, ending: "minutes" })) continue;
      live.push(await start(contestant, options));
    }
    await takeTurns(live, {
      seconds: 60 * minutes,
      turn,
      onTurn: () => {
        const seconds = live.reduce((sum, { clock }) => sum + clock.seconds, 0);
        onProgress?.("minutes", seconds / (60 * minutes * live.length));
      },
    });
    for (const training of live) await keep(training, "minutes", options);
    onProgress?.("minutes", 1);
    await equalSteps(live, options);
    onProgress?.("equal steps", 1);
  } finally {
    for (const { stepper } of live) stepper.kill();
  }
}

async function equalSteps(live: LiveTraining[], options: SeedOptions): Promise<void> {
  const { seed, contestants, store, onProgress } = options;
  const plan = slowerPrecision(store, seed);
  if (!plan || store.training({ seed, contestant: plan.slower, ending: "equal steps" })) return;
  const contestant = contestants.find(({ name }) => name === plan.slower);
  if (!contestant) return;
  let training = live.find((candidate) => candidate.contestant === contestant);
  if (!training) {
    // An interrupted study goes on: the same seed leads to the same weights again.
    training = await start(contestant, options);
    live.push(training);
  }
  const { clock, stepper } = training;
  const missing = (): number => plan.steps - stepsDone(training);
  const all = missing();
  while (missing() > 0) {
    clock.add(await stepper.steps(Math.min(10, missing())));
    onProgress?.("equal steps", 1 - missing() / all);
  }
  await keep(training, "equal steps", options);
}

/** Which precision did fewer steps in its minutes, and how many the other did; undefined if either is missing. */
export function slowerPrecision(
  store: StudyStore,
  seed: number,
): { slower: ContestantName; faster: ContestantName; steps: number } | undefined {
  const float32 = store.training({ seed, contestant: "float32", ending: "minutes" });
  const bf16 = store.training({ seed, contestant: "bf16", ending: "minutes" });
  if (!float32 || !bf16) return undefined;
  return float32.steps < bf16.steps
    ? { slower: "float32", faster: "bf16", steps: bf16.steps }
    : { slower: "bf16", faster: "float32", steps: float32.steps };
}

/** Speed does not count any more: OpenMP's threads, waiting for each other, leave the processor to others. */
const PATIENT = { OMP_WAIT_POLICY: "PASSIVE" };

async function start(contestant: QualityContestant, options: Omit<SeedOptions, "contestants">): Promise<LiveTraining> {
  const { seed, data, store } = options;
  const pace = store.pace(contestant.name);
  if (!pace) throw new Error(`the pace of ${contestant.name} is not known: measure it first`);
  const command = contestant.command(seed, data);
  const { worker } = await WorkerProcess.start({ ...command, environment: { ...command.environment, ...PATIENT } });
  return { contestant, stepper: worker, pace, clock: new TrainingClock(pace.stepMs) };
}

/** The first one is part of the start-up. */
function stepsDone({ clock }: LiveTraining): number {
  return 1 + clock.steps;
}

async function keep(training: LiveTraining, ending: Ending, { seed, store }: SeedOptions): Promise<void> {
  const { contestant, stepper, clock, pace } = training;
  const key = { seed, contestant: contestant.name, ending };
  await stepper.save(store.weights(key));
  const record: Training = {
    steps: stepsDone(training),
    seconds: clock.seconds,
    startSeconds: pace.startSeconds,
    paceMs: clock.paceMs,
    durations: clock.durations.map(Math.round),
    version: pace.version,
  };
  store.keepTraining(key, record);
}

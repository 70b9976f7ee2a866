/** A whole study: seed after seed trained, drawn from, judged. */
import { join } from "node:path";
import type { QualityContestant } from "./contestants.js";
import { QualityJudge } from "./judge.js";
import { StudyProgress, type Phase } from "./progress.js";
import type { StudySettings } from "./recipe.js";
import { digitsFile, type StudyStore, type Ending, type Judgement, type NetworkKey, type Training } from "./store.js";
import { slowerPrecision, trainSeed } from "./training.js";

/** One network, trained and judged. */
export interface QualityRow extends NetworkKey, Training, Judgement {}

export interface QualityStudy {
  readonly settings: StudySettings;
  readonly rows: readonly QualityRow[];
  /** Real training digits in the place of samples. */
  readonly floor: Judgement;
}

export interface StudyOptions {
  readonly settings: StudySettings;
  readonly contestants: readonly QualityContestant[];
  readonly store: StudyStore;
  readonly onRow?: (row: QualityRow) => void;
  /** Expected seconds: done, in all, and what is being done. */
  readonly onProgress?: (done: number, total: number, text: string) => void;
}

/** Seed after seed: trains, draws, judges. What the store knows already is not done again. */
export async function runStudy(options: StudyOptions): Promise<QualityStudy> {
  const { settings, contestants, store, onRow, onProgress } = options;
  const phases = plan(settings, contestants.length);
  const progress: StudyProgress = new StudyProgress(phases, (done, text) => onProgress?.(done, progress.total, text));
  const judge = new QualityJudge(settings.judge);
  const data = digitsFile(store);
  const rows: QualityRow[] = [];
  try {
    const floor = judge.real();
    for (let seed = 0; seed < settings.seeds; seed++) {
      const { minutes, turn } = settings;
      await trainSeed({
        seed,
        contestants,
        store,
        data,
        minutes,
        turn,
        onProgress: (ending, share) => progress.update(trainingPhase(seed, ending), share),
      });
      const keys = trained(store, seed, contestants);
      for (const [i, key] of keys.entries()) {
        const known = store.judgement(key, settings.judge);
        const judgement =
          known ??
          (await judge.judge(store.weights(key), key.contestant, (share) => {
            progress.update(judgingPhase(seed), (i + share) / keys.length);
          }));
        if (!known) store.keepJudgement(key, settings.judge, judgement);
        rows.push({ ...key, ...store.training(key)!, ...judgement });
        onRow?.(rows[rows.length - 1]);
      }
      progress.update(judgingPhase(seed), 1);
    }
    return { settings, rows, floor };
  } finally {
    judge.dispose();
  }
}

/** All networks of a seed: those of equal minutes, then both precisions at equal steps. */
function trained(store: StudyStore, seed: number, contestants: readonly QualityContestant[]): NetworkKey[] {
  const keys: NetworkKey[] = contestants.map(({ name }) => ({ seed, contestant: name, ending: "minutes" }));
  const plan = slowerPrecision(store, seed);
  if (plan) keys.push({ seed, contestant: plan.slower, ending: "equal steps" });
  return keys.filter((key) => store.training(key));
}

const trainingPhase = (seed: number, ending: Ending): string => `seed ${seed}, training (${ending})`;
const judgingPhase = (seed: number): string => `seed ${seed}, drawing samples`;

/** bf16 does a third more steps a minute; a sample takes 20 ms at 10 evaluations. */
function plan({ minutes, seeds, judge }: StudySettings, contestants: number): Phase[] {
  return Array.from({ length: seeds }, (_, seed) => [
    { name: trainingPhase(seed, "minutes"), seconds: 60 * minutes * contestants },
    { name: trainingPhase(seed, "equal steps"), seconds: 20 * minutes },
    { name: judgingPhase(seed), seconds: (contestants + 1) * judge.count * judge.steps * 0.002 },
  ]).flat();
}

/** The folder for studies of this length: those of different minutes do not mix. */
export function studyFolder(cache: string, { minutes }: StudySettings): string {
  return join(cache, "bench-quality", `${minutes}-minutes`);
}

/** How fast each contestant is on a machine of its own, which all minutes are counted by. */
import { measure } from "../speed/measure.js";
import type { QualityContestant } from "./contestants.js";
import { RECIPE } from "./recipe.js";
import { digitsFile, type Pace, type Paces, type StudyStore } from "./store.js";

/**
 * Times all contestants in turns, for about a minute, and keeps what it finds for the clocks of every study. It is the
 * only minute of a study for which a machine must be free of other work.
 */
export async function measurePaces(
  contestants: readonly QualityContestant[],
  store: StudyStore,
  { rounds, stepsPerTurn } = { rounds: 6, stepsPerTurn: 9 },
): Promise<Paces> {
  const data = digitsFile(store);
  const { batchSize } = RECIPE;
  const workers = contestants.map(({ name, command }) => ({ name, command: () => command(0, data) }));
  const found = await measure(workers, { model: "unet", mode: "train", batch: batchSize, rounds, stepsPerTurn });
  const paces = Object.fromEntries(
    found.map(({ contestant, fastestMs, firstStepMs, version }): [string, Pace] => [
      contestant,
      { stepMs: fastestMs, startSeconds: firstStepMs / 1000, version },
    ]),
  );
  store.keepPaces(paces);
  return paces;
}

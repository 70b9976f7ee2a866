/** How the detector that judges text to image is trained. */
import { CaptionedDigits } from "../../data/index.js";
import { DigitDetector } from "../../networks/index.js";
import * as tf from "../../runtime/tf.js";
import { adamW } from "../../training/index.js";
import type { Recipe } from "../family.js";
import { saveDetector } from "./folder.js";
import { readCompositions } from "./read.js";
import { DetectionTask } from "./task.js";

const digitDetector: Recipe = {
  description: "reads digits, colours, places and sizes in pictures of coloured digits, the judge of text to image",
  steps: 2200,
  batchSize: 96,
  trainerOptions: (total) => ({
    learningRate: { peak: 2e-3, warmup: 100, decay: { kind: "cosine", total } },
    optimiser: adamW({ weightDecay: 0.01 }),
    averageDecay: 0.998,
  }),
  make({ seed, batchSize }) {
    // A judge has seen every pair of facts, and more digits than are asked for: a model may draw too many.
    const common = { split: "train", seed, pairs: "all", augment: true } as const;
    const data = [new CaptionedDigits(common), new CaptionedDigits({ ...common, digits: [0, 9] })];
    const detector = new DigitDetector({}, { seed });
    return {
      task: new DetectionTask({ detector, data, batchSize }),
      examples: 9000,
      async save({ folder, trainer, record, format }) {
        const heldOutDigits = await trainer.withAverage(() => shareOfDigits(detector));
        const values = trainer.averageValues;
        saveDetector(folder, { detector, record, heldOutDigits }, { format, values });
        return `digits read right in 1000 pictures written by other hands: ${(100 * heldOutDigits).toFixed(1)} %`;
      },
    };
  },
};

/** Share of the digits of held-out pictures that are read right where they stand. */
function shareOfDigits(detector: DigitDetector): number {
  const data = new CaptionedDigits({ split: "heldOut", pairs: "all" });
  const indices = Array.from({ length: 1000 }, (_, i) => i);
  const pictures = tf.tensor4d(data.pictures(indices), [indices.length, ...data.shape]);
  const read = readCompositions(detector, pictures);
  pictures.dispose();
  const asked = data.compositions(indices);
  const right = asked.flatMap(({ digits }, i) =>
    digits.map((one) => read[i].digits.some(({ digit, place }) => place === one.place && digit === one.digit)),
  );
  return right.filter(Boolean).length / right.length;
}

export const detectorRecipes: Readonly<Record<string, Recipe>> = { "digit-detector": digitDetector };

/** How the classifier that judges digits is trained. */
import * as tf from "../../runtime/tf.js";
import { gatherImages, loadDigits, Normaliser } from "../../data/index.js";
import { Classifier } from "../../networks/index.js";
import { adamW } from "../../training/index.js";
import type { Recipe } from "../family.js";
import { saveClassifier } from "./folder.js";
import { ClassificationTask } from "./task.js";

const mnistClassifier: Recipe = {
  description: "convolutional classifier of handwritten digits, the judge of generated ones",
  steps: 1500,
  batchSize: 128,
  trainerOptions: (total) => ({
    learningRate: { peak: 2e-3, warmup: 50, decay: { kind: "cosine", total } },
    optimiser: adamW({ weightDecay: 0.01 }),
    averageDecay: 0.99,
  }),
  make({ seed, batchSize }) {
    const digits = loadDigits({ split: "train" });
    const classifier = new Classifier({}, { seed });
    const images = new Normaliser().encode(digits.images);
    const task = new ClassificationTask({ classifier, images, labels: digits.labels, batchSize, seed });
    return {
      task,
      examples: digits.count,
      async save({ folder, trainer, record, format }) {
        const heldOutAccuracy = await trainer.withAverage(() => accuracy(classifier));
        const values = trainer.averageValues;
        saveClassifier(folder, { classifier, record, heldOutAccuracy }, { format, values });
        return `accuracy on 1000 held-out digits: ${(100 * heldOutAccuracy).toFixed(1)} %`;
      },
    };
  },
};

/** Share of the held-out digits whose likeliest class is their label. */
function accuracy(classifier: Classifier): number {
  const digits = loadDigits({ split: "heldOut" });
  const images = gatherImages(
    digits,
    Array.from({ length: digits.count }, (_, i) => i),
  );
  const probabilities = classifier.classify(images);
  const verdicts = tf.argMax(probabilities, 1);
  const right = (verdicts.dataSync() as Int32Array).filter((verdict, i) => verdict === digits.labels[i]).length;
  [images, probabilities, verdicts].forEach((tensor) => tensor.dispose());
  return right / digits.count;
}

export const classifierRecipes: Readonly<Record<string, Recipe>> = { "mnist-classifier": mnistClassifier };

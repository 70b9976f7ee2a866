/** What is measured of samples, beside the same of real data. */
import { loadDigits } from "../data/index.js";
import type { loadClassifier } from "../families/index.js";
import {
  featureSet,
  featuresOf,
  frechetFeatureDistance,
  highFrequencyShare,
  look,
  maximumMeanDiscrepancy,
  medianDistance,
  memorising,
  modeCoverage,
  precisionRecall,
  recognise,
  slicedWasserstein,
  type FeatureSet,
} from "../metrics/index.js";
import { RandomStream } from "../random/index.js";
import * as tf from "../runtime/tf.js";
import type { Problem } from "./problem.js";

/** A figure each, by its name. */
export type Measures = Readonly<Record<string, number>>;

/** Judges samples of one problem: what stays the same is prepared once. */
export interface Judge {
  /** How many samples it judges, and as many real ones. */
  readonly count: number;
  /** @param samples [count, …shape]; stays the caller's. @throws RangeError when one is not finite */
  measure(samples: tf.Tensor): Measures;
  /** The measures of fresh real data in the place of samples: no model can be asked for better. */
  floor(): Measures;
  dispose(): void;
}

/** The classifier of digits, as `loadClassifier` opens it. */
export type DigitClassifier = ReturnType<typeof loadClassifier>;

const POINTS = 2000;
const DIGITS = 500;
/** Of precision and recall. */
const NEIGHBOURS = 3;
/** A mode is covered by a fifth of the samples that belong to it. */
const COVERED = 0.2;

/** The judge of a problem. `classifier` is needed for digits; it stays the caller's. */
export function judgeOf(problem: Problem, classifier?: DigitClassifier): Judge {
  if (problem.kind === "points") return pointJudge(problem);
  if (!classifier) throw new Error("digits are judged by the classifier of assets/mnist-classifier");
  return digitJudge(problem, classifier);
}

function pointJudge(problem: Problem): Judge {
  const real = featureSet(problem.fresh(POINTS, 1));
  const training = featureSet(problem.training());
  const heldOut = featureSet(problem.fresh(POINTS, 2));
  const bandwidth = medianDistance(real, heldOut);
  const measure = (samples: FeatureSet): Measures => {
    const { precision, recall } = precisionRecall(real, samples, { neighbours: NEIGHBOURS });
    const { ratio, tooNear } = memorising(samples, training, heldOut);
    return {
      slicedWasserstein: slicedWasserstein(samples, real, new RandomStream(0, "compare/directions")),
      mmdSquared: maximumMeanDiscrepancy(samples, real, { bandwidth }),
      ...modesOf(problem, samples),
      precision,
      recall,
      nearTraining: ratio,
      tooNear,
    };
  };
  return {
    count: POINTS,
    measure: (samples) => measure(featuresOf(samples)),
    floor: () => measure(featureSet(problem.fresh(POINTS, 3))),
    dispose: () => undefined,
  };
}

/** Modes covered as a share of all, and the share of samples within 3σ of one; nothing where modes are not known. */
function modesOf({ modes }: Problem, samples: FeatureSet): Measures {
  if (!modes) return {};
  const { histogram, share } = modeCoverage(samples, modes);
  const expected = (k: number): number => samples.count * (modes.weights?.[k] ?? 1 / histogram.length);
  const covered = histogram.filter((n, k) => n >= COVERED * expected(k)).length;
  return {
    modesCovered: covered / histogram.length,
    within3Sigma: share,
    ...(modes.weights && { rareShare: histogram[0] / samples.count }),
  };
}

function digitJudge(problem: Problem, classifier: DigitClassifier): Judge {
  const shape = [DIGITS, ...problem.shape] as [number, number, number, number];
  const pixels = problem.shape.reduce((size, n) => size * n, 1);
  const heldOut = problem.fresh(DIGITS, 1);
  const real = look(classifier, tf.tensor4d(heldOut, shape));
  const training = featureSet(problem.training(), pixels);
  const measure = (samples: tf.Tensor): Measures => {
    const seen = look(classifier, tf.clone(samples) as tf.Tensor4D);
    const { share, histogram } = recognise(seen.verdicts);
    const { precision, recall } = precisionRecall(real.features, seen.features, { neighbours: NEIGHBOURS });
    const { ratio, tooNear } = memorising(featuresOf(samples), training, featureSet(heldOut, pixels));
    return {
      frechet: frechetFeatureDistance(seen.features, real.features),
      recognised: share,
      modesCovered: histogram.filter((n) => n >= (COVERED * DIGITS) / histogram.length).length / histogram.length,
      precision,
      recall,
      highFrequency: highFrequencyShare(samples),
      nearTraining: ratio,
      tooNear,
    };
  };
  return {
    count: DIGITS,
    measure,
    floor: () => {
      // Held-out digits are the reference: others than those.
      const digits = loadDigits({ split: "heldOut" });
      const others = digits.images.subarray(DIGITS * pixels, 2 * DIGITS * pixels);
      const images = tf.tensor4d(
        Float32Array.from(others, (grey) => grey / 127.5 - 1),
        shape,
      );
      try {
        return measure(images);
      } finally {
        images.dispose();
      }
    },
    dispose: () => undefined,
  };
}

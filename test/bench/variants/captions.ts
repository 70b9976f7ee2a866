/** Latent diffusion among the variants: captioned digits, compared as the detector of digits sees them. */
import { CaptionedDigits } from "diffusion-lab/data";
import type { LatentModel } from "diffusion-lab/families";
import { featuresOf, type FeatureSet } from "diffusion-lab/metrics";
import type { DigitDetector } from "diffusion-lab/networks";
import { tf } from "diffusion-lab/runtime";
import { compared, type FloorRow, type VariantRow } from "./table.js";

const SIDE = 32;
const AT_ONCE = 100;

/** The probabilities of every fact at every place and of the ground: 193 numbers a picture. */
export function factFeatures(detector: DigitDetector, pictures: tf.Tensor4D): FeatureSet {
  const parts: tf.Tensor2D[] = [];
  for (let from = 0; from < pictures.shape[0]; from += AT_ONCE) {
    const count = Math.min(AT_ONCE, pictures.shape[0] - from);
    parts.push(
      tf.tidy(() => {
        const { digit, colour, size, ground } = detector.logits(tf.slice(pictures, from, count));
        const flat = [digit, colour, size, ground].map((logits) =>
          tf.reshape(tf.softmax(logits as tf.Tensor), [count, -1]),
        );
        return tf.concat(flat, 1) as tf.Tensor2D;
      }),
    );
  }
  const all = tf.concat(parts);
  const features = featuresOf(all);
  tf.dispose([parts, all]);
  return features;
}

/** Real pictures by hands that no training saw: numbers `first` … of a seed. */
function realPictures(count: number, seed: number, first: number): tf.Tensor4D {
  const data = new CaptionedDigits({ split: "heldOut", seed });
  const numbers = Array.from({ length: count }, (_, i) => first + i);
  return tf.tensor4d(data.pictures(numbers), [count, SIDE, SIDE, 3]);
}

/** The latent variant, and what real pictures of other captions reach. */
export async function latentRow(
  model: LatentModel,
  detector: DigitDetector,
  { budget, count, seed }: { readonly budget: number; readonly count: number; readonly seed: number },
  onProgress?: (done: number) => void,
): Promise<{ readonly row: VariantRow; readonly floor: FloorRow }> {
  if (model.shape.join() !== `${SIDE},${SIDE},3`) {
    throw new RangeError(`the latent variant draws captioned digits of 32×32, this model pictures of [${model.shape}]`);
  }
  const seen = (pictures: tf.Tensor4D): FeatureSet => {
    const features = factFeatures(detector, pictures);
    pictures.dispose();
    return features;
  };
  const real = seen(realPictures(count, seed, 0));
  const pictures = "captioned digits";
  const numbers = Array.from({ length: count }, (_, i) => i);
  const prompt = new CaptionedDigits({ split: "heldOut", seed }).captions(numbers);
  const guidance = model.defaults.guidance ?? 7.5;
  // Guidance asks the network twice a step.
  const steps = Math.max(1, Math.floor(budget / (guidance === 1 ? 1 : 2)));
  const request = { count, seed, sampler: "ddim", guidance, condition: { prompt } };
  // Graphs are recorded for each size of batch: that is not the drawing's time.
  (await model.draw({ ...request, steps: 1 })).dispose();
  const begun = performance.now();
  const drawn = (await model.draw({
    ...request,
    steps,
    ...(onProgress && { onProgress }),
  })) as tf.Tensor4D;
  const seconds = (performance.now() - begun) / 1000 / count;
  const evaluations = steps * (guidance === 1 ? 1 : 2);
  const row = {
    title: `latent, DDIM, guidance ${guidance}`,
    pictures,
    evaluations,
    seconds,
    ...compared(real, seen(drawn)),
  };
  const floor = { title: "real, other captions", pictures, ...compared(real, seen(realPictures(count, seed, count))) };
  return { row, floor };
}

/** What the players of a GAN minimise, in terms of the discriminator's scores. */
import { nearestName } from "../../base/check.js";
import * as tf from "../../runtime/tf.js";

/** A game by what each player minimises. Scores are the discriminator's, [N], of real and of generated examples. */
export interface AdversarialLoss {
  readonly name: string;
  discriminator(real: tf.Tensor1D, fake: tf.Tensor1D): tf.Scalar;
  generator(fake: tf.Tensor1D): tf.Scalar;
}

/**
 * The non-saturating game. With D = sigmoid(score) the discriminator minimises −E ln D(x) − E ln(1 − D(G(z))):
 *
 * L_D = E softplus(−s(x)) + E softplus(s(G(z))), L_G = −E ln D(G(z)) = E softplus(−s(G(z))).
 *
 * The best discriminator is p/(p + q), where L_D = ln 4 − 2·JS(p, q), in nats.
 *
 * Source: Goodfellow et al. 2014, "Generative adversarial nets", section 3, and proposition 1 with equation 6.
 */
export const nonSaturating: AdversarialLoss = {
  name: "non-saturating",
  discriminator: (real, fake) => tf.tidy(() => tf.add(mean(tf.softplus(tf.neg(real))), mean(tf.softplus(fake)))),
  generator: (fake) => tf.tidy(() => mean(tf.softplus(tf.neg(fake)))),
};

/**
 * Least squares: L_D = ½·E(s(x) − 1)² + ½·E s(G(z))², L_G = ½·E(s(G(z)) − 1)². The best discriminator is p/(p + q).
 *
 * Source: Mao et al. 2017, "Least squares generative adversarial networks", equation 9.
 */
export const leastSquares: AdversarialLoss = {
  name: "least-squares",
  discriminator: (real, fake) => tf.tidy(() => tf.add(halfSquare(tf.sub(real, 1)), halfSquare(fake))),
  generator: (fake) => tf.tidy(() => halfSquare(tf.sub(fake, 1))),
};

/**
 * L_D = E s(G(z)) − E s(x), L_G = −E s(G(z)). Where s is held to a slope of at most 1, by a penalty or by spectral
 * normalisation, −L_D is at most the Wasserstein distance of data and generator, and reaches it with the best s.
 *
 * Source: Arjovsky, Chintala and Bottou 2017, "Wasserstein generative adversarial networks", equations 2 and 3.
 */
export const wasserstein: AdversarialLoss = {
  name: "wasserstein",
  discriminator: (real, fake) => tf.tidy(() => tf.sub(mean(fake), mean(real))),
  generator: (fake) => tf.tidy(() => tf.neg(mean(fake))),
};

/** The losses a task knows by name. */
export const adversarialLosses = {
  "non-saturating": nonSaturating,
  "least-squares": leastSquares,
  wasserstein,
} as const;
export type AdversarialLossName = keyof typeof adversarialLosses;

/** @throws RangeError for an unknown name, with the list and the nearest */
export function adversarialLoss(name: AdversarialLossName): AdversarialLoss {
  if (Object.hasOwn(adversarialLosses, name)) return adversarialLosses[name];
  const known = Object.keys(adversarialLosses);
  const near = typeof name === "string" ? nearestName(name, known) : undefined;
  throw new RangeError(
    `unknown loss ${JSON.stringify(name)} of a GAN${near ? ` (did you mean "${near}"?)` : ""}: there are ${known.join(", ")}`,
  );
}

function mean(x: tf.Tensor): tf.Scalar {
  return tf.mean(x);
}

function halfSquare(x: tf.Tensor): tf.Scalar {
  return tf.mul(tf.mean(tf.square(x)), 0.5);
}

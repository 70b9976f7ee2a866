/** The evidence lower bound of a VAE, term by term, in nats an example. */
import * as tf from "../../runtime/tf.js";
import type { ConvVae, LatentGaussian } from "../../networks/index.js";

/** KL(q(z|x) ‖ N(0, I)) = ½·Σ_j (μ_j² + σ_j² − 1 − ln σ_j²), [N]. Source: Kingma & Welling 2014, appendix B. */
export function latentKl({ mean, logVariance }: LatentGaussian): tf.Tensor1D {
  return tf.tidy(() => {
    const terms = tf.sub(tf.add(tf.square(mean), tf.exp(logVariance)), tf.add(logVariance, 1));
    return tf.mul(tf.sum(terms, 1), 0.5) as tf.Tensor1D;
  });
}

/** z = μ + σ·ε, the reparameterisation of q(z|x), for ε ~ N(0, I). Source: Kingma & Welling 2014, section 2.4. */
export function reparameterise({ mean, logVariance }: LatentGaussian, noise: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.add(mean, tf.mul(tf.exp(tf.mul(logVariance, 0.5)), noise)) as tf.Tensor2D);
}

/**
 * ln p(x|z) summed over pixels and channels, [N].
 *
 * A Bernoulli likelihood takes grey values y = (x + 1)/2 in [0, 1] as probabilities:
 * ln p = Σ y·l − ln(1 + e^l) for logits l. A Gaussian one has mean μ and one learned σ:
 * ln p = −½·Σ ((x − μ)²/σ² + ln 2πσ²).
 *
 * @param output what the decoder made of z, [N, H, W, C]
 */
export function logLikelihoodGivenLatent(vae: ConvVae, x: tf.Tensor4D, output: tf.Tensor4D): tf.Tensor1D {
  return tf.tidy(() => {
    if (vae.config.likelihood === "bernoulli") {
      const y = tf.mul(tf.add(x, 1), 0.5);
      return tf.sum(tf.sub(tf.mul(y, output), tf.softplus(output)), [1, 2, 3]) as tf.Tensor1D;
    }
    const logDeviation = vae.gaussianLogDeviation;
    const scaled = tf.div(tf.sub(x, output), tf.exp(logDeviation));
    const terms = tf.add(tf.square(scaled), tf.add(tf.mul(logDeviation, 2), Math.log(2 * Math.PI)));
    return tf.mul(tf.sum(terms, [1, 2, 3]), -0.5) as tf.Tensor1D;
  });
}

/** Both terms of the bound: ELBO = reconstruction − KL, each [N]. */
export interface BoundTerms {
  /** E_q ln p(x|z), by one draw of z. */
  readonly reconstruction: tf.Tensor1D;
  /** KL(q(z|x) ‖ p(z)) */
  readonly kl: tf.Tensor1D;
}

/**
 * Both terms of the bound ln p(x) ≥ E_q ln p(x|z) − KL(q(z|x) ‖ p(z)).
 *
 * @param x [N, H, W, C] in [−1, 1]
 * @param noise ε of one draw of z an example, [N, latent_channels]
 * Source: Kingma & Welling 2014, equation 7.
 */
export function boundTerms(vae: ConvVae, x: tf.Tensor4D, noise: tf.Tensor2D): BoundTerms {
  return tf.tidy(() => {
    const posterior = vae.encode(x);
    const output = vae.decode(reparameterise(posterior, noise));
    return { reconstruction: logLikelihoodGivenLatent(vae, x, output), kl: latentKl(posterior) };
  });
}

/** The mean of p(x|z) as an image in [−1, 1]: 2·sigmoid(l) − 1 for a Bernoulli likelihood, μ for a Gaussian. */
export function decodedMean(vae: ConvVae, output: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    if (vae.config.likelihood === "bernoulli") return tf.sub(tf.mul(tf.sigmoid(output), 2), 1) as tf.Tensor4D;
    return tf.clipByValue(output, -1, 1);
  });
}

/** The evidence lower bound of a VAE, term by term, in nats an example. */
import { requireVae } from "../../networks/vae/vae-network.js";
import { requireFits, requireSameShape, requireTensor } from "../../runtime/tensor.js";
import * as tf from "../../runtime/tf.js";
import { latentKl, reparameterise, type VaeNetwork } from "../../networks/index.js";

/**
 * ln p(x|z) summed over all numbers of an example, [N].
 *
 * A Bernoulli likelihood takes grey values y = (x + 1)/2 in [0, 1] as probabilities:
 * ln p = Σ y·l − ln(1 + e^l) for logits l. A Gaussian one has mean μ and one learned σ:
 * ln p = −½·Σ ((x − μ)²/σ² + ln 2πσ²).
 *
 * @param x [N, …shape], or [1, …shape]: one example, judged by each output
 * @param output what the decoder made of z, [N, …shape]
 */
export function logLikelihoodGivenLatent(vae: VaeNetwork, x: tf.Tensor, output: tf.Tensor): tf.Tensor1D {
  requireVae(vae);
  requireTensor("x", x);
  requireTensor("output", output, "float", x.rank);
  requireFits("x", x, "output", output);
  const axes = vae.shape.map((_, axis) => axis + 1);
  return tf.tidy(() => {
    if (vae.config.likelihood === "bernoulli") {
      const y = tf.mul(tf.add(x, 1), 0.5);
      return tf.sum(tf.sub(tf.mul(y, output), tf.softplus(output)), axes) as tf.Tensor1D;
    }
    const logDeviation = vae.gaussianLogDeviation;
    const scaled = tf.div(tf.sub(x, output), tf.exp(logDeviation));
    const terms = tf.add(tf.square(scaled), tf.add(tf.mul(logDeviation, 2), Math.log(2 * Math.PI)));
    return tf.mul(tf.sum(terms, axes), -0.5) as tf.Tensor1D;
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
 * @param x [N, …shape]; images in [−1, 1]
 * @param noise ε of one draw of z an example, [N, latent_channels]
 * Source: Kingma & Welling 2014, equation 7.
 */
export function boundTerms(vae: VaeNetwork, x: tf.Tensor, noise: tf.Tensor2D): BoundTerms {
  requireVae(vae);
  requireTensor("x", x);
  requireTensor("noise", noise);
  return tf.tidy(() => {
    const posterior = vae.encode(x);
    const output = vae.decode(reparameterise(posterior, noise));
    return { reconstruction: logLikelihoodGivenLatent(vae, x, output), kl: latentKl(posterior) };
  });
}

/** The mean of p(x|z): 2·sigmoid(l) − 1 for a Bernoulli likelihood, μ for a Gaussian; of images bounded to [−1, 1]. */
export function decodedMean(vae: VaeNetwork, output: tf.Tensor): tf.Tensor {
  requireVae(vae);
  requireTensor("output", output);
  return tf.tidy(() => {
    if (vae.config.likelihood === "bernoulli") return tf.sub(tf.mul(tf.sigmoid(output), 2), 1);
    return inRange(vae, output);
  });
}

/**
 * A draw of p(x|z): a coin for each grey value, white or black, or the mean and noise of the learned deviation; of images
 * bounded to [−1, 1].
 *
 * @param random as output: uniform in [0, 1) for a Bernoulli likelihood, normal for a Gaussian
 */
export function decodedSample(vae: VaeNetwork, output: tf.Tensor, random: tf.Tensor): tf.Tensor {
  requireVae(vae);
  requireTensor("output", output);
  requireSameShape("random", random, "output", output);
  return tf.tidy(() => {
    if (vae.config.likelihood === "bernoulli") {
      return tf.sub(tf.mul(tf.cast(tf.less(random, tf.sigmoid(output)), "float32"), 2), 1);
    }
    return inRange(vae, tf.add(output, tf.mul(random, tf.exp(vae.gaussianLogDeviation))));
  });
}

/** Images lie in [−1, 1], points anywhere. */
function inRange({ shape }: VaeNetwork, x: tf.Tensor): tf.Tensor {
  return shape.length === 3 ? tf.clipByValue(x, -1, 1) : tf.clone(x);
}

/** The importance-weighted bound: how likely a VAE finds an example. */
import { requireTensor } from "../../runtime/tensor.js";
import { requireVae } from "../../networks/vae/vae-network.js";
import { requireKnownKeys } from "../../base/check.js";
import { sizeOf } from "../../base/shape.js";
import { requireWhole } from "../../base/values.js";
import { compile, type Compiled } from "../../compile/index.js";
import { reparameterise, type VaeNetwork } from "../../networks/index.js";
import { logMeanExp } from "../../numeric/index.js";
import { RandomStream } from "../../random/index.js";
import { interruptible } from "../../runtime/interrupt.js";
import * as tf from "../../runtime/tf.js";
import { nextTurn } from "../../runtime/turn.js";
import { requireExamples } from "../require-examples.js";
import { logLikelihoodGivenLatent } from "./elbo.js";

export interface ImportanceBoundOptions {
  /** Draws k of the latent an example, default 64. */
  readonly samples?: number;
  /** Of the draws, default 0. */
  readonly seed?: number;
  /** Ends it between two examples. */
  readonly signal?: AbortSignal;
}

/** ln w of one example x [1, …shape] and k draws of noise [k, latent_channels], as one graph. */
export type WeightsGraph = Compiled<{ x: tf.Tensor; noise: tf.Tensor2D }, { logWeights: tf.Tensor1D }>;

/** The graph of {@link logWeights}; whoever makes it disposes it. */
export function weightsGraph(vae: VaeNetwork): WeightsGraph {
  return compile(({ x, noise }: { x: tf.Tensor; noise: tf.Tensor2D }) => ({ logWeights: logWeights(vae, x, noise) }), {
    name: "importance weights of the VAE",
    captures: vae.parameters.tensors,
    frozen: true,
  });
}

/**
 * A lower bound of ln p(x) that tightens with the number of draws, in nats an example:
 *
 * L_k = E ln (1/k)·Σ_i p(x|z_i)·p(z_i)/q(z_i|x), z_i ~ q(z|x); L_1 is the ELBO, L_∞ is ln p(x).
 *
 * All draws of an example go through one recorded graph.
 *
 * @param x [N, …shape], images in [−1, 1]; example i is judged by draws of its own stream, whatever the batch
 * @returns [N], float64
 * @throws RangeError for examples of another shape or not finite, or samples that are no positive whole number
 * Source: Burda, Grosse & Salakhutdinov 2016, "Importance weighted autoencoders", equation 8.
 */
export async function importanceBound(
  vae: VaeNetwork,
  x: tf.Tensor,
  options: ImportanceBoundOptions = {},
): Promise<Float64Array> {
  requireVae(vae);
  requireTensor("x", x);
  const graph = weightsGraph(vae);
  try {
    return await importanceBoundBy(graph, vae, x, options);
  } finally {
    graph.dispose();
  }
}

/** {@link importanceBound} by a graph that is there. */
export async function importanceBoundBy(
  graph: WeightsGraph,
  vae: VaeNetwork,
  x: tf.Tensor,
  options: ImportanceBoundOptions,
): Promise<Float64Array> {
  requireTensor("x", x);
  requireKnownKeys("the importance-weighted bound", options, { samples: true, seed: true, signal: "a signal" });
  const { samples = 64, seed = 0 } = options;
  requireWhole("samples", samples);
  const { shape, config } = vae;
  if (x.rank !== shape.length + 1 || shape.some((size, i) => x.shape[i + 1] !== size)) {
    throw new RangeError(`this VAE takes examples [N, ${shape.join(", ")}], got shape [${x.shape}]`);
  }
  const values = (await x.data()) as Float32Array;
  const size = sizeOf(shape);
  requireExamples("examples", values, size);
  const d = config.latent_channels;
  return interruptible(options.signal, "the importance-weighted bound was interrupted", async (signal) => {
    const bounds = new Float64Array(x.shape[0]);
    for (let example = 0; example < bounds.length; example++) {
      signal.throwIfAborted();
      const { logWeights: weights } = tf.tidy(() =>
        graph({
          x: tf.tensor(values.slice(example * size, (example + 1) * size), [1, ...shape]),
          noise: tf.tensor2d(new RandomStream(seed, "importance", example).normals(samples * d), [samples, d]),
        }),
      );
      bounds[example] = await weights
        .data()
        .then(logMeanExp)
        .finally(() => weights.dispose());
      await nextTurn();
    }
    return bounds;
  });
}

/** ln w_i = ln p(x|z_i) + ln p(z_i) − ln q(z_i|x) of one example, [k]. */
function logWeights(vae: VaeNetwork, x: tf.Tensor, noise: tf.Tensor2D): tf.Tensor1D {
  const posterior = vae.encode(x);
  const z = reparameterise(posterior, noise);
  const copies = tf.tile(x, [noise.shape[0], ...vae.shape.map(() => 1)]);
  const given = logLikelihoodGivenLatent(vae, copies, vae.decode(z));
  // ln p(z) − ln q(z|x) = ½·Σ_j (ε_j² + ln σ_j² − z_j²): both Gaussians' 2π cancel.
  const ratio = tf.sum(tf.sub(tf.add(tf.square(noise), posterior.logVariance), tf.square(z)), 1);
  return tf.add(given, tf.mul(ratio, 0.5)) as tf.Tensor1D;
}

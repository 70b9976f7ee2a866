/** Spectral normalisation: a weight divided by its largest singular value. */
import * as tf from "../runtime/tf.js";
import { type Initializer } from "./initialisers.js";
import type { ParameterKind, ParameterScope } from "./parameters.js";
import { stopGradient } from "./stop-gradient.js";

/** How a layer's weight is normalised. */
export type WeightNorm = "spectral";

/** PyTorch's, against division by 0. */
const SMALLEST_NORM = 1e-12;

/** A layer's weight: as it is trained, or normalised. */
export class Weight {
  private readonly trained: tf.Variable;
  private readonly spectral: { readonly u: tf.Variable; readonly name: string } | undefined;

  /**
   * @param shape in memory, channels that come out last, unless `outputAxis` says where they are
   * @param options.norm "spectral": W/σ(W) is applied; the scope then has `weight_orig`, and the buffer `weight_u`
   */
  constructor(
    scope: ParameterScope,
    kind: ParameterKind,
    shape: number[],
    init: Initializer,
    private readonly options: { readonly norm?: WeightNorm; readonly outputAxis?: number } = {},
  ) {
    const { norm } = options;
    if (norm !== undefined && norm !== "spectral") {
      throw new RangeError(`unknown norm ${JSON.stringify(norm)} of a weight: there is "spectral", or none`);
    }
    this.trained = scope.create(norm ? "weight_orig" : "weight", kind, shape, init);
    if (!norm) return;
    const outputs = shape[this.outputAxis];
    this.spectral = {
      u: scope.createBuffer("weight_u", [outputs], { kind: "normal", deviation: 1 }),
      name: scope.scope("weight_u").prefix,
    };
  }

  /**
   * The weight as it is applied. Of spectral normalisation W/σ with σ = vᵀ·M·u, where M is W as a matrix and u, v its
   * singular vectors by one step of the power iteration from the buffer: v ← Mu/‖Mu‖, u ← Mᵀv/‖Mᵀv‖. Gradients pass
   * through W and σ, not through u and v.
   *
   * Source: Miyato et al. 2018, "Spectral normalization for generative adversarial networks", algorithm 1.
   */
  read(): tf.Tensor {
    const { trained, spectral } = this;
    if (!spectral) return trained;
    return tf.tidy(() => {
      const matrix = this.matrix();
      const { u, v } = powerIteration(matrix, spectral.u);
      // σ = vᵀ·M·u
      const sigma = tf.sum(tf.mul(tf.matMul(matrix, u), v));
      return tf.div(trained, sigma);
    });
  }

  /** What the buffer of spectral normalisation is next, by its full name; nothing without. */
  buffers(): Record<string, tf.Tensor> {
    const { spectral } = this;
    if (!spectral) return {};
    const next = tf.tidy(() => tf.reshape(powerIteration(this.matrix(), spectral.u).u, [-1]));
    return { [spectral.name]: next };
  }

  private get outputAxis(): number {
    return this.options.outputAxis ?? this.trained.rank - 1;
  }

  /** W as a matrix [all else, outputs]. Which order the rows have does not change singular values. */
  private matrix(): tf.Tensor2D {
    const { trained, outputAxis } = this;
    const last = trained.rank - 1;
    const axes = trained.shape.map((_, i) => i);
    const turned =
      outputAxis === last ? trained : tf.transpose(trained, [...axes.filter((i) => i !== outputAxis), outputAxis]);
    return tf.reshape(turned, [-1, trained.shape[outputAxis]]);
  }
}

/** One step: v = Mu/‖Mu‖, [rows, 1], and u = Mᵀv/‖Mᵀv‖, [columns, 1], without gradient. */
function powerIteration(matrix: tf.Tensor2D, start: tf.Tensor): { u: tf.Tensor2D; v: tf.Tensor2D } {
  const fixed = stopGradient(matrix);
  const v = unit(tf.matMul(fixed, tf.reshape(start, [-1, 1]) as tf.Tensor2D));
  return { u: stopGradient(unit(tf.matMul(fixed, v, true))), v: stopGradient(v) };
}

function unit(x: tf.Tensor2D): tf.Tensor2D {
  const norm = tf.sqrt(tf.sum(tf.square(x)));
  return tf.div(x, tf.maximum(norm, SMALLEST_NORM));
}

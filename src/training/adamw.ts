export interface AdamWOptions {
  /** Decay of the mean of gradients, default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients, default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Decoupled weight decay, default 0. */
  readonly weightDecay?: number;
}

/**
 * AdamW on flat arrays of parameters; its whole state is two arrays and a step count.
 *
 * Source: Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2 (with PyTorch's scaling of
 * the decay by the learning rate).
 */
export class AdamW {
  readonly mean: Float32Array;
  readonly meanSquare: Float32Array;
  private readonly options: Required<AdamWOptions>;

  constructor(size: number, options: AdamWOptions = {}) {
    this.options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, ...options };
    const { beta1, beta2 } = this.options;
    if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
      throw new RangeError(`beta1 and beta2 must lie in [0, 1), got ${beta1} and ${beta2}`);
    }
    this.mean = new Float32Array(size);
    this.meanSquare = new Float32Array(size);
  }

  /** Updates `values` in place. @param step counts from 1 */
  update(values: Float32Array, gradients: Float32Array, learningRate: number, step: number): void {
    const { mean: m, meanSquare: v } = this;
    const { beta1, beta2, epsilon, weightDecay } = this.options;
    const correction1 = 1 - beta1 ** step;
    const correction2 = Math.sqrt(1 - beta2 ** step);
    const rate = learningRate / correction1;
    const keep = 1 - learningRate * weightDecay;
    for (let i = 0; i < values.length; i++) {
      const g = gradients[i];
      // m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²
      const mi = (m[i] = beta1 * m[i] + (1 - beta1) * g);
      const vi = (v[i] = beta2 * v[i] + (1 - beta2) * g * g);
      // θ ← (1 − ηλ)θ − η·m̂/(√v̂ + ε)
      values[i] = keep * values[i] - (rate * mi) / (Math.sqrt(vi) / correction2 + epsilon);
    }
  }
}

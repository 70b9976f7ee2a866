/** Activations, element by element, with gradients written out where that saves work. */
import { requireTensor } from "../runtime/tensor.js";
import { requireNumber } from "../base/values.js";
import * as tf from "../runtime/tf.js";
import { fastGradient } from "./fast-gradient.js";

/**
 * SiLU (swish): y = x·σ(x), with the gradient dy·(σ + y·(1 − σ)) written out,
 * which needs one pass fewer than the tape's own product rule.
 *
 * Source: Elfwing, Uchibe and Doya 2017, "Sigmoid-weighted linear units".
 */
export const silu: <T extends tf.Tensor>(x: T) => T = fastGradient(
  (x: tf.Tensor) => tf.mul(x, tf.sigmoid(x)),
  (save, input: tf.Tensor) => {
    const sigmoid = tf.sigmoid(input);
    const value = tf.mul(input, sigmoid);
    save([sigmoid, value]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [s, y] = saved as [tf.Tensor, tf.Tensor];
      return tf.mul(dy, tf.add(s, tf.mul(y, tf.sub(1, s))));
    };
    return { value, gradFunc };
  },
) as <T extends tf.Tensor>(x: T) => T;

/**
 * GELU, exact: y = x·Φ(x) = x/2·(1 + erf(x/√2)), with the gradient dy·(Φ(x) + x·φ(x)).
 *
 * Source: Hendrycks and Gimpel 2016, "Gaussian error linear units".
 */
export const gelu: <T extends tf.Tensor>(x: T) => T = fastGradient(
  (x: tf.Tensor) => tf.mul(x, tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))))),
  (save, input: tf.Tensor) => {
    const phi = tf.mul(0.5, tf.add(1, tf.erf(tf.mul(input, Math.SQRT1_2))));
    save([input, phi]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [xs, phis] = saved as [tf.Tensor, tf.Tensor];
      // φ(x) = exp(−x²/2)/√(2π)
      const density = tf.mul(tf.exp(tf.mul(tf.square(xs), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return tf.mul(dy, tf.add(phis, tf.mul(xs, density)));
    };
    return { value: tf.mul(input, phi), gradFunc };
  },
) as <T extends tf.Tensor>(x: T) => T;

const [TANH_A, TANH_B] = [2 * Math.sqrt(2 / Math.PI), 2 * Math.sqrt(2 / Math.PI) * 0.044715];

/** x·(a + b·x²) */
function tanhArgument(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.add(tf.mul(tf.square(x), TANH_B), TANH_A));
}

/**
 * GELU by its approximation x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), equation 2 of the same paper, as y = x·σ(x·(a + b·x²))
 * with a = 2·√(2/π) and b = 0.044715·a; the gradient is dy·(σ + y·(1 − σ)·(a + 3b·x²)).
 */
export const geluTanh: <T extends tf.Tensor>(x: T) => T = fastGradient(
  (x: tf.Tensor) => tf.mul(x, tf.sigmoid(tanhArgument(x))),
  (save, input: tf.Tensor) => {
    const sigmoid = tf.sigmoid(tanhArgument(input));
    const value = tf.mul(input, sigmoid);
    save([input, sigmoid, value]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [xs, s, y] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const slope = tf.add(tf.mul(tf.square(xs), 3 * TANH_B), TANH_A);
      return tf.mul(dy, tf.add(s, tf.mul(tf.mul(y, tf.sub(1, s)), slope)));
    };
    return { value, gradFunc };
  },
) as <T extends tf.Tensor>(x: T) => T;

/**
 * GELU by a logistic curve, as CLIP has it: y = x·σ(1.702·x), with the gradient dy·(σ + 1.702·y·(1 − σ)).
 *
 * Source: Hendrycks and Gimpel 2016, "Gaussian error linear units", section 2.
 */
export const quickGelu: <T extends tf.Tensor>(x: T) => T = fastGradient(
  (x: tf.Tensor) => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702))),
  (save, input: tf.Tensor) => {
    const sigmoid = tf.sigmoid(tf.mul(input, 1.702));
    const value = tf.mul(input, sigmoid);
    save([sigmoid, value]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [s, y] = saved as [tf.Tensor, tf.Tensor];
      return tf.mul(dy, tf.add(s, tf.mul(tf.mul(y, 1.702), tf.sub(1, s))));
    };
    return { value, gradFunc };
  },
) as <T extends tf.Tensor>(x: T) => T;

/** Mish: y = x·tanh(ln(1 + eˣ)). Source: Misra 2019, "Mish: a self regularized non-monotonic activation function". */
export function mish<T extends tf.Tensor>(x: T): T {
  requireTensor("x", x);
  return tf.tidy(() => tf.mul(x, tf.tanh(tf.softplus(x))) as T);
}

/**
 * Leaky ReLU: y = max(x, slope·x) = slope·x + (1 − slope)·max(x, 0). It differentiates twice: the gradient is dy where
 * x > 0, else slope·dy, whose own by x is 0.
 *
 * Source: Maas, Hannun and Ng 2013, "Rectifier nonlinearities improve neural network acoustic models", equation 3.
 *
 * @param slope where x < 0, in [0, 1]
 */
export function leakyRelu<T extends tf.Tensor>(x: T, slope: number): T {
  requireTensor("x", x);
  requireNumber("slope", slope);
  const rectify = tf.customGrad((given, save) => {
    const input = given as tf.Tensor;
    (save as tf.GradSaveFunc)([input]);
    const gradFunc = (dy: tf.Tensor, [saved]: tf.Tensor[]): tf.Tensor =>
      tf.where(tf.greater(saved, 0), dy, tf.mul(dy, slope));
    // As a sum: TensorFlow's rewriting of graphs stumbles over LeakyRelu, and over a maximum that it takes for one.
    const value = tf.add(tf.mul(input, slope), tf.mul(tf.relu(input), 1 - slope));
    return { value, gradFunc };
  });
  return rectify(x) as T;
}

/** The activations a configuration may name. */
export const activationNames = ["silu", "swish", "gelu", "quick_gelu", "mish", "relu"] as const;
/** One of {@link activationNames}; "swish" is "silu" by another name. */
export type ActivationName = (typeof activationNames)[number];

/**
 * The activation of that name, element by element.
 *
 * @throws RangeError for a name that is none of {@link activationNames}
 */
export function activation(name: ActivationName): (x: tf.Tensor) => tf.Tensor {
  switch (name) {
    case "silu":
    case "swish":
      return silu;
    case "gelu":
      return gelu;
    case "quick_gelu":
      return quickGelu;
    case "mish":
      return mish;
    case "relu":
      return (x) => tf.relu(x);
    default:
      throw new RangeError(`unknown activation "${String(name)}": choose ${activationNames.join(", ")}`);
  }
}

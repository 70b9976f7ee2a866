/**
 * Scales gradients in place so that their global Euclidean norm is at most `maxNorm`, and returns the norm before.
 *
 * g ← g · min(1, maxNorm/(‖g‖ + 1e-6))
 *
 * Source: Pascanu, Mikolov and Bengio 2013, algorithm 1; the 1e-6 is PyTorch's.
 */
export function clipGlobalNorm(gradients: Float32Array, maxNorm: number): number {
  let sum = 0;
  for (let i = 0; i < gradients.length; i++) sum += gradients[i] * gradients[i];
  const norm = Math.sqrt(sum);
  const factor = maxNorm / (norm + 1e-6);
  if (factor < 1) for (let i = 0; i < gradients.length; i++) gradients[i] *= factor;
  return norm;
}

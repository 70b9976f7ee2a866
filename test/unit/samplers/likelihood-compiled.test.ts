/** Likelihoods stay the same once the network runs as a graph. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { logLikelihood, networkDenoiser, PointMlp, RandomStream, vpPath } from "../../../src/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { eagerly, sessions } from "../compile/support.js";

for (const predicts of ["noise", "velocity"] as const) {
  test(`the likelihood of a network that predicts ${predicts} is the same once a graph of its shape exists`, () => {
    const path = vpPath();
    const mlp = new PointMlp({ hidden: [8] });
    const values = new RandomStream(3, "weights").normals(mlp.parameters.count);
    mlp.parameters.assignFlat(values.map((value) => 0.3 * value));
    const denoiser = networkDenoiser(mlp, path, { predicts });
    const points = tf.tensor2d([
      [-1, 0.3],
      [0.8, -0.4],
    ]);
    const likelihood = (): number[] => {
      const result = logLikelihood(denoiser, path, points, { relativeTolerance: 1e-3 });
      const found = [...result.logLikelihood.dataSync()];
      tf.dispose([result.logLikelihood, result.latent]);
      return found;
    };
    const expected = eagerly(likelihood);
    assert.deepEqual(likelihood(), expected);
    const t = tf.fill([2], path.T / 2) as tf.Tensor1D;
    denoiser.predict(points, t).dispose();
    assert.equal(sessions(), 1);
    assert.deepEqual(likelihood(), expected);
    denoiser.dispose();
    mlp.parameters.dispose();
    tf.dispose([points, t]);
  });
}

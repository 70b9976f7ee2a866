/** PointMlp gives the outputs and gradients of the same network in PyTorch. */
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { PointMlp, type PointMlpConfig } from "../../../src/networks/index.js";
import type { Condition } from "../../../src/nn/index.js";
import { checkAgainst, fill, readFixtures, signal, type Fixture } from "./formula.js";

for (const [name, fixture] of readFixtures<Fixture & { config: Partial<PointMlpConfig> }>("mlp.json")) {
  test(`PointMlp equals PyTorch: ${name}`, () => {
    const network = new PointMlp(fixture.config);
    fill(network.parameters);
    const { dimensions = 2, num_class_embeds } = fixture.config;
    const t = tf.tensor1d([7, 0, 3]);
    const condition: Condition = num_class_embeds ? { label: tf.tensor1d([2, 0, 2], "int32") } : {};
    checkAgainst(fixture, network.parameters, signal("input", [3, dimensions]), (x) => {
      return network.apply(x as tf.Tensor2D, t, condition);
    });
  });
}

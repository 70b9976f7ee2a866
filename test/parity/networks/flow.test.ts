/** RealNvp and Glow give the latents, log-determinants (of autograd's Jacobian) and gradients of the same in PyTorch. */
import { test } from "node:test";
import { Glow, RealNvp, type InvertibleNetwork } from "../../../src/networks/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { checkAgainst, fill, fromTorch, readFixtures, signal, type Fixture } from "./formula.js";

interface Case extends Fixture {
  readonly class: "RealNvp" | "Glow";
  readonly config: object;
  readonly shape: number[];
}

/** As flow.py has them: a permutation that reverses, signs in turn. */
function setConstants({ parameters }: InvertibleNetwork): void {
  for (const { name, variable } of parameters.constants) {
    const n = variable.shape[0];
    tf.tidy(() => {
      if (name.endsWith("permutation")) variable.assign(tf.reverse(tf.eye(n), 0));
      else variable.assign(tf.tensor1d(Array.from({ length: n }, (_, i) => (-1) ** i)));
    });
  }
}

for (const [name, fixture] of readFixtures<Case>("flow.json")) {
  test(`a flow equals PyTorch: ${name}`, () => {
    const image = fixture.class === "Glow";
    const network = image ? new Glow(fixture.config) : new RealNvp(fixture.config);
    fill(network.parameters);
    setConstants(network);
    const drawn = signal("input", fixture.shape);
    const input = image ? tf.add(tf.mul(drawn, 0.25), 0.5) : drawn;
    checkAgainst(fixture, network.parameters, input, (x) => {
      const { z, logDeterminant } = network.forward(image ? fromTorch(x) : x);
      return tf.concat([tf.reshape(z, [-1]), logDeterminant]);
    });
    network.dispose();
  });
}

/**
 * Makes gradients of gradients exact. TensorFlow.js loses them in two places:
 *
 * - An operation whose gradient uses its own result (tanh, sigmoid, exp, softmax) saves a clone of it, and the clone is
 *   noted on the tape before the operation that makes the result. A second gradient then takes the clone for a constant,
 *   silently (https://github.com/tensorflow/tfjs/issues/3252).
 * - Comparisons have no gradient. A second one through leakyRelu, whose first compares, is refused. It is 0.
 */
import { engine, getGradient, registerGradient, zeros, type NamedTensorMap, type Tensor } from "@tensorflow/tfjs-core";

/** What is used of TensorFlow.js's engine. */
interface Engine {
  addTapeNode: AddTapeNode;
  readonly state: { readonly activeTape: { readonly outputs: readonly Tensor[] }[] };
  [APPLIED]?: true;
}

type AddTapeNode = (
  kernel: string,
  inputs: NamedTensorMap,
  outputs: Tensor[],
  gradient: unknown,
  saved?: Tensor[],
  attributes?: unknown,
) => void;

// Two copies of this library may share one TensorFlow.js.
const APPLIED = Symbol.for("diffusion-lab.second-derivatives");

/** Puts each operation on the tape in front of the clones that it saves. */
function orderTape(): void {
  const tape = engine() as unknown as Engine;
  if (tape[APPLIED]) return;
  tape[APPLIED] = true;
  const addTapeNode = tape.addTapeNode.bind(tape);
  tape.addTapeNode = (kernel, inputs, outputs, gradient, saved = [], attributes) => {
    addTapeNode(kernel, inputs, outputs, gradient, saved, attributes);
    const nodes = tape.state.activeTape;
    const start = nodes.length - 1 - saved.length;
    const clones = nodes.slice(Math.max(0, start), -1);
    if (clones.length !== saved.length || clones.some((clone, i) => clone.outputs[0] !== saved[i])) return;
    nodes.splice(start, 0, nodes.pop()!);
  };
}

function registerComparisons(): void {
  for (const kernelName of ["Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual"]) {
    if (getGradient(kernelName)) continue;
    registerGradient({
      kernelName,
      inputsToSave: ["a", "b"],
      gradFunc: (_dy, [a, b]) => ({ a: () => zeros(a.shape), b: () => zeros(b.shape) }),
    });
  }
}

orderTape();
registerComparisons();

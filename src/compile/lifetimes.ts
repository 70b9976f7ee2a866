/** Which tensors a function makes, keeps and disposes while it is recorded. */
import * as tf from "../runtime/tf.js";
import type { Origin } from "./origin.js";

export interface LifetimeRules {
  /** Where the source stands at present. */
  origin(): Origin;
  /** Throws: a tensor made before is about to be disposed, or a variable made before to be assigned. */
  refuse(how: "disposes" | "assigns", tensor: tf.Tensor): never;
}

const NOWHERE: Origin = {};

/** The tensors and variables a function makes: it may do away with these, and with no others. */
export class Lifetimes {
  /** What was made and not disposed, and where it was kept from being tidied. */
  private readonly made = new Map<tf.Tensor, Origin>();

  /** Only own properties of the engine are set while `use` runs, and removing them restores it. */
  watch<T>(rules: LifetimeRules, use: () => T): T {
    const engine = tf.engine();
    const { made } = this;
    const trackTensor = engine.trackTensor.bind(engine);
    const keep = engine.keep.bind(engine);
    const makeVariable = engine.makeVariable.bind(engine);
    const disposeTensor = engine.disposeTensor.bind(engine);
    const disposeVariable = engine.disposeVariable.bind(engine);
    const requireMade = (how: "disposes" | "assigns", tensor: tf.Tensor): void => {
      if (!made.has(tensor) && !tensor.isDisposed) rules.refuse(how, tensor);
    };

    engine.trackTensor = (tensor, backend) => {
      // A variable is tracked again when it is assigned.
      if (!made.has(tensor)) made.set(tensor, NOWHERE);
      trackTensor(tensor, backend);
    };
    engine.keep = (tensor) => {
      if (made.has(tensor)) made.set(tensor, rules.origin());
      return keep(tensor);
    };
    engine.makeVariable = (...given) => {
      const variable = makeVariable(...given);
      made.set(variable, rules.origin());
      return variable;
    };
    engine.disposeTensor = (tensor) => {
      // Disposing a variable begins with disposeVariable, assigning it does not.
      const assigned = tensor instanceof tf.Variable;
      requireMade(assigned ? "assigns" : "disposes", tensor);
      disposeTensor(tensor);
      if (!assigned) made.delete(tensor);
    };
    engine.disposeVariable = (variable) => {
      requireMade("disposes", variable);
      disposeVariable(variable);
      made.delete(variable);
    };
    try {
      return use();
    } finally {
      const overridden = engine as Partial<typeof engine>;
      delete overridden.trackTensor;
      delete overridden.keep;
      delete overridden.makeVariable;
      delete overridden.disposeTensor;
      delete overridden.disposeVariable;
    }
  }

  /** What still lives, and where it was kept. */
  left(): [tf.Tensor, Origin][] {
    return [...this.made].filter(([tensor]) => !tensor.isDisposed);
  }

  /** Disposes what still lives. */
  release(): void {
    for (const [tensor] of this.left()) tensor.dispose();
  }
}

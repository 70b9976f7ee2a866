/** In place of ONNX Runtime's addon: runs files of sums and products by what stands in them, read without our writer. */
import type { OrtAddon, OrtSession, OrtTensor } from "../../../src/onnx/runtime-package.js";
import { floats, readModel, type ReadModel } from "./read-model.js";

type Numbers = { readonly data: Float32Array; readonly dims: readonly number[] };

const operators: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Mul: (a, b) => a * b,
};

/** Operands [N, d] and [d] or [1]. */
function broadcast(a: Numbers, b: Numbers, combine: (a: number, b: number) => number): Numbers {
  const [large, small] = a.data.length >= b.data.length ? [a, b] : [b, a];
  return { dims: large.dims, data: large.data.map((value, i) => combine(value, small.data[i % small.data.length])) };
}

export interface StandIn {
  readonly addon: OrtAddon;
  /** What was done so far. */
  readonly counts: { loaded: number; runs: number; disposed: number };
}

export function addonStandIn(): StandIn {
  const counts = { loaded: 0, runs: 0, disposed: 0 };
  class Session implements OrtSession {
    private model!: ReadModel;

    loadModel(buffer: ArrayBufferLike, offset: number, length: number): void {
      this.model = readModel(new Uint8Array(buffer, offset, length));
      counts.loaded++;
    }

    run(feeds: Readonly<Record<string, OrtTensor>>): Readonly<Record<string, OrtTensor>> {
      counts.runs++;
      const values = new Map<string, Numbers>(
        Object.entries(feeds).map(([name, { data, dims }]) => [name, { data: Float32Array.from(data), dims }]),
      );
      for (const { name, bytes, shape } of this.model.initializers)
        values.set(name, { data: floats(bytes!), dims: shape });
      for (const { operator, inputs, outputs } of this.model.nodes) {
        const [a, b] = inputs.map((name) => values.get(name)!);
        values.set(outputs[0], broadcast(a, b, operators[operator]));
      }
      const results = this.model.outputs.map(({ name }) => {
        const { data, dims } = values.get(name)!;
        return [name, { type: "float32", data, dims, location: "cpu", cpuData: data }] as const;
      });
      return Object.fromEntries(results) as unknown as Readonly<Record<string, OrtTensor>>;
    }

    dispose(): void {
      counts.disposed++;
    }
  }
  return { addon: { InferenceSession: Session, initOrtOnce: () => undefined }, counts };
}

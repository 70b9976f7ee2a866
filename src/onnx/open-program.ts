/** Two recordings of a function, at two batch sizes, as one program whose batch is open. */
import { DataType } from "../compile/data-type.js";
import { isUniform } from "../compile/constant-bytes.js";
import type { OperationAttribute } from "../compile/native-backend.js";
import { describeOrigin, type Origin } from "../compile/origin.js";
import type { RecordedConstant, Recording, ValueSource } from "../compile/recording.js";
import { dimensionOf, type Dimension, type OpenType } from "./dimensions.js";
import { OnnxError } from "./errors.js";

/** A constant: its bytes, or whole numbers of which some count batches. */
export interface OpenConstant extends OpenType {
  readonly bytes: Buffer;
  /** Of int32 constants. */
  readonly numbers?: readonly Dimension[];
}

export interface OpenOperation {
  readonly name: string;
  readonly attributes: readonly OperationAttribute[];
  readonly inputs: readonly ValueSource[];
  readonly outputs: readonly OpenType[];
  readonly origin: Origin;
}

export interface OpenProgram {
  readonly inputs: readonly (OpenType & { readonly name: string })[];
  readonly constants: readonly OpenConstant[];
  /** Each after those it needs; what no output needs is undefined. */
  readonly operations: readonly (OpenOperation | undefined)[];
  readonly outputs: readonly ValueSource[];
}

/** Where a value comes from, and of what type it is. */
export function openTypeOf(program: OpenProgram, source: ValueSource): OpenType {
  switch (source.kind) {
    case "input":
      return program.inputs[source.index];
    case "constant":
      return program.constants[source.index];
    case "operation":
      return program.operations[source.index]!.outputs[source.output];
  }
}

/**
 * One program from the recordings of a function at two batch sizes: what is the same in both is fixed, what grows with
 * the batch is open.
 *
 * @throws OnnxError if the function does something else at another batch size, or draws random numbers
 */
export function openBatch(
  name: string,
  recordings: readonly [Recording, Recording],
  batches: readonly [number, number],
): OpenProgram {
  const [first, second] = recordings;
  const refuse = (what: string, origin?: Origin): never => {
    throw new OnnxError(
      `"${name}" cannot be written as ONNX with an open batch: ${what}${origin ? `\n${describeOrigin(origin)}` : ""}`,
    );
  };
  const shapeOf = (a: readonly number[], b: readonly number[], origin?: Origin): Dimension[] =>
    a.map((length, axis) => {
      const one = a.length === b.length ? dimensionOf([length, b[axis]], batches) : undefined;
      return (
        one ?? refuse(`a value is of shape [${a}] for a batch of ${batches[0]} and [${b}] for ${batches[1]}`, origin)
      );
    });
  if (first.operations.length !== second.operations.length) {
    refuse(
      `it does ${first.operations.length} operations for a batch of ${batches[0]} and ${second.operations.length} for ${batches[1]}`,
    );
  }
  const used = usedConstants(first);
  const constants = first.constants.map((one, i) => {
    const other = second.constants[i] as RecordedConstant | undefined;
    if (!used.has(i)) return { dtype: one.dtype, shape: one.shape, bytes: one.bytes };
    return other
      ? openConstant(one, other, batches, refuse)
      : refuse("it makes fewer constants for another batch", one.origin);
  });
  const operations = first.operations.map((one, i) => {
    const other = second.operations[i];
    const same =
      one.name === other.name &&
      JSON.stringify([one.inputs, one.attributes]) === JSON.stringify([other.inputs, other.attributes]);
    if (!same) refuse(`its ${one.name} is another operation for another batch`, one.origin);
    const outputs = one.outputs.map(({ dtype, shape }, k) => ({
      dtype,
      shape: shapeOf(shape, other.outputs[k].shape, one.origin),
    }));
    return { ...one, outputs };
  });
  const inputs = first.inputs.map((one, i) => ({ ...one, shape: shapeOf(one.shape, second.inputs[i].shape) }));
  return { inputs, constants, operations, outputs: first.outputs };
}

function usedConstants({ operations, outputs }: Recording): Set<number> {
  const sources = [...outputs, ...operations.flatMap(({ inputs }) => inputs)];
  return new Set(sources.flatMap((source) => (source.kind === "constant" ? source.index : [])));
}

function openConstant(
  one: RecordedConstant,
  other: RecordedConstant,
  batches: readonly [number, number],
  refuse: (what: string, origin?: Origin) => never,
): OpenConstant {
  const { dtype, shape, bytes, origin } = one;
  const sameShape = shape.join() === other.shape.join();
  if (dtype === DataType.int32 && sameShape) {
    const [a, b] = [int32s(bytes), int32s(other.bytes)];
    const numbers = a.map(
      (n, i) =>
        dimensionOf([n, b[i]], batches) ??
        refuse(`a constant is ${n} for a batch of ${batches[0]} and ${b[i]} for ${batches[1]}`, origin),
    );
    return { dtype, shape, bytes, numbers };
  }
  if (sameShape && bytes.equals(other.bytes)) return { dtype, shape, bytes };
  if (
    !sameShape &&
    isUniform(bytes) &&
    isUniform(other.bytes) &&
    bytes.subarray(0, 4).equals(other.bytes.subarray(0, 4))
  ) {
    const open = shape.map((length, axis) => dimensionOf([length, other.shape[axis]], batches));
    if (open.every((length) => length !== undefined)) return { dtype, shape: open, bytes };
  }
  return refuse(
    sameShape
      ? `a constant of shape [${shape}] has other values for another batch, or at every call: noise, masks and data must be inputs`
      : `a constant of shape [${shape}] grows with the batch: make it of tensors that are inputs`,
    origin,
  );
}

/** A copy, as a buffer's bytes may not lie at a multiple of four. */
export function int32s(bytes: Buffer): number[] {
  return [...new Int32Array(new Uint8Array(bytes).buffer)];
}

export function float32s(bytes: Buffer): number[] {
  return [...new Float32Array(new Uint8Array(bytes).buffer)];
}

/** The program without what no output needs. */
export function pruned(program: OpenProgram): OpenProgram {
  const needed = new Set<number>();
  const open = [...program.outputs];
  for (let source = open.pop(); source; source = open.pop()) {
    if (source.kind !== "operation" || needed.has(source.index)) continue;
    needed.add(source.index);
    open.push(...program.operations[source.index]!.inputs);
  }
  return { ...program, operations: program.operations.map((one, i) => (needed.has(i) ? one : undefined)) };
}

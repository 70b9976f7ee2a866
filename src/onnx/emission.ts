/** What every translation of an operation is given. */
import { describeOrigin } from "../compile/origin.js";
import type { Dimension } from "./dimensions.js";
import { OnnxError } from "./errors.js";
import type { GraphBuilder } from "./graph-builder.js";
import type { OpenOperation, OpenProgram } from "./open-program.js";
import { wholeNumbers } from "./pattern.js";
import { asRecorded, isRecorded, weightOf, type Value } from "./value.js";

export interface Emission {
  /** The function's, for messages. */
  readonly name: string;
  readonly builder: GraphBuilder;
  readonly program: OpenProgram;
}

/** Writes one operation; `operands` are as many as it has inputs, each made when it is asked for. */
export type Translation = (emission: Emission, operation: OpenOperation, operand: (i: number) => Value) => Value[];

export function attributeOf<T>(operation: OpenOperation, name: string): T {
  return operation.attributes.find((one) => one.name === name)?.value as T;
}

/** @throws OnnxError that names the operation, what it cannot have and where it was recorded */
export function refuse({ name }: Pick<Emission, "name">, operation: OpenOperation, what: string): never {
  throw new OnnxError(
    `"${name}" cannot be written as ONNX: ${operation.name} ${what}\n${describeOrigin(operation.origin)}`,
  );
}

/** Whole numbers of an operand that must be a constant without the batch: axes, paddings. */
export function numbersOf(emission: Emission, operation: OpenOperation, i: number): readonly number[] {
  const source = operation.inputs[i];
  return (
    wholeNumbers(emission.program, source) ??
    refuse(emission, operation, "takes numbers that are known only at run time")
  );
}

/** Whole numbers of an operand that must be a constant; some may count batches. */
export function dimensionsOf(emission: Emission, operation: OpenOperation, i: number): readonly Dimension[] {
  const source = operation.inputs[i];
  const numbers = source.kind === "constant" ? emission.program.constants[source.index].numbers : undefined;
  return numbers ?? refuse(emission, operation, "takes a shape that is known only at run time");
}

/** Axes counted from the front. */
export function axesOf(axes: readonly number[], rank: number): number[] {
  return axes.map((axis) => (axis < 0 ? axis + rank : axis));
}

/** Result i of an operation as a value. */
export function result(operation: OpenOperation, name: string, order?: readonly number[], i = 0): Value {
  const { dtype, shape } = operation.outputs[i];
  return { name, dtype, shape, order: order ?? asRecorded(shape.length), fixed: false };
}

/**
 * The order of axes that costs least: that of the largest operand that lies otherwise than it was recorded. Numbers of
 * the file can be put in any order before anything runs.
 */
export function commonOrder(operands: readonly Value[], rank: number): readonly number[] {
  let [chosen, weight]: [readonly number[], number] = [asRecorded(rank), 0];
  for (const one of operands) {
    if (one.fixed || one.shape.length !== rank || isRecorded(one) || weightOf(one.shape) <= weight) continue;
    [chosen, weight] = [one.order, weightOf(one.shape)];
  }
  return chosen;
}

/** What a function did, as data: inputs, constants, operations, outputs. */
import type { OperationAttribute } from "./native-backend.js";
import type { Origin } from "./origin.js";

/** Where a value comes from. */
export type ValueSource =
  | { readonly kind: "input"; readonly index: number }
  | { readonly kind: "constant"; readonly index: number }
  | { readonly kind: "operation"; readonly index: number; readonly output: number };

/** Shape and element type (TensorFlow's number). */
export interface ValueType {
  readonly dtype: number;
  readonly shape: readonly number[];
}

export interface RecordedInput extends ValueType {
  readonly name: string;
}

export interface RecordedConstant extends ValueType {
  readonly bytes: Buffer;
  readonly origin: Origin;
}

export interface RecordedOperation {
  readonly name: string;
  readonly attributes: readonly OperationAttribute[];
  readonly inputs: readonly ValueSource[];
  readonly outputs: readonly ValueType[];
  readonly origin: Origin;
}

/** What a function did: a program in straight-line form. */
export interface Recording {
  readonly inputs: readonly RecordedInput[];
  readonly constants: readonly RecordedConstant[];
  readonly operations: readonly RecordedOperation[];
  readonly outputs: readonly ValueSource[];
}

export interface NamedRecording {
  readonly recording: Recording;
  readonly outputNames: readonly string[];
}

export function typeOf(
  recording: Pick<Recording, "inputs" | "constants" | "operations">,
  source: ValueSource,
): ValueType {
  switch (source.kind) {
    case "input":
      return recording.inputs[source.index];
    case "constant":
      return recording.constants[source.index];
    case "operation":
      return recording.operations[source.index].outputs[source.output];
  }
}

/** The errors of a function that cannot be recorded: what it does, why a graph cannot do it, and what to do instead. */
import * as tf from "../runtime/tf.js";
import { CompileError } from "./errors.js";
import type { NativeBackend } from "./native-backend.js";
import { describeOrigin, type Origin } from "./origin.js";

/** What every refusal says: the function's name in front, the line of its source behind. */
export interface Place {
  readonly name: string;
  readonly origin: Origin;
}

function refusal({ name, origin }: Place, text: string, cause?: unknown): CompileError {
  return new CompileError(`compile: "${name}"${text}\n${describeOrigin(origin)}`, cause === undefined ? {} : { cause });
}

export function largeConstant(place: Place, shape: readonly number[], limit: number): CompileError {
  return refusal(
    place,
    ` makes a constant of shape [${shape}] from JavaScript values, which would be frozen into the graph ` +
      `(the limit is ${limit} values). Noise, masks and data must be inputs.`,
  );
}

export function randomNumbers(place: Place): CompileError {
  return refusal(
    place,
    " draws random numbers (tf.multinomial): a graph would draw others at each call, with a state that nobody can save. " +
      "Draw outside and pass the result as an input.",
  );
}

export function shapeFromData(place: Place, operation: string): CompileError {
  return refusal(
    place,
    ` uses ${operation} on values that depend on its inputs: they decide the shape of the result, and a graph has one ` +
      "shape. Do this outside, or keep all elements and weigh them by a mask.",
  );
}

export function failedOperation(place: Place, operation: string, error: unknown): CompileError {
  return refusal(place, `: ${operation} failed: ${(error as Error).message}`, error);
}

export function unknownTensor(place: Place): CompileError {
  return refusal(place, " uses a tensor of unknown origin");
}

/** @param tensor see {@link describeOutsider} */
export function capturedTensor(place: Place, tensor: string): CompileError {
  return refusal(
    place,
    ` uses ${tensor}, which is neither among its inputs nor its captures; its present values would be frozen into the ` +
      "graph. Pass it as an input or name it in captures.",
  );
}

/** A tensor that the function has not made is disposed, or a variable assigned. */
export function endedTensor(place: Place, how: "disposes" | "assigns", tensor: string): CompileError {
  const remedy =
    how === "assigns"
      ? "return the new value and assign it after the call"
      : "it may dispose only what it makes itself; do this after the call";
  return refusal(place, ` ${how} ${tensor}, which a graph cannot do: ${remedy}`);
}

/** @param maker the operation that made the tensor, if one did; `others`: how many more are kept */
export function keptTensor(place: Place, tensor: tf.Tensor, maker: string | undefined, others: number): CompileError {
  const madeBy = maker ? `, made by ${maker},` : "";
  return refusal(
    place,
    ` keeps ${describeTensor(tensor)}${madeBy}${others > 0 ? ` and ${others} more` : ""} ` +
      "(tf.keep, tf.variable): make such tensors outside and pass them as inputs, or return them",
  );
}

/** The values of a tensor are read into JavaScript. */
export function readValues(place: Place, kind: string, tensor: string): CompileError {
  return refusal(
    place,
    ` reads the values of ${kind} (${tensor}) into JavaScript, where they would be frozen into the graph. ` +
      "Keep the computation in tensor operations (tf.where, masks, tf.oneHot and matMul for tf.gather).",
  );
}

export function describeTensor(tensor: tf.TensorInfo): string {
  const kind = tensor instanceof tf.Variable ? `the variable "${tensor.name}"` : "a tensor";
  return `${kind} of shape [${tensor.shape}], ${tensor.dtype}`;
}

/**
 * A tensor made before the recording, in words by which its owner knows it: a variable by its name, whatever handle was
 * used; another by its first values, as TensorFlow.js names no other tensors.
 */
export function describeOutsider(backend: NativeBackend, dataId: object, description: string): string {
  const variables = Object.values(tf.engine().state.registeredVariables);
  const variable = variables.find((candidate) => candidate.dataId === dataId);
  if (variable) return describeTensor(variable);
  const { id, values } = backend.tensorMap.get(dataId);
  const held = (values ?? backend.binding.tensorDataSync(id)) as ArrayLike<unknown>;
  const first = Array.from({ length: Math.min(held.length, 4) }, (_, i) => String(held[i]));
  return `${description}, holding ${first.join(", ")}${held.length > first.length ? ", …" : ""}`;
}

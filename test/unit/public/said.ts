/** What a call answers to its arguments. */
import * as tf from "../../../src/runtime/tf.js";
import { call } from "./call.js";

/** What V8, Node and TensorFlow's insides say where nobody looked. */
export const RAW =
  /Cannot (read|set|destructure|convert|mix)|is not (a function|iterable|a constructor|defined)|undefined is not|object null is not|Invalid (array|typed array)|Invalid TF_Status|Reduce of empty|Class constructor|Spread syntax|passed to '|The "[\w.]+" (argument|property)|The first argument must be|iterator|^Error in |Shapes? .* must match|could not be broadcast|not in this backend/;

/** The message of what a call throws; undefined if it throws nothing. Its tensors are freed. */
export async function said(of: string, args: readonly unknown[]): Promise<string | undefined> {
  tf.engine().startScope();
  try {
    await call(of, args);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    tf.engine().endScope();
  }
}

/**
 * For check.py: `node --import tsx test/parity/onnx/write-models.ts FOLDER`, from the root of the repository, exports every
 * case into FOLDER, with inputs and this library's outputs for batches of 1, 3 and 7. FOLDER/cases.json says what is there.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeSafetensors, type NamedTensor } from "../../../src/files/index.js";
import { toOnnx } from "../../../src/onnx/index.js";
import { networkFunction } from "../../../src/onnx/network-function.js";
import * as tf from "../../../src/runtime/tf.js";
import { cases, inputsOf, networkOf, sha256 } from "./cases.js";

const [, , folder] = process.argv;
if (folder === undefined) throw new Error("name a folder: see the head of this file");

/** Images as ONNX has them. */
function nchw(tensor: tf.Tensor): NamedTensor {
  const lying = tensor.rank === 4 ? tf.transpose(tensor, [0, 3, 1, 2]) : tensor;
  return { shape: lying.shape, values: Float32Array.from(lying.dataSync()) };
}

const written: Record<string, object> = {};
Object.keys(cases).forEach((name, number) => {
  const one = networkOf(name);
  const file = `${number}.onnx`;
  toOnnx(one.network, join(folder, file), one.options);
  const { run } = networkFunction(one.network, one.options);
  const tensors: [string, NamedTensor][] = [];
  const batches = [1, 3, 7];
  for (const batch of batches) {
    const inputs = inputsOf(one, batch);
    for (const [key, tensor] of Object.entries(inputs)) tensors.push([`${batch}.in.${key}`, nchw(tensor)]);
    for (const [key, tensor] of Object.entries(run(inputs))) tensors.push([`${batch}.out.${key}`, nchw(tensor)]);
  }
  writeSafetensors(join(folder, `${number}.safetensors`), tensors);
  written[name] = { file, values: `${number}.safetensors`, sha256: sha256(join(folder, file)), batches };
});
writeFileSync(join(folder, "cases.json"), JSON.stringify(written, null, 2));

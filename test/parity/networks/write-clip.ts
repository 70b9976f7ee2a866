/** For clip.py check: writes a network of each of CLIP's classes, and beside it what it gives. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "../../../src/runtime/tf.js";
import { saveNetwork } from "../../../src/families/index.js";
import { buildClip, clipOutputs, probeOf } from "./clip.js";
import { fill } from "./formula.js";

const file = new URL("fixtures/clip.json", import.meta.url);
const { tokens, cases } = JSON.parse(readFileSync(file, "utf8")) as {
  tokens: number[][];
  cases: Record<string, { class: string; config: object }>;
};
for (const [name, { class: className, config }] of Object.entries(cases)) {
  const network = buildClip(className, config);
  fill(network.parameters);
  const folder = join(process.argv[2], name);
  saveNetwork(network, folder, name === "vision" ? { maxFileBytes: 2000 } : {});
  const output = clipOutputs(network, probeOf(network), tf.tensor2d(tokens, undefined, "int32"));
  writeFileSync(join(folder, "output.json"), JSON.stringify([...output.dataSync()]));
}

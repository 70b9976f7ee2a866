/** `npm run doctor`: what is here, what is not, and the remedy for each; changes nothing. */
import { requireSupportedNode } from "./support/gate.mjs";

requireSupportedNode();

const native = await import("./native/checks.mjs");
const checks = await import("./checks.mjs");
const { nativeFacts, TFJS_NODE } = await import("./tensorflow.mjs");
const { checkTextToImage } = await import("./text-to-image.mjs");
const { exitCode, renderRow } = await import("./support/table.mjs");

/** @typedef {import("./support/table.mjs").Row} Row */

/** Each prints as soon as it is known; one that breaks is a finding, not the end. */
const QUESTIONS = {
  Node: native.checkNode,
  npm: checks.checkNpm,
  "npm packages": checks.checkPackages,
  Python: native.checkPython,
  "C++ compiler": () => native.checkCompiler(TFJS_NODE),
  "native TensorFlow": () => native.checkTensorFlow(TFJS_NODE, checks.START, nativeFacts()?.reason),
  "its files": () => native.checkLibraries(checks.START),
  library: checks.checkLibrary,
  kernel: checks.checkKernel,
  JupyterLab: checks.checkJupyterLab,
  data: checks.checkData,
  checkpoints: checks.checkCheckpoints,
  "text to image": () => checkTextToImage(),
  comparison: () => checks.checkComparison(),
};

/** @type {Row[]} */
const rows = [];
for (const [name, question] of Object.entries(QUESTIONS)) {
  /** @type {Row[]} */
  let found;
  try {
    found = [await question()].flat();
  } catch (error) {
    found = [{ name, state: "missing", found: /** @type {Error} */ (error).message, remedy: checks.START }];
  }
  for (const row of found) console.log(renderRow(row));
  rows.push(...found);
}
process.exitCode = exitCode(rows);
console.log(
  process.exitCode === 0
    ? "\nThe course can run: npm start"
    : "\nSomething is missing: the lines marked ✘ say how to get it.",
);

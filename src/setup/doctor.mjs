/**
 * `npm run doctor`: what is here, what is not, and the remedy for each; changes nothing. `-- --install onnxruntime` first
 * fetches what only some need.
 */
import { requireSupportedNode } from "./support/gate.mjs";

requireSupportedNode();

const native = await import("./native/checks.mjs");
const checks = await import("./checks.mjs");
const { nativeFacts, TFJS_NODE } = await import("./tensorflow.mjs");
const { checkTextToImage } = await import("./text-to-image.mjs");
const onnxruntime = await import("./native/onnxruntime.mjs");
const { asSetupError, SetupError } = await import("./support/errors.mjs");
const { printFailure, Steps } = await import("./support/steps.mjs");
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
  "ONNX Runtime": () => onnxruntime.checkOnnxruntime(),
  library: checks.checkLibrary,
  kernel: checks.checkKernel,
  JupyterLab: checks.checkJupyterLab,
  data: checks.checkData,
  checkpoints: checks.checkCheckpoints,
  "text to image": () => checkTextToImage(),
  comparison: () => checks.checkComparison(),
};

/** What `--install` knows. */
const INSTALLERS = { onnxruntime: () => onnxruntime.installOnnxruntime(new Steps()) };

/** @param {string[]} args */
async function install(args) {
  if (args.length === 0) return;
  const [option, name] = args;
  const installer =
    option === "--install" ? /** @type {Record<string, () => Promise<void>>} */ (INSTALLERS)[name] : undefined;
  if (args.length === 2 && installer) return installer();
  const known = Object.keys(INSTALLERS).join(", ");
  throw new SetupError(
    "npm run doctor",
    `it does not know ${args.join(" ")}`,
    `Use npm run doctor, or npm run doctor -- --install ${known}`,
  );
}

try {
  await install(process.argv.slice(2));
} catch (error) {
  printFailure(asSetupError("npm run doctor", error));
  process.exit(1);
}

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

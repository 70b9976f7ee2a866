/** `npm run doctor`: what is here, what is not, and the remedy for each; changes nothing. */
import { requireSupportedNode } from "./gate.mjs";

requireSupportedNode();

const checks = await import("./checks.mjs");
const { exitCode, renderRow } = await import("./table.mjs");

/** Each prints as soon as it is known; one that breaks is a finding, not the end. */
const QUESTIONS = [
  checks.checkNode,
  checks.checkNpm,
  checks.checkPackages,
  checks.checkPython,
  checks.checkCompiler,
  checks.checkTensorFlow,
  checks.checkLibraries,
  checks.checkLibrary,
  checks.checkKernel,
  checks.checkJupyterLab,
  checks.checkData,
  checks.checkCheckpoints,
];

const rows = [];
for (const question of QUESTIONS) {
  /** @type {import("./table.mjs").Row[]} */
  let found;
  try {
    found = [await question()].flat();
  } catch (error) {
    found = [{ name: question.name.replace("check", ""), state: "missing", found: error.message, remedy: "npm start" }];
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

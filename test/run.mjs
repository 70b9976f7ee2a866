/** `npm test`: sets up what is missing, then runs every section; the last line says how many tests passed. */
import { requireSupportedNode } from "../src/setup/support/gate.mjs";

requireSupportedNode();

const { Steps, printFailure, seconds } = await import("../src/setup/support/steps.mjs");
const { asSetupError, SetupError } = await import("../src/setup/support/errors.mjs");
const { buildBenchmark } = await import("../src/setup/library.mjs");
const { setUp } = await import("../src/setup/setup.mjs");
const { SECTIONS, USAGE, readArguments } = await import("./runner/sections.mjs");

async function main() {
  const { sections, filters, help } = readArguments(process.argv.slice(2));
  if (help) {
    console.log(USAGE);
    return;
  }
  const started = Date.now();
  console.log("Set-up");
  const total = { passed: 0, failed: 0 };
  try {
    const steps = new Steps();
    await setUp(steps);
    await buildBenchmark(steps);
    process.env["DIFFUSION_LAB_BUILT"] = "1";
  } catch (error) {
    if (!(error instanceof SetupError) || !["library", "benchmark"].includes(error.what)) throw error;
    // The tests run from the sources: those of the files that do compile still say something.
    printFailure(error, process.stdout);
    total.failed++;
  }

  for (const name of sections) {
    const begun = Date.now();
    console.log(`\n── ${name}: ${SECTIONS[name].about}`);
    const { passed, failed } = await SECTIONS[name].run(filters);
    total.passed += passed;
    total.failed += failed;
    console.log(`   ${name}: ${passed} ok, ${failed} not (${seconds(Date.now() - begun)})`);
  }
  console.log(
    `\n${total.failed === 0 ? "All is well" : "Something failed: see above"}, after ${seconds(Date.now() - started)}.`,
  );
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
}

// So that what was put aside for this run is cleared away.
process.on("SIGINT", () => process.exit(130));

try {
  await main();
} catch (error) {
  printFailure(asSetupError("npm test", error));
  console.log("0 passed, 1 failed");
  process.exitCode = 1;
}

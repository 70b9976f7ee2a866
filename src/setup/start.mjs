/** `npm start`: sets up what is missing and opens JupyterLab on the first notebook. */
import { requireSupportedNode } from "./support/gate.mjs";

requireSupportedNode();

const { Steps, printFailure } = await import("./support/steps.mjs");
const { asSetupError } = await import("./support/errors.mjs");
const { setUp } = await import("./setup.mjs");
const { openJupyterLab, USAGE, readArguments } = await import("./jupyter.mjs");

process.once("SIGINT", () => {
  console.log("\nInterrupted. Nothing is broken: run the same command again and it goes on.");
  process.exit(130);
});

try {
  const options = readArguments(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
  } else {
    console.log(
      "diffusion-lab: setting up what is missing (the first time 2 to 5 minutes and 2 GB of disk, later seconds)",
    );
    await setUp(new Steps());
    if (!options.setupOnly) process.exitCode = await openJupyterLab(options);
  }
} catch (error) {
  printFailure(asSetupError("npm start", error));
  process.exitCode = 1;
}

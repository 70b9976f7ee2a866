/** Ctrl-C ends a program by a sentence where nobody catches it, and README's example with it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { examplesOf } from "../../examples.js";

const root = join(import.meta.dirname, "../../..");

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in this folder, and presses Ctrl-C once it has written something. */
function interrupted(code: string): Promise<Ended> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], { cwd: root });
  let [stdout, stderr] = ["", ""];
  child.stderr.on("data", (chunk) => (stderr += chunk));
  child.stdout.on("data", (chunk) => {
    if (stdout === "") child.kill("SIGINT");
    stdout += chunk;
  });
  return new Promise((resolve) => child.on("close", (status) => resolve({ code: status, stdout, stderr })));
}

/** What a learner sees besides the warnings of the machine's own TensorFlow. */
const lines = (stderr: string): string[] =>
  stderr.split("\n").filter((line) => line.trim() !== "" && !/tensorflow\//.test(line));

test("README's example ends by a sentence", async () => {
  const [example] = examplesOf("README.md");
  const { code, stderr } = await interrupted(example);
  assert.equal(code, 130, stderr);
  assert.deepEqual(lines(stderr), ["training was interrupted; run goes on with the next step"]);
});

const sampling = `
  import { gaussianDenoiser, linearSchedule, normalNoise, sample, ddim } from "diffusion-lab";
  const path = linearSchedule();
  const run = () => sample(ddim(gaussianDenoiser(path, [0], 1), path, normalNoise(0)(0, [1, 1]), { steps: 1000 }), {
    onStep: ({ step }) => { if (step === 1) console.log("begun"); },
  });
`;

test("a program that catches it goes on, and its own errors keep their stacks", async () => {
  const { code, stdout, stderr } = await interrupted(`${sampling}
    await run().catch((error) => console.log("caught", error.name));
    throw new Error("mine");`);
  assert.equal(stdout, "begun\ncaught InterruptedError\n");
  assert.equal(code, 1);
  assert.match(stderr, /Error: mine\n +at /);
});

/** Failures of tools become messages with cause and remedy. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandError, npmCommand, run } from "../../../src/setup/support/command.mjs";
import { asSetupError, explain, lastLines, SetupError } from "../../../src/setup/support/errors.mjs";
import { compilerRemedy } from "../../../src/setup/native/compiler.mjs";
import { withoutNative } from "../../../src/setup/tensorflow.mjs";

const CASES = [
  ["npm error code ENOTFOUND\nnpm error network request to the registry failed", /could not be reached/, /network/],
  [
    "WARNING: Retrying after NewConnectionError: Temporary failure in name resolution",
    /could not be reached/,
    /network/,
  ],
  ["OSError: [Errno 28] No space left on device", /disk is full/, /Free/],
  ["npm error code EINTEGRITY", /wrong checksum/, /mirror/],
  ["ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", /wrong checksum/, /mirror/],
  ["The virtual environment was not created: ensurepip is not available.", /venv/, /python3-venv/],
  ["EACCES: permission denied, mkdir '/srv/course'", /may not be written/, /sudo/],
  ["ENOTDIR: not a directory, mkdir '/etc/hostname/cache'", /may not be written/, /DIFFUSION_LAB_CACHE/],
  ["SSLError(SSLCertVerificationError: CERTIFICATE_VERIFY_FAILED)", /certificate/, /PIP_CERT/],
];

test("a known cause is read out of what the tool printed", () => {
  for (const [output, why, remedy] of CASES) {
    const cause = explain(output);
    assert.match(cause.why, why, output);
    assert.match(cause.remedy, remedy, output);
  }
  assert.equal(explain("something nobody has seen"), null);
});

test("a step's failure keeps the end of the tool's output, and a SetupError passes through unchanged", () => {
  const output = Array.from({ length: 40 }, (_, i) => `line ${i}`).join("\n");
  const error = asSetupError("npm packages", new CommandError("npm ci", 1, `${output}\ncode ENOSPC`));
  assert.equal(error.what, "npm packages");
  assert.match(error.why, /disk is full/);
  assert.match(error.why, /line 39/);
  assert.doesNotMatch(error.why, /line 10\b/);
  const own = new SetupError("a", "b", "c");
  assert.equal(asSetupError("x", own), own);
});

test("a file system error without any output is explained by its code", () => {
  const error = asSetupError("library", Object.assign(new Error("write failed"), { code: "ENOSPC" }));
  assert.equal(error.why, "the disk is full: write failed");
});

test("a failure of no known cause names the command that shows what is missing", () => {
  assert.match(asSetupError("library", new Error("odd")).remedy, /`npm run doctor`/);
  assert.match(asSetupError("library", new Error("odd"), "npx diffusion-lab setup --check").remedy, /`npx .* --check`/);
});

test("stack frames and inapplicable markers are left out", () => {
  const output = [
    "npm error code ECONNREFUSED",
    "npm error     at ClientRequest.emit (node:events:524:28)",
    "npm error     at process.processTicksAndRejections (node:internal/process/task_queues:83:21) {",
    "npm error",
    "Ignoring colorama: markers 'sys_platform == \"win32\"' don't match your environment",
  ].join("\n");
  const { why } = asSetupError("npm packages", new CommandError("npm ci", 1, output));
  assert.equal(why, "the package index could not be reached\n    npm error code ECONNREFUSED");
});

test("lastLines indents and keeps the end", () => {
  assert.equal(lastLines("a\nb\nc\n", 2), "    b\n    c");
});

test("run gives output, calls onLine a line at a time, and rejects with code and output", async () => {
  const lines = [];
  const script = "process.stdout.write('one\\ntw'); process.stdout.write('o\\n'); console.error('three')";
  const { stdout, output } = await run(process.execPath, ["-e", script], { onLine: (line) => lines.push(line) });
  assert.equal(stdout, "one\ntwo\n");
  assert.match(output, /three/);
  assert.deepEqual(lines.sort(), ["one", "three", "two"]);
  await assert.rejects(run(process.execPath, ["-e", "console.error('why'); process.exit(3)"]), (error) => {
    return error.exitCode === 3 && /why/.test(error.output);
  });
  await assert.rejects(run("no-such-program-here", []), (error) => error.exitCode === "ENOENT");
});

test("npm is the one that started us, else the one on the PATH", () => {
  assert.deepEqual(npmCommand({ npm_execpath: "/opt/npm/bin/npm-cli.js" }), {
    program: process.execPath,
    args: ["/opt/npm/bin/npm-cli.js"],
  });
  assert.deepEqual(npmCommand({ npm_execpath: "/opt/yarn/yarn.js" }).args, []);
});

test("without the native backend the reader learns why, what works and what does not", () => {
  const text = withoutNative(new SetupError("native TensorFlow", "no C++ compiler was found", compilerRemedy("linux")));
  assert.match(text, /no C\+\+ compiler/);
  assert.match(text, /apt install g\+\+/);
  assert.match(text, /Works: .*2-D/);
  assert.match(text, /Does not: .*image/);
});

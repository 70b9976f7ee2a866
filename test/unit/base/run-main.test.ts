/** What a command prints when it ends badly. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const folder = mkdtempSync(join(tmpdir(), "run-main-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const runMain = new URL("../../../src/base/run-main.ts", import.meta.url).href;

function ended(body: string, ...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const program = join(folder, "program.mts");
  writeFileSync(
    program,
    `import { parseArgs } from "node:util";\nimport { runMain } from ${JSON.stringify(runMain)};\n` +
      `await runMain("the help\\n", async () => {\n${body}\n});\n`,
  );
  return spawnSync(process.execPath, ["--import", "tsx", program, ...words], { encoding: "utf8" });
}

test("wrong options print the help after the message, other errors their message alone", () => {
  const options = 'parseArgs({ options: { steps: { type: "string" } } });';
  for (const words of [["--stebs", "3"], ["--steps"], ["stray"]]) {
    const { status, stdout, stderr } = ended(options, ...words);
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, new RegExp(`${words[0]}[^]*\nthe help\n$`));
  }
  const { status, stderr } = ended('throw new TypeError("a -- in the message of another error");');
  assert.deepEqual([status, stderr], [1, "a -- in the message of another error\n"]);
});

test("--help prints the help and runs nothing", () => {
  const { status, stdout, stderr } = ended('throw new Error("ran");', "--help");
  assert.deepEqual([status, stdout, stderr], [0, "the help\n", ""]);
});

test("a reader that goes away ends the command as Ctrl-C does, without a stack", async () => {
  const lines =
    "for (;;) { process.stdout.write('a line\\n'.repeat(1000)); await new Promise((go) => setTimeout(go, 1)); }";
  const read = async (body: string) => {
    const program = join(folder, "endless.mts");
    writeFileSync(
      program,
      `import { runMain } from ${JSON.stringify(runMain)};\nawait runMain("", async () => {\n${body}\n});\n`,
    );
    const child = spawn(process.execPath, ["--import", "tsx", program], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stderr.on("data", (part) => (said += String(part)));
    child.stdout.once("data", () => child.stdout.destroy());
    const [code, signal] = (await once(child, "close")) as [number | null, string | null];
    return { code, signal, said };
  };
  assert.deepEqual(await read(lines), { code: null, signal: "SIGINT", said: "" });
  const saves = "process.once('SIGINT', () => { process.stderr.write('saved'); process.exit(3); });";
  assert.deepEqual(await read(`${saves} ${lines}`), { code: 3, signal: null, said: "saved" });
});

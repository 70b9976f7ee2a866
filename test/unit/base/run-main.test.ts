/** What a command prints when it ends badly. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
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

/** The launcher passes settings and signals on, and output and exit codes back. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const launcher = fileURLToPath(new URL("../../../src/setup/launch.mjs", import.meta.url));
const noProc = { skip: existsSync("/proc/self/environ") ? false : "reads /proc" };

test("the program's output and exit code become the launcher's", () => {
  const { status, stderr } = spawnSync(process.execPath, [launcher, "cli/train", "no-such-recipe"], {
    encoding: "utf8",
  });
  assert.equal(status, 1);
  assert.match(stderr, /unknown recipe "no-such-recipe"/);
});

test("a program gets the settings of a process that computes, and the signal to end", noProc, async () => {
  const folder = mkdtempSync(join(tmpdir(), "launch-"));
  try {
    const words = [launcher, "cli/train", "mnist-classifier", "--run", folder, "--batch", "8", "--steps", "100000"];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
    while (!output.includes("/100000")) await once(child.stdout, "data");
    const program = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim());
    const environment = readFileSync(`/proc/${program}/environ`, "utf8").split("\0");
    assert.ok(
      environment.includes("MALLOC_ARENA_MAX=1") && environment.includes("GLIBC_TUNABLES=glibc.malloc.hugetlb=1"),
      environment.join("\n"),
    );
    child.kill("SIGTERM");
    const [code, signal] = await once(child, "close");
    assert.deepEqual([code, signal], [0, null], output);
    assert.match(output, /stopped at step \d+ of 100000, saved in/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

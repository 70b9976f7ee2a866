/** A kernel that finds its port taken gets another one, a limited number of times. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { KernelClient } from "./client.js";

const folder = mkdtempSync(path.join(tmpdir(), "ports-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

test("a kernel that finds a port taken is started again with others, three times at most", async () => {
  const attempts = path.join(folder, "attempts");
  const script = path.join(folder, "kernel.mjs");
  writeFileSync(attempts, "");
  writeFileSync(
    script,
    `import { appendFileSync, readFileSync } from "node:fs";
const { shell_port } = JSON.parse(readFileSync(process.argv[2], "utf8"));
appendFileSync(${JSON.stringify(attempts)}, shell_port + "\\n");
console.error("cannot take the port (Address already in use)");
process.exit(1);`,
  );
  const command = { argv: [process.execPath, script, "{connection_file}"], cwd: folder, env: {} };
  await assert.rejects(KernelClient.start(command, 20_000), /Address already in use/);
  const ports = readFileSync(attempts, "utf8").trim().split("\n");
  assert.equal(ports.length, 3);
  assert.equal(new Set(ports).size, 3);
});

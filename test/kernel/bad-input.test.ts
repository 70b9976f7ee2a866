/** The kernel survives bad connection files, forged messages and lost processes, and says what was wrong. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { KernelClient, KernelDied } from "./client.js";
import { decode, newHeader, Signer } from "../../src/kernel/wire.js";
import { begin, BUILT_KERNEL, result, ROOT, startKernel } from "./kernel.js";

const folder = mkdtempSync(path.join(tmpdir(), "bad-input-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function launch(connection: string | undefined): { status: number | null; stderr: string } {
  const file = path.join(folder, "connection.json");
  if (connection !== undefined) writeFileSync(file, connection);
  const words = connection === undefined ? [] : ["--config-path", file];
  return spawnSync(process.execPath, [path.join(BUILT_KERNEL, "launcher.js"), ...words], {
    encoding: "utf8",
    timeout: 60_000,
  });
}

test("a launcher without, or with a broken connection file says so and ends", () => {
  const ports = { shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5 };
  const cases: [string | undefined, RegExp][] = [
    [undefined, /needs --config-path FILE.*npm start/s],
    ["{ not json", /is not JSON/],
    [JSON.stringify({ ...ports, shell_port: "x" }), /gives shell_port = x; a port is 0…65535/],
    [JSON.stringify({ ...ports, signature_scheme: "hmac-md5" }), /hmac-md5 is not supported; hmac-sha256 is/],
  ];
  for (const [connection, message] of cases) {
    const { status, stderr } = launch(connection);
    assert.equal(status, 1);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /\n\s+at /);
  }
});

test("a port in use is named", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const taken = (server.address() as { port: number }).port;
  const base = { transport: "tcp", ip: "127.0.0.1", key: "k", signature_scheme: "hmac-sha256" };
  const ports = { shell_port: taken, iopub_port: 0, stdin_port: 0, control_port: 0, hb_port: 0 };
  const { status, stderr } = launch(JSON.stringify({ ...base, ...ports }));
  await new Promise((resolve) => server.close(resolve));
  assert.equal(status, 1);
  assert.match(stderr, new RegExp(`shell socket cannot take tcp://127.0.0.1:${taken} .*another program has the port`));
});

test("a kernelspec that names a missing program or file is reported with what it wrote", async () => {
  const missing = KernelClient.start({ argv: ["no-such-program", "{connection_file}"], cwd: ROOT });
  await assert.rejects(missing, (error: Error) => error instanceof KernelDied && /no-such-program/.test(error.message));
  const gone = KernelClient.start({ argv: [process.execPath, path.join(folder, "gone.js")], cwd: ROOT });
  await assert.rejects(gone, (error: Error) => error instanceof KernelDied && /Cannot find module/.test(error.message));
});

test("a kernel killed in mid-cell fails that cell at once", async () => {
  const kernel = await startKernel();
  const { done } = await begin(kernel, 'console.log("go");\nawait new Promise(() => {});');
  kernel.process.kill("SIGKILL");
  await assert.rejects(done, (error: Error) => error instanceof KernelDied && /SIGKILL/.test(error.message));
  await assert.rejects(kernel.execute("1"), KernelDied);
  await kernel.shutdown();
});

test("messages that are garbage or wrongly signed are dropped, the kernel goes on", async () => {
  const kernel = await startKernel();
  await kernel.sendRaw(["nonsense"]);
  await kernel.sendRaw(["<IDS|MSG>", "0000", "{}", "{}", "{}", "{}"]);
  await kernel.sendRaw(["<IDS|MSG>", "0".repeat(64), "{", "{", "{", "{"]);
  assert.equal(result(await kernel.execute("1 + 1")), "2");
  assert.match(kernel.log, /wrong signature was dropped/);
  await kernel.shutdown();
});

test("signed or not, only JSON objects with a type make a message", () => {
  const [signed, unsigned] = [new Signer("key"), new Signer("")];
  const header = JSON.stringify(newHeader("execute_request", "s"));
  const bad: [string[], RegExp][] = [
    [["null", "{}", "{}", "{}"], /no JSON object/],
    [[header, "{}", "{}", "[]"], /no JSON object/],
    [[header, "{}", "{}", "7"], /no JSON object/],
    [['{"msg_type":3}', "{}", "{}", "{}"], /without a type/],
    [[header, "{", "{}", "{}"], /no JSON was dropped/],
  ];
  for (const signer of [signed, unsigned]) {
    const frames = (parts: string[]): Buffer[] =>
      ["id", "<IDS|MSG>", signer.sign(parts), ...parts].map((part) => Buffer.from(part));
    for (const [parts, message] of bad)
      assert.throws(() => decode(signer, frames(parts)), { name: "WireError", message });
    assert.equal(decode(signer, frames([header, "{}", "{}", '{"code":"1"}'])).content.code, "1");
  }
});

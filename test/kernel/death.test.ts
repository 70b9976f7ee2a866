/** A kernel whose process dies says under the cell what happened, and ends; what is killed with its launcher leaves nothing. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { causeOfDeath } from "../../src/kernel/death.js";
import { readNote } from "../../src/kernel/running-note.js";
import type { Executed, KernelClient } from "./client.js";
import { begin, ofType, printed, result, startKernel, wait } from "./kernel.js";

/** Resolves to the exit code once the process that Jupyter started has ended. */
async function ended(kernel: KernelClient): Promise<number | null> {
  if (kernel.process.exitCode === null) await once(kernel.process, "exit");
  return kernel.process.exitCode;
}

async function dies(executed: Executed, kernel: KernelClient, cause: RegExp): Promise<void> {
  assert.equal(executed.reply.status, "error");
  assert.equal(executed.reply.ename, "KernelDied");
  const [error] = ofType(executed, "error");
  assert.match(String(error.evalue), cause);
  assert.match(String(error.evalue), /variables are gone, so run the notebook from its top/);
  // What was printed before is not lost.
  assert.match(printed(executed), /^before\n/);
  assert.notEqual(await ended(kernel), 0);
  await kernel.shutdown();
}

test("a cell that fills JavaScript's memory is answered by how much there is, and what to do", async () => {
  const kernel = await startKernel({ NODE_OPTIONS: "--max-old-space-size=320" });
  assert.equal(result(await kernel.execute("1 + 1")), "2");
  const code = 'console.log("before");\nconst all: number[][] = [];\nwhile (true) all.push(new Array(1e6).fill(1.5));';
  const executed = await kernel.execute(code, { timeout: 60_000 });
  await dies(
    executed,
    kernel,
    /^JavaScript's memory is full, of which Node gives 3\d\d MiB.*--max-old-space-size=8192/s,
  );
});

for (const [signal, cause] of [
  ["SEGV", /^native code crashed \(SIGSEGV\)/],
  ["KILL", /^something outside the kernel killed it, as the system does when the machine's memory is full/],
] as const) {
  test(`a cell under which the process ends by SIG${signal} is answered`, async () => {
    const kernel = await startKernel();
    const { done } = await begin(kernel, 'console.log("before");\nwhile (true) { }');
    spawnSync("kill", [`-${signal}`, String(kernel.kernelPid)]);
    await dies(await done, kernel, cause);
  });
}

test("a kernel that dies between two cells says so under the last one", async () => {
  const kernel = await startKernel();
  await kernel.execute("const last = 1;");
  spawnSync("kill", ["-BUS", String(kernel.kernelPid)]);
  assert.notEqual(await ended(kernel), 0);
  assert.deepEqual(
    kernel.late.map(({ header, content }) => [header.msg_type, content.ename]),
    [["error", "KernelDied"]],
  );
  await kernel.shutdown();
});

test("killing what Jupyter started ends the kernel, in mid-computation, too, and frees its ports", async () => {
  const kernel = await startKernel();
  const { kernelPid } = kernel;
  const { done } = await begin(kernel, 'console.log("go");\nwhile (true) { }');
  kernel.process.kill("SIGKILL");
  await assert.rejects(done);
  const lives = (): boolean => spawnSync("kill", ["-0", String(kernelPid)]).status === 0;
  for (let i = 0; i < 100 && lives(); i++) await wait(50);
  assert.equal(lives(), false);
  await kernel.shutdown();
});

test("SIGTERM and SIGINT reach the kernel through its launcher", async () => {
  const kernel = await startKernel();
  const { done } = await begin(kernel, 'console.log("go");\nawait new Promise(() => {});');
  kernel.process.kill("SIGINT");
  assert.equal((await done).reply.ename, "Interrupted");
  kernel.process.kill("SIGTERM");
  const code = await ended(kernel);
  await kernel.shutdown();
  assert.equal(code, 0, kernel.log);
});

test("causes and notes, one by one", () => {
  const cause = (signal: NodeJS.Signals | null, code: number | null, lastWords = ""): string =>
    causeOfDeath({ signal, code, lastWords });
  assert.match(
    cause("SIGABRT", null, "FATAL ERROR: Reached heap limit Allocation failed"),
    /^JavaScript's memory is full/,
  );
  assert.match(
    cause("SIGABRT", null, "a\nCheck failed: x == y\n"),
    /^native code crashed \(SIGABRT\).*Its last words:\na\nCheck failed: x == y$/s,
  );
  assert.match(
    cause(null, 7, "noise"),
    /^the kernel's process ended \(exit code 7\)\. A new kernel starts; .* its top\.$/,
  );
  for (const line of ["", "{", "7", "null", '{"session":3}', '{"session":"s","identities":{}}'])
    assert.equal(readNote(line), undefined);
  const note = readNote('{"session":"s","identities":["YQ=="],"running":{"msg_id":"m"}}');
  assert.deepEqual([note?.identities.map(String), note?.running, note?.last], [["a"], { msg_id: "m" }, undefined]);
});

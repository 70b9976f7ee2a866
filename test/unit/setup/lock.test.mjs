/** One process at a time does the work, and locks of dead processes give way. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isStale, withLock } from "../../../src/setup/support/lock.mjs";

const MODULE = new URL("../../../src/setup/support/lock.mjs", import.meta.url).href;
const scratch = () => join(mkdtempSync(join(tmpdir(), "lock-")), "deep", "lock");

test("the lock exists while the work runs and is gone after it, also when it throws", async () => {
  const path = scratch();
  const value = await withLock(path, async () => {
    assert.equal(JSON.parse(readFileSync(path, "utf8")).pid, process.pid);
    return 7;
  });
  assert.equal(value, 7);
  assert.equal(existsSync(path), false);
  await assert.rejects(
    withLock(path, async () => assert.fail("broken")),
    /broken/,
  );
  assert.equal(existsSync(path), false);
});

test("a lock of a process that ended is stale, of one that runs it is not, unless it stopped touching it", () => {
  const path = join(mkdtempSync(join(tmpdir(), "lock-")), "lock");
  writeFileSync(path, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }));
  assert.equal(isStale(path), true);
  writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname() }));
  assert.equal(isStale(path), false);
  utimesSync(path, new Date(0), new Date(0));
  assert.equal(isStale(path), true);
  assert.equal(isStale(join(path, "..", "nothing")), false);
});

test("a dead process's lock is taken over", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "lock-")), "lock");
  writeFileSync(path, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }));
  assert.equal(await withLock(path, async () => "mine"), "mine");
});

test("four processes that append under one lock never interleave", async () => {
  const path = scratch();
  const log = join(path, "..", "..", "log");
  const script = `
    import { appendFileSync } from "node:fs";
    import { setTimeout as sleep } from "node:timers/promises";
    import { withLock } from ${JSON.stringify(MODULE)};
    await withLock(${JSON.stringify(path)}, async () => {
      appendFileSync(${JSON.stringify(log)}, "in ");
      await sleep(50);
      appendFileSync(${JSON.stringify(log)}, "out ");
    });`;
  const children = Array.from({ length: 4 }, () => spawn(process.execPath, ["--input-type=module", "-e", script]));
  for (const [code] of await Promise.all(children.map((child) => once(child, "close")))) assert.equal(code, 0);
  assert.equal(readFileSync(log, "utf8"), "in out ".repeat(4));
});

test("a process killed inside leaves a lock that the next one gets past", async () => {
  const path = scratch();
  const script = `
    import { withLock } from ${JSON.stringify(MODULE)};
    await withLock(${JSON.stringify(path)}, () => new Promise(() => { setInterval(() => {}, 1000); console.log("in"); }));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "close");
  assert.equal(existsSync(path), true);
  assert.equal(await withLock(path, async () => "next"), "next");
});

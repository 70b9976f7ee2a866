/** `npm start` ends whole: JupyterLab and its kernels go with it, however it is ended; and it serves this machine only. */
import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { JUPYTER, ROOT } from "../../src/setup/paths.mjs";
import { npmCommand } from "../../src/setup/support/command.mjs";
import { freePort, until } from "./lab.js";

interface Server {
  readonly pid: number;
  readonly token: string;
  readonly url: string;
}

const started: ChildProcess[] = [];
after(() => {
  for (const { pid, exitCode, signalCode } of started) {
    if (pid && exitCode === null && signalCode === null) process.kill(-pid, "SIGTERM");
  }
});

/** A zombie waits for nothing but its parent. */
const isAlive = (pid: number): boolean =>
  /^[^Z]/.test(spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim());

/** The processes that a process has started, or those whose command has a text in it. */
const childrenOf = (pid: number, text = ""): number[] =>
  (spawnSync("pgrep", ["-P", String(pid), "-f", text], { encoding: "utf8" }).stdout.match(/\d+/g) ?? []).map(Number);

/** JupyterLab's record of the server on a port; null until it is up. */
async function serverOn(port: number, pid: number): Promise<Server | null> {
  const below = childrenOf(pid).flatMap((child) => [
    child,
    ...childrenOf(child).flatMap((one) => [one, ...childrenOf(one)]),
  ]);
  for (const one of below) {
    const file = path.join(JUPYTER, "runtime", `jpserver-${one}.json`);
    if (!existsSync(file)) continue;
    const server = JSON.parse(readFileSync(file, "utf8")) as Server & { port: number };
    const answer = await fetch(`${server.url}api/status?token=${server.token}`).catch(() => undefined);
    if (server.port === port && answer?.ok) return server;
  }
  return null;
}

/** Runs `npm start` in a terminal of its own until JupyterLab answers and has a kernel. */
async function startCourse(): Promise<{
  npm: ChildProcess;
  npmPid: number;
  port: number;
  server: Server;
  /** The launcher's process, and the one that it has started. */
  kernel: readonly number[];
}> {
  const port = await freePort();
  const { program, args } = npmCommand();
  const npm = spawn(program, [...args, "start", "--", "--no-browser", `--port=${port}`], {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(npm);
  let text = "";
  for (const stream of [npm.stdout, npm.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const npmPid = npm.pid as number;
  const server = await until(
    () => serverOn(port, npmPid),
    (found) => found !== null || npm.exitCode !== null,
  );
  assert.ok(server, text);
  const headers = { Authorization: `token ${server.token}` };
  const answer = await fetch(`${server.url}api/kernels`, {
    method: "POST",
    headers,
    body: JSON.stringify({ name: "tslab" }),
  });
  assert.equal(answer.status, 201, await answer.text());
  const kernel = await until(
    async () => {
      const launchers = childrenOf(server.pid, "launcher.js");
      return [...launchers, ...launchers.flatMap((one) => childrenOf(one))];
    },
    (processes) => processes.length === 2,
  );
  return { npm, npmPid, port, server, kernel };
}

/** Whether a port answers at an address of this machine. */
async function answers(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

// As a terminal sends it, to all that run in it; SIGTERM as a service manager does, to the one process it started.
for (const [signal, everyone] of [
  ["SIGINT", true],
  ["SIGHUP", true],
  ["SIGTERM", false],
] as const) {
  test(`${signal} ends npm start, JupyterLab and its kernels, which served this machine only`, async () => {
    const { npm, npmPid, port, server, kernel } = await startCourse();
    assert.deepEqual([server.pid, ...kernel].map(isAlive), [true, true, true]);

    assert.ok(server.token.length >= 32);
    for (const token of ["", "?token=wrong"]) {
      assert.equal((await fetch(`${server.url}api/contents${token}`)).status, 403);
    }
    const outside = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    for (const { address, family, internal } of outside) {
      if (family === "IPv4" && !internal) assert.equal(await answers(address, port), false, address);
    }

    const ended = once(npm, "exit");
    process.kill(everyone ? -npmPid : npmPid, signal);
    await ended;
    await until(
      async () => [server.pid, ...kernel].filter(isAlive),
      (left) => left.length === 0,
    );
  });
}

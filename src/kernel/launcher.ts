// Jupyter starts the kernel, by the kernelspec, as
//
//   node --disable-warning=ExperimentalWarning --no-force-async-hooks-checks launcher.js --config-path FILE
//
// and this starts the kernel's own process and waits for its end. If that dies (a native crash, no memory), somebody is
// left to say so under the cell, before Jupyter sees the end of this process and starts the next one.
// The second flag lets V8 terminate a cell in the middle of a timer callback.
import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { LAUNCHER_FD, readNote, type ReadNote } from "./running-note.js";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const MOST_CHARACTERS = 8000;

const kernel = path.join(path.dirname(fileURLToPath(import.meta.url)), "kernel.js");
const words = process.argv.slice(2);
const child = spawn(process.execPath, [...process.execArgv, kernel, ...words, LAUNCHER_FD.flag], {
  stdio: ["inherit", "inherit", "pipe", "pipe"],
});

/** What it wrote at last: V8 and native libraries say there why they give up. */
let lastWords = "";
child.stderr?.on("data", (bytes: Buffer) => {
  process.stderr.write(bytes);
  lastWords = (lastWords + bytes.toString()).slice(-MOST_CHARACTERS);
});

/** Nothing before the kernel serves: a kernel that cannot start has said why, and nobody listens yet. */
let note: ReadNote | undefined;
const notes = child.stdio[LAUNCHER_FD.number] as Readable;
notes.on("error", () => undefined);
createInterface({ input: notes }).on("line", (line) => (note = readNote(line) ?? note));

for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));

child.on("error", (error) => {
  process.stderr.write(`the TypeScript kernel cannot start: ${error.message}\n`);
  process.exitCode = 1;
});
child.on("exit", (code, signal) => {
  process.exitCode = code ?? 1;
  // A program that the kernel started may hold its stderr open for ever; what was written before has come in one turn.
  setImmediate(() => void end(code, signal));
});

async function end(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
  if (code !== 0 && note) {
    const { announceDeath, causeOfDeath } = await import("./death.js");
    await announceDeath(words[words.indexOf("--config-path") + 1], note, causeOfDeath({ code, signal, lastWords }));
  }
  process.exit();
}

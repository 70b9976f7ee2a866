// The last thing that a kernel says: its process has died, and the launcher answers in its place, on its sockets, for the
// cell that ran.
import v8 from "node:v8";
import { bindRouter, bindXPublisher, readConnection, type Connection } from "./connection.js";
import type { ReadNote } from "./running-note.js";
import { encode, newHeader, Signer, type Content, type Message } from "./wire.js";

export interface Death {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what the process wrote to stderr. */
  readonly lastWords: string;
}

const CRASHES: ReadonlySet<string> = new Set(["SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGTRAP"]);
const MEBIBYTE = 2 ** 20;
const MOST_LINES = 8;

/** Why a kernel's process ended, and what to do. */
export function causeOfDeath({ code, signal, lastWords }: Death): string {
  const next = "A new kernel starts; variables are gone, so run the notebook from its top.";
  if (/heap out of memory|Reached heap limit/.test(lastWords)) {
    const limit = Math.round(v8.getHeapStatistics().heap_size_limit / MEBIBYTE).toLocaleString("en");
    return (
      `JavaScript's memory is full, of which Node gives ${limit} MiB. ${next} Keep fewer values alive, or set ` +
      "NODE_OPTIONS=--max-old-space-size=8192 (MiB) before Jupyter is started."
    );
  }
  if (signal === "SIGKILL") {
    return `something outside the kernel killed it, as the system does when the machine's memory is full. ${next}`;
  }
  const how = signal ?? `exit code ${code}`;
  const what = signal && CRASHES.has(signal) ? "native code crashed" : "the kernel's process ended";
  const lines = lastWords.trimEnd().split("\n").slice(-MOST_LINES).join("\n").trim();
  return `${what} (${how}). ${next}${lines && what.startsWith("native") ? `\nIts last words:\n${lines}` : ""}`;
}

const PATIENCE_MS = 2000;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Says it under the cell that ran, or the last one, and answers the request. Whoever listens comes back within a second. */
export async function announceDeath(connectionFile: string, note: ReadNote, cause: string): Promise<void> {
  try {
    const connection = readConnection(connectionFile);
    const error = { ename: "KernelDied", evalue: cause, traceback: [`\u001b[31mKernelDied\u001b[39m: ${cause}`] };
    await Promise.all([publish(connection, note, error), reply(connection, note, error)]);
  } catch {
    // Somebody has the ports; Jupyter's own message must do.
  }
}

function message(note: ReadNote, identities: readonly Buffer[], type: string, content: Content): Message {
  const parent = note.running ?? note.last ?? {};
  return { identities, header: newHeader(type, note.session), parent, metadata: {}, content, buffers: [] };
}

async function publish(connection: Connection, note: ReadNote, error: Content): Promise<void> {
  const socket = await bindXPublisher(connection);
  const signer = new Signer(connection.key);
  const send = (type: string, content: Content): Promise<void> =>
    socket.send(encode(signer, message(note, [Buffer.from(`kernel.${type}`)], type, content)));
  // A front end's subscription comes when it has connected again; the others' come soon after the first.
  await Promise.race([socket.receive(), wait(PATIENCE_MS)]);
  await wait(300);
  await send("error", error);
  if (note.running) await send("status", { execution_state: "idle" });
  await wait(100);
  socket.close();
}

async function reply(connection: Connection, note: ReadNote, error: Content): Promise<void> {
  if (!note.running) return;
  const socket = await bindRouter(connection, "shell", { mandatory: true });
  const content = { status: "error", ...error, payload: [], user_expressions: {} };
  const frames = encode(new Signer(connection.key), message(note, note.identities, "execute_reply", content));
  // Nobody has this name until its owner has connected again.
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await wait(50)) {
    try {
      await socket.send(frames);
      await wait(100);
      break;
    } catch {
      // Not there yet.
    }
  }
  socket.close();
}

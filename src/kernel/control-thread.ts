// A thread of its own for the control and heartbeat sockets: they answer while a cell computes, and from here V8 can
// be told to terminate what the main thread runs.
import inspector from "node:inspector";
import { Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { bindHeartbeat, bindRouter, type Connection } from "./connection.js";
import { GRACE_MS, SHARED } from "./interrupts.js";
import { LAUNCHER_FD } from "./running-note.js";
import { decode, encode, newHeader, Signer, type Content, type Message } from "./wire.js";

export interface ControlThreadData {
  readonly connection: Connection;
  readonly shared: Int32Array;
  readonly kernelInfo: Content;
  readonly session: string;
  /** Whether a launcher has started this process, and waits for it. */
  readonly launcher: boolean;
}

/** What the thread tells the kernel. */
export type ControlEvent =
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "interrupt" }
  | { readonly type: "terminated" }
  | { readonly type: "shutdown"; readonly restart: boolean }
  | { readonly type: "closed" }
  | { readonly type: "handled"; readonly header: Message["header"] };

const data = workerData as ControlThreadData;
const signer = new Signer(data.connection.key);
const tell = (event: ControlEvent): void => parentPort?.postMessage(event);
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function terminateMainThread(): void {
  const session = new inspector.Session();
  session.connectToMainThread();
  session.post("Runtime.terminateExecution", () => {
    session.disconnect();
    tell({ type: "terminated" });
  });
}

/** The interrupt that is being seen through; a second one meanwhile makes it urgent. */
let pending: { urgent: boolean } | undefined;

/**
 * Tells the main thread, and watches whether that helps: code that keeps the event loop from turning is terminated
 * after GRACE_MS, at once if it was asked twice; code that has had its chance is terminated after three times that.
 */
async function interrupt(): Promise<void> {
  const seen = Atomics.load(data.shared, SHARED.seen);
  tell({ type: "interrupt" });
  if (pending) {
    pending.urgent = true;
    return;
  }
  const mine = (pending = { urgent: false });
  const first = Atomics.load(data.shared, SHARED.running);
  const started = Date.now();
  for (;;) {
    await wait(50);
    const cell = Atomics.load(data.shared, SHARED.running);
    const heard = Atomics.load(data.shared, SHARED.seen) !== seen;
    if (heard && (cell === 0 || cell !== first)) break;
    const patience = heard ? 3 * GRACE_MS : mine.urgent ? 0 : GRACE_MS;
    if (cell !== 0 && Date.now() - started >= patience) {
      terminateMainThread();
      break;
    }
  }
  pending = undefined;
}

/** A launcher that is gone was killed, and Jupyter means this process, too: the next kernel needs the ports. */
function watchLauncher(): void {
  const gone = (): void => void process.kill(process.pid, "SIGKILL");
  new Socket({ fd: LAUNCHER_FD.number, readable: true }).on("error", gone).on("close", gone).resume();
}

async function exitSoon(): Promise<void> {
  await wait(2000);
  process.kill(process.pid, "SIGKILL");
}

/** Jupyter names its process here; a kernel whose server has died must not stay. */
async function watchParent(): Promise<void> {
  const parent = Number(process.env.JPY_PARENT_PID);
  // On Windows it is a handle, which is no process's number.
  if (!(parent > 1) || process.platform === "win32") return;
  for (;;) {
    await wait(3000);
    try {
      process.kill(parent, 0);
    } catch (error) {
      // EPERM says that it lives, as someone else's.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") continue;
      tell({ type: "shutdown", restart: false });
      await exitSoon();
    }
  }
}

async function main(): Promise<void> {
  const control = await bindRouter(data.connection, "control");
  const heartbeat = await bindHeartbeat(data.connection);
  tell({ type: "ready" });
  // Open sockets in a thread that the process ends under make zeromq abort.
  parentPort?.once("message", () => {
    for (const socket of [control, heartbeat]) if (!socket.closed) socket.close();
    tell({ type: "closed" });
  });
  void watchParent();
  if (data.launcher) watchLauncher();
  void (async () => {
    for await (const frames of heartbeat) await heartbeat.send(frames);
  })();
  const reply = (to: Message, type: string, content: Content): Promise<void> =>
    control.send(
      encode(signer, {
        identities: to.identities,
        header: newHeader(type, data.session),
        parent: to.header,
        metadata: {},
        content,
        buffers: [],
      }),
    );
  for await (const frames of control) {
    let message: Message;
    try {
      message = decode(signer, frames);
    } catch {
      // Whatever arrives, this thread must go on: nothing else answers an interrupt.
      continue;
    }
    tell({ type: "handled", header: message.header });
    switch (message.header.msg_type) {
      case "kernel_info_request":
        await reply(message, "kernel_info_reply", data.kernelInfo);
        break;
      case "interrupt_request":
        void interrupt();
        await reply(message, "interrupt_reply", { status: "ok" });
        break;
      case "shutdown_request": {
        const restart = message.content.restart === true;
        await reply(message, "shutdown_reply", { status: "ok", restart });
        tell({ type: "shutdown", restart });
        void exitSoon();
        break;
      }
    }
  }
}

main().catch((error: unknown) => tell({ type: "failed", message: (error as Error).message }));

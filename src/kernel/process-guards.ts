// What a cell does to the process it shares with the kernel: it may not end it, nor take the kernel's listeners away.
import { ours } from "./intrinsics.js";

/** Thrown in a cell by what would end the process. */
export class ProcessExit extends Error {
  override readonly name = "ProcessExit";

  constructor(call: string) {
    super(
      `${call} was called, and the kernel stays alive: throw an Error to stop a cell, or restart the kernel from the menu`,
    );
  }
}

interface Handlers {
  /** Never throws. */
  readonly uncaught: (thrown: unknown) => void;
  readonly interrupted: () => void;
}

type Killing = (pid: number, signal?: string | number) => true;

const words = (args: readonly unknown[]): string =>
  args
    .filter((one) => one !== undefined)
    .map((one) => (typeof one === "string" ? `"${one}"` : typeof one === "object" ? "…" : String(one)))
    .join(", ");

function refuse(method: "exit" | "abort" | "reallyExit"): void {
  const call = (...args: unknown[]): never => {
    throw ours(() => new ProcessExit(`process.${method}(${words(args)})`));
  };
  Object.defineProperty(process, method, { configurable: true, writable: true, enumerable: true, value: call });
}

/** Signals to itself are refused but for SIGINT, which is an interrupt, and those that the cell listens to. */
function guardKill(interrupted: () => void): void {
  const kill = process.kill.bind(process) as Killing;
  const own = (pid: number): boolean => pid === process.pid || pid === 0 || pid === -1 || pid === -process.pid;
  process.kill = (pid, signal = "SIGTERM"): true => {
    if (!own(pid) || signal === 0) return kill(pid, signal);
    if (signal === "SIGINT" || signal === 2) {
      interrupted();
      return true;
    }
    if (signal !== "SIGTERM" && typeof signal === "string" && process.listenerCount(signal) > 0)
      return kill(pid, signal);
    throw ours(() => new ProcessExit(`process.kill(process.pid, ${words([signal])})`));
  };
}

/** `process` as cells get it. What they throw outside their own line of control goes to `uncaught`. */
export function guardProcess({ uncaught, interrupted }: Handlers): void {
  refuse("exit");
  refuse("reallyExit");
  refuse("abort");
  guardKill(interrupted);

  // This callback comes before all listeners, which a cell can take away or replace; those of a cell are asked first.
  const emit = process.emit.bind(process) as (name: string, ...args: unknown[]) => boolean;
  const listeners = process.listenerCount.bind(process);
  process.setUncaughtExceptionCaptureCallback((error) => {
    try {
      if (listeners("uncaughtException") > 0 && emit("uncaughtException", error, "uncaughtException")) return;
      uncaught(error);
    } catch (second) {
      uncaught(second);
    }
  });
  // Without a listener Node wraps what was rejected in an error that says so.
  const onRejection = (reason: unknown): void => uncaught(reason);
  process.on("unhandledRejection", onRejection);
  // A signal that nobody listens to ends the process.
  const onInterrupt = (): void => interrupted();
  process.on("SIGINT", onInterrupt);
  for (const method of ["removeAllListeners", "removeListener", "off"] as const) {
    const remove = process[method].bind(process) as (...args: unknown[]) => NodeJS.Process;
    const guarded = (...args: unknown[]): NodeJS.Process => {
      remove(...args);
      if (!process.listeners("unhandledRejection").includes(onRejection)) process.on("unhandledRejection", onRejection);
      if (!process.listeners("SIGINT").includes(onInterrupt)) process.on("SIGINT", onInterrupt);
      return process;
    };
    Object.defineProperty(process, method, { configurable: true, writable: true, value: guarded });
  }
}

// The connection file that Jupyter hands to a kernel, and the five sockets it names.
import { readFileSync } from "node:fs";
import { zeromq } from "./tslab.js";
import type { Publisher, Reply, Router, XPublisher } from "zeromq";

export interface Connection {
  readonly transport: string;
  readonly ip: string;
  readonly shell_port: number;
  readonly iopub_port: number;
  readonly stdin_port: number;
  readonly control_port: number;
  readonly hb_port: number;
  readonly key: string;
  readonly signature_scheme: string;
}

export type Channel = "shell" | "iopub" | "stdin" | "control" | "hb";

/** The kernel cannot be reached as the connection file says. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

export function readConnection(path: string | undefined): Connection {
  if (!path) {
    throw new ConnectionError(
      "the kernel needs --config-path FILE, the connection file that Jupyter writes; Jupyter starts it " +
        "through its kernelspec: run `npm start`, or `npm run doctor` to repair the kernelspec",
    );
  }
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new ConnectionError(`the connection file ${path} cannot be read: ${(cause as Error).message}`);
  }
  let value: Partial<Connection>;
  try {
    value = JSON.parse(text) as Partial<Connection>;
  } catch (cause) {
    throw new ConnectionError(`the connection file ${path} is not JSON: ${(cause as Error).message}`);
  }
  for (const name of ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"] as const) {
    const port = value[name];
    if (typeof port !== "number" || !Number.isInteger(port) || port < 0 || port > 65535) {
      throw new ConnectionError(`the connection file ${path} gives ${name} = ${String(port)}; a port is 0…65535`);
    }
  }
  const scheme = value.signature_scheme ?? "hmac-sha256";
  if (scheme !== "hmac-sha256") {
    throw new ConnectionError(`the signature scheme ${scheme} is not supported; hmac-sha256 is`);
  }
  return { transport: "tcp", ip: "127.0.0.1", key: "", ...value, signature_scheme: scheme } as Connection;
}

export function address(connection: Connection, channel: Channel): string {
  const { transport, ip } = connection;
  const port = connection[`${channel}_port`];
  return transport === "ipc" ? `ipc://${ip}-${port}` : `${transport}://${ip}:${port}`;
}

async function bound<S extends Publisher | Reply | Router | XPublisher>(
  socket: S,
  connection: Connection,
  channel: Channel,
): Promise<S> {
  const where = address(connection, channel);
  try {
    await socket.bind(where);
    return socket;
  } catch (cause) {
    throw new ConnectionError(
      `the kernel's ${channel} socket cannot take ${where} (${(cause as Error).message}): another program has ` +
        "the port; restart the kernel, and Jupyter picks a free one",
    );
  }
}

/**
 * The sending side never blocks and never drops: zeromq.js allows one waiting send a socket and fails the others
 * with EBUSY, and a publisher drops what is above its high water mark. A timeout of 0 makes every send
 * synchronous, and a mark of 0 lifts the limit.
 */
const LOSSLESS = { sendTimeout: 0, sendHighWaterMark: 0, linger: 1000 };

export function bindPublisher(connection: Connection): Promise<Publisher> {
  return bound(new zeromq.Publisher(LOSSLESS), connection, "iopub");
}

/** A publisher that hears of its subscribers. */
export function bindXPublisher(connection: Connection): Promise<XPublisher> {
  return bound(new zeromq.XPublisher(LOSSLESS), connection, "iopub");
}

/** @param mandatory whether sending to somebody who is not connected fails, and is not dropped */
export function bindRouter(
  connection: Connection,
  channel: "shell" | "control" | "stdin",
  { mandatory = false } = {},
): Promise<Router> {
  return bound(new zeromq.Router({ ...LOSSLESS, receiveHighWaterMark: 0, mandatory }), connection, channel);
}

export function bindHeartbeat(connection: Connection): Promise<Reply> {
  return bound(new zeromq.Reply({ linger: 0 }), connection, "hb");
}

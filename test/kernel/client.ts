// A Jupyter client: starts a kernel as a child process and runs cells on it through the real protocol.
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Dealer, Subscriber } from "zeromq";
import { address, type Connection } from "../../src/kernel/connection.js";
import { zeromq } from "../../src/kernel/tslab.js";
import { decode, encode, newHeader, Signer, type Content, type Message } from "../../src/kernel/wire.js";

export interface KernelCommand {
  /** Words of the kernelspec; `{connection_file}` is put in. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The kernel could not be started, or ended while something was asked of it. */
export class KernelDied extends Error {
  override readonly name = "KernelDied";
}

export interface Executed {
  readonly reply: Content;
  /** iopub messages of this cell but for its status. */
  readonly outputs: readonly Message[];
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(0, "127.0.0.1", resolve);
      });
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function newConnection(): Promise<Connection> {
  const [shell_port, iopub_port, stdin_port, control_port, hb_port] = await freePorts(5);
  return {
    transport: "tcp",
    ip: "127.0.0.1",
    shell_port,
    iopub_port,
    stdin_port,
    control_port,
    hb_port,
    key: randomBytes(16).toString("hex"),
    signature_scheme: "hmac-sha256",
  };
}

interface Waiter {
  readonly outputs: Message[];
  readonly onOutput: ((message: Message) => void) | undefined;
  reply: Message | undefined;
  readonly needsReply: boolean;
  idle: boolean;
  readonly resolve: (executed: Executed) => void;
  readonly reject: (error: Error) => void;
}

export interface ExecuteOptions {
  readonly onOutput?: (message: Message) => void;
  readonly stopOnError?: boolean;
  readonly allowStdin?: boolean;
  readonly silent?: boolean;
  /** Milliseconds after which the promise rejects; the cell itself is not stopped. */
  readonly timeout?: number;
}

export class KernelClient {
  readonly process: ChildProcess;
  readonly session = randomUUID();
  /** Whatever the kernel itself wrote to its terminal. */
  log = "";
  /** iopub messages that arrived after their cell was idle. */
  readonly late: Message[] = [];
  onInput: ((prompt: string) => string) | undefined;
  private readonly connection: Connection;
  private readonly signer: Signer;
  private readonly folder: string;
  private readonly shellSocket: Dealer;
  private readonly controlSocket: Dealer;
  private readonly stdinSocket: Dealer;
  private readonly iopubSocket: Subscriber;
  private readonly waiters = new Map<string, Waiter>();
  private death: KernelDied | undefined;

  private constructor(connection: Connection, folder: string, child: ChildProcess) {
    this.connection = connection;
    this.folder = folder;
    this.process = child;
    this.signer = new Signer(connection.key);
    const options = { linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0 };
    this.shellSocket = new zeromq.Dealer({ ...options, routingId: this.session });
    this.stdinSocket = new zeromq.Dealer({ ...options, routingId: this.session });
    this.controlSocket = new zeromq.Dealer(options);
    this.iopubSocket = new zeromq.Subscriber({ linger: 0, receiveHighWaterMark: 0 });
    this.iopubSocket.subscribe("");
    this.shellSocket.connect(address(connection, "shell"));
    this.stdinSocket.connect(address(connection, "stdin"));
    this.controlSocket.connect(address(connection, "control"));
    this.iopubSocket.connect(address(connection, "iopub"));
    for (const socket of [this.shellSocket, this.controlSocket]) void this.receive(socket, (m) => this.receiveReply(m));
    void this.receive(this.iopubSocket, (m) => this.receiveOutput(m));
    void this.receive(this.stdinSocket, (m) => this.receiveInputRequest(m));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => (this.log = (this.log + chunk.toString()).slice(-20_000)));
    }
    child.on("error", (error) => this.end(`The kernel cannot be started: ${error.message}`));
    child.on("exit", (code, signal) => this.end(`The kernel ended (${signal ?? `exit code ${code}`}).`));
  }

  /** Starts a kernel and waits until it answers on shell and iopub. */
  static async start(command: KernelCommand, timeout = 60_000): Promise<KernelClient> {
    // Between the choice of free ports and the kernel's taking them, another program may take one.
    for (let attempts = 3; ; attempts--) {
      try {
        return await KernelClient.startOnce(command, timeout);
      } catch (error) {
        if (attempts === 1 || !/already in use|EADDRINUSE/.test((error as Error).message)) throw error;
      }
    }
  }

  private static async startOnce(command: KernelCommand, timeout: number): Promise<KernelClient> {
    const connection = await newConnection();
    const folder = mkdtempSync(path.join(tmpdir(), "kernel-"));
    const file = path.join(folder, "connection.json");
    writeFileSync(file, JSON.stringify(connection), { mode: 0o600 });
    const [program, ...words] = command.argv.map((word) => word.replace("{connection_file}", file));
    const child = spawn(program, words, {
      cwd: command.cwd,
      // The kernel ends when this process does.
      env: { ...process.env, JPY_PARENT_PID: String(process.pid), ...command.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const client = new KernelClient(connection, folder, child);
    try {
      await client.ready(timeout);
    } catch (error) {
      client.kill();
      throw error;
    }
    return client;
  }

  get died(): KernelDied | undefined {
    return this.death;
  }

  /** Runs one cell and resolves when its reply and its `idle` have both arrived. */
  execute(code: string, options: ExecuteOptions = {}): Promise<Executed> {
    const content = {
      code,
      silent: options.silent ?? false,
      store_history: !(options.silent ?? false),
      user_expressions: {},
      allow_stdin: options.allowStdin ?? false,
      stop_on_error: options.stopOnError ?? true,
    };
    return this.request("execute_request", content, options);
  }

  /** Any request on the shell channel. */
  request(type: string, content: Content, options: ExecuteOptions = {}): Promise<Executed> {
    return this.ask(this.shellSocket, type, content, options);
  }

  /** Any request on the control channel. */
  async control(type: string, content: Content = {}): Promise<Content> {
    return (await this.ask(this.controlSocket, type, content, {})).reply;
  }

  /** As `control`, but without waiting for the kernel's `idle`, which a computing cell holds up. */
  async controlOnly(type: string, content: Content = {}): Promise<Content> {
    return (await this.ask(this.controlSocket, type, content, {}, { idle: true })).reply;
  }

  /** A message on the shell channel that has no reply, such as `comm_msg`; resolves to what it brought about. */
  async notify(type: string, content: Content): Promise<readonly Message[]> {
    return (await this.ask(this.shellSocket, type, content, {}, { reply: true })).outputs;
  }

  /** Frames as they are, on the shell channel: for tests of what a kernel makes of garbage. */
  sendRaw(frames: readonly string[]): Promise<void> {
    return this.shellSocket.send([...frames]);
  }

  interrupt(): Promise<Content> {
    return this.control("interrupt_request");
  }

  /** The process that runs cells, under the one that Jupyter starts (Linux). */
  get kernelPid(): number {
    const { pid } = this.process;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
  }

  /** Highest resident memory of the kernel so far in MiB (Linux), else 0. */
  peakMemory(): number {
    try {
      const status = readFileSync(`/proc/${this.kernelPid}/status`, "utf8");
      return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      return 0;
    }
  }

  async shutdown(): Promise<void> {
    if (this.death) return this.close();
    const ended = new Promise<void>((resolve) => this.process.once("exit", () => resolve()));
    void this.control("shutdown_request", { restart: false }).catch(() => undefined);
    const timer = setTimeout(() => this.process.kill("SIGKILL"), 3000);
    await ended;
    clearTimeout(timer);
    this.close();
  }

  kill(): void {
    this.process.kill("SIGKILL");
    this.close();
  }

  private async ready(timeout: number): Promise<void> {
    const deadline = Date.now() + timeout;
    while (Date.now() < deadline) {
      // iopub is a subscription that takes effect late: only an answer with its idle proves it.
      try {
        await this.request("kernel_info_request", {}, { timeout: 1000 });
        return;
      } catch (error) {
        if (error instanceof KernelDied) throw error;
      }
    }
    throw new KernelDied(`The kernel did not answer within ${timeout / 1000} s.\n${this.log}`);
  }

  /** @param given what need not be waited for */
  private async ask(
    socket: Dealer,
    type: string,
    content: Content,
    options: ExecuteOptions,
    given: { readonly reply?: true; readonly idle?: true } = {},
  ): Promise<Executed> {
    if (this.death) throw this.death;
    const header = newHeader(type, this.session);
    const answered = new Promise<Executed>((resolve, reject) => {
      const { onOutput, timeout } = options;
      const timer =
        timeout === undefined
          ? undefined
          : setTimeout(() => {
              this.waiters.delete(header.msg_id);
              reject(new Error(`No answer to ${type} within ${timeout / 1000} s.`));
            }, timeout);
      this.waiters.set(header.msg_id, {
        outputs: [],
        onOutput,
        reply: undefined,
        needsReply: !given.reply,
        idle: given.idle ?? false,
        resolve: (executed) => (clearTimeout(timer), resolve(executed)),
        reject: (error) => (clearTimeout(timer), reject(error)),
      });
    });
    await this.send(socket, header, content);
    return answered;
  }

  private send(socket: Dealer, header: Message["header"], content: Content): Promise<void> {
    return socket.send(encode(this.signer, { identities: [], header, parent: {}, metadata: {}, content, buffers: [] }));
  }

  private async receive(socket: Dealer | Subscriber, handle: (message: Message) => void): Promise<void> {
    try {
      for await (const frames of socket) handle(decode(this.signer, frames));
    } catch (error) {
      if (!socket.closed) this.end((error as Error).message);
    }
  }

  private receiveReply(message: Message): void {
    const waiter = this.waiters.get(message.parent.msg_id ?? "");
    if (!waiter) return;
    waiter.reply = message;
    this.finish(message.parent.msg_id as string, waiter);
  }

  private receiveOutput(message: Message): void {
    const parent = message.parent.msg_id ?? "";
    const waiter = this.waiters.get(parent);
    if (message.header.msg_type === "status") {
      if (!waiter || message.content.execution_state !== "idle") return;
      waiter.idle = true;
      this.finish(parent, waiter);
    } else if (waiter) {
      waiter.outputs.push(message);
      waiter.onOutput?.(message);
    } else {
      this.late.push(message);
    }
  }

  private finish(id: string, waiter: Waiter): void {
    if ((waiter.needsReply && !waiter.reply) || !waiter.idle) return;
    this.waiters.delete(id);
    waiter.resolve({ reply: waiter.reply?.content ?? {}, outputs: waiter.outputs });
  }

  private receiveInputRequest(message: Message): void {
    if (message.header.msg_type !== "input_request" || !this.onInput) return;
    const value = this.onInput(String(message.content.prompt ?? ""));
    void this.send(this.stdinSocket, newHeader("input_reply", this.session), { status: "ok", value });
  }

  private end(reason: string): void {
    this.death ??= new KernelDied(`${reason}${this.log ? `\n${this.log.trim()}` : ""}`);
    for (const waiter of this.waiters.values()) waiter.reject(this.death);
    this.waiters.clear();
  }

  private close(): void {
    for (const socket of [this.shellSocket, this.controlSocket, this.stdinSocket, this.iopubSocket]) {
      if (!socket.closed) socket.close();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

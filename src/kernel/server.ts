// The kernel's side of the Jupyter protocol on shell, iopub and stdin.
import { randomUUID } from "node:crypto";
import type { Publisher, Router } from "zeromq";
import { KERNEL, type KernelBridge } from "./bridge.js";
import { Comms } from "./comms.js";
import { completeReply, inspectReply, isCompleteReply } from "./editing.js";
import type { CellError } from "./errors.js";
import type { Executor, Outcome } from "./executor.js";
import { Interrupted } from "./guards.js";
import { History } from "./history.js";
import { mimeBundle } from "./rich-display.js";
import { CellStdin, StdinNotAllowed } from "./stdin.js";
import { OutputStreams } from "./streams.js";
import { loadJupyterModule } from "./tslab.js";
import { decode, encode, newHeader, type Content, type Header, type Message, type Signer } from "./wire.js";

export interface Sockets {
  readonly shell: Router;
  readonly iopub: Publisher;
  readonly stdin: Router;
}

export interface ServerOptions {
  readonly session: string;
  readonly signer: Signer;
  readonly sockets: Sockets;
  readonly executor: Executor;
  readonly kernelInfo: Content;
  /** Called after a shutdown request on the shell channel was answered. */
  readonly onShutdown: () => void;
  /** The kernel's own troubles go here, never into a cell. */
  readonly log: (text: string) => void;
}

const NOTHING: Partial<Header> = {};
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class KernelServer {
  readonly #options: ServerOptions;
  readonly #executor: Executor;
  readonly #streams: OutputStreams;
  readonly #history = new History();
  readonly #comms: Comms;
  readonly #stdin: CellStdin;
  readonly #waiting: Message[] = [];
  #answer: { resolve: (line: string) => void; reject: (error: Error) => void } | undefined;
  #running: Message | undefined;
  /** Output belongs to the request that is handled, later output to the last cell. */
  #parent: Message | undefined;
  #count = 0;
  #received = 0;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#executor = options.executor;
    this.#streams = new OutputStreams((name, text) => this.#publish("stream", { name, text }));
    this.#comms = new Comms((type, content, metadata, buffers) => this.#publish(type, content, { metadata, buffers }));
    this.#stdin = new CellStdin(() => this.#ask());
    this.#installInCells();
  }

  /** Serves until the sockets close. */
  async serve(): Promise<void> {
    void this.#serveStdin();
    this.#publishNow("status", { execution_state: "starting" }, NOTHING);
    for await (const frames of this.#options.sockets.shell) {
      this.#received += 1;
      const message = this.#decoded(frames);
      if (!message) continue;
      if (message.header.msg_type === "execute_request") {
        this.#waiting.push(message);
        void this.#work();
      } else {
        void this.#handle(message);
      }
    }
  }

  /** An error outside any cell's line of control: the running cell's, or else shown under the last cell. */
  uncaught(thrown: unknown): void {
    if (thrown instanceof Interrupted || this.#executor.interrupts.fail(thrown)) return;
    this.#publishError(this.#executor.describe(thrown));
  }

  /** Status messages of a request that the control thread has answered. */
  handledElsewhere(header: Header): void {
    this.#publishNow("status", { execution_state: "busy" }, header);
    this.#publishNow("status", { execution_state: "idle" }, header);
    this.#stillBusy();
  }

  #installInCells(): void {
    this.#streams.capture("stdout");
    this.#streams.capture("stderr");
    const display = (content: Content, update = false): void =>
      this.#publish(update ? "update_display_data" : "display_data", content);
    loadJupyterModule().lastWriteDisplayData = display;
    const interrupts = this.#executor.interrupts;
    const bridge: KernelBridge = {
      get interruptSignal() {
        return interrupts.signal;
      },
      comms: this.#comms,
      display,
      clearOutput: (wait = false) => this.#publish("clear_output", { wait }),
    };
    Object.defineProperty(globalThis, KERNEL, { configurable: true, value: bridge });
  }

  #decoded(frames: Buffer[]): Message | undefined {
    try {
      return decode(this.#options.signer, frames);
    } catch (error) {
      this.#options.log((error as Error).message);
      return undefined;
    }
  }

  async #handle(message: Message): Promise<void> {
    const { header, content } = message;
    this.#publishNow("status", { execution_state: "busy" }, header);
    try {
      switch (header.msg_type) {
        case "kernel_info_request":
          this.#reply(message, "kernel_info_reply", this.#options.kernelInfo);
          break;
        case "complete_request":
          this.#reply(message, "complete_reply", completeReply(this.#executor, content));
          break;
        case "inspect_request":
          this.#reply(message, "inspect_reply", inspectReply(this.#executor, content));
          break;
        case "is_complete_request":
          this.#reply(message, "is_complete_reply", isCompleteReply(this.#executor, content));
          break;
        case "history_request":
          this.#reply(message, "history_reply", this.#history.reply(content));
          break;
        case "comm_info_request":
          this.#reply(message, "comm_info_reply", this.#comms.info(content.target_name));
          break;
        case "comm_open":
        case "comm_msg":
        case "comm_close":
          await this.#callback(message);
          break;
        case "shutdown_request":
          this.#reply(message, "shutdown_reply", { status: "ok", restart: content.restart === true });
          this.#options.onShutdown();
          break;
        default:
          this.#options.log(`The request ${header.msg_type} is not known to this kernel.`);
      }
    } catch (error) {
      this.#options.log(`${header.msg_type}: ${(error as Error).stack ?? String(error)}`);
      const type = header.msg_type.replace(/_request$/, "_reply");
      const { name, message: evalue } = error as Error;
      if (type !== header.msg_type) this.#reply(message, type, { status: "error", ename: name, evalue, traceback: [] });
    }
    this.#publishNow("status", { execution_state: "idle" }, header);
    this.#stillBusy();
  }

  /** The front end takes the last status for the kernel's: a request answered in between must not say idle. */
  #stillBusy(): void {
    if (this.#running) this.#publishNow("status", { execution_state: "busy" }, this.#running.header);
  }

  /** Runs what a widget calls; what that prints before its first await belongs to `message`. */
  async #callback(message: Message): Promise<void> {
    const { header, content, metadata, buffers } = message;
    try {
      await this.#executor.interrupts.callback(() => {
        this.#streams.flush();
        const before = this.#parent;
        this.#parent = message;
        try {
          return this.#comms.receive(header.msg_type, content, metadata, buffers);
        } finally {
          this.#streams.flush();
          this.#parent = before;
        }
      });
    } catch (error) {
      this.#streams.flush();
      // V8 runs no `finally` of what it terminates.
      if (this.#parent === message) this.#parent = this.#running;
      this.#publishNow("error", { ...this.#executor.describe(error) }, header);
    }
  }

  async #work(): Promise<void> {
    if (this.#running) return;
    for (let message = this.#waiting.shift(); message; message = this.#waiting.shift()) {
      this.#running = message;
      this.#parent = message;
      this.#publishNow("status", { execution_state: "busy" }, message.header);
      try {
        await this.#execute(message);
      } catch (error) {
        this.#options.log(`execute_request: ${(error as Error).stack ?? String(error)}`);
        this.#replyExecuted(message, { status: "error", ...this.#executor.describe(error) });
      }
      this.#publishNow("status", { execution_state: "idle" }, message.header);
      this.#running = undefined;
    }
  }

  async #execute(message: Message): Promise<void> {
    const code = String(message.content.code ?? "");
    const silent = message.content.silent === true;
    const store = !silent && message.content.store_history !== false;
    const shown = !silent && code.trim() !== "";
    if (shown && store) this.#history.add(++this.#count, code);
    if (shown) this.#publish("execute_input", { code, execution_count: this.#count });
    this.#stdin.renew();
    let outcome = await this.#outcome(code, shown ? `cell [${this.#count}]` : "this cell");
    this.#streams.flush();
    if (outcome.status === "ok" && outcome.value !== undefined && !silent)
      outcome = await this.#showResult(outcome.value);
    if (outcome.status === "ok") {
      this.#replyExecuted(message, { status: "ok", payload: [], user_expressions: {} });
      return;
    }
    this.#publishError(outcome.error);
    const abort = message.content.stop_on_error !== false;
    // What was sent before this error was known is in the queue or still on its way from the socket.
    const aborted = abort ? await this.#drained() : [];
    this.#replyExecuted(message, { status: "error", ...outcome.error, payload: [], user_expressions: {} });
    for (const request of aborted) {
      this.#publishNow("status", { execution_state: "busy" }, request.header);
      this.#replyExecuted(request, { status: "aborted" });
      this.#publishNow("status", { execution_state: "idle" }, request.header);
    }
  }

  async #outcome(code: string, label: string): Promise<Outcome> {
    try {
      return await this.#executor.execute(code, label);
    } catch (error) {
      this.#options.log(`The kernel failed: ${(error as Error).stack ?? String(error)}`);
      return { status: "error", error: this.#executor.describe(error), interrupted: false };
    }
  }

  /** A value that cannot be shown, or whose display is no JSON, is the cell's error. */
  async #showResult(value: unknown): Promise<Outcome> {
    try {
      const bundle = await mimeBundle(value);
      this.#publish("execute_result", { execution_count: this.#count, ...bundle });
      return { status: "ok", value: undefined };
    } catch (error) {
      return { status: "error", error: this.#executor.describe(error), interrupted: false };
    }
  }

  async #drained(): Promise<Message[]> {
    for (let before = -1; before !== this.#received;) {
      before = this.#received;
      await wait(5);
    }
    return this.#waiting.splice(0);
  }

  #replyExecuted(message: Message, content: Content): void {
    this.#reply(message, "execute_reply", { execution_count: this.#count, ...content });
  }

  /** Asks the front end for a line of input. */
  #ask(): Promise<string> {
    const message = this.#running;
    if (!message || message.content.allow_stdin !== true) return Promise.reject(new StdinNotAllowed());
    this.#streams.flush();
    const request: Message = {
      identities: message.identities,
      header: newHeader("input_request", this.#options.session),
      parent: message.header,
      metadata: {},
      content: { prompt: "", password: false },
      buffers: [],
    };
    void this.#options.sockets.stdin.send(encode(this.#options.signer, request));
    return new Promise((resolve, reject) => (this.#answer = { resolve, reject }));
  }

  async #serveStdin(): Promise<void> {
    for await (const frames of this.#options.sockets.stdin) {
      const message = this.#decoded(frames);
      if (message?.header.msg_type !== "input_reply") continue;
      this.#answer?.resolve(String(message.content.value ?? ""));
      this.#answer = undefined;
    }
  }

  #publishError(error: CellError): void {
    this.#streams.flush();
    this.#publish("error", { ...error });
  }

  /** Sends on iopub, after what was printed before. */
  #publish(type: string, content: Content, extra: { metadata?: Content; buffers?: readonly Buffer[] } = {}): void {
    if (type !== "stream") this.#streams.flush();
    this.#publishNow(type, content, this.#parent?.header ?? NOTHING, extra);
  }

  #publishNow(
    type: string,
    content: Content,
    parent: Partial<Header>,
    { metadata = {}, buffers = [] }: { metadata?: Content; buffers?: readonly Buffer[] } = {},
  ): void {
    const { signer, session, sockets } = this.#options;
    const identities = [Buffer.from(`kernel.${type}`)];
    const message = { identities, header: newHeader(type, session), parent, metadata, content, buffers };
    this.#sent(sockets.iopub.send(encode(signer, message)));
  }

  #reply(to: Message, type: string, content: Content): void {
    const { signer, session, sockets } = this.#options;
    const header = { ...newHeader(type, session), msg_id: randomUUID() };
    const reply = { identities: to.identities, header, parent: to.header, metadata: {}, content, buffers: [] };
    this.#sent(sockets.shell.send(encode(signer, reply)));
  }

  #sent(sending: Promise<void>): void {
    sending.catch((error: Error) => this.#options.log(`A message could not be sent: ${error.message}`));
  }
}

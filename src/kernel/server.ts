// The kernel's side of the Jupyter protocol on shell, iopub and stdin.
import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers";
import type { Publisher, Router } from "zeromq";
import { KERNEL, type KernelBridge } from "./bridge.js";
import { Comms } from "./comms.js";
import { completeReply, inspectReply, isCompleteReply } from "./editing.js";
import type { CellError } from "./errors.js";
import type { MimeBundle } from "./rich-display.js";
import type { Executor, Outcome } from "./executor.js";
import { isInterrupted } from "./guards.js";
import { History } from "./history.js";
import { showChildOutput } from "./child-output.js";
import { keepIntrinsics, ours } from "./intrinsics.js";
import { OutputLimit } from "./output-limit.js";
import type { RunningNote } from "./running-note.js";
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
  /** Called when the kernel begins to serve, and when a cell begins and ends; never throws. */
  readonly onRunning: (note: RunningNote) => void;
  /** The kernel's own troubles go here, never into a cell. */
  readonly log: (text: string) => void;
}

const NOTHING: Partial<Header> = {};
const COMM_MESSAGES: ReadonlySet<string> = new Set(["comm_open", "comm_msg", "comm_close"]);
const replyType = (request: string): string => request.replace(/_request$/, "_reply");
const asText = String;
const wait = (ms: number): Promise<void> => ours(() => new Promise((resolve) => setTimeout(resolve, ms)));

export class KernelServer {
  private readonly options: ServerOptions;
  private readonly executor: Executor;
  private readonly streams: OutputStreams;
  private readonly limit: OutputLimit;
  /** Of the display that says what of a cell's output is left out. */
  private limitDisplay = "";
  private readonly history = new History();
  private readonly comms: Comms;
  private readonly stdin: CellStdin;
  private readonly waiting: Message[] = [];
  /** By type of request, what its reply says; `execute_request` waits its turn, comms have no reply. */
  private readonly answers: ReadonlyMap<string, (content: Content) => Content> = new Map([
    ["kernel_info_request", () => this.options.kernelInfo],
    ["complete_request", (content: Content) => completeReply(this.executor, content)],
    ["inspect_request", (content: Content) => inspectReply(this.executor, content)],
    ["is_complete_request", (content: Content) => isCompleteReply(this.executor, content)],
    ["history_request", (content: Content) => this.history.reply(content)],
    ["comm_info_request", (content: Content) => this.comms.info(content.target_name)],
    ["shutdown_request", (content: Content) => this.shutDown(content.restart === true)],
  ]);
  private answer: { resolve: (line: string) => void; reject: (error: Error) => void } | undefined;
  private running: Message | undefined;
  /** Output belongs to the request that is handled, later output to the last cell. */
  private parent: Message | undefined;
  private count = 0;
  private received = 0;

  constructor(options: ServerOptions) {
    this.options = options;
    this.executor = options.executor;
    this.limit = new OutputLimit((text, isFirst) => this.tellLimit(text, isFirst));
    this.streams = new OutputStreams((name, text) => this.publish("stream", { name, text }), this.limit);
    this.comms = new Comms((type, content, metadata, buffers) => this.publish(type, content, { metadata, buffers }));
    this.stdin = new CellStdin(() => this.ask());
    this.installInCells();
  }

  /** Serves until the sockets close. */
  async serve(): Promise<void> {
    void this.serveStdin();
    // What changes from here on, cells have changed.
    keepIntrinsics();
    this.publishNow("status", { execution_state: "starting" }, NOTHING);
    this.note(undefined);
    for await (const frames of this.options.sockets.shell) {
      this.received += 1;
      const message = this.decoded(frames);
      if (!message) continue;
      if (message.header.msg_type === "execute_request") {
        ours(() => this.waiting.push(message));
        void this.work();
      } else {
        void this.handle(message);
      }
    }
  }

  /** An error outside any cell's line of control: the running cell's, or else shown under the last cell. */
  uncaught(thrown: unknown): void {
    if (isInterrupted(thrown) || this.executor.interrupts.fail(thrown)) return;
    this.publishError(this.executor.describe(thrown));
  }

  /** Status messages of a request that the control thread has answered. */
  handledElsewhere(header: Header): void {
    this.publishNow("status", { execution_state: "busy" }, header);
    this.publishNow("status", { execution_state: "idle" }, header);
    this.stillBusy();
  }

  private installInCells(): void {
    this.streams.capture("stdout");
    this.streams.capture("stderr");
    showChildOutput((name, text) => this.streams.write(name, text));
    const display = (content: Content, update = false): void => {
      if (update) this.publish("update_display_data", content);
      else if (ours(() => this.limit.admitDisplay())) this.publish("display_data", content);
    };
    loadJupyterModule().lastWriteDisplayData = display;
    const interrupts = this.executor.interrupts;
    const bridge: KernelBridge = {
      get interruptSignal() {
        return interrupts.signal;
      },
      comms: this.comms,
      display,
      clearOutput: (wait = false) => this.publish("clear_output", { wait }),
    };
    Object.defineProperty(globalThis, KERNEL, { configurable: true, value: bridge });
  }

  private decoded(frames: Buffer[]): Message | undefined {
    try {
      return ours(() => decode(this.options.signer, frames));
    } catch (error) {
      this.options.log((error as Error).message);
      return undefined;
    }
  }

  private async handle(message: Message): Promise<void> {
    const { header, content } = message;
    const type = header.msg_type;
    const answer = ours(() => this.answers.get(type));
    const isComm = ours(() => COMM_MESSAGES.has(type));
    this.publishNow("status", { execution_state: "busy" }, header);
    try {
      if (answer) ours(() => this.reply(message, replyType(type), answer(content)));
      else if (isComm) await this.callback(message);
      else this.options.log(`the request ${type} is not known to this kernel`);
    } catch (error) {
      this.logError(type, error);
      const { ename, evalue } = this.executor.describe(error);
      if (answer) this.reply(message, replyType(type), { status: "error", ename, evalue, traceback: [] });
    }
    this.publishNow("status", { execution_state: "idle" }, header);
    this.stillBusy();
  }

  /** Begins to end the kernel once the reply is sent. */
  private shutDown(restart: boolean): Content {
    queueMicrotask(this.options.onShutdown);
    return { status: "ok", restart };
  }

  /** The front end takes the last status for the kernel's: a request answered in between must not say idle. */
  private stillBusy(): void {
    if (this.running) this.publishNow("status", { execution_state: "busy" }, this.running.header);
  }

  /** Runs what a widget calls; what that prints before its first await belongs to `message`. */
  private async callback(message: Message): Promise<void> {
    const { header, content, metadata, buffers } = message;
    try {
      await this.executor.interrupts.callback(() => {
        this.streams.flush();
        const before = this.parent;
        this.parent = message;
        try {
          return this.comms.receive(header.msg_type, content, metadata, buffers);
        } finally {
          this.streams.flush();
          this.parent = before;
        }
      });
    } catch (error) {
      this.streams.flush();
      // V8 runs no `finally` of what it terminates.
      if (this.parent === message) this.parent = this.running;
      this.publishNow("error", { ...this.executor.describe(error) }, header);
    }
  }

  private async work(): Promise<void> {
    if (this.running) return;
    const next = (): Message | undefined => ours(() => this.waiting.shift());
    for (let message = next(); message; message = next()) {
      this.running = message;
      this.parent = message;
      this.note(message);
      this.publishNow("status", { execution_state: "busy" }, message.header);
      try {
        await this.execute(message);
      } catch (error) {
        this.logError("execute_request", error);
        this.replyExecuted(message, { status: "error", ...this.executor.describe(error) });
      }
      this.publishNow("status", { execution_state: "idle" }, message.header);
      this.running = undefined;
      this.note(undefined);
    }
  }

  /** For whoever must answer if this process dies. */
  private note(running: Message | undefined): void {
    ours(() => this.options.onRunning({ session: this.options.session, running, last: this.parent?.header }));
  }

  private async execute(message: Message): Promise<void> {
    const code = asText(message.content.code ?? "");
    const silent = message.content.silent === true;
    const store = !silent && message.content.store_history !== false;
    const shown = !silent && ours(() => code.trim() !== "");
    ours(() => {
      this.limit.renew();
      if (shown && store) this.history.add(++this.count, code);
      this.stdin.renew();
    });
    if (shown) this.publish("execute_input", { code, execution_count: this.count });
    let outcome = await this.outcome(code, shown ? `cell [${this.count}]` : "this cell", !silent);
    this.streams.flush();
    if (outcome.status === "ok" && outcome.shown) outcome = this.publishResult(outcome.shown);
    ours(() => this.limit.finish());
    if (outcome.status === "ok") {
      this.replyExecuted(message, { status: "ok", payload: [], user_expressions: {} });
      return;
    }
    this.publishError(outcome.error);
    const abort = message.content.stop_on_error !== false;
    // What was sent before this error was known is in the queue or still on its way from the socket.
    const aborted = abort ? await this.drained() : [];
    this.replyExecuted(message, { status: "error", ...outcome.error, payload: [], user_expressions: {} });
    for (const request of aborted) {
      this.publishNow("status", { execution_state: "busy" }, request.header);
      this.reply(request, "execute_reply", { status: "aborted" });
      this.publishNow("status", { execution_state: "idle" }, request.header);
    }
  }

  private async outcome(code: string, label: string, show: boolean): Promise<Outcome> {
    try {
      return await this.executor.execute(code, label, show);
    } catch (error) {
      this.logError("the kernel failed", error);
      return { status: "error", error: this.executor.describe(error), interrupted: false };
    }
  }

  /** A display that is no JSON is the cell's error. */
  private publishResult(bundle: MimeBundle): Outcome {
    try {
      this.publish("execute_result", { execution_count: this.count, ...bundle });
      return { status: "ok" };
    } catch (error) {
      return { status: "error", error: this.executor.describe(error), interrupted: false };
    }
  }

  /** One line, brought up to date in place. */
  private tellLimit(text: string, isFirst: boolean): void {
    if (isFirst) this.limitDisplay = randomUUID();
    const content = { data: { "text/plain": text }, metadata: {}, transient: { display_id: this.limitDisplay } };
    this.publish(isFirst ? "display_data" : "update_display_data", content);
  }

  private logError(what: string, error: unknown): void {
    const { ename, evalue, traceback } = this.executor.describe(error);
    this.options.log(ours(() => `${what}: ${ename}: ${evalue}\n${traceback.join("\n")}`));
  }

  private async drained(): Promise<Message[]> {
    for (let before = -1; before !== this.received;) {
      before = this.received;
      await wait(5);
    }
    return ours(() => this.waiting.splice(0));
  }

  private replyExecuted(message: Message, content: Content): void {
    this.reply(message, "execute_reply", { execution_count: this.count, ...content });
  }

  /** Asks the front end for a line of input. */
  private ask(): Promise<string> {
    const message = this.running;
    if (!message || message.content.allow_stdin !== true) return Promise.reject(new StdinNotAllowed());
    this.streams.flush();
    const request: Message = {
      identities: message.identities,
      header: newHeader("input_request", this.options.session),
      parent: message.header,
      metadata: {},
      content: { prompt: "", password: false },
      buffers: [],
    };
    void this.options.sockets.stdin.send(encode(this.options.signer, request));
    return new Promise((resolve, reject) => (this.answer = { resolve, reject }));
  }

  private async serveStdin(): Promise<void> {
    for await (const frames of this.options.sockets.stdin) {
      const message = this.decoded(frames);
      if (message?.header.msg_type !== "input_reply") continue;
      this.answer?.resolve(String(message.content.value ?? ""));
      this.answer = undefined;
    }
  }

  private publishError(error: CellError): void {
    this.streams.flush();
    this.publish("error", { ...error });
  }

  /** Sends on iopub, after what was printed before. */
  private publish(
    type: string,
    content: Content,
    extra: { metadata?: Content; buffers?: readonly Buffer[] } = {},
  ): void {
    if (type !== "stream") this.streams.flush();
    this.publishNow(type, content, this.parent?.header ?? NOTHING, extra);
  }

  private publishNow(
    type: string,
    content: Content,
    parent: Partial<Header>,
    { metadata = {}, buffers = [] }: { metadata?: Content; buffers?: readonly Buffer[] } = {},
  ): void {
    const { signer, session, sockets } = this.options;
    ours(() => {
      const identities = [Buffer.from(`kernel.${type}`)];
      const message = { identities, header: newHeader(type, session), parent, metadata, content, buffers };
      this.sent(sockets.iopub.send(encode(signer, message)));
    });
  }

  private reply(to: Message, type: string, content: Content): void {
    const { signer, session, sockets } = this.options;
    ours(() => {
      const header = newHeader(type, session);
      const reply = { identities: to.identities, header, parent: to.header, metadata: {}, content, buffers: [] };
      this.sent(sockets.shell.send(encode(signer, reply)));
    });
  }

  private sent(sending: Promise<void>): void {
    sending.catch((error: Error) => this.options.log(`a message could not be sent: ${error.message}`));
  }
}

// stdout and stderr of cells: batched, in order with everything else a cell shows, and no more than a page can bear.
import { StringDecoder } from "node:string_decoder";
import { clearTimeout, setTimeout } from "node:timers";
import { ours } from "./intrinsics.js";
import type { OutputLimit } from "./output-limit.js";

export type StreamName = "stdout" | "stderr";
type Send = (name: StreamName, text: string) => void;

const MAX_CHARACTERS = 1 << 16;
const INTERVAL_MS = 50;
const { now } = Date;

export class OutputStreams {
  private readonly send: Send;
  private readonly limit: OutputLimit;
  private name: StreamName = "stdout";
  private text = "";
  private sent = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(send: Send, limit: OutputLimit) {
    this.send = send;
    this.limit = limit;
  }

  write(name: StreamName, text: string): void {
    if (text === "") return;
    if (name !== this.name) this.flush();
    this.name = name;
    this.text += text;
    // The first text after a pause goes out at once, what follows is gathered; a synchronous loop never lets the
    // timer fire, so the clock is looked at here too.
    if (this.text.length >= MAX_CHARACTERS || now() - this.sent >= INTERVAL_MS) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), INTERVAL_MS);
  }

  flush(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = undefined;
    if (this.text === "") return;
    const text = this.text;
    this.text = "";
    this.sent = now();
    const shown = ours(() => this.limit.admit(text));
    if (shown !== "") this.send(this.name, shown);
  }

  /** Sends what is written to the process's own streams here. */
  capture(name: StreamName): void {
    const decoder = new StringDecoder("utf8");
    const decoded = (chunk: string | Uint8Array, encoding: unknown): string => {
      const given = typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8";
      if (typeof chunk === "string" && /^utf-?8$/i.test(given)) return chunk;
      return decoder.write(typeof chunk === "string" ? Buffer.from(chunk, given) : Buffer.from(chunk));
    };
    const { nextTick } = process;
    process[name].write = (
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | ((error?: Error | null) => void),
      callback?: (error?: Error | null) => void,
    ): boolean => {
      const plain = typeof chunk === "string" && typeof encoding !== "string";
      this.write(name, plain ? chunk : ours(() => decoded(chunk, encoding)));
      const done = typeof encoding === "function" ? encoding : callback;
      if (done) nextTick(done);
      return true;
    };
  }
}

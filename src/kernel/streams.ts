// stdout and stderr of cells: batched, in order with everything else a cell shows.
import { StringDecoder } from "node:string_decoder";

export type StreamName = "stdout" | "stderr";
type Send = (name: StreamName, text: string) => void;

const MAX_CHARACTERS = 1 << 16;
const INTERVAL_MS = 50;

export class OutputStreams {
  private readonly send: Send;
  private name: StreamName = "stdout";
  private text = "";
  private sent = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(send: Send) {
    this.send = send;
  }

  write(name: StreamName, text: string): void {
    if (text === "") return;
    if (name !== this.name) this.flush();
    this.name = name;
    this.text += text;
    // The first text after a pause goes out at once, what follows is gathered; a synchronous loop never lets the
    // timer fire, so the clock is looked at here too.
    if (this.text.length >= MAX_CHARACTERS || Date.now() - this.sent >= INTERVAL_MS) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), INTERVAL_MS).unref();
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.text === "") return;
    const text = this.text;
    this.text = "";
    this.sent = Date.now();
    this.send(this.name, text);
  }

  /** Sends what is written to the process's own streams here. */
  capture(name: StreamName): void {
    const decoder = new StringDecoder("utf8");
    const stream = process[name];
    stream.write = (
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | ((error?: Error | null) => void),
      callback?: (error?: Error | null) => void,
    ): boolean => {
      this.write(name, typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk)));
      const done = typeof encoding === "function" ? encoding : callback;
      if (done) process.nextTick(done);
      return true;
    };
  }
}

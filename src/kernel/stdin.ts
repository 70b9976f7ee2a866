// process.stdin inside a cell: each read asks the front end for a line.
import { Readable } from "node:stream";

/** A cell asked for input where nobody can answer, as in a headless run. */
export class StdinNotAllowed extends Error {
  override readonly name = "StdinNotAllowed";

  constructor() {
    super(
      "this cell reads from standard input, but nobody can answer here: give the value in the cell, " +
        "or run it in JupyterLab",
    );
  }
}

export class CellStdin {
  private readonly ask: () => Promise<string>;

  /** @param ask sends an `input_request` and resolves to the line, or rejects with {@link StdinNotAllowed} */
  constructor(ask: () => Promise<string>) {
    this.ask = ask;
    this.renew();
  }

  /** Each cell gets a fresh stream: one that a cell closed or that failed must not spoil the next. */
  renew(): void {
    const ask = this.ask;
    let asking = false;
    const stream = new Readable({
      highWaterMark: 1,
      read(): void {
        if (asking) return;
        asking = true;
        ask().then(
          (line) => {
            asking = false;
            this.push(`${line}\n`);
          },
          (error: Error) => this.destroy(error),
        );
      },
    });
    Object.defineProperty(process, "stdin", { configurable: true, enumerable: true, value: stream });
  }
}

/** Steps of a set-up, printed with estimates, progress and results. */
import { asSetupError } from "./errors.mjs";

/** @typedef {(text: string) => void} Progress */

const HEARTBEAT_MS = 15_000;

/** @param {number} ms */
export function seconds(ms) {
  return ms < 9_950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

/** @param {number} bytes */
export function megabytes(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}

/**
 * Prints the course of a set-up: one line a step, with its estimate while it runs and its result when it ends.
 * On a terminal the running line is rewritten; elsewhere (a CI log) a line is printed now and then.
 */
export class Steps {
  /**
   * @param {import("node:tty").WriteStream} [stream]
   * @param {string} [doctor] the command that shows what is missing, named where a step fails for no known reason
   */
  constructor(stream = process.stdout, doctor = "npm run doctor") {
    this.stream = stream;
    this.doctor = doctor;
    this.live = stream.isTTY === true;
  }

  /**
   * Runs one step. `work(progress)` calls `progress("…")` as often as it likes and returns the line to show;
   * whatever it throws comes out as a SetupError.
   *
   * @param {string} name
   * @param {string} estimate
   * @param {(progress: Progress) => Promise<string>} work
   */
  async step(name, estimate, work) {
    const started = Date.now();
    let detail = "";
    let lastPrinted = started;
    const running = () => `  ${name}: ${detail || estimate} (${seconds(Date.now() - started)} elapsed)`;
    if (!this.live) this.stream.write(`  ${name}: ${estimate}\n`);
    const draw = () => {
      if (this.live) this.stream.write(`\r\x1b[2K${running().slice(0, (this.stream.columns || 100) - 1)}`);
      else if (detail && Date.now() - lastPrinted >= HEARTBEAT_MS) {
        lastPrinted = Date.now();
        this.stream.write(`${running()}\n`);
      }
    };
    const timer = setInterval(draw, 200);
    draw();
    try {
      const result = await work((text) => (detail = text));
      this.finish("✔", name, result, started);
    } catch (error) {
      this.finish("✘", name, "failed", started);
      throw asSetupError(name, error, this.doctor);
    } finally {
      clearInterval(timer);
    }
  }

  /** @type {(mark: string, name: string, result: string, started: number) => void} */
  finish(mark, name, result, started) {
    const line = `${mark} ${name}: ${result} (${seconds(Date.now() - started)})\n`;
    this.stream.write(this.live ? `\r\x1b[2K${line}` : line);
  }

  /**
   * A step that had nothing to do.
   *
   * @param {string} name
   * @param {string} result
   */
  ready(name, result) {
    this.stream.write(`✔ ${name}: ${result}\n`);
  }

  /**
   * A step that is repeated every time and mostly finds nothing to do.
   *
   * @param {string} name
   * @param {string} estimate
   * @param {(progress: Progress) => Promise<string>} work
   * @returns {Promise<void>}
   */
  check(name, estimate, work) {
    return this.step(name, estimate, work);
  }

  /**
   * Something the reader should know, though set-up goes on.
   *
   * @param {string} text
   */
  warn(text) {
    this.stream.write(
      `${text
        .split("\n")
        .map((line, i) => (i === 0 ? `! ${line}` : `  ${line}`))
        .join("\n")}\n`,
    );
  }
}

/** Says nothing as long as nothing is missing. */
export class QuietSteps extends Steps {
  /** @override */
  ready() {}

  /**
   * @override
   * @param {string} name
   * @param {string} _estimate
   * @param {(progress: Progress) => Promise<string>} work
   */
  async check(name, _estimate, work) {
    try {
      await work(() => undefined);
    } catch (error) {
      throw asSetupError(name, error, this.doctor);
    }
  }
}

/**
 * @param {{ what: string, why: string, remedy: string }} error
 * @param {NodeJS.WritableStream} [stream]
 */
export function printFailure(error, stream = process.stderr) {
  stream.write(`\nWhat failed: ${error.what}\nWhy:         ${error.why}\nRemedy:      ${error.remedy}\n`);
}

/** Progress of a long job on one line. */
import { duration } from "./words.js";

/** Progress of a long job: redrawn in place on a terminal, a line every ten seconds elsewhere. */
export class ProgressLine {
  private readonly begun = performance.now();
  private readonly terminal = process.stdout.isTTY === true;
  private shown = -Infinity;

  constructor(
    private readonly total: number,
    private readonly start = 0,
  ) {}

  /** Steps a second since the start. */
  rate(step: number): number {
    return (step - this.start) / Math.max(1e-3, (performance.now() - this.begun) / 1000);
  }

  /** @param step how far the job is; a share of a step moves the bar and the time that is left */
  show(step: number, text: string): void {
    const now = performance.now();
    const last = step >= this.total;
    if (!last && now - this.shown < (this.terminal ? 200 : 10_000)) return;
    this.shown = now;
    // Before the first of them is done there is nothing to tell the time by.
    const rate = this.rate(step);
    const left = rate > 0 ? `  ${duration((this.total - step) / rate)} left` : "";
    const width = 24;
    const filled = Math.round((width * step) / this.total);
    const bar = "█".repeat(filled) + "░".repeat(width - filled);
    const line = `${bar} ${Math.floor(step)}/${this.total}  ${text}${left}`;
    process.stdout.write(this.terminal ? `\r${line}\x1b[K` : `${line}\n`);
  }

  end(): void {
    if (this.terminal) process.stdout.write("\n");
  }
}

// How much of what a cell prints is shown: a loop without an end would fill the page, the notebook's file and the disk.
import { closeSync, mkdtempSync, openSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Lines of a cell that are shown; 0 shows all. */
export const LIMIT_VARIABLE = "DIFFUSION_LAB_OUTPUT_LINES";
const LINES = 5000;
const CHARACTERS_PER_LINE = 1000;
/** Characters of a cell that are kept in a file. */
const MOST_KEPT = 100_000_000;

/** Shows the one line on what is left out; `id` is the same for all of a cell, whose last one counts. */
type Tell = (text: string, isFirst: boolean) => void;

function plural(count: number, one: string): string {
  return `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}

/** Length of the first `lines` lines of a text. */
function lengthOfLines(text: string, lines: number): number {
  let at = 0;
  for (let line = 0; line < lines; line++) {
    const end = text.indexOf("\n", at);
    if (end < 0) return text.length;
    at = end + 1;
  }
  return at;
}

export class OutputLimit {
  private readonly tell: Tell;
  private lines = 0;
  private characters = 0;
  private shown: string[] = [];
  private readonly left = { lines: 0, characters: 0, displays: 0 };
  private file: { readonly name: string; readonly fd: number; kept: number } | undefined;
  private told = "";
  private most = LINES;

  constructor(tell: Tell) {
    this.tell = tell;
  }

  /** A new cell begins. */
  renew(): void {
    this.finish();
    if (this.file) closeSync(this.file.fd);
    this.file = undefined;
    this.told = "";
    this.shown = [];
    this.lines = this.characters = 0;
    Object.assign(this.left, { lines: 0, characters: 0, displays: 0 });
    const asked = process.env[LIMIT_VARIABLE];
    const most = Number(asked);
    this.most = asked === undefined || asked === "" || !(most >= 0) ? LINES : most === 0 ? Infinity : most;
  }

  /** The part of a text that is shown. */
  admit(text: string): string {
    if (this.most === Infinity) return text;
    const room = Math.max(0, this.most * CHARACTERS_PER_LINE - this.characters);
    const fits = this.file ? 0 : Math.min(lengthOfLines(text, this.most - this.lines), room);
    const shown = text.slice(0, fits);
    this.lines += countLines(shown);
    this.characters += shown.length;
    if (shown !== "") this.shown.push(shown);
    if (fits < text.length) this.leaveOut(text.slice(fits));
    return shown;
  }

  /** Whether one more display is shown; it counts as a line. */
  admitDisplay(): boolean {
    if (this.most === Infinity) return true;
    if (this.lines < this.most) {
      this.lines += 1;
      return true;
    }
    this.left.displays += 1;
    this.say();
    return false;
  }

  /** A cell has ended: how much was left out is told as it is now. */
  finish(): void {
    const { lines, characters, displays } = this.left;
    const what = [
      ...(characters > 0 ? [plural(lines || 1, "more line")] : []),
      ...(displays > 0 ? [plural(displays, "display")] : []),
    ];
    if (what.length > 0) this.say(`${what.join(" and ")} left out`);
  }

  private leaveOut(text: string): void {
    this.left.lines += countLines(text);
    this.left.characters += text.length;
    this.file ??= this.open();
    if (this.file && this.file.kept < MOST_KEPT) {
      writeSync(this.file.fd, text);
      this.file.kept += text.length;
    }
    this.say();
  }

  /** The file has the whole output, from its first line. */
  private open(): OutputLimit["file"] {
    try {
      const name = path.join(mkdtempSync(path.join(tmpdir(), "diffusion-lab-")), "output.txt");
      const fd = openSync(name, "w", 0o600);
      for (const text of this.shown) writeSync(fd, text);
      this.shown = [];
      return { name, fd, kept: this.characters };
    } catch {
      return undefined;
    }
  }

  private say(count = "what comes after them is left out"): void {
    const { file } = this;
    const most = file && file.kept < MOST_KEPT ? "all" : `the first ${MOST_KEPT / 1e6} MB`;
    const text =
      `… a cell shows ${plural(this.most, "line")}: ${count}${file ? `; ${most} of the output is in ${file.name}` : ""}. ` +
      `process.env.${LIMIT_VARIABLE} = "0" shows all of the next cells.`;
    if (text === this.told) return;
    this.tell(text, this.told === "");
    this.told = text;
  }
}

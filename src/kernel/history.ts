// The inputs of this session, for `history_request` (up-arrow in a console).
import type { Content } from "./wire.js";

type Entry = [session: number, line: number, input: string];

const SESSION = 1;

/** A glob of `*` and `?`, as the protocol asks, as a regular expression. */
function glob(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replace(/\*/g, "[^]*").replace(/\?/g, "[^]")}$`);
}

export class History {
  private readonly inputs: Entry[] = [];

  add(line: number, input: string): void {
    this.inputs.push([SESSION, line, input]);
  }

  reply(request: Content): Content {
    const found = this.select(request);
    const history = request.output === true ? found.map(([s, line, input]) => [s, line, [input, null]]) : found;
    return { status: "ok", history };
  }

  private select(request: Content): Entry[] {
    const n = typeof request.n === "number" && request.n > 0 ? request.n : this.inputs.length;
    switch (request.hist_access_type) {
      case "tail":
        return this.inputs.slice(-n);
      case "range": {
        const start = Number(request.start ?? 0);
        const stop = typeof request.stop === "number" ? request.stop : Infinity;
        return this.inputs.filter(([, line]) => line >= start && line < stop);
      }
      case "search": {
        const pattern = glob(String(request.pattern ?? "*"));
        let found = this.inputs.filter(([, , input]) => pattern.test(input));
        if (request.unique === true) {
          const last = new Map(found.map((entry) => [entry[2], entry]));
          found = found.filter((entry) => last.get(entry[2]) === entry);
        }
        return found.slice(-n);
      }
      default:
        return [];
    }
  }
}

/** How long a call takes in each engine: measured in turns, and kept in the cache. */
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { defaultCacheFolder } from "../compile/graph-cache.js";
import { writeFileAtomically } from "../files/atomic-file.js";

/** Milliseconds of a call in each engine. */
export interface Pace {
  readonly graph: number;
  readonly onnxruntime: number;
}

/**
 * Turns of each engine. What else the machine does at one moment does not decide between them, and the threads of the
 * engine before, which go on waiting for work a little while, slow only a turn's first calls.
 */
const TURNS = 3;
/** A turn lasts at least so many calls and so many milliseconds. */
const TURN = { calls: 2, milliseconds: 30 } as const;

/**
 * @param calls each waits for its outputs, and frees them
 * @param now milliseconds of a clock
 */
export function measurePace(
  calls: { readonly [engine in keyof Pace]: () => void },
  now: () => number = () => performance.now(),
): Pace {
  let { graph, onnxruntime } = { graph: Infinity, onnxruntime: Infinity };
  // Prepared before: the first call records, compiles and loads.
  calls.graph();
  calls.onnxruntime();
  for (let turn = 0; turn < TURNS; turn++) {
    graph = Math.min(graph, fastestOf(calls.graph, now));
    onnxruntime = Math.min(onnxruntime, fastestOf(calls.onnxruntime, now));
  }
  return { graph, onnxruntime };
}

/** Milliseconds of the fastest call of a turn. */
function fastestOf(call: () => void, now: () => number): number {
  const begin = now();
  let fastest = Infinity;
  for (let i = 0; i < TURN.calls || now() - begin < TURN.milliseconds; i++) {
    const start = now();
    call();
    fastest = Math.min(fastest, now() - start);
  }
  return fastest;
}

function file(): string {
  return join(dirname(defaultCacheFolder()), "engines-2.json");
}

/** The paces that are kept. A damaged table is empty. */
export function readPaces(): Readonly<Record<string, Pace>> {
  try {
    const table = JSON.parse(readFileSync(file(), "utf8")) as Record<string, Partial<Pace> | null>;
    return Object.fromEntries(
      Object.entries(table).filter((entry): entry is [string, Pace] => {
        const pace = entry[1];
        return Number.isFinite(pace?.graph) && Number.isFinite(pace?.onnxruntime);
      }),
    );
  } catch {
    return {};
  }
}

/** A cache that cannot be written is no error: then it is measured in every process. */
export function keepPace(key: string, pace: Pace): void {
  try {
    mkdirSync(dirname(file()), { recursive: true });
    writeFileAtomically(file(), `${JSON.stringify({ ...readPaces(), [key]: pace }, null, 2)}\n`);
  } catch {
    // Measured again next time.
  }
}

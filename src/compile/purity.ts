/** Holds a function to being pure: two recordings of it must be one program. */
import { CompileError } from "./errors.js";
import type { Graph } from "./graph-emitter.js";
import { describeOrigin, type Origin } from "./origin.js";
import type { NamedRecording, Recording } from "./recording.js";

/**
 * The graph of a function that was recorded twice. Two different programs mean that it draws random numbers, counts its
 * calls or looks at a clock, and a graph would freeze what it saw.
 *
 * @throws CompileError if the programs differ, or no graph can be written
 */
export function graphOfBoth(
  name: string,
  first: NamedRecording,
  second: NamedRecording,
  write: (recording: Recording) => Graph,
): Graph {
  let graph: Graph;
  try {
    graph = write(first.recording);
  } catch (error) {
    // What no graph can be written with may be what changes, such as a seed drawn anew.
    const difference = firstDifference(first, second);
    throw difference ? impurityError(name, difference) : error;
  }
  requireSame(first, graph, second, write, { name, call: 1, confirmed: 1 });
  return graph;
}

/** When a function was recorded again. */
interface Occasion {
  readonly name: string;
  readonly call: number;
  /** The last call at which it was seen to do the same. */
  readonly confirmed: number;
}

/** @throws CompileError if a later recording is another program than the first, whose graph is given */
export function requireSame(
  first: NamedRecording,
  graph: Graph,
  later: NamedRecording,
  write: (recording: Recording) => Graph,
  { name, call, confirmed }: Occasion,
): void {
  const sameNames = first.outputNames.join() === later.outputNames.join();
  if (sameNames && write(later.recording).bytes.equals(graph.bytes)) return;
  const missed =
    call > confirmed + 1 ? ` Seen at call ${call}: calls from ${confirmed + 1} on may have missed it.` : "";
  throw impurityError(name, firstDifference(first, later), missed);
}

interface Difference {
  readonly what: string;
  readonly origin?: Origin;
}

function impurityError(
  name: string,
  { what, origin }: Difference = { what: "its outputs change" },
  missed = "",
): CompileError {
  return new CompileError(
    `compile: "${name}" is not a pure function: ${what} from one call to the next, and would be frozen into the graph.` +
      `${missed} Random numbers, step counts and rates must be inputs.\n${origin ? describeOrigin(origin) : ""}`,
  );
}

function firstDifference(
  { recording: first }: NamedRecording,
  { recording: second }: NamedRecording,
): Difference | undefined {
  const constants = Math.min(first.constants.length, second.constants.length);
  for (let i = 0; i < constants; i++) {
    const [a, b] = [first.constants[i], second.constants[i]];
    if (!sameType(a, b) || !a.bytes.equals(b.bytes)) {
      return { what: `a constant of shape [${a.shape}] changes`, origin: a.origin };
    }
  }
  const operations = Math.max(first.operations.length, second.operations.length);
  for (let i = 0; i < operations; i++) {
    const [a, b] = [first.operations[i], second.operations[i]];
    if (!a || !b || differ(wiring(a), wiring(b))) return { what: "its operations change", origin: (a ?? b).origin };
    const attribute = a.attributes.find((given, k) => differ(given, b.attributes[k]));
    if (attribute) return { what: `the attribute "${attribute.name}" of ${a.name} changes`, origin: a.origin };
  }
  return undefined;
}

function wiring({ name, attributes, inputs }: Recording["operations"][number]): unknown {
  return [name, attributes.length, inputs];
}

function differ(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}

function sameType(
  a: { dtype: number; shape: readonly number[] },
  b: { dtype: number; shape: readonly number[] },
): boolean {
  return a.dtype === b.dtype && a.shape.join() === b.shape.join();
}

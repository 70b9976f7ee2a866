/** Finds several operations that are one: a pattern is matched against what a value is made of. */
import type { ValueSource } from "../compile/recording.js";
import { float32s, openTypeOf, type OpenOperation, type OpenProgram } from "./open-program.js";

/**
 * What a value is made of: a name binds any value, and stands for the same value wherever it stands again; a list is an
 * operation and its operands; `as` also binds the result of an operation.
 */
export type Pattern = string | MadePattern | NamedPattern;

/** An operation, then its operands. */
export interface MadePattern extends ReadonlyArray<Pattern> {
  readonly 0: string;
}

export interface NamedPattern {
  readonly as: string;
  readonly is: Pattern;
}

export type Bindings = ReadonlyMap<string, ValueSource>;

/** The operations of which the two operands may stand in either order. */
const COMMUTATIVE: ReadonlySet<string> = new Set(["Add", "AddV2", "Mul"]);

/** What the names of the pattern stand for if the value is made so, else undefined. */
export function matched(program: OpenProgram, source: ValueSource, pattern: Pattern): Bindings | undefined {
  return match(program, source, pattern, new Map());
}

function match(program: OpenProgram, source: ValueSource, pattern: Pattern, bound: Bindings): Bindings | undefined {
  if (typeof pattern === "string") return bind(bound, pattern, source);
  if ("as" in pattern) {
    const inner = match(program, source, pattern.is, bound);
    return inner && bind(inner, pattern.as, source);
  }
  const made = operationOf(program, source);
  const [name, ...operands] = pattern as readonly [string, ...Pattern[]];
  if (!made || made.name !== name || made.inputs.length !== operands.length) return undefined;
  const orders = COMMUTATIVE.has(name) ? [made.inputs, [...made.inputs].reverse()] : [made.inputs];
  for (const inputs of orders) {
    let found: Bindings | undefined = bound;
    for (let i = 0; found && i < operands.length; i++) found = match(program, inputs[i], operands[i], found);
    if (found) return found;
  }
  return undefined;
}

function bind(bound: Bindings, name: string, source: ValueSource): Bindings | undefined {
  const before = bound.get(name);
  if (before) return sameSource(before, source) ? bound : undefined;
  return new Map([...bound, [name, source]]);
}

export function sameSource(a: ValueSource, b: ValueSource): boolean {
  return a.kind === b.kind && a.index === b.index && (a.kind !== "operation" || a.output === (b as typeof a).output);
}

export function operationOf({ operations }: OpenProgram, source: ValueSource): OpenOperation | undefined {
  return source.kind === "operation" ? operations[source.index] : undefined;
}

/** The whole numbers of a constant, undefined of any other value or where one of them counts batches. */
export function wholeNumbers(program: OpenProgram, source: ValueSource | undefined): readonly number[] | undefined {
  if (source?.kind !== "constant") return undefined;
  const { numbers } = program.constants[source.index];
  return numbers?.every((one) => typeof one === "number") ? (numbers as readonly number[]) : undefined;
}

/** The number of a constant of one float32, undefined of any other value. */
export function realNumber(program: OpenProgram, source: ValueSource | undefined): number | undefined {
  if (source?.kind !== "constant") return undefined;
  const { dtype, bytes } = program.constants[source.index];
  return dtype === 1 && bytes.length === 4 ? float32s(bytes)[0] : undefined;
}

/** Whether a value is a vector of this length. */
export function isVector(program: OpenProgram, source: ValueSource, length: unknown): boolean {
  const { shape } = openTypeOf(program, source);
  return shape.length === 1 && shape[0] === length;
}

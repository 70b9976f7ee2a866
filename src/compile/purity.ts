import { CompileError } from "./errors.js";
import { describeOrigin, type Origin } from "./origin.js";
import type { Recording } from "./recording.js";

/**
 * The error for a function whose two recordings are different programs: it draws random numbers, counts its calls or
 * looks at a clock, and a graph would freeze what it saw.
 */
export function impurityError(name: string, first: Recording, second: Recording): CompileError {
  const { what, origin } = firstDifference(first, second);
  return new CompileError(
    `compile: "${name}" is not a pure function: ${what} from one call to the next, and would be frozen into the graph. ` +
      `Random numbers, step counts and rates must be inputs.\n${origin ? describeOrigin(origin) : ""}`,
  );
}

interface Difference {
  readonly what: string;
  readonly origin?: Origin;
}

function firstDifference(first: Recording, second: Recording): Difference {
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
    if (!a || !b || JSON.stringify(program(a)) !== JSON.stringify(program(b))) {
      return { what: "its operations change", origin: (a ?? b).origin };
    }
  }
  return { what: "its outputs change" };
}

function program({ name, attributes, inputs }: Recording["operations"][number]): unknown {
  return [name, attributes, inputs];
}

function sameType(
  a: { dtype: number; shape: readonly number[] },
  b: { dtype: number; shape: readonly number[] },
): boolean {
  return a.dtype === b.dtype && a.shape.join() === b.shape.join();
}

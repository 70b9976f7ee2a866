import { CompileError } from "./errors.js";
import { describeOrigin, type Origin } from "./origin.js";
import type { Recording } from "./recording.js";

/**
 * Throws unless two recordings of one function are the same program. They differ when the function draws random
 * numbers, counts its calls or looks at a clock: values that a graph would freeze.
 */
export function requireSameProgram(name: string, first: Recording, second: Recording): void {
  const refuse = (what: string, origin: Origin | undefined): never => {
    throw new CompileError(
      `compile: "${name}" is not a pure function: ${what} from one call to the next, and would be frozen into the graph. ` +
        `Random numbers, step counts and rates must be inputs.\n${origin ? describeOrigin(origin) : ""}`,
    );
  };
  const constants = Math.min(first.constants.length, second.constants.length);
  for (let i = 0; i < constants; i++) {
    const [a, b] = [first.constants[i], second.constants[i]];
    if (!sameType(a, b) || !a.bytes.equals(b.bytes)) refuse(`a constant of shape [${a.shape}] changes`, a.origin);
  }
  const operations = Math.max(first.operations.length, second.operations.length);
  for (let i = 0; i < operations; i++) {
    const [a, b] = [first.operations[i], second.operations[i]];
    if (!a || !b || JSON.stringify(program(a)) !== JSON.stringify(program(b))) {
      refuse("its operations change", (a ?? b).origin);
    }
  }
  if (first.constants.length !== second.constants.length || JSON.stringify(first.outputs) !== JSON.stringify(second.outputs)) {
    refuse("its outputs change", undefined);
  }
}

function program({ name, attributes, inputs }: Recording["operations"][number]): unknown {
  return [name, attributes, inputs];
}

function sameType(a: { dtype: number; shape: readonly number[] }, b: { dtype: number; shape: readonly number[] }): boolean {
  return a.dtype === b.dtype && a.shape.join() === b.shape.join();
}

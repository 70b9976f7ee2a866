/** Calls a public name: a function, a class, or a method of an object that comes first. */
import * as library from "../../../src/index.js";
import * as notebook from "../../../src/notebook/index.js";

type Callable = (...args: readonly unknown[]) => unknown;

/** Calls what the name stands for; generators are begun, promises awaited. Gives what it gives. */
export async function call(of: string, args: readonly unknown[]): Promise<unknown> {
  const [name, method] = of.split(".");
  const found = (library as Record<string, unknown>)[name] ?? (notebook as Record<string, unknown>)[name];
  let result: unknown;
  if (method) {
    const [object, ...rest] = args as [Record<string, Callable>, ...unknown[]];
    result = object[method](...rest);
  } else if (/^class /.test(Function.prototype.toString.call(found))) {
    result = new (found as new (...args: readonly unknown[]) => unknown)(...args);
  } else result = (found as Callable)(...args);
  const begun = result as Partial<Generator> & { [Symbol.toStringTag]?: string };
  if (begun?.[Symbol.toStringTag] === "Generator") {
    begun.next?.();
    begun.return?.(undefined);
  }
  return await result;
}

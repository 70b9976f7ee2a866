/** What a command was called with: its options, at most one name, and places as its caller means them. */
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { joinNegatives } from "../base/arguments.js";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Parsed<O extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; options: O }>
>["values"];

/**
 * The options and the name that a command was given.
 *
 * @param what the name is of, for messages
 * @throws RangeError for a second name; an error of `util.parseArgs` for an unknown option
 */
export function readCommand<O extends Options>(
  what: string,
  options: O,
): { readonly values: Parsed<O>; readonly name: string | undefined } {
  const args = joinNegatives(process.argv.slice(2));
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  if (positionals.length > 1) {
    throw new RangeError(`one ${what} at a time, got ${positionals.map((one) => `"${one}"`).join(" and ")}`);
  }
  return { values, name: positionals[0] };
}

/**
 * A file or folder as the caller means it, from the folder that the caller is in: npm runs commands in the repository's
 * root, and names that folder in INIT_CWD.
 */
export function fromCaller(place: string): string {
  const caller = process.env["INIT_CWD"];
  const script = process.env["npm_package_json"];
  // A program that such a command starts inherits both, and has a folder of its own.
  const startedByNpm = script !== undefined && dirname(script) === process.cwd();
  if (caller === undefined || !startedByNpm || isAbsolute(place)) return place;
  return relative(process.cwd(), resolve(caller, place)) || ".";
}

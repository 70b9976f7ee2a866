// The stacks that cells see: in `e.stack`, `console.error(e)`, an Error as the last value. They name lines of cells and
// of TypeScript modules, and leave the kernel out.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ours } from "./intrinsics.js";
import type { Origin, Sources } from "./sources.js";

const FOLDER = path.dirname(fileURLToPath(import.meta.url)) + path.sep;
const PACKAGES = /[\\/]node_modules[\\/](@tslab|tslab|zeromq)[\\/]/;

/** Between two functions that await, Node's loop over what is settled. */
const MICROTASKS = "node:internal/process/task_queues";

export function isKernelFile(file: string): boolean {
  return file.startsWith(FOLDER) || PACKAGES.test(file);
}

function fileOf(site: NodeJS.CallSite): string {
  const name = site.getFileName() ?? "";
  return name.startsWith("file:") ? fileURLToPath(name) : name;
}

/** A frame in V8's words, at the line of its source; nothing if it has none. */
function shown(site: NodeJS.CallSite, sources: Sources): string | undefined {
  const file = fileOf(site);
  const text = String(site).replace(/^(async )?Proxy\./, "$1");
  const [line, column] = [site.getLineNumber() ?? 0, site.getColumnNumber() ?? 0];
  const origin = sources.has(file) ? sources.origin(file, line, column) : undefined;
  if (origin === "nothing") return undefined;
  if (origin) return text.replace(`${file}:${line}:${column}`, placed(origin));
  // What `eval` runs names the line that called it.
  return text.replace(/\((cell-\d+):(\d+):(\d+)\)/g, (given, script: string, ...at: string[]) => {
    const found = sources.origin(script, Number(at[0]), Number(at[1]));
    return found && found !== "nothing" ? `(${placed(found)})` : given;
  });
}

const placed = ({ source, line, column }: Origin): string => `${source.label}:${line + 1}:${column + 1}`;

function frames(sites: readonly NodeJS.CallSite[], sources: Sources): string {
  const lastOwn = sites.findLastIndex((site) => sources.has(fileOf(site)));
  const kept = sites.flatMap((site, i) => {
    const file = fileOf(site);
    const isUnder = i > lastOwn && file.startsWith("node:");
    // A stack without a cell is the kernel's own, and told as it is.
    if (lastOwn >= 0 && (isUnder || isKernelFile(file) || file === MICROTASKS)) return [];
    return shown(site, sources) ?? [];
  });
  return kept.map((frame) => `\n    at ${frame}`).join("");
}

// Taken before any cell can have changed them.
const { apply, defineProperty } = Reflect;
const { toString } = Error.prototype;
const ErrorClass = Error;

/** The first line: it asks the error for its name and message, which are code of the cell. */
function head(error: unknown): string {
  try {
    return apply(toString, error, []);
  } catch {
    return "<error>";
  }
}

/**
 * After each call of what this returns V8 asks this kernel how a stack reads. A cell or library that sets the hook itself gets its own
 * way until then.
 */
export function stackInstaller(sources: Sources): () => void {
  const value = (error: unknown, sites: readonly NodeJS.CallSite[]): string =>
    head(error) + ours(() => frames(sites, sources));
  const descriptor = { __proto__: null, configurable: true, enumerable: true, writable: true, value };
  return () => void defineProperty(ErrorClass, "prepareStackTrace", descriptor);
}

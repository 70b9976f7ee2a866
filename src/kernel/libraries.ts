// Which parts of TypeScript's library of JavaScript a cell may use: those that the running Node has.

const has = (object: object, name: PropertyKey): boolean => name in object;
const globals = globalThis as Record<string, unknown>;

/** By the library's name, whether what it declares is there; all of ES2023 is, in every Node that is supported. */
const NEWER: Readonly<Record<string, boolean>> = {
  "es2024.arraybuffer": has(ArrayBuffer.prototype, "transfer"),
  "es2024.collection": has(Map, "groupBy"),
  "es2024.object": has(Object, "groupBy"),
  "es2024.promise": has(Promise, "withResolvers"),
  "es2024.regexp": has(RegExp.prototype, "unicodeSets"),
  "es2024.sharedmemory": has(Atomics, "waitAsync"),
  "es2024.string": has(String.prototype, "isWellFormed"),
  "esnext.array": has(Array, "fromAsync"),
  "esnext.collection": has(Set.prototype, "union"),
  "esnext.decorators": true,
  // `using` itself is compiled away, and needs the two symbols alone.
  "esnext.disposable": has(Symbol, "dispose"),
  "esnext.error": has(Error, "isError"),
  "esnext.float16": has(globals, "Float16Array"),
  "esnext.iterator": has(globals, "Iterator"),
  "esnext.promise": has(Promise, "try"),
  "esnext.sharedmemory": has(Atomics, "pause"),
};

/** Names of library files, as the compiler's option `lib` takes them. */
export function libraries(): string[] {
  const newer = Object.keys(NEWER).filter((name) => NEWER[name]);
  return ["es2023", ...newer].map((name) => `lib.${name}.d.ts`);
}

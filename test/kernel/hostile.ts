// What a cell can do to the JavaScript it shares with the kernel. After each, the kernel must be as it was.

export interface Attack {
  readonly name: string;
  readonly code: string;
  /** Undoes what would rightly change the answers of later cells. */
  readonly undo?: string;
}

const inspectThrows = `{ [Symbol.for("nodejs.util.inspect.custom")]() { throw new Error("inspect"); } }`;
const proxy = `new Proxy({}, { ${["get", "getPrototypeOf", "ownKeys", "has", "getOwnPropertyDescriptor"]
  .map((trap) => `${trap}() { throw new Error("${trap}"); }`)
  .join(", ")} })`;
const later = (code: string): string =>
  `setTimeout(() => { ${code} }, 5); await new Promise((r) => setTimeout(r, 30));`;

/** Values to throw, to reject with, and to end a cell with. */
export const VALUES: readonly string[] = [
  "undefined",
  "null",
  "0",
  '"\\ud83d"',
  'new Error("\\udc00 half")',
  "Symbol('s')",
  "() => 1",
  "Object.create(null)",
  inspectThrows,
  proxy,
  "new Proxy(new Error('proxied'), { get() { throw new Error('get'); } })",
  "new Proxy(function () {}, {})",
  "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()",
  "Object.defineProperty(new Error('m'), 'stack', { get() { throw new Error('stack'); } })",
  "Object.defineProperty(new Error('m'), 'message', { get() { throw new Error('message'); } })",
  "Object.defineProperty(new Error('m'), 'name', { value: { toString() { throw new Error('name'); } } })",
  "Object.assign(new Error('m'), { stack: 7, name: Symbol('n') })",
  "Object.assign(new Error('m'), { get cause() { return new Error('endless', { cause: this }); } })",
  "(() => { const a = new Error('a'), b = new Error('b'); a.cause = b; b.cause = a; return a; })()",
  "(() => { const e = new AggregateError([], 'all'); e.errors = [e, e, e, e, e]; e.cause = e; return e; })()",
  "Object.assign(new AggregateError([], 'all'), { errors: 5 })",
  "({ then(f: () => void) { throw new Error('then'); } })",
  "({ toJSON() { throw new Error('json'); }, toString() { throw new Error('text'); } })",
  "({ get [Symbol.toStringTag]() { throw new Error('tag'); } })",
  "({ get [Symbol.for('Jupyter.display')]() { throw new Error('display'); } })",
  "({ [Symbol.for('Jupyter.display')]: () => ({ 'text/plain': '\\ud83d', 'application/json': { '\\ud83d': 1 } }) })",
  "({ [Symbol.for('Jupyter.display')]: () => ({ 'application/json': 1n }) })",
  "(() => { const o: { o?: object } = {}; o.o = o; return o; })()",
  "new Error('x'.repeat(3e6))",
  "'y'.repeat(3e6)",
  "class { static [Symbol.hasInstance]() { throw new Error('hasInstance'); } }",
];

const BROKEN = `() => { throw new Error("broken"); }`;
const replaced: readonly string[] = [
  "Array.prototype.map",
  "Array.prototype.push",
  "Array.prototype.shift",
  "Array.prototype.slice",
  "Array.prototype[Symbol.iterator]",
  "Object.prototype.toString",
  "Object.prototype.hasOwnProperty",
  "Object.keys",
  "Object.entries",
  "Object.defineProperty",
  "Object.create",
  "Function.prototype.call",
  "Function.prototype.apply",
  "Function.prototype.bind",
  "String.prototype.split",
  "String.prototype.replace",
  "String.prototype.slice",
  "String.prototype[Symbol.iterator]",
  "RegExp.prototype.exec",
  "RegExp.prototype.test",
  "Map.prototype.get",
  "Map.prototype.set",
  "Set.prototype.has",
  "Promise.prototype.then",
  "Promise.resolve",
  "Promise.race",
  "JSON.stringify",
  "JSON.parse",
  "Date.now",
  "Date.prototype.toISOString",
  "Math.max",
  "Reflect.apply",
  "Reflect.ownKeys",
  "Buffer.from",
  "process.emit",
  "process.cwd",
  "process.nextTick",
  "process.hrtime",
  "console.log",
  "setImmediate",
  "clearTimeout",
  "Error.captureStackTrace",
  "Symbol.for",
];

const forGood: readonly string[] = [
  "Array.prototype.push",
  "Array.prototype[Symbol.iterator]",
  "Object.keys",
  "Object.defineProperty",
  "Function.prototype.call",
  "RegExp.prototype.exec",
  "Map.prototype.get",
  "Promise.prototype.then",
  "JSON.stringify",
  "Buffer.from",
  "process.emit",
  "process.nextTick",
];

const missing: readonly string[] = [
  "Map",
  "Set",
  "Promise",
  "JSON",
  "Array",
  "Object",
  "Error",
  "Buffer",
  "process",
  "setTimeout",
  "setImmediate",
  "AbortController",
  "Atomics",
  "console",
];

const polluted: readonly string[] = [
  "get",
  "set",
  "value",
  "writable",
  "then",
  "toJSON",
  "length",
  "0",
  "status",
  "cause",
];

const any = "globalThis as any";
let count = 0;
function patch(name: string, value: string): Attack {
  const saved = `saved${count++}`;
  const undo = name.startsWith("Error.") ? "" : `(${any}).${saved}();`;
  // The undoing must not itself use what was replaced.
  const at = name.lastIndexOf(name.endsWith("]") ? "[" : ".");
  const owner = at < 0 ? "globalThis" : name.slice(0, at);
  const key = at < 0 ? `"${name}"` : name.endsWith("]") ? name.slice(at + 1, -1) : `"${name.slice(at + 1)}"`;
  const code = `{ const o = ${owner} as any, k = ${key}, old = o[k]; (${any}).${saved} = () => { o[k] = old; }; o[k] = ${value}; }`;
  return { name: `${name} = ${value.slice(0, 12)}`, code, undo: undo || `(${any}).${saved}();` };
}

/** As `patch`, but so that it could not be undone if these objects were the cell's alone. */
function patchForGood(name: string): Attack {
  const saved = `saved${count++}`;
  const at = name.lastIndexOf(name.endsWith("]") ? "[" : ".");
  const key = name.endsWith("]") ? name.slice(at + 1, -1) : `"${name.slice(at + 1)}"`;
  const define = "old = o[k], define = Object.defineProperty, d = { __proto__: null } as any";
  const code = `{ const o = ${name.slice(0, at)} as any, k = ${key}, ${define};
(${any}).${saved} = () => { d.value = old; d.writable = true; define(o, k, d); };
define(o, k, { value: ${BROKEN}, configurable: false, writable: false }); }`;
  return { name: `${name} for good`, code, undo: `(${any}).${saved}();` };
}

/** Attempts that are refused, after which the cell goes on. */
const refused = (name: string, code: string, undo = ""): Attack => ({
  name,
  code: `try { ${code} } catch (error) { if (!(error instanceof TypeError)) throw error; }`,
  undo,
});

/** Each while something of the object is a cell's. */
const locked: readonly Attack[] = ["freeze", "seal", "preventExtensions"].map((lock) =>
  refused(
    `Object.${lock} of a broken prototype`,
    `(${any}).oldMap = Array.prototype.map; Array.prototype.map = (${BROKEN}) as any; Object.${lock}(Array.prototype);`,
    `Array.prototype.map = (${any}).oldMap;`,
  ),
);

const objects = ["Array.prototype", "Map.prototype", "Function.prototype", "Promise"];

export const ATTACKS: readonly Attack[] = [
  ...VALUES.flatMap((value, i) => [
    { name: `throw ${i}`, code: `throw ${value};` },
    { name: `show ${i}`, code: `(${value})` },
    { name: `log ${i}`, code: `console.log(${value});` },
    { name: `reject ${i}`, code: `void Promise.reject(${value});` },
    { name: `timer ${i}`, code: later(`throw ${value};`) },
  ]),
  ...replaced.map((name) => patch(name, BROKEN)),
  ...missing.map((name) => patch(name, "undefined")),
  ...forGood.map(patchForGood),
  ...locked,
  refused("deleted and closed", "Object.preventExtensions(Array.prototype); delete (Array.prototype as any).push;"),
  refused(
    "Reflect closes",
    "(globalThis as any).mapGet = Map.prototype.get; Reflect.preventExtensions(Map.prototype); Reflect.defineProperty(Map.prototype, 'get', { value: 5, configurable: false });",
    "Object.defineProperty(Map.prototype, 'get', { value: (globalThis as any).mapGet });",
  ),
  refused("globalThis frozen", "Object.freeze(globalThis);"),
  refused("process frozen", "Object.freeze(process);"),
  refused("emitters frozen", "Object.freeze(require('node:events').prototype);"),
  {
    name: "all at once for good",
    code: "(globalThis as any).oldPush = Array.prototype.push; Object.defineProperties(Array.prototype, { push: { value: 5, configurable: false }, last: { value: 1 } });",
    undo: "Object.defineProperties(Array.prototype, { push: { value: (globalThis as any).oldPush } }); delete (Array.prototype as any).last;",
  },
  ...objects.flatMap((name) => [
    {
      name: `${name} without its prototype`,
      code: `{ const o = ${name}, old = Object.getPrototypeOf(o), set = Object.setPrototypeOf; (${any}).reparent = () => set(o, old); set(o, null); }`,
      undo: `(${any}).reparent();`,
    },
    {
      name: `${name} under a strange prototype`,
      code: `{ const o = ${name}, old = Object.getPrototypeOf(o), set = Object.setPrototypeOf; (${any}).reparent = () => set(o, old); set(o, { get: 5, value: 5, length: 5, then: 5 }); }`,
      undo: `(${any}).reparent();`,
    },
  ]),
  ...polluted.map((key) => ({
    name: `Object.prototype.${key}`,
    code: `(Object.prototype as any)["${key}"] = ${key === "then" ? "(f: () => void) => undefined" : "5"};`,
    undo: `delete (Object.prototype as any)["${key}"];`,
  })),
  ...polluted.slice(0, 5).map((key) => ({
    name: `Object.prototype.${key} for good`,
    code: `Object.defineProperty(Object.prototype, "${key}", { value: ${key === "then" ? "(f: () => void) => undefined" : "5"}, configurable: false });`,
    undo: `delete (Object.prototype as any)["${key}"];`,
  })),
  patch("Error.prepareStackTrace", BROKEN),
  patch("Error.prepareStackTrace", "() => 7"),
  patch("Error.stackTraceLimit", "0"),
  patch("process.stdout.write", BROKEN),
  patch("process.stderr.write", BROKEN),
  { name: "exit", code: "process.exit(1)" },
  { name: "exit later", code: later("process.exit(1)") },
  { name: "reallyExit", code: "(process as any).reallyExit(1)" },
  { name: "abort", code: "process.abort()" },
  { name: "kill", code: 'process.kill(process.pid, "SIGKILL")' },
  { name: "kill TERM", code: "process.kill(process.pid)" },
  { name: "kill group", code: 'process.kill(0, "SIGTERM")' },
  {
    name: "interrupt itself",
    code: 'process.kill(process.pid, "SIGINT"); await new Promise((r) => setTimeout(r, 10));',
  },
  {
    name: "chdir",
    code: 'import fs from "node:fs"; import os from "node:os"; { const d = fs.mkdtempSync(os.tmpdir() + "/gone-"); process.chdir(d); fs.rmdirSync(d); }',
  },
  { name: "removeAllListeners", code: `process.removeAllListeners(); ${later('throw new Error("after");')}` },
  {
    name: "removeAllListeners reject",
    code: 'process.removeAllListeners("unhandledRejection"); void Promise.reject(7);',
  },
  {
    name: "own listener",
    code: `process.once("uncaughtException", () => { throw new Error("again"); }); ${later("throw 1;")}`,
  },
  { name: "stdout.end", code: 'process.stdout.end(); console.log("still");' },
  { name: "stdin", code: "process.stdin.destroy();" },
  {
    name: "half a pair",
    code: 'console.log("😀"[0]); console.error("\\udc00"); process.stdout.write("\\\\ud800 is text");',
  },
  { name: "name of an error", code: 'const odd = new Error("m"); odd.name = "\\ud83d"; throw odd;' },
  { name: "huge line", code: 'console.log("z".repeat(12_000_000));' },
  { name: "many lines", code: 'for (let n = 0; n < 20_000; n++) console.log("line", n);' },
  { name: "deep recursion", code: "const down = (): number => 1 + down(); down();" },
  {
    name: "sealed, then replaced",
    code: "Object.seal(String.prototype); String.prototype.slice = (() => { throw 1; }) as any;",
  },
  ...[
    "Array.prototype",
    "Map.prototype",
    "Promise.prototype",
    "Error",
    "JSON",
    "Math",
    "console",
    "Object",
    "Function.prototype",
    "Object.prototype",
    "require('node:fs')",
  ].map((name) => ({ name: `${name} frozen`, code: `Object.freeze(${name});` })),
  { name: "kernel's own names", code: "delete (globalThis as any).__tslab__; (globalThis as any).__names = 1;" },
  { name: "no JSON display", code: "import * as tslab from 'tslab'; tslab.display.raw('text/plain', 1n as any);" },
];

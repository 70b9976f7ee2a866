// What a learner who comes from Python or IPython writes out of habit, and what to write instead.
import type { Diagnostic } from "./tslab.js";

export interface Habit {
  readonly line: number;
  readonly column: number;
  readonly width: number;
  /** What to write instead of what. */
  readonly advice: string;
}

/** From what matched, and its groups. */
type Advice = (match: readonly string[]) => string;

const instead = (write: string, of: string): string => `write ${write} instead of ${of}`;
const RUN = 'import { execSync } from "node:child_process"; console.log(String(execSync("…")))';

/** Comment, magic or statement that is no TypeScript, from the beginning of a line. */
const LINES: readonly (readonly [RegExp, Advice])[] = [
  [/^!\s*(\w.*)$/, ([all, command]) => instead(RUN.replace("…", command.replaceAll('"', "'")), all)],
  [/^%%?(bash|sh|script|system|sx)\b.*/, ([all]) => instead(RUN, all)],
  [/^%%?(time|timeit|prun)\b.*/, ([all]) => instead('console.time("it"); …; console.timeEnd("it")', all)],
  [/^%(pip|conda)\b.*/, ([all]) => instead("npm install … in a terminal, in the project's folder,", all)],
  [/^%cd\s+(.*)/, ([all, folder]) => instead(`process.chdir(${JSON.stringify(folder)})`, all)],
  [/^%%?[a-z]\w*.*/, ([all]) => `there are no magic commands: leave ${all} out`],
  [
    /^(?:\?+([\w.]+)|([\w.]+)\?+)$/,
    ([all, a, b]) => `put the cursor on ${a ?? b} and press Shift+Tab instead of ${all}`,
  ],
  [/^#(?!\w+\s*[=:;(!?])\s*(.*)$/, ([all, text]) => instead(`// ${text}`.trim(), all)],
  [
    /^from\s+([\w.]+)\s+import\s+(.+?)\s*(?:#.*)?$/,
    ([all, from, names]) =>
      instead(`import { ${names} } from "…", with the name of an npm package that does what ${from} does,`, all),
  ],
  [
    /^import\s+([\w.]+)(?:\s+as\s+(\w+))?\s*(?:#.*)?$/,
    ([all, from, as]) =>
      instead(
        `import * as ${as ?? from.split(".")[0]} from "…", with the name of an npm package that does what ${from} does,`,
        all,
      ),
  ],
  [
    /^(async\s+)?def\s+(\w+)\s*\((.*?)\).*:/,
    ([all, wait = "", name, parameters]) => {
      const typed = parameters
        .replace(/\s*=[^,]*/g, "")
        .split(",")
        .map((one) => one.split(":")[0].trim())
        .filter(Boolean);
      return instead(
        `${wait}function ${name}(${typed.map((one) => `${one}: number`).join(", ")}) { … }, with your types,`,
        all,
      );
    },
  ],
  [
    /^class\s+(\w+)\s*(?:\(\s*([\w.]*).*\))?\s*:/,
    ([all, name, base]) => instead(`class ${name}${base ? ` extends ${base}` : ""} { … }`, all),
  ],
  [
    /^for\s+(\w+)\s+in\s+range\(\s*(?:([^,()]+),\s*)?([^,()]+)\)\s*:/,
    ([all, name, from = "0", to]) => instead(`for (let ${name} = ${from}; ${name} < ${to}; ${name}++) { … }`, all),
  ],
  [
    /^(?:async\s+)?for\s+(.+?)\s+in\s+(.+?):/,
    ([all, name, values]) => instead(`for (const ${name.includes(",") ? `[${name}]` : name} of ${values}) { … }`, all),
  ],
  [/^elif\s+(.+?):/, ([all, condition]) => instead(`else if (${translated(condition)}) { … }`, all)],
  [/^(if|while)\s+(.+?):/, ([all, word, condition]) => instead(`${word} (${translated(condition)}) { … }`, all)],
  [/^except\b(?:.*?\bas\s+(\w+))?.*:/, ([all, name]) => instead(`catch (${name ?? "error"}) { … }`, all)],
  [/^(try|else|finally)\s*:/, ([all, word]) => instead(`${word} { … }`, all)],
  [/^with\s+(.+?)\s+as\s+(\w+)\s*:/, ([all, value, name]) => instead(`using ${name} = ${value};`, all)],
  [/^raise\b\s*(?:\w+\((.*)\))?.*/, ([all, what = "…"]) => instead(`throw new Error(${what})`, all)],
  [/^pass$/, ([all]) => `leave ${all} out: an empty block is { }`],
  [/^del\s+(\w+)\[(.+)\]/, ([all, name, key]) => instead(`delete ${name}[${key}]`, all)],
  [/^assert\s+(.+)/, ([all, condition]) => instead(`console.assert(${translated(condition)})`, all)],
  [/^(global|nonlocal)\s+\w+/, ([all]) => `leave ${all} out: a function sees the names around it`],
  [/^print\s+(?!=)(.+)/, ([all, what]) => instead(`console.log(${what})`, all)],
  [/^"""|^'''/, ([all]) => instead("`…` or a comment /* … */", `${all}…${all}`)],
];

/** What stands anywhere in a line that does not parse. */
const PARTS: readonly (readonly [RegExp, Advice])[] = [
  [
    /\b[fF](["'])(.*?)\1/,
    ([all, , text]) =>
      instead(`\`${text.replace(/\{([^{}:!]+)[^{}]*\}/g, (_, inner: string) => `\${${inner}}`)}\``, all),
  ],
  [/\b[rR](["'])(.*?)\1/, ([all, , text]) => instead(`String.raw\`${text}\``, all)],
  [
    /\blambda\s+([\w\s,]*):\s*([^,)\]]+)/,
    ([all, parameters, body]) => instead(`(${parameters.trim()}) => ${body}`, all),
  ],
  [
    /\[((?:[^[\]]|\[[^[\]]*\])+?)\s+for\s+(\w+)\s+in\s+((?:[^[\]]|\[[^[\]]*\])+?)(?:\s+if\s+((?:[^[\]]|\[[^[\]]*\])+?))?\]/,
    ([all, value, name, values, condition]) =>
      instead(
        `${values}${condition ? `.filter((${name}) => ${translated(condition)})` : ""}.map((${name}) => ${value})`,
        all,
      ),
  ],
  [
    /([\w.]+)\[\s*(-?\w*)\s*:\s*(-?\w*)\s*\]/,
    ([all, name, from, to]) => instead(`${name}.slice(${[from || "0", to].filter(Boolean).join(", ")})`, all),
  ],
  [/(\w+)\s+is\s+(not\s+)?None\b/, ([all, name, not]) => instead(`${name} ${not ? "!==" : "==="} null`, all)],
  [/(\w+)\s+not\s+in\s+(\w+)/, ([all, name, values]) => instead(`!${values}.includes(${name})`, all)],
  [
    /([\w.()]+)\s+if\s+(.+?)\s+else\s+([\w.()]+)/,
    ([all, yes, condition, no]) => instead(`${translated(condition)} ? ${yes} : ${no}`, all),
  ],
  [/\bnot\s+(\w+)/, ([all, what]) => instead(`!${what}`, all)],
  [/\s(and|or)\s/, ([, word]) => instead(word === "and" ? "&&" : "||", word)],
  [/(?<=^|\s)#(?!\w+\s*[=:;(!?])\s*(.*)$/, ([all, text]) => instead(`// ${text}`.trim(), all.trim())],
];

/** By the name that TypeScript does not know. */
const CONSTANTS: Readonly<Record<string, string>> = {
  None: "null or undefined",
  True: "true",
  False: "false",
  math: "Math",
  self: "this",
  Exception: "Error",
  ValueError: "RangeError",
};

/** By the name of a function that TypeScript does not know; `$` stands for the arguments of the call. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  print: "console.log($)",
  len: "$.length",
  range: "Array.from({ length: $ }, (_, i) => i)",
  str: "String($)",
  int: "Math.trunc(Number($))",
  float: "Number($)",
  list: "Array.from($)",
  tuple: "Array.from($)",
  dict: "{ } or new Map()",
  set: "new Set($)",
  abs: "Math.abs($)",
  max: "Math.max($)",
  min: "Math.min($)",
  pow: "Math.pow($)",
  round: "Math.round($)",
  sum: "$.reduce((a, b) => a + b, 0)",
  sorted: "$.toSorted((a, b) => a - b)",
  reversed: "$.toReversed()",
  enumerate: "$.entries()",
  zip: "a.map((x, i) => [x, b[i]])",
  map: "values.map(f)",
  filter: "values.filter(f)",
  any: "values.some(f)",
  all: "values.every(f)",
  isinstance: "value instanceof Class",
  type: "typeof $",
  input: "a const at the top of the cell",
  open: 'readFileSync(…) of "node:fs"',
};

/** Names that nobody gives to a function of his own. */
const PYTHON_ONLY = new Set(["print", "len", "str", "int", "float", "tuple", "dict", "isinstance", "enumerate"]);

/** By the member that a value does not have. */
const MEMBERS: Readonly<Record<string, string>> = {
  append: "push",
  extend: "push(...values)",
  upper: "toUpperCase",
  lower: "toLowerCase",
  strip: "trim",
  startswith: "startsWith",
  endswith: "endsWith",
  items: "Object.entries(value)",
  format: "a template, `… ${value} …`",
};

/** A condition of Python in the operators of TypeScript. */
const translated = (condition: string): string =>
  (/^\((.*)\)$/.exec(condition)?.[1] ?? condition)
    .replace(/\band\b/g, "&&")
    .replace(/\bor\b/g, "||")
    .replace(/\bis not\b/g, "!==")
    .replace(/\bis\b/g, "===")
    .replace(/\bnot\s+/g, "!")
    .replace(/\b(True|False|None)\b/g, (word) => (word === "None" ? "null" : word.toLowerCase()));

/** The arguments of the call that begins at `text`, up to its closing bracket. */
function called(text: string): string | undefined {
  if (!text.startsWith("(")) return undefined;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "(") depth++;
    else if (text[at] === ")" && --depth === 0) return text.slice(1, at);
  }
  return undefined;
}

const UNKNOWN_NAME = new Set([2304, 2552, 2580, 2581, 2582, 2583, 2584, 2693, 18004]);
const UNKNOWN_MEMBER = new Set([2339, 2550, 2551]);
const NO_SYNTAX = 2000;

/** What TypeScript calls unknown and Python knows: a function, a constant, a method, or a variable's first value. */
function ofName(line: string, { start, end, code, messageText }: Diagnostic): string | undefined {
  const name = line.slice(start.character, end.line === start.line ? end.character : undefined);
  if (!messageText.includes(`'${name}'`)) return undefined;
  if (UNKNOWN_MEMBER.has(code)) return Object.hasOwn(MEMBERS, name) ? instead(MEMBERS[name], name) : undefined;
  if (!UNKNOWN_NAME.has(code)) return undefined;
  const [before, rest] = [line.slice(0, start.character), line.slice(start.character + name.length)];
  const given = called(rest);
  if (Object.hasOwn(CONSTANTS, name)) return instead(CONSTANTS[name], name);
  if (given !== undefined && Object.hasOwn(FUNCTIONS, name)) {
    const how = instead(FUNCTIONS[name].replace("$", given || "…"), `${name}(${given})`);
    return PYTHON_ONLY.has(name) ? how : `${how}, or run the cell that defines ${name}`;
  }
  const value = /^\s*=(?!=)\s*(.*?);?\s*$/.exec(rest)?.[1];
  const whole = line.trim().replace(/;$/, "");
  const annotated = /^\s*(\w+)\s*:\s*$/.exec(before)?.[1];
  if (annotated && value) return instead(`const ${annotated} = ${value}`, whole);
  if (before.trim() !== "") return undefined;
  if (value !== undefined) {
    return `${instead(`const ${name} = ${value || "…"}`, whole)} (let, if it changes later), or run the cell that declares ${name}`;
  }
  const others = /^\s*((?:,\s*\w+\s*)+)=(?!=)\s*(.*?);?\s*$/.exec(rest);
  return others ? instead(`const [${name}${others[1].trimEnd()}] = [${others[2]}]`, whole) : undefined;
}

/** The text with the insides of its strings, and its comment, made blank. */
function withoutStrings(text: string): string {
  const blank = (part: string): string => part[0] + "\0".repeat(part.length - 2) + part[0];
  return text.replace(/(["'`])(?:\\.|(?!\1).)*(\1|$)/g, blank).replace(/\/\/.*$/, "");
}

interface Found {
  readonly at: number;
  readonly width: number;
  readonly advice: string;
}

/** @param seen `text`, or a part of it that alone is looked at */
function first(table: readonly (readonly [RegExp, Advice])[], text: string, seen = text): Found | undefined {
  for (const [pattern, advice] of table) {
    const match = new RegExp(pattern, "d").exec(seen);
    if (!match) continue;
    const groups = match.indices!.map((span) => span && text.slice(...span));
    return { at: match.index, width: match[0].trimEnd().length, advice: advice(groups as string[]) };
  }
  return undefined;
}

const MOST = 3;

/** Habits in lines that TypeScript complains of: one a line, the first few. */
export function pythonHabits(code: string, diagnostics: readonly Diagnostic[]): Habit[] {
  const lines = code.split("\n");
  const found = new Map<number, Habit>();
  for (const diagnostic of diagnostics) {
    const { line, character } = diagnostic.start;
    if (diagnostic.fileName || found.has(line) || lines[line] === undefined) continue;
    const text = lines[line];
    const indent = text.length - text.trimStart().length;
    const whole = isStatement(diagnostic, text, indent) ? first(LINES, text.trim()) : undefined;
    const part =
      whole ?? (diagnostic.code < NO_SYNTAX ? first(PARTS, text.trim(), withoutStrings(text.trim())) : undefined);
    if (part) {
      found.set(line, { line, column: indent + part.at, width: part.width, advice: part.advice });
      continue;
    }
    const advice = ofName(text, diagnostic);
    if (advice)
      found.set(line, { line, column: character, width: diagnostic.end.offset - diagnostic.start.offset, advice });
  }
  const all = [...found.values()].sort((a, b) => a.line - b.line);
  // The lines under `%%bash` are none of TypeScript's.
  const cellMagic = all.find(({ line }) => lines[line].trim().startsWith("%%"));
  return cellMagic ? [cellMagic] : all.slice(0, MOST);
}

/** Whether the line as a whole is no TypeScript: it does not parse, or `!ls` names no variable. */
function isStatement({ code, start }: Diagnostic, text: string, indent: number): boolean {
  return (
    code < NO_SYNTAX ||
    code === 18_016 ||
    (/^[!%]/.test(text.trim()) && start.character > indent && UNKNOWN_NAME.has(code))
  );
}

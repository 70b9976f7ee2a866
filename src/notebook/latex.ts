/** LaTeX of a formula, with the symbols of the field. */
import type { MathNode } from "mathjs";

const greek = new Set(
  (
    "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi psi omega " +
    "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
  ).split(" "),
);

/** What depends on the timestep, and is written with the index t unless the name says another. */
const timed = new Set(["alpha", "alphaBar", "beta", "betaTilde", "sigma", "muTilde"]);

const accents: Readonly<Record<string, string>> = { Bar: "\\bar", Hat: "\\hat", Tilde: "\\tilde" };
const indices: Readonly<Record<string, string>> = {
  Prev: "t-1",
  Next: "t+1",
  Theta: "\\theta",
  Phi: "\\phi",
};

/**
 * LaTeX of a symbol's name: `alphaBar` → ᾱ_t, `alphaBarPrev` → ᾱ_{t−1}, `epsilonTheta` → ε_θ, `x0` → x_0,
 * `x0Hat` → x̂_0, `xPrev` → x_{t−1}, `betaTilde` → β̃_t. What is no Greek letter and longer than one letter stands upright.
 */
export function symbolLatex(name: string): string {
  const words = name.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? [name];
  let base = words[0];
  let marks = words.slice(1);
  // `xt`, `xT`, `xs`: a variable and its time; `x_T` splits into x and T already.
  const variable = /^([xyzvu])([ts])$/.exec(base);
  if (variable) [base, marks] = [variable[1], [variable[2], ...marks]];
  let letter = greek.has(base) ? `\\${base}` : base.length === 1 ? base : `\\mathrm{${base}}`;
  const below: string[] = [];
  for (const mark of marks) {
    if (accents[mark]) letter = `${accents[mark]}{${letter}}`;
    else below.push(indices[mark] ?? indexLatex(mark));
  }
  if (below.length === 0 && timed.has(name)) below.push("t");
  const index = below.join(",");
  return index === "" ? letter : `${letter}_${index.length === 1 ? index : `{${index}}`}`;
}

/** `S` of `alphaBarS` is the time s; `T` is the last time. */
function indexLatex(mark: string): string {
  const small = mark === "T" ? mark : mark.toLowerCase();
  if (mark.length === 1 || /^\d+$/.test(mark)) return small;
  return greek.has(small) ? `\\${small}` : `\\mathrm{${small}}`;
}

interface Printed {
  readonly symbols: Readonly<Record<string, string>>;
}

/** LaTeX of an expression in the notation of the field. */
export function expressionLatex(node: MathNode, { symbols }: Printed): string {
  const handler = (part: MathNode): string | undefined => special(part, symbols, (child) => child.toTex(options));
  const options = { parenthesis: "auto" as const, handler };
  return node.toTex(options).replace(/~/g, " ").replace(/ {2,}/g, " ").trim();
}

interface Parts {
  type: string;
  name?: unknown;
  fn?: unknown;
  args?: MathNode[];
  object?: MathNode;
  value?: MathNode;
}

function special(
  node: MathNode,
  symbols: Readonly<Record<string, string>>,
  print: (node: MathNode) => string,
): string | undefined {
  const parts = node as unknown as Parts;
  const args = parts.args ?? [];
  if (parts.type === "SymbolNode") return symbols[parts.name as string] ?? symbolLatex(parts.name as string);
  if (parts.type === "AssignmentNode" && parts.object && parts.value)
    return `${print(parts.object)} = ${print(parts.value)}`;
  if (parts.type === "OperatorNode" && parts.fn === "ctranspose") return `{${print(args[0])}}^{\\top}`;
  if (parts.type === "OperatorNode" && parts.fn === "multiply" && args.length === 2) {
    const [left, right] = args.map((arg, i) =>
      isSum(arg) && !(i === 0 && isNegative(arg)) ? enclosed(print(arg)) : print(arg),
    );
    // Between a factor and a number a dot keeps the digits apart.
    return `${left}${startsWithDigit(right) ? " \\cdot " : " \\, "}${right}`;
  }
  if (parts.type === "FunctionNode") {
    const name = (parts.fn as { name?: string }).name ?? "";
    if (name === "norm" && args.length === 1) return `\\left\\lVert ${print(args[0])} \\right\\rVert`;
    if (name === "mean" && args.length === 1) return `\\operatorname{mean}\\left[${print(args[0])}\\right]`;
    if ((name === "sum" || name === "prod") && args.length === 1) {
      return `\\${name} ${isSum(args[0]) ? enclosed(print(args[0])) : print(args[0])}`;
    }
    // A function the notation has and mathjs has not: epsilonTheta(xt, t).
    if (name !== "" && (symbols[name] || !/^[a-z]+\d*$/.test(name))) {
      return `${symbols[name] ?? symbolLatex(name)}\\left(${args.map(print).join(", ")}\\right)`;
    }
  }
  return undefined;
}

function enclosed(latex: string): string {
  return `\\left(${latex}\\right)`;
}

/** A sum, difference or negative number, which takes brackets as a factor. */
function isSum(node: MathNode): boolean {
  const { type, fn, args, content } = node as unknown as Parts & { content?: MathNode };
  if (type === "ParenthesisNode" && content) return isSum(content);
  return type === "OperatorNode" && (fn === "add" || fn === "subtract" || (fn === "unaryMinus" && args?.length === 1));
}

/** −a as the first factor needs no brackets. */
function isNegative(node: MathNode): boolean {
  const { type, fn } = node as unknown as Parts;
  return type === "OperatorNode" && fn === "unaryMinus";
}

function startsWithDigit(latex: string): boolean {
  return /^\s*\d/.test(latex);
}

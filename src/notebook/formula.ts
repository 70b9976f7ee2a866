/** Equations that are shown and computed from one text. */
import { isTensor } from "../plot/numbers.js";
import { requireKind } from "../base/kinds.js";
import { requireLike } from "../base/values.js";
import { requireKnownKeys } from "../base/check.js";
import { createRequire } from "node:module";
import { inspect } from "node:util";
import type { EvalFunction, MathNode } from "mathjs";
import { isHeadless } from "./environment.js";
import { expressionLatex } from "./latex.js";
import { say } from "./messages.js";
import { bundle, publish, type MimeBundle } from "./publish.js";
import { displayMethod, inspectMethod } from "./show.js";
import {
  blockOf,
  bound,
  largestDeviation,
  magnitude,
  nestedOf,
  shapeText,
  type Block,
  type Nested,
  type Numeric,
} from "./values.js";

const require = createRequire(import.meta.url);

export interface FormulaOptions {
  /** LaTeX of symbols, where the house's own does not fit: `{ mu: "\\tilde\\mu_t" }`. */
  symbols?: Readonly<Record<string, string>>;
  /**
   * Reads `*`, `/` and `^` as matrix operations, `'` as the transpose, and knows `softmax` of the rows; by default they
   * work element by element.
   */
  matrices?: boolean;
}

/** Values of the symbols of a formula. */
export type Scope = Readonly<Record<string, Numeric>>;

/** How a formula and a value compare. */
export interface Comparison {
  readonly agreed: boolean;
  /** The largest |formula − value|; infinite where they cannot be compared. */
  readonly deviation: number;
  readonly message: string;
}

export interface Agreement {
  /** Largest |formula − value| allowed, relative to the largest |value| where that is above 1; default 1e-6. */
  tolerance?: number;
}

/**
 * An equation that is shown and computed from one text, in mathjs' notation.
 *
 * As a cell's last value, or by `show(…)`, it appears as LaTeX. Names become the field's symbols:
 * `alphaBar` is ᾱ_t, `alphaBarPrev` ᾱ_{t−1}, `beta` β_t, `betaTilde` β̃_t, `epsilon` ε, `epsilonTheta` ε_θ, `x0` x_0,
 * `xt` x_t, `xPrev` x_{t−1}, `x0Hat` x̂_0. A left-hand side, `xt = …`, is shown and takes no part in the value.
 *
 * @example
 * const closedForm = formula("xt = sqrt(alphaBar) * x0 + sqrt(1 - alphaBar) * epsilon");
 * closedForm.agrees(qSample(schedule, x0, t, noise), { alphaBar: schedule.alphaBar[t], x0, epsilon: noise });
 * @throws SyntaxError when the text is no expression.
 */
export function formula(text: string, options: FormulaOptions = {}): Formula {
  requireKind("text", text, "a text");
  return new Formula(text, options);
}

/** Thrown in a headless run when a formula and the library differ. */
export class FormulaDisagreesError extends Error {
  override readonly name = "FormulaDisagreesError";
}

/** Made by {@link formula}. */
export class Formula {
  /** The equation as LaTeX, without dollar signs. */
  readonly latex: string;
  /** Names that a scope must give values to. */
  readonly symbols: readonly string[];
  private readonly compiled: { evaluate(scope: object): unknown };
  /** Whether values of one shape may be computed as one list. */
  private readonly flat: boolean;

  constructor(
    readonly text: string,
    options: FormulaOptions,
  ) {
    requireKind("text", text, "a text");
    requireKnownKeys("formula", options, { symbols: "an object", matrices: "true or false" });
    const { symbols = {}, matrices = false } = options;
    const math = mathjs();
    let parsed: MathNode;
    try {
      parsed = math.parse(text);
    } catch (error) {
      throw new SyntaxError(say("noExpression", { text, error: (error as Error).message }));
    }
    this.latex = expressionLatex(parsed, { symbols });
    const right = rightHandSide(parsed);
    this.symbols = freeSymbols(right);
    const compiled: EvalFunction = (matrices ? right : elementwise(math, right)).compile();
    const functions = matrices ? { softmax: softmaxOfRows } : elementwiseFunctions(math);
    this.flat = !matrices && isFlat(right);
    this.compiled = { evaluate: (scope) => compiled.evaluate({ ...functions, ...scope }) as unknown };
  }

  /**
   * The value of the right-hand side. Numbers give a number; arrays, typed arrays and tensors are taken element by
   * element, broadcast as in NumPy, and give nested arrays of the same shape.
   *
   * @throws RangeError when a symbol has no value or shapes do not fit.
   */
  evaluate(scope: Readonly<Record<string, number>>): number;
  evaluate(scope: Scope): number | Nested;
  evaluate(scope: Scope): number | Nested {
    return nestedOf(this.block(scope));
  }

  /**
   * Holds the formula against a value computed elsewhere, and shows both the equation and the outcome:
   * ✓ with the largest deviation, or ✗ with what differs. In a headless run a difference throws.
   *
   * @param value what the library computed: number, array or tensor.
   * @param scope values of the symbols.
   * @throws FormulaDisagreesError in a headless run.
   */
  agrees(value: Numeric, scope: Scope, options: Agreement = {}): void {
    requireKnownKeys("Formula.agrees", options, { tolerance: "a number" });
    const { tolerance = 1e-6 } = options;
    const { agreed, message } = this.compare(value, scope, tolerance);
    const mark = agreed ? "✓" : "✗";
    publish(
      bundle({
        "text/markdown": `$$${this.latex}$$\n\n**${agreed ? "✓" : "✗"}** ${message}`,
        "text/plain": `${this.text}\n${mark} ${message}`,
      }),
    );
    if (!agreed && isHeadless()) throw new FormulaDisagreesError(`${this.text}: ${message}`);
  }

  /** The comparison of {@link agrees}, without showing it. */
  compare(value: Numeric, scope: Scope, tolerance = 1e-6): Comparison {
    if (!isTensor(value)) requireKind("value", value, "a number or a list");
    requireKind("tolerance", tolerance, "a number");
    const computed = this.block(scope);
    const expected = blockOf(value);
    if (!expected) return disagreement(say("notComparable", { value: inspect(value) }));
    const obstacle = obstacleTo(computed, expected);
    if (obstacle) return disagreement(obstacle);
    const { deviation } = largestDeviation(computed.values, expected.values);
    const allowed = tolerance * scaleOf(expected.values);
    const agreed = deviation <= allowed;
    const { length } = computed.values;
    const count = length === 1 ? say("oneValue") : say("values", { count: length });
    const off = deviation === 0 ? say("noDeviation") : say("below", { bound: magnitude(deviation) });
    const message = agreed
      ? say("agrees", { count, deviation: off })
      : say("differs", { count, deviation: bound(deviation), allowed: bound(allowed) });
    return { agreed, deviation, message };
  }

  [displayMethod](): MimeBundle {
    return bundle({
      "text/latex": `$$${this.latex}$$`,
      "text/markdown": `$$${this.latex}$$`,
      "text/plain": this.text,
    });
  }

  [inspectMethod](): string {
    return this.text;
  }

  private block(scope: Scope): Block {
    requireLike("the variables of a formula", scope, [], "{ t: 3, x: [1, 2] }");
    const missing = this.symbols.filter((name) => !(name in scope));
    if (missing.length > 0) {
      throw new RangeError(
        say("needsValues", {
          text: this.text,
          missing: missing.join(", "),
          given: Object.keys(scope).join(", ") || say("none"),
        }),
      );
    }
    const blocks = Object.entries(scope).map(([name, value]) => {
      const block = blockOf(value);
      if (!block) throw new RangeError(say("noNumbers", { name, value: inspect(value) }));
      return [name, block] as const;
    });
    const shapes = new Set(
      blocks.filter(([, block]) => block.shape.length > 0).map(([, block]) => String(block.shape)),
    );
    // Values of one shape are computed in one flat run, which mathjs does faster than nested arrays.
    const flat = shapes.size <= 1 && this.flat;
    const given = Object.fromEntries(
      blocks.map(([name, block]) => [
        name,
        flat && block.shape.length > 1 ? Array.from(block.values) : nestedOf(block),
      ]),
    );
    let result: Block | undefined;
    try {
      result = blockOf(plain(this.compiled.evaluate(given)));
    } catch (error) {
      throw new RangeError(say("notComputable", { text: this.text, error: (error as Error).message }));
    }
    if (!result) throw new RangeError(say("givesNothing", { text: this.text }));
    const shared = blocks.find(([, block]) => block.shape.length > 1)?.[1];
    return flat && shared && result.values.length === shared.values.length
      ? { shape: shared.shape, values: result.values }
      : result;
  }
}

function disagreement(message: string): Comparison {
  return { agreed: false, deviation: Infinity, message };
}

/** Why two blocks cannot be compared; undefined if they can. */
function obstacleTo(computed: Block, expected: Block): string | undefined {
  const { length } = computed.values;
  const bothSingle = length === 1 && expected.values.length === 1;
  if (!bothSingle && String(computed.shape) !== String(expected.shape)) {
    return say("shapesDiffer", { computed: shapeText(computed.shape), expected: shapeText(expected.shape) });
  }
  if (length === 0) return say("bothEmpty");
  if (!bothSingle && !Array.from(expected.values).some(Number.isFinite)) {
    return say("noneFinite");
  }
  return undefined;
}

/** What a tolerance is relative to: the largest |value| where that is above 1, and 1 where it is not finite. */
function scaleOf(values: ArrayLike<number>): number {
  let largest = 1;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return Number.isFinite(largest) ? largest : 1;
}

type Mathjs = typeof import("mathjs");

let loaded: Mathjs | undefined;

/** mathjs as one file, which loads ten times as fast as its thousand modules. */
function mathjs(): Mathjs {
  return (loaded ??= require("mathjs/lib/browser/math.js") as Mathjs);
}

function rightHandSide(node: MathNode): MathNode {
  const { type, value } = node as unknown as { type: string; value?: MathNode };
  return type === "AssignmentNode" && value ? value : node;
}

/** Names in an expression that mathjs does not define. Functions are not counted; `i` and `e` are mathjs' constants. */
function freeSymbols(node: MathNode): string[] {
  const names = new Set<string>();
  node.traverse((part, path) => {
    const { type, name } = part as unknown as { type: string; name: string };
    if (type === "SymbolNode" && path !== "fn" && !["e", "pi", "Infinity"].includes(name)) names.add(name);
  });
  return [...names];
}

const elementwiseOperators: Readonly<Record<string, readonly [string, string]>> = {
  multiply: [".*", "dotMultiply"],
  divide: ["./", "dotDivide"],
  pow: [".^", "dotPow"],
};

function elementwise(math: Mathjs, node: MathNode): MathNode {
  // Children first: mathjs' own `transform` stops at a node that it has replaced.
  const inner = (node as MathNode & { map(change: (child: MathNode) => MathNode): MathNode }).map((child) =>
    elementwise(math, child),
  );
  const { type, fn, args } = inner as unknown as { type: string; fn: string; args: MathNode[] };
  const twin = type === "OperatorNode" ? elementwiseOperators[fn] : undefined;
  return twin ? new math.OperatorNode(twin[0] as never, twin[1] as never, args) : inner;
}

const elementwiseNames = [
  "sqrt",
  "exp",
  "expm1",
  "log",
  "log1p",
  "log2",
  "log10",
  "sin",
  "cos",
  "tan",
  "asin",
  "acos",
  "atan",
  "sinh",
  "cosh",
  "tanh",
  "asinh",
  "acosh",
  "atanh",
  "erf",
  "square",
  "cube",
] as const;

/** Functions that give the same of all elements in a row as of nested ones. */
const flatFunctions = new Set<string>([...elementwiseNames, "abs", "sign", "sum", "mean", "prod", "min", "max"]);

/** Whether the order of axes does not matter: no function with an axis, nothing that picks elements. */
function isFlat(node: MathNode): boolean {
  let flat = true;
  node.traverse((part) => {
    const { type, fn, args } = part as unknown as { type: string; fn?: { name?: string }; args?: MathNode[] };
    if (type === "FunctionNode") flat &&= flatFunctions.has(fn?.name ?? "") && args!.length === 1;
    else if (type === "IndexNode" || type === "ArrayNode") flat = false;
  });
  return flat;
}

/** mathjs applies these to numbers only; here they work on each element. */
function elementwiseFunctions(math: Mathjs): Record<string, (...given: unknown[]) => unknown> {
  return Object.fromEntries(
    elementwiseNames.map((name) => {
      const one = math[name] as (...given: unknown[]) => unknown;
      const all = (x: unknown, ...rest: unknown[]): unknown =>
        Array.isArray(x) ? x.map((each) => all(each, ...rest)) : one(x, ...rest);
      return [name, all];
    }),
  );
}

/** exp(x_ij) / Σ_k exp(x_ik), shifted so that nothing overflows. */
function softmaxOfRows(matrix: unknown): number[][] {
  return (plain(matrix) as number[][]).map((row) => {
    const most = Math.max(...row);
    const exponentials = row.map((value) => Math.exp(value - most));
    const sum = exponentials.reduce((total, value) => total + value, 0);
    return exponentials.map((value) => value / sum);
  });
}

/** Arrays in place of mathjs' matrices. */
function plain(value: unknown): unknown {
  return typeof (value as { toArray?: unknown } | null)?.toArray === "function"
    ? (value as { toArray(): unknown }).toArray()
    : value;
}

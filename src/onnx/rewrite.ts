/** Several recorded operations as the one that ONNX and its runtimes know: norms, GELU, padded and doubled convolutions. */
import { DataType } from "../compile/data-type.js";
import type { ValueSource } from "../compile/recording.js";
import { isOpen } from "./dimensions.js";
import { openTypeOf, pruned, type OpenOperation, type OpenProgram } from "./open-program.js";
import { isVector, matched, operationOf, realNumber, wholeNumbers, type Bindings, type Pattern } from "./pattern.js";

/** What TensorFlow has no name for; see {@link rewritten}. */
export const Fused = {
  /** x [N, H, W, C], γ, β; attributes groups, epsilon. */
  groupNorm: "GroupNormalization",
  /** x, and γ and β where there are any; attribute epsilon. */
  layerNorm: "LayerNormalization",
  gelu: "Gelu",
  /** x, and a 3×3 kernel for the doubled image. */
  doubledConv: "DoubledConv2D",
} as const;

type Rule = (program: OpenProgram, source: ValueSource, operation: OpenOperation) => Partial<OpenOperation> | undefined;

/** Operations that take a vector over the channels as one more operand, a bias. */
const TAKES_BIAS: ReadonlySet<string> = new Set(["Conv2D", "BatchMatMulV2", "Conv2DBackpropInput", Fused.doubledConv]);

/** The same program in fewer operations, each exact to rounding. */
export function rewritten(program: OpenProgram): OpenProgram {
  const operations = [...program.operations];
  const current: OpenProgram = { ...program, operations };
  const aliases = new Map<number, ValueSource>();
  const resolve = (source: ValueSource): ValueSource =>
    source.kind === "operation" ? (aliases.get(source.index) ?? source) : source;
  operations.forEach((operation, index) => {
    if (!operation) return;
    const own: ValueSource = { kind: "operation", index, output: 0 };
    const resolved = { ...operation, inputs: operation.inputs.map(resolve) };
    operations[index] = resolved;
    if (changesNothing(resolved)) aliases.set(index, resolved.inputs[0]);
    for (const rule of RULES[operation.name] ?? []) {
      const change = rule(current, own, operations[index]!);
      if (change) operations[index] = { ...operations[index]!, ...change };
    }
  });
  return withBiases(pruned({ ...current, outputs: program.outputs.map(resolve) }));
}

/** A Cast to the type that is there, and an Identity. */
function changesNothing({ name, attributes }: OpenOperation): boolean {
  const value = (key: string): unknown => attributes.find((one) => one.name === key)?.value;
  return name === "Identity" || (name === "Cast" && value("SrcT") === value("DstT"));
}

/** Attributes of our own operations. */
function attributes(values: Readonly<Record<string, number | readonly number[]>>): OpenOperation["attributes"] {
  return Object.entries(values).map(([name, value]) => ({ name, type: -1, value }));
}

/** Σ over pixels and a group's channels: the sum over the pixels first, then over the channels of a group. */
function groupSum(of: Pattern, key: string): Pattern {
  return ["Sum", { as: `grouped${key}`, is: ["Reshape", ["Sum", of, `pixels${key}`], `shape${key}`] }, `last${key}`];
}

/** [N, G, 1] repeated to [N, 1, C]. */
function spread(of: Pattern, key: string): Pattern {
  return ["Reshape", ["Tile", of, `times${key}`], `spread${key}`];
}

const mean: Pattern = { as: "mean", is: spread(["RealDiv", groupSum("flat", "1"), "size1"], "1") };
const variance: Pattern = ["RealDiv", groupSum(["SquaredDifference", "flat", mean], "2"), "size2"];
const scale: Pattern = {
  as: "scale",
  is: ["Mul", spread(["Rsqrt", ["Add", variance, "epsilon"]], "2"), "gamma"],
};
/** As src/nn/group-norm.ts computes it: one product and one sum over the image. */
const groupNorm: Pattern = [
  "Reshape",
  ["Add", ["Mul", { as: "flat", is: ["Reshape", "x", "flattened"] }, scale], ["Sub", "beta", ["Mul", "mean", "scale"]]],
  "shape",
];

const groupNormRule: Rule = (program, source) => {
  const bound = matched(program, source, groupNorm);
  if (!bound) return undefined;
  const [x, gamma, beta] = ["x", "gamma", "beta"].map((name) => bound.get(name)!);
  const { shape } = openTypeOf(program, x);
  const [, height, width, channels] = shape;
  const grouped = openTypeOf(program, bound.get("grouped1")!).shape;
  const [, groups, each] = grouped;
  if (shape.length !== 4 || grouped.length !== 3 || [height, width, channels, groups, each].some((n) => isOpen(n))) {
    return undefined;
  }
  const epsilon = realNumber(program, bound.get("epsilon"));
  const size = (height as number) * (width as number) * (each as number);
  const holds =
    epsilon !== undefined &&
    (groups as number) * (each as number) === channels &&
    ["size1", "size2"].every((name) => realNumber(program, bound.get(name)) === size) &&
    numbersAre(program, bound, {
      pixels1: [1],
      pixels2: [1],
      last1: [2],
      last2: [2],
      times1: [1, 1, each],
      times2: [1, 1, each],
    }) &&
    isVector(program, gamma, channels) &&
    isVector(program, beta, channels);
  return holds
    ? { name: Fused.groupNorm, inputs: [x, gamma, beta], attributes: attributes({ groups: groups as number, epsilon }) }
    : undefined;
};

const layerNorm: Pattern = [
  "Mul",
  { as: "centred", is: ["Sub", "x", ["Mean", "x", "axis1"]] },
  ["Rsqrt", ["Add", ["Mean", ["Square", "centred"], "axis2"], "epsilon"]],
];

const layerNormRule: Rule = (program, source) => {
  const bound = matched(program, source, layerNorm);
  const epsilon = realNumber(program, bound?.get("epsilon"));
  if (!bound || epsilon === undefined) return undefined;
  const x = bound.get("x")!;
  const last = openTypeOf(program, x).shape.length - 1;
  return numbersAre(program, bound, { axis1: [last], axis2: [last] })
    ? { name: Fused.layerNorm, inputs: [x], attributes: attributes({ epsilon }) }
    : undefined;
};

const affineRule: Rule = (program, source) => {
  const pattern: Pattern = ["Add", ["Mul", { as: "normal", is: [Fused.layerNorm, "x"] }, "gamma"], "beta"];
  const bound = matched(program, source, pattern);
  if (!bound) return undefined;
  const inputs = ["x", "gamma", "beta"].map((name) => bound.get(name)!);
  const channels = openTypeOf(program, inputs[0]).shape.at(-1);
  if (!isVector(program, inputs[1], channels) || !isVector(program, inputs[2], channels)) return undefined;
  const { attributes: same } = operationOf(program, bound.get("normal")!)!;
  return { name: Fused.layerNorm, inputs, attributes: same };
};

const geluRule: Rule = (program, source) => {
  const pattern: Pattern = ["Mul", "x", ["Mul", "half", ["Add", "one", ["Erf", ["Mul", "x", "root"]]]]];
  const bound = matched(program, source, pattern);
  if (!bound) return undefined;
  const number = (name: string): number => realNumber(program, bound.get(name)) ?? NaN;
  const holds = number("half") === 0.5 && number("one") === 1 && number("root") === Math.fround(Math.SQRT1_2);
  return holds ? { name: Fused.gelu, inputs: [bound.get("x")!], attributes: [] } : undefined;
};

const shifted = (key: string): Pattern => ["PadV2", "kernel", `pads${key}`, `zero${key}`];
const doubled: Pattern = [
  "Conv2DBackpropInput",
  "size",
  [
    "Transpose",
    ["ReverseV2", ["Add", ["Add", shifted("00"), shifted("01")], ["Add", shifted("10"), shifted("11")]], "reversed"],
    "order",
  ],
  "x",
];

/** As src/nn/doubled-convolution.ts has it: the kernel summed over pairs, transposed. */
const doubledRule: Rule = (program, source, operation) => {
  const bound = matched(program, source, doubled);
  if (!bound) return undefined;
  const [x, kernel] = [bound.get("x")!, bound.get("kernel")!];
  const [from, to] = [openTypeOf(program, x).shape, operation.outputs[0].shape];
  const taps = openTypeOf(program, kernel).shape;
  const holds =
    ["00", "01", "10", "11"].every((key) => realNumber(program, bound.get(`zero${key}`)) === 0) &&
    numbersAre(program, bound, {
      pads00: [0, 1, 0, 1, 0, 0, 0, 0],
      pads01: [0, 1, 1, 0, 0, 0, 0, 0],
      pads10: [1, 0, 0, 1, 0, 0, 0, 0],
      pads11: [1, 0, 1, 0, 0, 0, 0, 0],
      reversed: [0, 1],
      order: [0, 1, 3, 2],
    }) &&
    taps[0] === 3 &&
    taps[1] === 3 &&
    [1, 2].every((axis) => 2 * (from[axis] as number) === to[axis]);
  return holds ? { name: Fused.doubledConv, inputs: [x, kernel], attributes: [] } : undefined;
};

/** Zeros around an image become the convolution's own padding. */
const paddedRule: Rule = (program, source, operation) => {
  const bound = matched(program, source, ["Conv2D", ["PadV2", "x", "pads", "zero"], "kernel"]);
  const pads = wholeNumbers(program, bound?.get("pads"));
  const valid = operation.attributes.some(({ name, value }) => name === "padding" && value === "VALID");
  if (!bound || !pads || !valid || realNumber(program, bound.get("zero")) !== 0) return undefined;
  const [n0, n1, top, bottom, left, right, c0, c1] = pads;
  if (pads.length !== 8 || [n0, n1, c0, c1].some((n) => n !== 0)) return undefined;
  return {
    inputs: [bound.get("x")!, bound.get("kernel")!],
    attributes: [...operation.attributes, ...attributes({ pads: [top, left, bottom, right] })],
  };
};

const RULES: Readonly<Record<string, readonly Rule[]>> = {
  Reshape: [groupNormRule],
  Mul: [layerNormRule, geluRule],
  Add: [affineRule],
  Conv2D: [paddedRule],
  Conv2DBackpropInput: [doubledRule],
};

function numbersAre(
  program: OpenProgram,
  bound: Bindings,
  expected: Readonly<Record<string, readonly unknown[]>>,
): boolean {
  return Object.entries(expected).every(
    ([name, numbers]) => wholeNumbers(program, bound.get(name))?.join() === numbers.join(),
  );
}

/** A product that is used only in a sum with a vector over its channels takes the vector as its bias. */
function withBiases(program: OpenProgram): OpenProgram {
  const uses = new Map<number, number>();
  const count = (source: ValueSource): void => {
    if (source.kind === "operation") uses.set(source.index, (uses.get(source.index) ?? 0) + 1);
  };
  program.outputs.forEach(count);
  for (const operation of program.operations) operation?.inputs.forEach(count);
  const biased = (operation: OpenOperation | undefined): OpenOperation | undefined => {
    if (operation?.name !== "Add" || operation.outputs[0].dtype !== DataType.float32) return operation;
    const [product, vector] = operation.inputs;
    const made = operationOf(program, product);
    if (product.kind !== "operation" || !made || !TAKES_BIAS.has(made.name)) return operation;
    const { shape } = made.outputs[0];
    const plain =
      made.name !== "BatchMatMulV2" || made.inputs.every((one) => openTypeOf(program, one).shape.length === 2);
    const takes = plain && uses.get(product.index) === 1 && isVector(program, vector, shape.at(-1));
    return takes ? { ...made, inputs: [...made.inputs, vector] } : operation;
  };
  return pruned({ ...program, operations: program.operations.map(biased) });
}

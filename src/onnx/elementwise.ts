/** Operations element by element: they leave images as they lie. */
import { DataType } from "../compile/data-type.js";
import { attributeOf, commonOrder, refuse, result, type Emission, type Translation } from "./emission.js";
import type { OpenOperation } from "./open-program.js";
import { Fused } from "./rewrite.js";
import type { Value } from "./value.js";

type Names = Readonly<Record<string, string>>;

const UNARY: Names = {
  Abs: "Abs",
  Ceil: "Ceil",
  Cos: "Cos",
  Erf: "Erf",
  Exp: "Exp",
  Floor: "Floor",
  Log: "Log",
  LogicalNot: "Not",
  Neg: "Neg",
  Reciprocal: "Reciprocal",
  Relu: "Relu",
  Round: "Round",
  Sigmoid: "Sigmoid",
  Sign: "Sign",
  Sin: "Sin",
  Softplus: "Softplus",
  Sqrt: "Sqrt",
  Tan: "Tan",
  Tanh: "Tanh",
};

const BINARY: Names = {
  Add: "Add",
  AddV2: "Add",
  Div: "Div",
  Equal: "Equal",
  Greater: "Greater",
  GreaterEqual: "GreaterOrEqual",
  Less: "Less",
  LessEqual: "LessOrEqual",
  LogicalAnd: "And",
  LogicalOr: "Or",
  Maximum: "Max",
  Minimum: "Min",
  Mul: "Mul",
  Pow: "Pow",
  RealDiv: "Div",
  Sub: "Sub",
};

/** An element-wise operation on operands that broadcast, and the order of the result's axes. */
function broadcasting(
  { builder }: Emission,
  operation: OpenOperation,
  operands: readonly Value[],
  write: (names: string[]) => string,
): Value[] {
  const rank = operation.outputs[0].shape.length;
  const order = commonOrder(operands, rank);
  const names = operands.map((one) => builder.broadcast(one, order));
  return [result(operation, write(names), order)];
}

function binary(operator: string): Translation {
  return (emission, operation, operand) =>
    broadcasting(
      emission,
      operation,
      operation.inputs.map((_, i) => operand(i)),
      (names) => emission.builder.node(operator, names)[0],
    );
}

/** An operation on one value, of which `write` makes the result by name. */
function unary(write: (emission: Emission, name: string, operation: OpenOperation) => string): Translation {
  return (emission, operation, operand) => {
    const x = operand(0);
    return [result(operation, write(emission, x.name, operation), x.order)];
  };
}

const named = (names: Names, make: (operator: string) => Translation): Record<string, Translation> =>
  Object.fromEntries(Object.entries(names).map(([name, operator]) => [name, make(operator)]));

/** ONNX's names of TensorFlow's numbers for element types. */
export const ONNX_TYPES: Readonly<Record<number, "float32" | "int32" | "int64" | "bool">> = {
  [DataType.float32]: "float32",
  [DataType.int32]: "int32",
  [DataType.int64]: "int64",
  [DataType.bool]: "bool",
};

/** TensorProto.DataType */
const CAST_TO = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;

export const elementwise: Readonly<Record<string, Translation>> = {
  ...named(UNARY, (operator) => unary(({ builder }, x) => builder.node(operator, [x])[0])),
  ...named(BINARY, binary),
  NotEqual: (emission, operation, operand) =>
    broadcasting(emission, operation, [operand(0), operand(1)], (names) => {
      const [equal] = emission.builder.node("Equal", names);
      return emission.builder.node("Not", [equal])[0];
    }),
  SquaredDifference: (emission, operation, operand) =>
    broadcasting(emission, operation, [operand(0), operand(1)], (names) => {
      const [difference] = emission.builder.node("Sub", names);
      return emission.builder.node("Mul", [difference, difference])[0];
    }),
  AddN: binary("Sum"),
  SelectV2: binary("Where"),
  Square: unary(({ builder }, x) => builder.node("Mul", [x, x])[0]),
  Rsqrt: unary(({ builder }, x) => builder.node("Reciprocal", builder.node("Sqrt", [x]))[0]),
  LeakyRelu: unary(
    ({ builder }, x, operation) =>
      builder.node("LeakyRelu", [x], { alpha: { float: attributeOf<number>(operation, "alpha") } })[0],
  ),
  Log1p: unary(({ builder }, x) => builder.node("Log", builder.node("Add", [x, builder.float(1)]))[0]),
  Cast: unary((emission, x, operation) => {
    const type = ONNX_TYPES[operation.outputs[0].dtype];
    if (!type) return refuse(emission, operation, "makes a type that ONNX files of this library do not have");
    return emission.builder.node("Cast", [x], { to: CAST_TO[type] })[0];
  }),
  // In the order in which ONNX Runtime knows it: x·(1 + erf(x/√2))·½
  [Fused.gelu]: unary(({ builder }, x) => {
    const [erf] = builder.node("Erf", builder.node("Div", [x, builder.float(Math.SQRT2)]));
    const [product] = builder.node("Mul", [x, builder.node("Add", [erf, builder.float(1)])[0]]);
    return builder.node("Mul", [product, builder.float(0.5)])[0];
  }),
};

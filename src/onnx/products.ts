/** Convolutions, products of matrices, norms, sums along axes. */
import { isOpen, type Dimension } from "./dimensions.js";
import { attributeOf, axesOf, numbersOf, refuse, result, type Emission, type Translation } from "./emission.js";
import type { OpenOperation } from "./open-program.js";
import { Fused } from "./rewrite.js";
import { asRecorded, channelsFirst, lyingShape, type Value } from "./value.js";

const IMAGE = channelsFirst(4);
/** [h, w, in, out] as [out, in, h, w], which is how ONNX and PyTorch have kernels. */
const KERNEL = [3, 2, 0, 1] as const;

/** The length of an image's side. */
function side(emission: Emission, operation: OpenOperation, shape: readonly Dimension[], axis: number): number {
  const length = shape[axis];
  return isOpen(length) ? refuse(emission, operation, "takes images whose sides depend on the batch") : length;
}

/** Rows of zeros before and after, as TensorFlow's "SAME" counts them. */
function samePadding(input: number, output: number, kernel: number, stride: number): [number, number] {
  const total = Math.max(0, (output - 1) * stride + kernel - input);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

function convolutionAttributes(
  emission: Emission,
  operation: OpenOperation,
  x: Value,
  kernel: Value,
): Record<string, readonly number[]> {
  const strides = attributeOf<number[]>(operation, "strides").slice(1, 3);
  const dilations = (attributeOf<number[] | undefined>(operation, "dilations") ?? [1, 1, 1, 1]).slice(1, 3);
  if (attributeOf<string>(operation, "data_format") !== "NHWC")
    refuse(emission, operation, "is not in the format NHWC");
  const taps = [0, 1].map((axis) => side(emission, operation, kernel.shape, axis));
  let pads = attributeOf<readonly number[] | undefined>(operation, "pads");
  if (!pads) {
    const same = attributeOf<string>(operation, "padding") === "SAME";
    const both = [0, 1].map((i) => {
      const [from, to] = [x.shape, operation.outputs[0].shape].map((shape) => side(emission, operation, shape, i + 1));
      return same ? samePadding(from, to, (taps[i] - 1) * dilations[i] + 1, strides[i]) : [0, 0];
    });
    pads = [both[0][0], both[1][0], both[0][1], both[1][1]];
  }
  return { kernel_shape: taps, strides, dilations, pads };
}

const conv2d: Translation = (emission, operation, operand) => {
  const { builder } = emission;
  const x = builder.ordered(operand(0), IMAGE);
  const kernel = builder.ordered(operand(1), KERNEL);
  const bias = operation.inputs.length > 2 ? [operand(2).name] : [];
  const given = convolutionAttributes(emission, operation, x, kernel);
  return [result(operation, builder.node("Conv", [x.name, kernel.name, ...bias], given)[0], IMAGE)];
};

/** A 3×3 convolution of an image doubled by nearest neighbour. */
const doubledConv: Translation = ({ builder }, operation, operand) => {
  const x = builder.ordered(operand(0), IMAGE);
  const kernel = builder.ordered(operand(1), KERNEL);
  const bias = operation.inputs.length > 2 ? [operand(2).name] : [];
  const scales = new Uint8Array(Float32Array.of(1, 1, 2, 2).buffer);
  const mode = { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
  const [wide] = builder.node("Resize", [x.name, "", builder.constant("float32", [4], scales)], mode);
  const given = { kernel_shape: [3, 3], strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1] };
  return [result(operation, builder.node("Conv", [wide, kernel.name, ...bias], given)[0], IMAGE)];
};

/** The transposed convolution: what a convolution's gradient does to an image. */
const transposedConv: Translation = (emission, operation, operand) => {
  const { builder } = emission;
  const x = builder.ordered(operand(2), IMAGE);
  const kernel = builder.ordered(operand(1), KERNEL);
  const bias = operation.inputs.length > 3 ? [operand(3).name] : [];
  const strides = attributeOf<number[]>(operation, "strides").slice(1, 3);
  const same = attributeOf<string>(operation, "padding") === "SAME";
  const both = [0, 1].map((i) => {
    const [small, large] = [x.shape, operation.outputs[0].shape].map((shape) =>
      side(emission, operation, shape, i + 1),
    );
    const taps = side(emission, operation, kernel.shape, i);
    const [before, after] = same ? samePadding(large, small, taps, strides[i]) : [0, 0];
    return { taps, before, after, more: large - ((small - 1) * strides[i] + taps - before - after) };
  });
  const [rows, columns] = both;
  const given = {
    kernel_shape: [rows.taps, columns.taps],
    strides,
    pads: [rows.before, columns.before, rows.after, columns.after],
    output_padding: [rows.more, columns.more],
  };
  return [result(operation, builder.node("ConvTranspose", [x.name, kernel.name, ...bias], given)[0], IMAGE)];
};

/** x·W, each transposed or not; a matrix product of two matrices takes a bias. */
const matMul: Translation = (emission, operation, operand) => {
  const { builder } = emission;
  const [a, b] = [operand(0), operand(1)];
  const turned = [attributeOf<boolean>(operation, "adj_x"), attributeOf<boolean>(operation, "adj_y")];
  if (a.shape.length === 2 && b.shape.length === 2) {
    // A matrix that lies the other way round is told to be so.
    const [transA, transB] = [a, b].map(({ order }, i) => Number((order[0] === 1) !== turned[i]));
    const bias = operation.inputs.length > 2 ? [operand(2).name] : [];
    if (transA === 0 && transB === 0 && bias.length === 0) {
      return [result(operation, builder.node("MatMul", [a.name, b.name])[0])];
    }
    return [result(operation, builder.node("Gemm", [a.name, b.name, ...bias], { transA, transB })[0])];
  }
  const [left, right] = [a, b].map((one, i) => {
    if (!turned[i]) return builder.recorded(one).name;
    const axes = asRecorded(one.shape.length);
    return builder.ordered(one, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]).name;
  });
  return [result(operation, builder.node("MatMul", [left, right])[0])];
};

/** As PyTorch's exporter writes it: instance normalisation over the groups, then γ and β a channel. */
const groupNorm: Translation = ({ builder }, operation, operand) => {
  const x = builder.ordered(operand(0), IMAGE);
  const [gamma, beta] = [builder.broadcast(operand(1), IMAGE), builder.broadcast(operand(2), IMAGE)];
  const groups = attributeOf<number>(operation, "groups");
  const vector = (value: number): string =>
    builder.constant("float32", [groups], new Uint8Array(new Float32Array(groups).fill(value).buffer));
  const [grouped] = builder.node("Reshape", [x.name, builder.int64s([0, groups, -1])]);
  const epsilon = { float: attributeOf<number>(operation, "epsilon") };
  const [normal] = builder.node("InstanceNormalization", [grouped, vector(1), vector(0)], { epsilon });
  const whole = builder.reshaped(normal, lyingShape(x));
  const [scaled] = builder.node("Mul", [whole, gamma]);
  return [result(operation, builder.node("Add", [scaled, beta])[0], IMAGE)];
};

const layerNorm: Translation = ({ builder }, operation, operand) => {
  const x = builder.recorded(operand(0));
  const channels = x.shape.at(-1) as number;
  const ones = (): string =>
    builder.constant("float32", [channels], new Uint8Array(new Float32Array(channels).fill(1).buffer));
  const affine = operation.inputs.length > 1 ? [operand(1).name, operand(2).name] : [ones()];
  const given = { axis: -1, epsilon: { float: attributeOf<number>(operation, "epsilon") } };
  return [result(operation, builder.node("LayerNormalization", [x.name, ...affine], given)[0])];
};

function reduction(operator: string): Translation {
  return (emission, operation, operand) => {
    const { builder } = emission;
    const x = operand(0);
    const axes = axesOf(numbersOf(emission, operation, 1), x.shape.length);
    const keeps = attributeOf<boolean>(operation, "keep_dims");
    if (axes.length === 0) return [result(operation, x.name, x.order)];
    const lying = axes.map((axis) => x.order.indexOf(axis)).sort((a, b) => a - b);
    const given = { keepdims: Number(keeps) };
    const [name] = builder.node(operator, [x.name, builder.int64s(lying)], given);
    if (keeps) return [result(operation, name, x.order)];
    const left = asRecorded(x.shape.length).filter((axis) => !axes.includes(axis));
    const order = x.order.filter((axis) => !axes.includes(axis)).map((axis) => left.indexOf(axis));
    return [result(operation, name, order)];
  };
}

function alongLast(operator: string): Translation {
  return ({ builder }, operation, operand) => {
    const x = operand(0);
    const axis = x.order.indexOf(x.shape.length - 1);
    return [result(operation, builder.node(operator, [x.name], { axis })[0], x.order)];
  };
}

const argMax: Translation = (emission, operation, operand) => {
  const { builder } = emission;
  const x = builder.recorded(operand(0));
  const [axis] = axesOf(numbersOf(emission, operation, 1), x.shape.length);
  // ONNX counts in 64 bits, the library in 32.
  return [
    result(operation, builder.node("Cast", builder.node("ArgMax", [x.name], { axis, keepdims: 0 }), { to: 6 })[0]),
  ];
};

/** Doubles and other sizes by nearest neighbour. */
const resizeNearest: Translation = (emission, operation, operand) => {
  const { builder } = emission;
  const x = builder.ordered(operand(0), IMAGE);
  const size = numbersOf(emission, operation, 1);
  if (attributeOf<boolean>(operation, "align_corners")) refuse(emission, operation, "aligns corners");
  const centres = attributeOf<boolean>(operation, "half_pixel_centers");
  const given = {
    axes: [2, 3],
    mode: "nearest",
    coordinate_transformation_mode: centres ? "half_pixel" : "asymmetric",
    nearest_mode: centres ? "round_prefer_ceil" : "floor",
  };
  return [result(operation, builder.node("Resize", [x.name, "", "", builder.int64s(size)], given)[0], IMAGE)];
};

export const products: Readonly<Record<string, Translation>> = {
  Conv2D: conv2d,
  Conv2DBackpropInput: transposedConv,
  [Fused.doubledConv]: doubledConv,
  BatchMatMulV2: matMul,
  [Fused.groupNorm]: groupNorm,
  [Fused.layerNorm]: layerNorm,
  Softmax: alongLast("Softmax"),
  LogSoftmax: alongLast("LogSoftmax"),
  ArgMax: argMax,
  Sum: reduction("ReduceSum"),
  Mean: reduction("ReduceMean"),
  Max: reduction("ReduceMax"),
  Min: reduction("ReduceMin"),
  Prod: reduction("ReduceProd"),
  ResizeNearestNeighbor: resizeNearest,
};

/** Operations that move numbers and compute nothing: shapes, pieces, repetition, look-ups. */
import { float32s } from "./open-program.js";
import { isOpen, sameDimension, type Dimension } from "./dimensions.js";
import {
  attributeOf,
  axesOf,
  commonOrder,
  dimensionsOf,
  numbersOf,
  refuse,
  result,
  type Emission,
  type Translation,
} from "./emission.js";
import { channelsFirst, isRecorded, sameOrder, type Value } from "./value.js";

/** To the end, whatever the length. */
const TO_THE_END = 2 ** 31 - 1;

/** [N, H, W, C] to [N, H·W, C] and back leaves channels first where they are first; any other shape is taken as recorded. */
const reshape: Translation = ({ builder }, operation, operand) => {
  const x = operand(0);
  const { shape } = operation.outputs[0];
  if (x.shape.length === shape.length && x.shape.every((one, i) => sameDimension(one, shape[i]))) {
    return [result(operation, x.name, x.order)];
  }
  const first = channelsFirst(x.shape.length);
  const ends = (of: readonly Dimension[]): Dimension[] => [of[0], of.at(-1)!];
  const keeps =
    !isRecorded(x) &&
    sameOrder(x.order, first) &&
    shape.length >= 3 &&
    ends(shape).every((one, i) => sameDimension(one, ends(x.shape)[i]));
  if (!keeps) return [result(operation, builder.reshaped(builder.recorded(x).name, shape))];
  const order = channelsFirst(shape.length);
  return [
    result(
      operation,
      builder.reshaped(
        x.name,
        order.map((axis) => shape[axis]),
      ),
      order,
    ),
  ];
};

const transpose: Translation = (emission, operation, operand) => {
  const { builder } = emission;
  const axes = numbersOf(emission, operation, 1);
  const moved = builder.ordered(operand(0), axes);
  return [result(operation, moved.name)];
};

const concat: Translation = (emission, operation, operand) => {
  const { builder } = emission;
  const count = operation.inputs.length - 1;
  const operands = Array.from({ length: count }, (_, i) => operand(i));
  const rank = operation.outputs[0].shape.length;
  const [axis] = axesOf(numbersOf(emission, operation, count), rank);
  const order = commonOrder(operands, rank);
  const names = operands.map((one) => builder.ordered(one, order).name);
  return [result(operation, builder.node("Concat", names, { axis: order.indexOf(axis) })[0], order)];
};

const split: Translation = (emission, operation, operand) => {
  const { builder } = emission;
  const x = operand(0);
  const [axis] = axesOf(numbersOf(emission, operation, 2), x.shape.length);
  // Lengths from the results, as a length may be given as −1.
  const lengths = operation.outputs.map(({ shape }) => shape[axis]);
  if (lengths.some(isOpen)) refuse(emission, operation, "splits along the batch");
  const sizes = builder.int64s(lengths as number[]);
  const names = builder.node("Split", [x.name, sizes], { axis: x.order.indexOf(axis) }, lengths.length);
  return names.map((name, i) => result(operation, name, x.order, i));
};

/** @param pieces of each recorded axis that is cut: from, to, step */
function cut(
  { builder }: Emission,
  x: Value,
  pieces: readonly { axis: number; from: number; to: number; step?: number }[],
): string {
  if (pieces.length === 0) return x.name;
  const numbers = [
    pieces.map(({ from }) => from),
    pieces.map(({ to }) => to),
    pieces.map(({ axis }) => x.order.indexOf(axis)),
    pieces.map(({ step = 1 }) => step),
  ];
  return builder.node("Slice", [x.name, ...numbers.map((list) => builder.int64s(list))])[0];
}

const slice: Translation = (emission, operation, operand) => {
  const x = operand(0);
  const from = numbersOf(emission, operation, 1);
  const { shape } = operation.outputs[0];
  const pieces = from.flatMap((start, axis) => {
    const [whole, length] = [x.shape[axis], shape[axis]];
    if (start === 0 && sameDimension(whole, length)) return [];
    if (isOpen(whole) || isOpen(length)) return refuse(emission, operation, "cuts the batch into pieces");
    return [{ axis, from: start, to: start + length }];
  });
  return [result(operation, cut(emission, x, pieces), x.order)];
};

const stridedSlice: Translation = (emission, operation, operand) => {
  const x = operand(0);
  const plain = ["ellipsis_mask", "new_axis_mask", "shrink_axis_mask"].every(
    (mask) => !attributeOf<number>(operation, mask),
  );
  if (!plain) refuse(emission, operation, "adds or takes away axes");
  const [from, , steps] = [1, 2, 3].map((i) => (i === 2 ? [] : numbersOf(emission, operation, i)));
  const begins = attributeOf<number>(operation, "begin_mask") ?? 0;
  const { shape } = operation.outputs[0];
  const pieces = from.flatMap((given, axis) => {
    const [whole, length, step] = [x.shape[axis], shape[axis], steps[axis]];
    if (step === 1 && sameDimension(whole, length)) return [];
    if (isOpen(whole) || isOpen(length) || step < 1)
      return refuse(emission, operation, "goes backwards, or cuts the batch");
    const start = (begins >> axis) & 1 ? 0 : given < 0 ? given + whole : given;
    return [{ axis, from: start, to: start + (length - 1) * step + 1, step }];
  });
  return [result(operation, cut(emission, x, pieces), x.order)];
};

const reverse: Translation = (emission, operation, operand) => {
  const x = operand(0);
  const axes = axesOf(numbersOf(emission, operation, 1), x.shape.length);
  const pieces = axes.map((axis) => ({ axis, from: -1, to: -TO_THE_END, step: -1 }));
  return [result(operation, cut(emission, x, pieces), x.order)];
};

const tile: Translation = (emission, operation, operand) => {
  const { builder } = emission;
  const x = operand(0);
  const times = dimensionsOf(emission, operation, 1);
  if (times.every((one) => one === 1)) return [result(operation, x.name, x.order)];
  const repeats = builder.shapeOf(x.order.map((axis) => times[axis]));
  return [result(operation, builder.node("Tile", [x.name, repeats])[0], x.order)];
};

const pad: Translation = (emission, operation, operand) => {
  const { builder } = emission;
  const x = operand(0);
  const pads = numbersOf(emission, operation, 1);
  const lying = [0, 1].flatMap((end) => x.order.map((axis) => pads[2 * axis + end]));
  return [result(operation, builder.node("Pad", [x.name, builder.int64s(lying), operand(2).name])[0], x.order)];
};

const pack: Translation = (emission, operation, operand) => {
  const { builder } = emission;
  const { shape } = operation.outputs[0];
  const [axis] = axesOf([attributeOf<number>(operation, "axis") ?? 0], shape.length);
  const single = shape.map((one, i) => (i === axis ? 1 : one));
  const names = operation.inputs.map((_, i) => builder.reshaped(builder.recorded(operand(i)).name, single));
  return [result(operation, builder.node("Concat", names, { axis })[0])];
};

/** Rows of a table by number: the one form of GatherNd that networks have. */
const gatherRows: Translation = (emission, operation, operand) => {
  const { builder } = emission;
  const [table, indices] = [builder.recorded(operand(0)), builder.recorded(operand(1))];
  if (indices.shape.at(-1) !== 1) refuse(emission, operation, "looks up by several numbers at once");
  const rows = builder.reshaped(indices.name, indices.shape.slice(0, -1));
  return [result(operation, builder.node("Gather", [table.name, rows], { axis: 0 })[0])];
};

/** By comparing each index with 0 … depth − 1: runtimes have the operator OneHot for few types. */
const oneHot: Translation = (emission, operation, operand) => {
  const { builder, program } = emission;
  const [depth] = numbersOf(emission, operation, 1);
  const [on, off] = [2, 3].map((i) => {
    const source = operation.inputs[i];
    const number = source.kind === "constant" ? float32s(program.constants[source.index].bytes)[0] : undefined;
    return number ?? refuse(emission, operation, "takes values that are known only at run time");
  });
  const indices = builder.recorded(operand(0));
  const last = [-1, indices.shape.length].includes(attributeOf<number>(operation, "axis"));
  if (!last) refuse(emission, operation, "puts its axis before the last");
  const rows = new Uint8Array(Int32Array.from({ length: depth }, (_, i) => i).buffer);
  const single = builder.reshaped(indices.name, [...indices.shape, 1]);
  const same = builder.node("Equal", [single, builder.constant("int32", [depth], rows)]);
  const [ones] = builder.node("Cast", same, { to: 1 });
  if (on === 1 && off === 0) return [result(operation, ones)];
  const [scaled] = builder.node("Mul", [ones, builder.float(on - off)]);
  return [result(operation, builder.node("Add", [scaled, builder.float(off)])[0])];
};

/** One value throughout, of a shape that may hold the batch. */
const fill: Translation = ({ builder }, operation, operand) => {
  const shape = builder.shapeOf(operation.outputs[0].shape);
  return [result(operation, builder.node("Expand", [operand(1).name, shape])[0])];
};

const unpack: Translation = ({ builder }, operation, operand) => {
  const x = builder.recorded(operand(0));
  const [axis] = axesOf([attributeOf<number>(operation, "axis") ?? 0], x.shape.length);
  const pieces = operation.outputs.map(() => 1);
  const names = builder.node("Split", [x.name, builder.int64s(pieces)], { axis }, pieces.length);
  return names.map((name, i) => result(operation, builder.reshaped(name, operation.outputs[i].shape), undefined, i));
};

export const rearrangements: Readonly<Record<string, Translation>> = {
  Reshape: reshape,
  ExpandDims: reshape,
  Squeeze: reshape,
  Transpose: transpose,
  ConcatV2: concat,
  SplitV: split,
  Slice: slice,
  StridedSlice: stridedSlice,
  ReverseV2: reverse,
  Tile: tile,
  PadV2: pad,
  Pack: pack,
  Unpack: unpack,
  GatherNd: gatherRows,
  OneHot: oneHot,
  Fill: fill,
};

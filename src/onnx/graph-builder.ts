/** An ONNX graph as it grows: nodes, the numbers they need, and values in the order of axes that is asked for. */
import { isOpen, describeShape, type Dimension } from "./dimensions.js";
import { OnnxError } from "./errors.js";
import type { Initializer, Node, NodeAttributes } from "./model-proto.js";
import { asRecorded, isRecorded, lyingShape, sameOrder, type Value } from "./value.js";

export class GraphBuilder {
  readonly nodes: Node[] = [];
  readonly initializers: Initializer[] = [];
  private readonly numbers = new Map<string, string>();
  /** What a value is as another order or shape has it. */
  private readonly forms = new Map<string, Value>();
  /** What a value was before its shape was changed, so that one change follows no other. */
  private readonly unshaped = new Map<string, string>();
  private batch: string | undefined;

  /** @param firstInput its first axis is the batch */
  constructor(private readonly firstInput: string) {}

  /** A node with outputs of new names. */
  node(operator: string, inputs: readonly string[], attributes: NodeAttributes = {}, outputs = 1): string[] {
    const index = this.nodes.length;
    const names = Array.from({ length: outputs }, (_, i) =>
      i === 0 ? `${operator}_${index}` : `${operator}_${index}_${i}`,
    );
    this.nodes.push({ operator, inputs, outputs: names, attributes });
    return names;
  }

  /** Whole numbers as a constant. */
  int64s(values: readonly number[], shape: readonly number[] = [values.length]): string {
    const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.constant("int64", shape, bytes);
  }

  float(value: number, shape: readonly number[] = []): string {
    return this.constant("float32", shape, new Uint8Array(Float32Array.of(value).buffer));
  }

  /** The constant of these bytes; equal ones are one. */
  constant(type: Initializer["type"], shape: readonly number[], bytes: Uint8Array): string {
    const key = `${type}|${shape}|${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")}`;
    const existing = this.numbers.get(key);
    if (existing) return existing;
    const name = `constant_${this.numbers.size}`;
    this.numbers.set(key, name);
    this.initializers.push({ name, type, shape, byteLength: bytes.length, read: () => bytes });
    return name;
  }

  /** A shape as an operand: constant, or with the batch of this call. */
  shapeOf(shape: readonly Dimension[]): string {
    if (shape.every((one) => typeof one === "number")) return this.int64s(shape as readonly number[]);
    this.batch ??= this.node("Shape", [this.firstInput], { start: 0, end: 1 })[0];
    const batch = this.batch;
    const pieces = shape.map((one) => {
      if (!isOpen(one)) return this.int64s([one]);
      return one.batches === 1 ? batch : this.node("Mul", [batch, this.int64s([one.batches])])[0];
    });
    return pieces.length === 1 ? pieces[0] : this.node("Concat", pieces, { axis: 0 })[0];
  }

  /** The value with the same numbers in another shape (of the graph). */
  reshaped(name: string, shape: readonly Dimension[]): string {
    const open = shape.filter(isOpen).length;
    const target = open <= 1 ? this.int64s(shape.map((one) => (isOpen(one) ? -1 : one))) : this.shapeOf(shape);
    const source = this.unshaped.get(name) ?? name;
    const [reshaped] = this.node("Reshape", [source, target]);
    this.unshaped.set(reshaped, source);
    return reshaped;
  }

  /** The value with its axes in this order. */
  ordered(value: Value, order: readonly number[]): Value {
    if (sameOrder(value.order, order)) return value;
    const key = `${value.name}|${order}`;
    const existing = this.forms.get(key);
    if (existing) return existing;
    const moves = order.map((axis) => value.order.indexOf(axis));
    const lying = lyingShape(value);
    // Axes of length 1 may go anywhere: only the others have an order in memory.
    const long = moves.filter((axis) => lying[axis] !== 1);
    const stays = long.every((axis, i) => i === 0 || axis > long[i - 1]);
    const shape = moves.map((axis) => lying[axis]);
    const name = stays ? this.reshaped(value.name, shape) : this.node("Transpose", [value.name], { perm: moves })[0];
    const moved = { ...value, name, order };
    this.forms.set(key, moved);
    return moved;
  }

  /** The value as it was recorded. */
  recorded(value: Value): Value {
    return isRecorded(value) ? value : this.ordered(value, asRecorded(value.shape.length));
  }

  /** An operand of an element-wise operation whose result has axes in `order`: axes of 1 in front, then the same order. */
  broadcast(value: Value, order: readonly number[]): string {
    const missing = order.length - value.shape.length;
    if (missing === 0) return this.ordered(value, order).name;
    if (missing < 0) throw new OnnxError(`an operand ${describeShape(value.shape)} has more axes than the result`);
    if (value.shape.every((one) => one === 1)) return value.name;
    if (sameOrder(order, asRecorded(order.length))) return this.recorded(value).name;
    const shape = [...Array<Dimension>(missing).fill(1), ...value.shape];
    const key = `${value.name}|${order}|${shape.length}`;
    const existing = this.forms.get(key);
    if (existing) return existing.name;
    const whole = this.recorded(value);
    const wide: Value = { ...whole, shape, order: asRecorded(shape.length) };
    const long = shape.flatMap((one, axis) => (one === 1 ? [] : axis));
    const name =
      long.length <= 1
        ? this.reshaped(
            whole.name,
            order.map((axis) => shape[axis]),
          )
        : this.ordered({ ...wide, name: this.reshaped(whole.name, shape) }, order).name;
    this.forms.set(key, { ...wide, name, order });
    return name;
  }
}

/** Turns a recording into a TensorFlow graph. */
import { createHash } from "node:crypto";
import { biasAddition } from "./bias.js";
import { DataType } from "./data-type.js";
import { attribute, node, savedModel, type Attributes } from "./graph-def.js";
import { CompileError } from "./errors.js";
import type { Binding, OperationAttribute } from "./native-backend.js";
import { describeOrigin, type Origin } from "./origin.js";
import { isUniform } from "./constant-bytes.js";
import { flopsOf } from "./flops.js";
import { plainMatrixProduct } from "./matrix-product.js";
import { ROUNDED_OPERANDS, type Precision } from "./precision.js";
import {
  typeOf,
  type RecordedConstant,
  type RecordedOperation,
  type Recording,
  type ValueSource,
} from "./recording.js";

export interface Graph {
  /** The file `saved_model.pb`. */
  readonly bytes: Buffer;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Floating-point operations of its convolutions and matrix products. */
  readonly flops: number;
  /** Where each node that is an operation was recorded. */
  readonly origins: ReadonlyMap<string, { readonly operation: string; readonly origin: Origin }>;
}

// Constants longer than this with one value throughout are written as that value and a shape.
const FILL_FROM = 256;

/** Writes a recording as a TensorFlow graph: only what the outputs need, equal constants once. */
export function emitGraph(binding: Binding, recording: Recording, precision: Precision = "float32"): Graph {
  return new Emitter(binding, recording, precision).emit();
}

class Emitter {
  private readonly nodes: Buffer[] = [];
  private readonly constantNames = new Map<string, string>();
  private readonly roundedNames = new Map<string, string>();
  private readonly origins = new Map<string, { operation: string; origin: Origin }>();
  private flops = 0;

  constructor(
    private readonly binding: Binding,
    private readonly recording: Recording,
    private readonly precision: Precision,
  ) {}

  emit(): Graph {
    const { inputs, operations, outputs } = this.recording;
    inputs.forEach(({ dtype, shape }, i) =>
      this.nodes.push(
        node(`input_${i}`, "Placeholder", [], {
          dtype: attribute.type(dtype),
          shape: attribute.shape(shape),
        }),
      ),
    );
    const needed = neededOperations(this.recording);
    operations.forEach((operation, index) => {
      if (!needed.has(index)) return;
      this.emitOperation(operation, index);
      this.flops += flopsOf(this.recording, operation);
    });
    outputs.forEach((source, i) => {
      // An output of its own, since TensorFlow refuses to fetch what it is fed.
      const type = attribute.type(typeOf(this.recording, source).dtype);
      this.nodes.push(node(`output_${i}`, "Identity", [this.reference(source)], { T: type }));
    });
    return {
      bytes: savedModel(this.nodes),
      inputNames: inputs.map((_, i) => `input_${i}:0`),
      outputNames: outputs.map((_, i) => `output_${i}:0`),
      flops: this.flops,
      origins: this.origins,
    };
  }

  private emitOperation(recorded: RecordedOperation, index: number): void {
    const operation = biasAddition(this.recording, plainMatrixProduct(this.recording, recorded));
    const name = `operation_${index}`;
    const inputs = operation.inputs.map((source) => this.reference(source));
    this.origins.set(name, { operation: operation.name, origin: operation.origin });
    const attributes = this.attributesOf(operation);
    const rounded = this.precision === "bf16" ? ROUNDED_OPERANDS[operation.name] : undefined;
    if (!rounded || operation.outputs[0].dtype !== DataType.float32) {
      this.nodes.push(node(name, operation.name, inputs, attributes));
      return;
    }
    for (const position of rounded) inputs[position] = this.rounded(inputs[position]);
    const bfloat16 = attribute.type(DataType.bfloat16);
    this.nodes.push(node(`${name}_bf16`, operation.name, inputs, { ...attributes, T: bfloat16 }));
    const back = { SrcT: bfloat16, DstT: attribute.type(DataType.float32) };
    this.nodes.push(node(name, "Cast", [`${name}_bf16:0`], back));
  }

  /** A value in bfloat16; each is rounded once. */
  private rounded(reference: string): string {
    const existing = this.roundedNames.get(reference);
    if (existing) return existing;
    const name = `rounded_${this.roundedNames.size}`;
    const types = { SrcT: attribute.type(DataType.float32), DstT: attribute.type(DataType.bfloat16) };
    this.nodes.push(node(name, "Cast", [reference], types));
    this.roundedNames.set(reference, `${name}:0`);
    return `${name}:0`;
  }

  private attributesOf(operation: RecordedOperation): Attributes {
    const attributes: Record<string, Buffer> = {};
    for (const given of operation.attributes) attributes[given.name] = this.encoded(given, operation);
    // What eager execution infers from the operands and a graph must state.
    const count = INPUT_COUNT[operation.name];
    if (count !== undefined) attributes["N"] ??= attribute.integer(operation.inputs.length - count);
    for (const [key, position] of Object.entries(INFERRED_TYPES[operation.name] ?? {})) {
      attributes[key] ??= attribute.type(typeOf(this.recording, operation.inputs.at(position)!).dtype);
    }
    return attributes;
  }

  private encoded(given: OperationAttribute, operation: RecordedOperation): Buffer {
    try {
      return this.encode(given);
    } catch (error) {
      throw new CompileError(
        `compile: attribute "${given.name}" of ${operation.name} cannot be written into a graph: ${(error as Error).message}\n` +
          describeOrigin(operation.origin),
        { cause: error },
      );
    }
  }

  private encode({ type, value }: OperationAttribute): Buffer {
    const { binding } = this;
    switch (type) {
      case binding.TF_ATTR_STRING:
        return attribute.string(value as string);
      case binding.TF_ATTR_INT:
        return Array.isArray(value) ? attribute.integers(value as number[]) : attribute.integer(value as number);
      case binding.TF_ATTR_FLOAT:
        return Array.isArray(value) ? attribute.floats(value as number[]) : attribute.float(value as number);
      case binding.TF_ATTR_BOOL:
        return Array.isArray(value) ? attribute.booleans(value as boolean[]) : attribute.boolean(value as boolean);
      case binding.TF_ATTR_TYPE:
        return attribute.type(value as number);
      case binding.TF_ATTR_SHAPE:
        return attribute.shape(value as number[]);
      default:
        throw new TypeError(`its kind, ${type}, is unknown`);
    }
  }

  private reference(source: ValueSource): string {
    switch (source.kind) {
      case "input":
        return `input_${source.index}:0`;
      case "operation":
        return `operation_${source.index}:${source.output}`;
      case "constant":
        return this.constant(this.recording.constants[source.index]);
    }
  }

  private constant({ dtype, shape, bytes }: RecordedConstant): string {
    const key = `${dtype}|${shape}|${fingerprint(bytes)}`;
    const existing = this.constantNames.get(key);
    if (existing) return existing;
    const name = `constant_${this.constantNames.size}`;
    this.constantNames.set(key, `${name}:0`);
    const type = attribute.type(dtype);
    if (bytes.length > FILL_FROM && (dtype === DataType.float32 || dtype === DataType.int32) && isUniform(bytes)) {
      const dimensions = Buffer.from(Int32Array.from(shape).buffer);
      const int32 = attribute.type(DataType.int32);
      this.nodes.push(
        node(`${name}_shape`, "Const", [], {
          dtype: int32,
          value: attribute.tensor(DataType.int32, [shape.length], dimensions),
        }),
        node(`${name}_value`, "Const", [], {
          dtype: type,
          value: attribute.tensor(dtype, [], bytes.subarray(0, 4)),
        }),
        node(name, "Fill", [`${name}_shape:0`, `${name}_value:0`], { T: type, index_type: int32 }),
      );
    } else {
      this.nodes.push(node(name, "Const", [], { dtype: type, value: attribute.tensor(dtype, shape, bytes) }));
    }
    return `${name}:0`;
  }
}

/** Equal for equal bytes only; of many bytes their digest. */
function fingerprint(bytes: Buffer): string {
  return bytes.length <= 64 ? bytes.toString("latin1") : createHash("sha256").update(bytes).digest("base64url");
}

/** Indices of the operations some output depends on. */
function neededOperations({ operations, outputs }: Recording): Set<number> {
  const needed = new Set<number>();
  const open = [...outputs];
  for (let source = open.pop(); source; source = open.pop()) {
    if (source.kind !== "operation" || needed.has(source.index)) continue;
    needed.add(source.index);
    open.push(...operations[source.index].inputs);
  }
  return needed;
}

/** Operations over a list of operands: how many of their inputs are not of the list. */
const INPUT_COUNT: Readonly<Record<string, number>> = { ConcatV2: 1, ConcatOffset: 1, Pack: 0, AddN: 0 };

/** Type attributes tfjs-node leaves to be inferred, and the operand that decides each. */
const INFERRED_TYPES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AddN: { T: 0 },
  ConcatV2: { T: 0, Tidx: -1 },
  ExpandDims: { T: 0, Tdim: 1 },
  Pack: { T: 0 },
  Reshape: { T: 0, Tshape: 1 },
  Transpose: { T: 0, Tperm: 1 },
};

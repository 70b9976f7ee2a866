/** The shapes of results while a function is recorded, when there are no values to compute with. */
import { createHash } from "node:crypto";
import { sizeOf } from "../base/shape.js";
import { DataType } from "./data-type.js";
import type { Binding, OperationAttribute } from "./native-backend.js";
import type { ValueType } from "./recording.js";
import type { SignatureStore } from "./signature-store.js";

/** What an operation is given: only a type where the value depends on the inputs, else a handle and a digest of the value. */
export interface Operand extends ValueType {
  readonly known?: { readonly id: number; digest(): string };
}

const POOL_BYTES = 192 * 2 ** 20;
const DIVISIONS = new Set(["FloorDiv", "FloorMod", "Mod", "Div", "RealDiv", "TruncateDiv", "TruncateMod"]);

/**
 * The types of an operation's outputs, found by running it once on stand-ins: tensors of the right shape whose values
 * mean nothing. Each signature (operation, attributes, operand types, known whole numbers) is run only once.
 */
export class ShapeInference {
  private readonly pool = new Map<string, number>();
  private pooledBytes = 0;

  constructor(
    private readonly binding: Binding,
    private readonly signatures: SignatureStore,
  ) {}

  outputsOf(
    name: string,
    attributes: OperationAttribute[],
    operands: readonly Operand[],
    outputs: number,
  ): readonly ValueType[] {
    const signature = signatureOf(name, attributes, operands, outputs);
    const remembered = this.signatures.get(signature);
    if (remembered) return remembered;
    // Whole-number division by a stand-in of zeros would fail.
    const filling = DIVISIONS.has(name) ? 1 : 0;
    const ids = operands.map((operand) => operand.known?.id ?? this.standIn(operand, filling));
    // Indices that are all 0 would be found repeated.
    const lenient = attributes.map((one) => (one.name === "validate_indices" ? { ...one, value: false } : one));
    const results = this.binding.executeOp(name, lenient, ids, outputs);
    for (const { id } of results) this.binding.deleteTensor(id);
    if (this.pooledBytes > POOL_BYTES) this.release();
    const types = results.map(({ dtype, shape }) => ({ dtype, shape }));
    this.signatures.set(signature, types);
    return types;
  }

  /** Frees the stand-ins. */
  release(): void {
    for (const id of this.pool.values()) this.binding.deleteTensor(id);
    this.pool.clear();
    this.pooledBytes = 0;
  }

  private standIn({ dtype, shape }: ValueType, filling: number): number {
    const key = `${dtype}|${shape}|${filling}`;
    const pooled = this.pool.get(key);
    if (pooled !== undefined) return pooled;
    const { binding } = this;
    const dimensions = binding.createTensor([shape.length], DataType.int32, Int32Array.from(shape));
    const value = binding.createTensor([], dtype, scalarOf(dtype, filling));
    const attributes = [
      { name: "T", type: binding.TF_ATTR_TYPE, value: dtype },
      { name: "index_type", type: binding.TF_ATTR_TYPE, value: DataType.int32 },
    ];
    const [{ id }] = binding.executeOp("Fill", attributes, [dimensions, value], 1);
    binding.deleteTensor(dimensions);
    binding.deleteTensor(value);
    this.pool.set(key, id);
    this.pooledBytes += 4 * sizeOf(shape);
    return id;
  }
}

/** The one sparse operation that is told the shape of its result. */
const GIVEN_SHAPE = "SparseToDense";

const DEPENDS = /^(Unique|Where$|NonMaxSuppression|Sparse|ListDiff|Ragged)/;

/**
 * Whether an operation's values decide the shape of its result, such as how many values of a list are distinct. A graph
 * has one shape for each value, known before there are values.
 */
export function shapeDependsOnData(operation: string): boolean {
  return DEPENDS.test(operation) && operation !== GIVEN_SHAPE;
}

function signatureOf(
  name: string,
  attributes: readonly OperationAttribute[],
  operands: readonly Operand[],
  outputs: number,
): string {
  const described = operands.map(({ dtype, shape, known }) => {
    // Whole numbers known at recording time are shapes, axes, paddings: they decide the result's shape.
    const decides = known && (dtype === DataType.int32 || dtype === DataType.int64);
    return [dtype, shape, decides ? known.digest() : ""];
  });
  return createHash("sha256")
    .update(JSON.stringify([name, outputs, attributes.map((a) => [a.name, a.type, a.value]), described]))
    .digest("base64url")
    .slice(0, 22);
}

function scalarOf(dtype: number, value: number): Float32Array | Int32Array | Uint8Array {
  if (dtype === DataType.float32) return Float32Array.of(value);
  return dtype === DataType.bool ? Uint8Array.of(value) : Int32Array.of(value);
}

/** Records what a function asks of TensorFlow, as a program in straight-line form. */
import { createHash } from "node:crypto";
import { withoutValues } from "../runtime/recording.js";
import * as tf from "../runtime/tf.js";
import { bytesOf, isUniform } from "./constant-bytes.js";
import { intercept } from "./interception.js";
import { Lifetimes, type LifetimeRules } from "./lifetimes.js";
import type { Binding, BindingValues, NativeBackend, OperationAttribute, TensorMetadata } from "./native-backend.js";
import { captureOrigin, type Origin } from "./origin.js";
import {
  typeOf,
  type NamedRecording,
  type RecordedConstant,
  type RecordedInput,
  type RecordedOperation,
  type ValueSource,
} from "./recording.js";
import * as refuse from "./refusals.js";
import { ShapeInference, shapeDependsOnData, type Operand } from "./shape-inference.js";
import type { SignatureStore } from "./signature-store.js";

/** Values up to this many are code (frequencies, tables); more are data and belong among the inputs. */
export const LARGEST_CONSTANT = 16384;

const NOWHERE: Origin = {};

export interface RecordedFunction {
  /** In messages. */
  readonly name: string;
  readonly inputs: readonly RecordedInput[];
  /** Whether to remember where each operation was asked for, default true; refusals always say. */
  readonly origins?: boolean;
  /** Given a stand-in for each input, returns the outputs by name. */
  readonly body: (standIns: readonly tf.Tensor[]) => Readonly<Record<string, tf.Tensor>>;
}

/**
 * Runs a function on stand-ins for its inputs and writes down every operation it asks of the native addon. Values that
 * depend on the inputs have a type and no contents; values that do not are computed as usual.
 */
export function record(backend: NativeBackend, signatures: SignatureStore, fn: RecordedFunction): NamedRecording {
  const recorder = new Recorder(backend, signatures, fn);
  try {
    return recorder.run();
  } finally {
    recorder.release();
  }
}

class Recorder {
  private readonly constants: RecordedConstant[] = [];
  private readonly operations: RecordedOperation[] = [];
  private readonly sources = new Map<number, ValueSource>();
  /** Data made since the recording began; anything else was captured. */
  private readonly born = new Set<object>();
  private readonly binding: Binding;
  private readonly inference: ShapeInference;
  private readonly lifetimes = new Lifetimes();
  /** Of the first read that asked for a promise, which cannot throw where it is. */
  private refusedRead: unknown;
  // Handles of values without contents are negative and never deleted; −1 is TensorFlow.js's "not uploaded yet".
  private nextStandIn = -2;

  constructor(
    private readonly backend: NativeBackend,
    signatures: SignatureStore,
    private readonly fn: RecordedFunction,
  ) {
    // Kept from before the interception: calls on it are not recorded.
    this.binding = backend.binding;
    this.inference = new ShapeInference(this.binding, signatures);
  }

  run(): NamedRecording {
    const named = intercept(
      this.backend,
      {
        tensorBorn: (dataId) => this.born.add(dataId),
        tensorUsed: (tensor) => this.requireNotCaptured(tensor),
        tensorRead: (dataId) => this.requireReadable(dataId),
        readRefused: (error) => (this.refusedRead ??= error),
        createTensor: (shape, dtype, values) => this.createTensor(shape, dtype, values),
        executeOp: (name, attributes, inputs, outputs) => this.executeOp(name, attributes, inputs, outputs),
      },
      () => withoutValues(() => this.runBody()),
    );
    this.requireNothingKept();
    return named;
  }

  /** Frees stand-ins, and what a refused function kept: it stands for values that do not exist. */
  release(): void {
    this.lifetimes.release();
    this.inference.release();
  }

  private runBody(): NamedRecording {
    const outputNames: string[] = [];
    const outputs: ValueSource[] = [];
    tf.tidy(() => {
      const standIns = this.fn.inputs.map(({ dtype, shape }, index) => {
        const id = this.nextStandIn--;
        this.sources.set(id, { kind: "input", index });
        return this.backend.createOutputTensor({ id, dtype, shape: [...shape] });
      });
      const rules: LifetimeRules = {
        origin: () => this.origin(),
        refuse: (how, tensor) => this.refuseEnd(how, tensor, standIns),
      };
      const named = this.lifetimes.watch(rules, () => this.outputsOfBody(standIns));
      for (const [name, tensor] of Object.entries(named)) {
        // Uploads the tensor if it is a constant no operation has used.
        const [id] = this.backend.getInputTensorIds([tensor]);
        outputNames.push(name);
        outputs.push(this.sourceOf(id));
      }
    });
    const { constants, operations } = this;
    return { recording: { inputs: this.fn.inputs, constants, operations, outputs }, outputNames };
  }

  private outputsOfBody(standIns: readonly tf.Tensor[]): Readonly<Record<string, tf.Tensor>> {
    let outputs: Readonly<Record<string, tf.Tensor>>;
    try {
      outputs = this.fn.body(standIns);
    } catch (error) {
      // What a function does with values it could not have is an error that follows.
      throw this.refusedRead ?? error;
    }
    if (this.refusedRead) throw this.refusedRead;
    return outputs;
  }

  private createTensor(shape: number[], dtype: number, values: BindingValues): number {
    const origin = this.origin();
    const bytes = bytesOf(dtype, values);
    if (values.length > LARGEST_CONSTANT && !isUniform(bytes)) {
      throw refuse.largeConstant(this.at(origin), shape, LARGEST_CONSTANT);
    }
    const id = this.binding.createTensor(shape, dtype, values);
    this.sources.set(id, { kind: "constant", index: this.constants.length });
    this.constants.push({ dtype, shape: [...shape], bytes, origin });
    return id;
  }

  private executeOp(name: string, attributes: OperationAttribute[], ids: number[], count: number): TensorMetadata[] {
    const origin = this.origin();
    if (name === "Multinomial") throw refuse.randomNumbers(this.at(origin));
    if (shapeDependsOnData(name) && ids.some((id) => id < 0)) throw refuse.shapeFromData(this.at(origin), name);
    const inputs = ids.map((id) => this.sourceOf(id));
    const results = this.resultsOf(name, attributes, ids, count, origin);
    const index = this.operations.length;
    const outputs = results.map(({ dtype, shape }) => ({ dtype, shape: [...shape] }));
    this.operations.push({ name, attributes: [...attributes], inputs, outputs, origin });
    results.forEach(({ id }, output) => this.sources.set(id, { kind: "operation", index, output }));
    return results;
  }

  private resultsOf(
    name: string,
    attributes: OperationAttribute[],
    ids: number[],
    count: number,
    origin: Origin,
  ): TensorMetadata[] {
    try {
      if (ids.every((id) => id >= 0)) return this.binding.executeOp(name, attributes, ids, count);
      const types = this.inference.outputsOf(
        name,
        attributes,
        ids.map((id) => this.operand(id)),
        count,
      );
      return types.map(({ dtype, shape }) => ({ id: this.nextStandIn--, dtype, shape: [...shape] }));
    } catch (error) {
      throw refuse.failedOperation(this.at(origin), name, error);
    }
  }

  private origin(): Origin {
    return this.fn.origins === false ? NOWHERE : captureOrigin();
  }

  private operand(id: number): Operand {
    const source = this.sourceOf(id);
    const { inputs } = this.fn;
    const { dtype, shape } = typeOf({ inputs, constants: this.constants, operations: this.operations }, source);
    if (id < 0) return { dtype, shape };
    const digest = (): string => {
      const bytes =
        source.kind === "constant"
          ? this.constants[source.index].bytes
          : bytesOf(dtype, this.binding.tensorDataSync(id));
      return createHash("sha256").update(bytes).digest("base64url");
    };
    return { dtype, shape, known: { id, digest } };
  }

  private sourceOf(id: number): ValueSource {
    const source = this.sources.get(id);
    if (!source) throw refuse.unknownTensor(this.here());
    return source;
  }

  private at(origin: Origin): refuse.Place {
    return { name: this.fn.name, origin };
  }

  private here(): refuse.Place {
    return this.at(captureOrigin());
  }

  private requireNotCaptured(tensor: tf.TensorInfo): void {
    if (this.born.has(tensor.dataId)) return;
    throw refuse.capturedTensor(this.here(), this.outsider(tensor.dataId, refuse.describeTensor(tensor)));
  }

  private refuseEnd(how: "disposes" | "assigns", tensor: tf.Tensor, standIns: readonly tf.Tensor[]): never {
    const input = this.fn.inputs[standIns.findIndex(({ dataId }) => dataId === tensor.dataId)];
    const kind = tensor instanceof tf.Variable ? "variable" : "tensor";
    const described = input
      ? `the ${kind} "${input.name}"`
      : this.outsider(tensor.dataId, refuse.describeTensor(tensor));
    throw refuse.endedTensor(this.here(), how, described);
  }

  private requireNothingKept(): void {
    const [kept, ...others] = this.lifetimes.left();
    if (!kept) return;
    const [tensor, origin] = kept;
    const source = this.sources.get(this.backend.tensorMap.get(tensor.dataId).id);
    const maker = source?.kind === "operation" ? this.operations[source.index].name : undefined;
    throw refuse.keptTensor(this.at(origin), tensor, maker, others.length);
  }

  private requireReadable(dataId: object): void {
    const { id, values, shape } = this.backend.tensorMap.get(dataId);
    const captured = !this.born.has(dataId);
    if (!captured && (values !== null || id >= 0)) return;
    const described = captured ? this.outsider(dataId, `shape [${shape}]`) : `shape [${shape}]`;
    const kind = captured ? "a captured tensor" : "a tensor that depends on its inputs";
    throw refuse.readValues(this.here(), kind, described);
  }

  private outsider(dataId: object, description: string): string {
    return refuse.describeOutsider(this.backend, dataId, description);
  }
}

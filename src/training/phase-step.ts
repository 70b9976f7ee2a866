/** One phase of a training step, as one graph: loss, gradient, clipping, optimiser, moving average. */
import { compile, type Compiled, type TensorRecord } from "../compile/index.js";
import * as tf from "../runtime/tf.js";
import { clipGlobalNorm } from "./clip.js";
import { averageDecayAt, movingAverage } from "./ema.js";
import { flat, lossAndGradient } from "./gradient.js";
import type { PhaseSettings } from "./phase-settings.js";

type Tensors = Readonly<Record<string, tf.Tensor>>;

/** What a phase carries from step to step besides its parameters: vectors in their order. */
type Carried = {
  /** By the names of the optimiser's state. */
  readonly optimiser: Tensors;
  readonly average: tf.Tensor;
};

type StepInputs = {
  readonly batch: TensorRecord;
  readonly carried: Carried;
  readonly scalars: Tensors;
  readonly decay: tf.Tensor;
};

type StepOutputs = {
  readonly loss: tf.Tensor;
  readonly norm: tf.Tensor;
  readonly metrics: Tensors;
  /** The loss of each example, where the task asks for it. */
  readonly examples: { readonly losses?: tf.Tensor };
  readonly values: Tensors;
  readonly buffers: Tensors;
  /** NaN if a buffer is not finite, else 0. */
  readonly bufferCheck: { readonly sum?: tf.Tensor };
  readonly carried: Carried;
};

/** What a phase starts its next update from, as arrays: flat, in the order of the parameters; buffers by name. */
export type PhaseState = {
  readonly values: Float32Array;
  readonly optimiser: Readonly<Record<string, Float32Array>>;
  readonly average: Float32Array;
  readonly buffers: Readonly<Record<string, Float32Array>>;
};

/** What an update of a phase found. */
export interface PhaseResult {
  readonly loss: number;
  /** Of the gradient before clipping. */
  readonly gradientNorm: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** The loss of each example, if the phase gives them. */
  readonly losses: Float32Array | undefined;
  /** Whether loss, gradient and buffers are finite: else nothing was changed. */
  readonly taken: boolean;
}

export interface UpdateOptions {
  readonly learningRate: number;
  /** Updates of this phase, this one included. */
  readonly update: number;
  /** Whether no other phase follows in this step, so that nothing is kept for {@link PhaseStep.undo}. */
  readonly last: boolean;
}

/** What was before an update, until it is known that all phases of the step are taken. */
interface Before {
  readonly variables: readonly (readonly [tf.Variable, tf.Tensor])[];
  readonly carried: Carried;
}

/**
 * The parameters live in the phase's variables, what else is carried along lives here. An update can be undone until the
 * step is known to be whole.
 */
export class PhaseStep {
  private carried: Carried;
  private before: Before | undefined;
  private readonly compiled: Compiled<StepInputs, StepOutputs>;

  constructor(private readonly settings: PhaseSettings) {
    const { phase, optimiser, precision } = settings;
    const { trains, reads = [] } = phase;
    const zeros = new Float32Array(trains.count);
    const carried = Object.fromEntries(optimiser.state.map((name) => [name, zeros]));
    this.carried = uploaded(carried, trains.toFlat());
    this.compiled = compile((inputs: StepInputs) => this.program(inputs), {
      name: `training step of ${phase.name}`,
      captures: {
        trains: trains.tensors,
        reads: Object.fromEntries(reads.map(({ tensors }, i) => [String(i), tensors])),
      },
      precision,
    });
  }

  /**
   * Takes the update, unless loss, gradient or a buffer is not finite: then nothing changes.
   */
  run(batch: TensorRecord, { learningRate, update, last }: UpdateOptions): PhaseResult {
    const { optimiser, averageDecay } = this.settings;
    const outputs = tf.tidy(() => {
      const numbers = Object.entries(optimiser.scalars(update, learningRate));
      const scalars = Object.fromEntries(numbers.map(([name, value]) => [name, tf.scalar(value)]));
      const decay = tf.scalar(averageDecayAt(averageDecay, update));
      return this.compiled({ batch, carried: this.carried, scalars, decay }) as tf.TensorContainer;
    }) as StepOutputs;
    const { loss, norm, metrics, examples, bufferCheck, values, buffers, carried } = outputs;
    const read = (tensor: tf.Tensor): number => tensor.dataSync()[0];
    const result = {
      loss: read(loss),
      gradientNorm: read(norm),
      metrics: Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, read(metric)])),
      losses: examples.losses && Float32Array.from(examples.losses.dataSync()),
    };
    const finite = Object.values(bufferCheck).every((sum) => Number.isFinite(read(sum)));
    const taken = Number.isFinite(result.loss) && Number.isFinite(result.gradientNorm) && finite;
    tf.dispose([loss, norm, metrics, examples, bufferCheck] as tf.TensorContainer);
    if (taken) this.accept({ values, buffers, carried }, last);
    else tf.dispose([values, buffers, carried] as tf.TensorContainer);
    return { ...result, taken };
  }

  /** Makes the last update final. */
  commit(): void {
    if (!this.before) return;
    tf.dispose(this.before.variables.map(([, values]) => values));
    tf.dispose(this.before.carried as tf.TensorContainer);
    this.before = undefined;
  }

  /** Goes back to what was before the last update, if it is not final. */
  undo(): void {
    if (!this.before) return;
    const { variables, carried } = this.before;
    for (const [variable, values] of variables) variable.assign(values);
    [this.carried, this.before] = [carried, { variables, carried: this.carried }];
    this.commit();
  }

  /** A copy of what the next update starts from. */
  save(): PhaseState {
    const { trains } = this.settings.phase;
    const optimiser = Object.entries(this.carried.optimiser).map(([name, tensor]) => [name, copyOf(tensor)]);
    const buffers = trains.buffers.map(({ name, variable }) => [name, copyOf(variable)]);
    return {
      values: trains.toFlat(),
      optimiser: Object.fromEntries(optimiser) as PhaseState["optimiser"],
      average: this.average(),
      buffers: Object.fromEntries(buffers) as PhaseState["buffers"],
    };
  }

  /** A copy of the moving average of the parameters. */
  average(): Float32Array {
    return copyOf(this.carried.average);
  }

  /** @throws RangeError if a state has other names or lengths than this phase's */
  requireFits(state: PhaseState): void {
    const { phase, optimiser } = this.settings;
    const { count, buffers } = phase.trains;
    const requireLength = (what: string, array: Float32Array | undefined, length: number): void => {
      if (array?.length === length) return;
      const given = array ? `holds ${array.length} numbers, this one has ${length}` : "is missing";
      throw new RangeError(`${what} of phase "${phase.name}" ${given}: this state is of another training`);
    };
    requireLength("values", state.values, count);
    requireLength("average", state.average, count);
    for (const name of optimiser.state) requireLength(`${name} of the optimiser`, state.optimiser[name], count);
    const others = Object.keys(state.optimiser).filter((name) => !optimiser.state.includes(name));
    if (others.length > 0) {
      throw new RangeError(
        `the state has ${others.join(", ")} of an optimiser that "${phase.name}" does not use: give the optimiser of before`,
      );
    }
    for (const { name, variable } of buffers) requireLength(`buffer ${name}`, state.buffers[name], variable.size);
  }

  /** Goes to a state that {@link requireFits}. */
  restore({ values, optimiser, average, buffers }: PhaseState): void {
    const { trains } = this.settings.phase;
    const { state } = this.settings.optimiser;
    tf.dispose(this.carried as tf.TensorContainer);
    this.carried = uploaded(Object.fromEntries(state.map((name) => [name, optimiser[name]])), average);
    trains.assignFlat(values);
    for (const { name, variable } of trains.buffers) {
      tf.tidy(() => variable.assign(tf.tensor(buffers[name].slice(), variable.shape, "float32")));
    }
  }

  /** Frees the graph and what is carried; the parameters belong to the task. */
  dispose(): void {
    tf.dispose(this.carried as tf.TensorContainer);
    this.compiled.dispose();
  }

  private accept(
    { values, buffers, carried }: Pick<StepOutputs, "values" | "buffers" | "carried">,
    last: boolean,
  ): void {
    const { trains } = this.settings.phase;
    const replaced = trains.buffers.filter(({ name }) => name in buffers);
    // A clone shares the data: what was before costs no copy.
    const clones = last ? [] : [...trains, ...replaced].map(({ variable }) => [variable, cloned(variable)] as const);
    this.before = { variables: clones, carried: this.carried };
    if (last) this.commit();
    for (const { name, variable } of trains) variable.assign(values[name]);
    for (const { name, variable } of replaced) variable.assign(buffers[name]);
    tf.dispose([values, buffers] as tf.TensorContainer);
    this.carried = kept(carried);
  }

  private program({ batch, carried, scalars, decay }: StepInputs): StepOutputs {
    const { phase, optimiser, maxGradientNorm } = this.settings;
    const { variables, names } = phase.trains;
    const { loss, gradient, metrics = {}, buffers = {}, losses } = lossAndGradient(phase, batch);
    const { clipped, norm } = clipGlobalNorm(gradient, maxGradientNorm);
    const next = optimiser.update({ values: flat(variables), gradient: clipped, state: carried.optimiser, scalars });
    const sizes = variables.map((variable) => variable.size);
    const pieces = tf.split(next.values, sizes).map((piece, i) => tf.reshape(piece, variables[i].shape));
    return {
      loss,
      norm,
      metrics,
      examples: losses ? { losses } : {},
      values: Object.fromEntries(names.map((name, i) => [name, pieces[i]])),
      buffers,
      bufferCheck: sumIfFinite(Object.values(buffers)),
      carried: {
        optimiser: Object.fromEntries(optimiser.state.map((name) => [name, next.state[name]])),
        average: movingAverage(carried.average, next.values, decay),
      },
    };
  }
}

/** Σ 0·x is 0, or NaN if any x is not finite. */
function sumIfFinite(tensors: readonly tf.Tensor[]): { sum?: tf.Tensor } {
  return tensors.length === 0 ? {} : { sum: tf.sum(tf.mul(flat(tensors), 0)) };
}

function cloned(variable: tf.Variable): tf.Tensor {
  return tf.keep(tf.clone(variable));
}

function copyOf(tensor: tf.Tensor): Float32Array {
  return Float32Array.from(tensor.dataSync());
}

/** Copies to tensors: TensorFlow may keep the array it is handed. */
function uploaded(optimiser: Readonly<Record<string, Float32Array>>, average: Float32Array): Carried {
  const tensor = (array: Float32Array): tf.Tensor => tf.tensor1d(array.slice());
  const state = Object.entries(optimiser).map(([name, array]) => [name, tensor(array)]);
  return kept({ optimiser: Object.fromEntries(state) as Tensors, average: tensor(average) });
}

/** A `tf.tidy` around the caller's steps must not free what the next ones need. */
function kept(carried: Carried): Carried {
  for (const tensor of [...Object.values(carried.optimiser), carried.average]) tf.keep(tensor);
  return carried;
}

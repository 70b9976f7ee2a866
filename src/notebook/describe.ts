/** How a tensor is shown: its shape, its numbers, and pictures where it holds some. */
import { imageGrid } from "../plot/grid.js";
import { tensorValues, type TensorLike } from "../plot/numbers.js";
import { bundle, type MimeBundle } from "./publish.js";
import { pictureBundle } from "./show.js";
import { Table, table } from "./table.js";
import { readable } from "./values.js";

/** What is used of a tensor beside its values. */
export interface DescribedTensor extends TensorLike {
  readonly size: number;
  readonly isDisposed?: boolean;
}

/** One line: `float32 tensor, shape [16, 28, 28, 1], -1 … 1, mean -0.7, deviation 0.6`, and the values where there are few. */
export function tensorText(tensor: DescribedTensor): string {
  const head = `${tensor.dtype} tensor, shape [${tensor.shape.join(", ")}]`;
  if (tensor.isDisposed) return `${head}, disposed`;
  if (tensor.size === 0) return `${head}, empty`;
  if (tensor.dtype === "string" || tensor.dtype.startsWith("complex")) return head;
  const values = Array.from(tensorValues(tensor));
  const finite = values.filter(Number.isFinite);
  const bad = values.length - finite.length;
  const broken = bad > 0 ? `, ${bad} not finite` : "";
  if (values.length <= 8) return `${head}: ${values.map((value) => readable(value)).join(", ")}`;
  if (finite.length === 0) return `${head}${broken}`;
  const mean = finite.reduce((sum, v) => sum + v, 0) / finite.length;
  const deviation = Math.sqrt(finite.reduce((sum, v) => sum + (v - mean) ** 2, 0) / finite.length);
  const [low, high] = finite.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  // Four digits: the last ones of a mean in float32 differ between machines.
  const text = (value: number) => readable(Number(value.toPrecision(4)));
  return `${head}, ${text(low)} … ${text(high)}, mean ${text(mean)}, deviation ${text(deviation)}${broken}`;
}

/** The line, and a thumbnail where the tensor is a batch of images in [−1, 1]. */
export function tensorBundle(tensor: DescribedTensor): MimeBundle {
  const text = tensorText(tensor);
  if (tensor.isDisposed || !looksLikeImages(tensor)) return bundle({ "text/plain": text });
  const [count] = tensor.shape.length === 4 ? tensor.shape : [1];
  const shown = Math.min(count, 32);
  const perImage = tensor.size / count;
  const first: TensorLike = {
    shape: [shown, ...tensor.shape.slice(-3)],
    dtype: tensor.dtype,
    dataSync: () => Array.prototype.slice.call(tensorValues(tensor), 0, shown * perImage) as number[],
  };
  const picture = imageGrid(first, { columns: Math.min(shown, 8) });
  const more = count > shown ? `; the first ${shown} of ${count} images` : "";
  return pictureBundle({ ...picture, alt: text + more });
}

function looksLikeImages({ shape, dtype, size }: DescribedTensor): boolean {
  if ((shape.length !== 4 && shape.length !== 3) || size === 0) return false;
  const [height, width, channels] = shape.slice(-3);
  return (channels === 1 || channels === 3) && height >= 8 && width >= 8 && (dtype === "float32" || dtype === "int32");
}

/** The tables of a schedule. */
export interface ScheduleTables {
  readonly name: string;
  readonly T: number;
  readonly beta: ArrayLike<number>;
  readonly alphaBar: ArrayLike<number>;
  readonly snr: ArrayLike<number>;
}

export function isSchedule(value: unknown): value is ScheduleTables {
  const schedule = value as Partial<ScheduleTables> | null;
  return (
    typeof schedule === "object" &&
    schedule !== null &&
    typeof schedule.T === "number" &&
    ArrayBuffer.isView(schedule.beta) &&
    ArrayBuffer.isView(schedule.alphaBar) &&
    ArrayBuffer.isView(schedule.snr)
  );
}

/** A schedule at a few of its timesteps. */
export function scheduleTable({ name, T, beta, alphaBar, snr }: ScheduleTables): Described {
  const steps = [...new Set([0, 1, ...[0.25, 0.5, 0.75].map((part) => Math.round(part * T)), T])].filter((t) => t <= T);
  const rows = steps.map((t) => ({
    t,
    β_t: beta[t],
    ᾱ_t: alphaBar[t],
    "√(1−ᾱ_t)": Math.sqrt(1 - alphaBar[t]),
    SNR: snr[t],
  }));
  return described(`${name} schedule, T = ${T}`, table(rows, { digits: 4 }));
}

/** A network with named parameters. */
export interface DescribedModel {
  readonly parameters: Iterable<{ readonly name: string; readonly variable: { readonly size: number } }>;
}

export function isModel(value: unknown): value is DescribedModel {
  const parameters = (value as Partial<DescribedModel> | null)?.parameters;
  return typeof parameters === "object" && parameters !== null && typeof parameters[Symbol.iterator] === "function";
}

/** A network by its blocks, with the number of parameters of each. */
export function modelTable(model: DescribedModel): Described {
  const blocks = new Map<string, { tensors: number; numbers: number }>();
  let total = 0;
  for (const { name, variable } of model.parameters) {
    // `down_blocks.0.resnets.1.conv1.weight` belongs to `down_blocks.0`, `conv_in.weight` to `conv_in`.
    const block = /^[^.]+(\.\d+)?/.exec(name)![0];
    const entry = blocks.get(block) ?? { tensors: 0, numbers: 0 };
    blocks.set(block, { tensors: entry.tensors + 1, numbers: entry.numbers + variable.size });
    total += variable.size;
  }
  const title = `${model.constructor.name}, ${total.toLocaleString("en")} parameters`;
  if (blocks.size === 0) return described(title, undefined);
  return described(
    title,
    table([...blocks].map(([block, { tensors, numbers }]) => ({ block, tensors, parameters: numbers }))),
  );
}

/** A heading with a table. */
export interface Described {
  readonly text: string;
  readonly bundle: MimeBundle;
}

function described(title: string, rows: Table | undefined): Described {
  const text = rows ? `${title}\n${rows.text}` : title;
  return {
    text,
    bundle: bundle({
      "text/markdown": rows ? `**${title}**\n\n${rows.markdown}` : `**${title}**`,
      "text/plain": text,
    }),
  };
}

/** Reads and writes weights in several safetensors files under one index. */
import { requireKind } from "../base/kinds.js";
import { requireText, requireList, requireLike } from "../base/values.js";
import { standIn } from "../base/stand-in.js";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { requireKnownKeys } from "../base/check.js";
import { basename, dirname, join } from "node:path";
import { stageFile, type StagedFile } from "./atomic-file.js";
import { jsonShape } from "./json-keys.js";
import { replaceModel } from "./model-files.js";
import { readTextFile } from "./text-file.js";
import {
  SafetensorsError,
  SafetensorsFile,
  stageSafetensors,
  type NamedTensor,
  type SafetensorsOptions,
  type TensorEntry,
  type TensorSource,
} from "./safetensors.js";

/**
 * Several safetensors files that make one, by an index `{ "weight_map": { "name": "file" } }`, as diffusers and
 * transformers write large models. All headers are checked at once; data is read tensor by tensor.
 */
export class ShardedSafetensors implements TensorSource {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  private readonly files = new Map<string, SafetensorsFile>();
  private readonly fileOf: ReadonlyMap<string, string>;

  /** @throws SafetensorsError if the index, a file, or their agreement is damaged */
  constructor(readonly path: string) {
    requireText("path", path, "the name of a file");
    this.fileOf = readIndex(path);
    try {
      for (const name of new Set(this.fileOf.values())) {
        this.files.set(name, this.opened(name));
      }
      this.entries = this.merged();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Reads one tensor as float32, of whatever type it is. Throws RangeError if no file has such a name. */
  read(name: string): NamedTensor {
    const file = this.fileOf.get(name);
    if (file === undefined) throw new RangeError(`${this.path} has no tensor "${name}"`);
    return this.files.get(file)!.read(name);
  }

  /** Closes all files. */
  close(): void {
    for (const file of this.files.values()) file.close();
    this.files.clear();
  }

  private opened(name: string): SafetensorsFile {
    const file = join(dirname(this.path), name);
    if (existsSync(file)) return new SafetensorsFile(file);
    const [tensor] = [...this.fileOf].find(([, holder]) => holder === name)!;
    throw new SafetensorsError(
      `${this.path} looks for "${tensor}" in ${name}, which is missing beside it: get that file again`,
    );
  }

  private merged(): Map<string, TensorEntry> {
    const entries = new Map<string, TensorEntry>();
    for (const [name, fileName] of this.fileOf) {
      const entry = this.files.get(fileName)!.entries.get(name);
      if (!entry) throw new SafetensorsError(`${this.path} looks for "${name}" in ${fileName}, which does not have it`);
      entries.set(name, entry);
    }
    for (const [fileName, file] of this.files) {
      for (const name of file.entries.keys()) {
        if (this.fileOf.get(name) !== fileName) {
          throw new SafetensorsError(`${fileName} has "${name}", which ${this.path} does not look for there`);
        }
      }
    }
    return entries;
  }
}

function readIndex(path: string): Map<string, string> {
  let text: string;
  try {
    text = readTextFile(path);
  } catch (error) {
    throw new SafetensorsError(`cannot read the index ${path}: ${(error as Error).message}`, { cause: error });
  }
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch (error) {
    throw new SafetensorsError(`${path} is ${standIn(text) ?? "not valid JSON: the file is damaged"}`, {
      cause: error,
    });
  }
  const map = (index as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== "object" || map === null || Array.isArray(map)) {
    throw new SafetensorsError(`${path} has no weight_map of tensor names to files`);
  }
  const { repeatedKey } = jsonShape(text);
  if (repeatedKey !== undefined)
    throw new SafetensorsError(`${path} lists "${repeatedKey}" twice: two files cannot both hold it`);
  for (const [name, file] of Object.entries(map)) {
    // A name with a folder in it could reach outside the model's folder.
    if (typeof file !== "string" || file !== basename(file) || file === "" || file.includes("\\")) {
      throw new SafetensorsError(
        `${path} names ${JSON.stringify(file)} for "${name}": a file beside the index is needed`,
      );
    }
  }
  return new Map(Object.entries(map as Record<string, string>));
}

/** {@link SafetensorsOptions}, and how large a file may be. */
export interface ShardedOptions extends SafetensorsOptions {
  readonly maxBytes: number;
}

/** Where the index lies of the files that make `path` together. */
export function shardIndex(path: string): string {
  return `${path}.index.json`;
}

/**
 * Writes tensors as files of at most `maxBytes` of data each (a larger tensor gets a file of its own), and the index
 * last. `path` ends in ".safetensors"; the files are named `…-00001-of-0000N.safetensors`, the index `….index.json`.
 *
 * @throws RangeError if `maxBytes` is not positive, or as `writeSafetensors` does; nothing is written then
 */
export function writeShardedSafetensors(
  path: string,
  tensors: readonly (readonly [string, NamedTensor])[],
  options: ShardedOptions,
): void {
  requireText("path", path, "the name of a file");
  requireList("tensors", tensors, "pairs of a name and a tensor");
  tensors.forEach((pair, i) => {
    requireKind(`entry ${i} of tensors`, pair, "a list");
    requireText(`the name of entry ${i} of tensors`, pair[0]);
    requireLike(`the tensor of entry ${i} of tensors`, pair[1], ["shape", "values"], "{ shape, values }");
  });
  requireKnownKeys("writeShardedSafetensors", options, {
    maxBytes: "a number",
    format: ["F32", "F16", "BF16"],
    metadata: "an object",
  });
  replaceModel({ configs: {}, weights: stageShardedSafetensors(path, tensors, options), entries: [shardIndex(path)] });
  removeOldShards(path);
}

/** Removes those files of the form `…-00001-of-0000N.safetensors` that no index names. */
export function removeOldShards(path: string): void {
  const index = shardIndex(path);
  const named = existsSync(index) ? new Set(readIndex(index).values()) : new Set<string>();
  const stem = basename(path, ".safetensors");
  for (const name of readdirSync(dirname(path))) {
    const isShard = name.startsWith(`${stem}-`) && /^-\d{5}-of-\d{5}\.safetensors$/.test(name.slice(stem.length));
    if (isShard && !named.has(name)) rmSync(join(dirname(path), name), { force: true });
  }
}

/** The files of {@link writeShardedSafetensors}, each beside its place; the index comes last. */
export function* stageShardedSafetensors(
  path: string,
  tensors: readonly (readonly [string, NamedTensor])[],
  options: ShardedOptions,
): Generator<StagedFile> {
  const { maxBytes, format = "F32" } = options;
  if (!(maxBytes > 0)) throw new RangeError(`maxBytes of a file must be positive, got ${maxBytes}`);
  const width = format === "F32" ? 4 : 2;
  const shards: (readonly [string, NamedTensor])[][] = [];
  let [room, total] = [0, 0];
  for (const tensor of tensors) {
    const bytes = tensor[1].values.length * width;
    if (bytes > room || shards.length === 0) {
      shards.push([]);
      room = maxBytes;
    }
    shards[shards.length - 1].push(tensor);
    room -= bytes;
    total += bytes;
  }
  const stem = path.replace(/\.safetensors$/, "");
  const number = (n: number): string => String(n).padStart(5, "0");
  const weightMap: Record<string, string> = {};
  for (const [i, shard] of shards.entries()) {
    const file = `${stem}-${number(i + 1)}-of-${number(shards.length)}.safetensors`;
    for (const [name] of shard) weightMap[name] = basename(file);
    yield stageSafetensors(file, shard, options);
  }
  const index = { metadata: { total_size: total }, weight_map: weightMap };
  yield stageFile(shardIndex(path), `${JSON.stringify(index, null, 2)}\n`);
}

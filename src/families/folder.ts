/** A model's folder as diffusers lays a pipeline out: `model_index.json`, and a folder for each part it names. */
import { requireText } from "../base/values.js";
import { existsSync, realpathSync } from "node:fs";
import { join, sep } from "node:path";
import { Fields, type Json } from "../base/fields.js";
import { replaceModel } from "../files/index.js";
import type { Library, StoredNetwork } from "../networks/index.js";
import { networkClassNamed } from "../networks/index.js";
import { presentClass } from "../networks/former-names.js";
import { DIFFUSERS_VERSION, readFields, toJson } from "./json-files.js";
import { requireMemoryFor } from "./memory.js";
import { networkOf, type NetworkFiles } from "./network-folder.js";
import type { TrainingRecord } from "./record.js";
import { onlyVariant, openWeights, weightsFile } from "./weights-files.js";

export const INDEX = "model_index.json";
const RECORD = "training.json";
const CONFIG = "config.json";
/** Where the index holds what diffusers has no key for; it lets keys with "_" pass. */
const NOTES = "_diffusion_lab";

/** A part of a model, as the index names it. */
export interface Part {
  readonly name: string;
  readonly library: string;
  readonly className: string;
  readonly folder: string;
}

/** What `model_index.json` says. */
export interface ModelIndex {
  readonly folder: string;
  /** The pipeline's class, which tells the family. */
  readonly className: string;
  readonly parts: ReadonlyMap<string, Part>;
  /** What diffusers has no key for; empty where diffusers wrote the index. */
  readonly notes: Fields;
}

/** Whether a folder has an index. */
export function hasIndex(folder: string): boolean {
  requireText("folder", folder, "the name of a folder");
  return existsSync(join(folder, INDEX));
}

/**
 * Reads the index of a folder, and nothing of its parts. No name in it leads out of the folder.
 *
 * @throws Error if there is none, RangeError naming what is wrong with it
 */
export function readIndex(folder: string): ModelIndex {
  requireText("folder", folder, "the name of a folder");
  const path = join(folder, INDEX);
  const fields = readFields(path, `a model's folder holds ${INDEX} and a folder for each part`);
  const parts = new Map<string, Part>();
  for (const [name, value] of Object.entries(fields.values)) {
    if (name.startsWith("_") || typeof value === "boolean" || typeof value === "number") continue;
    const part = readPart(fields, name, value);
    if (part) parts.set(name, { name, ...part, folder: partFolder(folder, name, path) });
  }
  return {
    folder,
    className: fields.string("_class_name"),
    parts,
    notes: fields.has(NOTES) ? fields.object(NOTES) : new Fields(`${path}: ${NOTES}`, {}),
  };
}

/** `[library, class]`; a part that a pipeline could have and has not is null, or `[null, null]`. */
function readPart(fields: Fields, name: string, value: unknown): { library: string; className: string } | undefined {
  const given = Array.isArray(value) ? (value as unknown[]) : [];
  if (value === null || (given.length === 2 && given[0] === null && given[1] === null)) return undefined;
  const [library, className] = given;
  if (given.length === 2 && typeof library === "string" && typeof className === "string") return { library, className };
  return fields.refuse(name, value, 'a part, [library, class] such as ["diffusers", "UNet2DModel"]');
}

function partFolder(folder: string, name: string, index: string): string {
  const path = join(folder, name);
  const refuse = (why: string): never => {
    throw new RangeError(`${index} names a part ${JSON.stringify(name)}${why}`);
  };
  if (!/^\w[\w-]*$/.test(name)) refuse(": a folder beside the index is needed");
  if (!existsSync(path)) refuse(`, but there is no folder ${path}: get that part again`);
  if (!leadsWithin(folder, path)) refuse(", which leads out of its folder");
  return path;
}

const leadsWithin = (folder: string, path: string): boolean =>
  realpathSync(path).startsWith(realpathSync(folder) + sep);

/** Files of a part are not written through a link into another folder. */
function requireWithin(folder: string, name: string): void {
  requireText("folder", folder, "the name of a folder");
  const path = join(folder, name);
  if (!existsSync(path) || leadsWithin(folder, path)) return;
  throw new RangeError(`${path} leads out of ${folder}: nothing is written there. Remove that link, or save elsewhere`);
}

/** @throws RangeError if the index does not name the part, saying which it names */
export function requirePart(index: ModelIndex, ...names: readonly string[]): Part {
  for (const name of names) {
    const part = index.parts.get(name);
    if (part) return part;
  }
  const there = [...index.parts.keys()].join(", ") || "none";
  throw new RangeError(`${join(index.folder, INDEX)} names no part ${names.join(" or ")}; its parts: ${there}`);
}

/**
 * The network of a part, with its weights. Where they are there in one variant alone ("fp16"), that one is read.
 *
 * @throws RangeError if the class is unknown, or another than the index says
 */
export function loadPart(part: Part, variant?: string): StoredNetwork {
  const config = join(part.folder, CONFIG);
  const { values } = readFields(config, `the part "${part.name}" needs it`);
  const name = presentClass(config, values) ?? part.className;
  if (presentClass(config, { ...values, _class_name: part.className }) !== name) {
    throw new RangeError(`${config} is of class ${JSON.stringify(name)}, but the index says "${part.className}"`);
  }
  const found = networkClassNamed(name, config);
  return networkOf(part.folder, found, values, variant ?? onlyVariant(part.folder, weightsFile(found.library)));
}

/**
 * Reads the headers of several parts' weights, and no more.
 *
 * @throws RangeError if they do not fit into memory together; Error or SafetensorsError if weights are missing or damaged
 */
export function requireMemoryForParts(index: ModelIndex, parts: readonly Part[], variant?: string): void {
  const opened: { readonly name: string; readonly source: ReturnType<typeof openWeights> }[] = [];
  try {
    for (const { name, library, folder } of parts) {
      const weights = weightsFile(library as Library);
      opened.push({ name, source: openWeights(folder, weights, variant ?? onlyVariant(folder, weights)) });
    }
    requireMemoryFor(index.folder, opened);
  } finally {
    for (const { source } of opened) source.close();
  }
}

/** The note that lies beside a model, if it does. */
export function readRecord(folder: string): TrainingRecord | undefined {
  const path = join(folder, RECORD);
  return existsSync(path) ? (readFields(path, "").values as unknown as TrainingRecord) : undefined;
}

/** A model as files: what {@link saveModelFolder} writes. */
export interface ModelParts {
  readonly className: string;
  /** Networks by the name of their part. */
  readonly networks: Readonly<Record<string, { readonly library: Library; readonly className: string } & NetworkFiles>>;
  /** Parts that are a JSON file. */
  readonly configs?: Readonly<
    Record<string, { library: Library; className: string; file: string; keys: Readonly<Record<string, Json>> }>
  >;
  /** Parts that are several texts, such as a tokenizer, by the name of each file. */
  readonly texts?: Readonly<
    Record<string, { library: Library; className: string; files: Readonly<Record<string, string>> }>
  >;
  /** What the index says besides its parts. */
  readonly index?: Readonly<Record<string, Json>>;
  /** What diffusers has no key for. */
  readonly notes?: Readonly<Record<string, Json>>;
  /** Of `training.json`. */
  readonly record?: object;
}

/**
 * Writes a whole model. What cannot be written changes nothing, and nobody ever opens a mix of an earlier model and this
 * one: see {@link replaceModel}.
 */
export function saveModelFolder(folder: string, model: ModelParts): void {
  const { className, configs = {}, texts = {}, notes, record } = model;
  const all = { ...configs, ...texts, ...model.networks };
  for (const name of Object.keys(all)) requireWithin(folder, name);
  const networks = Object.values(model.networks);
  const parts = Object.entries(all).map(([name, part]): [string, Json] => {
    return [name, [part.library, part.className]];
  });
  const index = {
    _class_name: className,
    _diffusers_version: DIFFUSERS_VERSION,
    ...(notes && { [NOTES]: notes }),
    ...Object.fromEntries(parts),
    ...model.index,
  };
  const written = Object.entries(configs).map(([name, { file, className: _class_name, library, keys }]) => {
    const version = library === "diffusers" ? { _diffusers_version: DIFFUSERS_VERSION } : {};
    return [join(folder, name, file), toJson({ _class_name, ...version, ...keys })] as const;
  });
  const given = Object.entries(texts).flatMap(([name, { files }]) => {
    return Object.entries(files).map(([file, text]) => [join(folder, name, file), text] as const);
  });
  replaceModel({
    configs: Object.assign(
      { [join(folder, INDEX)]: toJson(index), ...Object.fromEntries([...written, ...given]) },
      ...networks.map((one) => one.configs),
    ) as Record<string, string>,
    notes: record && { [join(folder, RECORD)]: toJson(record) },
    weights: inTurn(networks.map(({ weights }) => weights)),
    entries: networks.flatMap(({ entries }) => entries),
  });
  for (const { clean } of networks) clean();
}

function* inTurn<T>(lists: readonly Iterable<T>[]): Generator<T> {
  for (const list of lists) yield* list;
}

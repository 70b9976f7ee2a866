/** A GAN's folder: `model_index.json` of a class of our own, with `generator/` and perhaps `discriminator/`. */
import { requireText } from "../../base/values.js";
import { described, requireKnownKeys } from "../../base/check.js";
import { join } from "node:path";
import type { FloatFormat } from "../../files/index.js";
import {
  DcganDiscriminator,
  DcganGenerator,
  MlpDiscriminator,
  MlpGenerator,
  networkClassOf,
  type DiscriminatorNetwork,
  type GeneratorNetwork,
  type StoredNetwork,
} from "../../networks/index.js";
import { INDEX, loadPart, readIndex, readRecord, requirePart, saveModelFolder, type ModelIndex } from "../folder.js";
import { networkFiles } from "../network-folder.js";
import { GanModel, requireGanKeys, type GanParts } from "./model.js";

/** Our class in `model_index.json`. */
export const GAN_PIPELINE = "GanModel";
const [GENERATOR, DISCRIMINATOR] = ["generator", "discriminator"] as const;

export interface SaveGanOptions {
  /** Default F32. */
  readonly format?: FloatFormat;
  /** Other numbers for a player's parameters, flat (an average, say). */
  readonly values?: { readonly generator?: Float32Array; readonly discriminator?: Float32Array };
}

/**
 * Writes a model's folder, which `loadModel` and {@link loadGan} open; without a discriminator it can be drawn from as
 * well. What cannot be written changes nothing.
 *
 * @throws RangeError if a number is not finite or too large for the format, or `values` have another length; TypeError if
 *   no folder can name a player's class
 */
export function saveGan(folder: string, parts: GanParts, options: SaveGanOptions = {}): void {
  requireText("folder", folder, "the name of a folder");
  requireKnownKeys("saveGan", options, { format: ["F32", "F16", "BF16"], values: true });
  // A model has more than its parts.
  if (!(parts instanceof GanModel)) requireGanKeys(parts);
  const { generator, discriminator, record } = parts;
  if (!isGenerator(generator)) {
    throw new TypeError(`generator must be a DcganGenerator or an MlpGenerator, got ${described(generator)}`);
  }
  if (discriminator !== undefined && !isDiscriminator(discriminator)) {
    throw new TypeError(
      `discriminator must be a DcganDiscriminator or an MlpDiscriminator, got ${described(discriminator)}`,
    );
  }
  const { format, values = {} } = options;
  requireKnownKeys("values of saveGan", values, { generator: true, discriminator: true });
  const part = (name: typeof GENERATOR | typeof DISCRIMINATOR, network: StoredNetwork) => {
    const { name: className, library } = networkClassOf(network);
    const files = networkFiles(network, join(folder, name), { format, values: values[name] });
    return { [name]: { library, className, ...files } };
  };
  saveModelFolder(folder, {
    className: GAN_PIPELINE,
    networks: { ...part(GENERATOR, generator), ...(discriminator && part(DISCRIMINATOR, discriminator)) },
    record,
  });
}

/**
 * Opens what {@link saveGan} wrote.
 *
 * @throws RangeError, SafetensorsError or Error if a file is missing, damaged or of another model
 */
export function loadGan(folder: string): GanModel {
  const index = readIndex(folder);
  if (index.className !== GAN_PIPELINE) {
    throw new RangeError(`${join(folder, INDEX)} is of class "${index.className}", a GAN's is "${GAN_PIPELINE}"`);
  }
  const generator = player(index, GENERATOR, isGenerator);
  try {
    const discriminator = index.parts.has(DISCRIMINATOR) ? player(index, DISCRIMINATOR, isDiscriminator) : undefined;
    return new GanModel({ generator, discriminator, record: readRecord(folder) });
  } catch (error) {
    generator.dispose();
    throw error;
  }
}

function isGenerator(network: unknown): network is StoredNetwork & GeneratorNetwork {
  return network instanceof DcganGenerator || network instanceof MlpGenerator;
}

function isDiscriminator(network: unknown): network is StoredNetwork & DiscriminatorNetwork {
  return network instanceof DcganDiscriminator || network instanceof MlpDiscriminator;
}

function player<N extends StoredNetwork>(
  index: ModelIndex,
  name: string,
  is: (network: StoredNetwork) => network is N,
): N {
  const part = requirePart(index, name);
  const network = loadPart(part);
  if (is(network)) return network;
  network.dispose();
  throw new RangeError(`${part.folder} holds a ${part.className}, which is no ${name} of a GAN`);
}

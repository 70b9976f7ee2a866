/** Known data sets, downloaded once. */
import { requireTexts } from "../base/values.js";
import { requireKnownKeys } from "../base/check.js";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { ImageDataset } from "./dataset.js";
import { type DownloadProgress, download } from "./download.js";
import { loadIdxDataset } from "./idx.js";

/** The sets {@link fetchDataset} knows. */
export type FetchableDataset = "mnist" | "fashion-mnist";

export interface FetchDatasetOptions {
  /** Where the files lie; each set has a folder in it. Default: {@link datasetDirectory}. */
  directory?: string;
  onProgress?: (progress: DownloadProgress) => void;
  /** Stops the download; the next call resumes it. */
  signal?: AbortSignal;
  /** Addresses to use instead of the known ones, each ending in "/". */
  mirrors?: readonly string[];
}

interface SourceFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

interface Source {
  readonly mirrors: readonly string[];
  readonly classes: readonly string[];
  readonly files: Record<"trainImages" | "trainLabels" | "testImages" | "testLabels", SourceFile>;
}

// Lengths and SHA-256 as TensorFlow Datasets publishes them in its checksum lists.
const SOURCES: Record<FetchableDataset, Source> = {
  mnist: {
    mirrors: ["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"],
    classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    files: {
      trainImages: {
        file: "train-images-idx3-ubyte.gz",
        bytes: 9912422,
        sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
      },
      trainLabels: {
        file: "train-labels-idx1-ubyte.gz",
        bytes: 28881,
        sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
      },
      testImages: {
        file: "t10k-images-idx3-ubyte.gz",
        bytes: 1648877,
        sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
      },
      testLabels: {
        file: "t10k-labels-idx1-ubyte.gz",
        bytes: 4542,
        sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
      },
    },
  },
  "fashion-mnist": {
    mirrors: [
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
      "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ],
    classes: ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"],
    files: {
      trainImages: {
        file: "train-images-idx3-ubyte.gz",
        bytes: 26421880,
        sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
      },
      trainLabels: {
        file: "train-labels-idx1-ubyte.gz",
        bytes: 29515,
        sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
      },
      testImages: {
        file: "t10k-images-idx3-ubyte.gz",
        bytes: 4422102,
        sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
      },
      testLabels: {
        file: "t10k-labels-idx1-ubyte.gz",
        bytes: 5148,
        sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
      },
    },
  },
};

const ADVICE = 'loadDigits({ split: "train" }) gives 9000 real digits without a network.';

/**
 * Where downloaded data lies: `datasets/cache` in the nearest folder, from the working directory upwards,
 * that has a `datasets` folder; else in the working directory.
 */
export function datasetDirectory(): string {
  for (let folder = resolve("."); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "datasets"))) return join(folder, "datasets", "cache");
    if (folder === dirname(folder)) return resolve("datasets", "cache");
  }
}

/**
 * Downloads a full set (where it is not there already) and loads it: 60 000 training and 10 000 test
 * images, 28×28 grey.
 *
 * Each file is checked by length and SHA-256 before it gets its name; broken downloads resume. 11 MB for
 * "mnist", 31 MB for "fashion-mnist". Origin and licence of each: `datasets/README.md`.
 *
 * @throws RangeError when the name is unknown
 * @throws DownloadError when a file could not be had: what each server said, and what to do. Without a
 *   network, {@link loadDigits} gives 10 000 real digits
 * @throws the signal's reason when it was aborted
 */
export async function fetchDataset(
  name: FetchableDataset,
  options: FetchDatasetOptions = {},
): Promise<{ train: ImageDataset; test: ImageDataset }> {
  requireKnownKeys("fetchDataset", options, {
    directory: "a text",
    onProgress: true,
    signal: "a signal",
    mirrors: "a list",
  });
  if (!Object.hasOwn(SOURCES, name)) {
    throw new RangeError(`data set "${String(name)}" is unknown; known are ${Object.keys(SOURCES).join(", ")}`);
  }
  const { files, classes, mirrors: known } = SOURCES[name];
  const { directory = datasetDirectory(), mirrors = known, onProgress, signal } = options;
  requireTexts("mirrors", mirrors);
  const folder = join(directory, name);
  for (const { file, bytes, sha256 } of Object.values(files)) {
    const urls = mirrors.map((mirror) => new URL(file, mirror).href);
    await download({ urls, path: join(folder, file), bytes, sha256, advice: ADVICE, onProgress, signal });
  }
  const part = (images: SourceFile, labels: SourceFile, split: string): Promise<ImageDataset> =>
    loadIdxDataset({
      name: `${name} ${split}`,
      images: join(folder, images.file),
      labels: join(folder, labels.file),
      classes,
    });
  return {
    train: await part(files.trainImages, files.trainLabels, "train"),
    test: await part(files.testImages, files.testLabels, "test"),
  };
}

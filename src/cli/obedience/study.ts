/** The study of obedience: real pictures, reconstructed ones and drawn ones, read by one judge. */
import type { CaptionLanguage, Composition } from "../../data/index.js";
import { colourBinding, obedience, type Obedience, type ShareCount } from "../../metrics/index.js";
import * as tf from "../../runtime/tf.js";
import { nextTurn } from "../../runtime/turn.js";
import { askedPairs, askedSet, type AskedPairs, type AskedSet } from "./asked.js";

/** What is studied, as far as the study looks at it: a pipeline and a judge, or an oracle in their place. */
export interface Studied {
  /** A picture of each caption, [N, 32, 32, 3] in [−1, 1]; picture i depends on its caption and on `seed` + i alone. */
  draw(captions: readonly string[], options: DrawOptions): Promise<tf.Tensor4D>;
  /** What the model's latents keep of pictures. */
  reconstruct(pictures: tf.Tensor4D): tf.Tensor4D;
  /** What the judge sees in each picture. */
  read(pictures: tf.Tensor4D): Composition[];
}

export interface DrawOptions {
  readonly guidance: number;
  readonly seed: number;
  /** Called with the share done, 0 … 1. */
  readonly onProgress: (done: number) => void;
}

export interface StudyOptions {
  /** Captions of each set, at least 4; of exchanged colours half as many pairs. */
  readonly n: number;
  readonly seed: number;
  /** Scales of guidance to try, the rest of the study takes the best of them. */
  readonly scales: readonly number[];
  /** Pictures drawn at once. */
  readonly batchSize: number;
}

/** What was found in one set of pictures. */
export interface Cell {
  readonly all: Obedience;
  readonly byLanguage: Readonly<Record<CaptionLanguage, Obedience>>;
  /** Of pairs with colours exchanged. */
  readonly binding?: ShareCount;
}

/** Where finished cells stay, so that a study goes on where it was stopped. */
export interface CellStore {
  get(name: string): Cell | undefined;
  keep(name: string, cell: Cell): void;
}

/** Of one set: the judge's reading of real pictures, of reconstructed ones, and of what the model draws. */
export interface Compared {
  readonly real: Cell;
  readonly reconstructed: Cell;
  readonly drawn: Cell;
}

export interface Findings {
  readonly real: Cell;
  readonly reconstructed: Cell;
  /** In the order of the scales. */
  readonly byGuidance: readonly { readonly guidance: number; readonly drawn: Cell }[];
  /** The scale with the largest share of digits with digit, colour and place right; the rest is drawn with it. */
  readonly best: number;
  readonly newDigitColour: Compared;
  readonly newColourPlace: Compared;
  readonly swapped: Compared;
}

/** Shares done, in pictures of one evaluation a step: guidance costs two. */
export type OnProgress = (done: number, text: string) => void;

/** What drawing costs in all, in the units of {@link OnProgress}. */
export function costOf({ n, scales }: StudyOptions): number {
  const swapped = 2 * pairsOf(n);
  return scales.reduce((sum, guidance) => sum + n * evaluations(guidance), 0) + (2 * n + swapped) * dearest(scales);
}

/**
 * Reads everything once. Cells that the store has are not drawn again.
 *
 * @throws whatever the model throws when it is stopped; finished cells are in the store then
 */
export async function studyObedience(
  studied: Studied,
  options: StudyOptions,
  store: CellStore,
  onProgress: OnProgress = () => {},
): Promise<Findings> {
  const { n, seed, scales } = options;
  const run = new Run(studied, options, store, onProgress);
  const captions = askedSet("trained", n, seed);
  const real = await run.cell("captions, real", [captions], "real");
  const reconstructed = await run.cell("captions, reconstructed", [captions], "reconstructed");
  const byGuidance: { guidance: number; drawn: Cell }[] = [];
  for (const guidance of scales) {
    byGuidance.push({ guidance, drawn: await run.cell(`captions, guidance ${guidance}`, [captions], guidance) });
  }
  const share = ({ drawn }: { drawn: Cell }): number => drawn.all.bound.right / drawn.all.bound.of;
  const best = byGuidance.reduce((a, b) => (share(b) > share(a) ? b : a)).guidance;
  const newDigitColour = await run.compared("new digit and colour", [askedSet("new digit and colour", n, seed)], best);
  const newColourPlace = await run.compared("new colour and place", [askedSet("new colour and place", n, seed)], best);
  const { plain, swapped }: AskedPairs = askedPairs(pairsOf(n), seed);
  return {
    real,
    reconstructed,
    byGuidance,
    best,
    newDigitColour,
    newColourPlace,
    swapped: await run.compared("colours exchanged", [plain, swapped], best),
  };
}

const pairsOf = (n: number): number => Math.floor(n / 2);
const evaluations = (guidance: number): number => (guidance === 1 ? 1 : 2);
/** What the best scale may cost: which it is shows when all are drawn. */
const dearest = (scales: readonly number[]): number => Math.max(...scales.map(evaluations));

class Run {
  private done = 0;

  constructor(
    private readonly studied: Studied,
    private readonly options: StudyOptions,
    private readonly store: CellStore,
    private readonly onProgress: OnProgress,
  ) {}

  async compared(name: string, sets: readonly AskedSet[], guidance: number): Promise<Compared> {
    return {
      real: await this.cell(`${name}, real`, sets, "real"),
      reconstructed: await this.cell(`${name}, reconstructed`, sets, "reconstructed"),
      drawn: await this.cell(`${name}, guidance ${guidance}`, sets, guidance, dearest(this.options.scales)),
    };
  }

  /** Of two sets the second is the first with colours exchanged, drawn from the same noise. */
  async cell(
    name: string,
    sets: readonly AskedSet[],
    pictures: "real" | "reconstructed" | number,
    unit = typeof pictures === "number" ? evaluations(pictures) : 0,
  ): Promise<Cell> {
    const kept = this.store.get(name);
    const cost = (set: AskedSet): number => set.captions.length * unit;
    if (kept) {
      this.done += sets.reduce((sum, set) => sum + cost(set), 0);
      return kept;
    }
    const readings: Composition[][] = [];
    for (const set of sets) {
      const begun = this.done;
      const tell = (share: number): void => this.onProgress(begun + share * cost(set), name);
      readings.push(await this.readings(set, pictures, tell));
      this.done = begun + cost(set);
      this.onProgress(this.done, name);
    }
    const made = cellOf(sets, readings);
    this.store.keep(name, made);
    return made;
  }

  private async readings(
    set: AskedSet,
    pictures: "real" | "reconstructed" | number,
    tell: (share: number) => void,
  ): Promise<Composition[]> {
    const { batchSize, seed } = this.options;
    const count = set.captions.length;
    const read: Composition[] = [];
    for (let first = 0; first < count; first += batchSize) {
      const last = Math.min(count, first + batchSize);
      const shown =
        typeof pictures === "number"
          ? await this.studied.draw(set.captions.slice(first, last), {
              guidance: pictures,
              seed: seed + first,
              onProgress: (done) => tell((first + (last - first) * done) / count),
            })
          : this.real(set, first, last, pictures);
      read.push(...this.studied.read(shown));
      shown.dispose();
      await nextTurn();
    }
    return read;
  }

  private real(set: AskedSet, first: number, last: number, kind: "real" | "reconstructed"): tf.Tensor4D {
    return tf.tidy(() => {
      const x = tf.tensor4d(set.pictures(first, last), [last - first, 32, 32, 3]);
      return kind === "real" ? x : this.studied.reconstruct(x);
    });
  }
}

function cellOf(sets: readonly AskedSet[], readings: readonly (readonly Composition[])[]): Cell {
  const asked = sets.flatMap(({ compositions }) => compositions);
  const languages = sets.flatMap((set) => set.languages);
  const read = readings.flat();
  const of = (language: CaptionLanguage): Obedience => {
    const numbers = languages.flatMap((one, i) => (one === language ? [i] : []));
    return obedience(
      numbers.map((i) => asked[i]),
      numbers.map((i) => read[i]),
    );
  };
  const [plain, swapped] = sets;
  const binding =
    sets.length === 2
      ? { binding: colourBinding(plain.compositions, readings[0], swapped.compositions, readings[1]) }
      : {};
  return { all: obedience(asked, read), byLanguage: { en: of("en"), zh: of("zh") }, ...binding };
}

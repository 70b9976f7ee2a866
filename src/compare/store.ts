/** What the study has found, in files that are committed: the paces, the floors, and every finished cell. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Fields, parseJson } from "../base/fields.js";
import { writeFileAtomically } from "../files/index.js";
import { cellName, readCell, readMeasures, type CellKey, type CellResult } from "./cell.js";
import { cellsFile, type Study } from "./cells-file.js";
import type { Evidence } from "./evidence.js";
import type { Measures } from "./measures.js";
import { problemNamed } from "./problem.js";
import type { Speed, Speeds } from "./speed.js";
import { planTable } from "./study.js";

/** Where figures came from. */
export interface Provenance {
  readonly processor: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly date: string;
}

/** Milliseconds a step, by kind of problem and method, and the machine that they hold for. */
export interface Paces extends Provenance {
  readonly ms: Readonly<Record<string, number>>;
}

/** "points/gan": all problems of a kind have the same networks and batches. */
export const paceKey = ({ problem, method }: Pick<CellKey, "problem" | "method">): string =>
  `${problemNamed(problem).kind}/${method}`;

/** Examples a second, and the machine that they hold for. */
export interface KeptSpeeds extends Provenance {
  readonly speeds: Speeds;
}

/**
 * A folder with `plan.json`, `paces.json`, `floors.json`, `speed.json` and a file of cells for each problem and method.
 * Each file is written whole or not at all, so a study that is broken off has lost at most the cell under way.
 */
export class CompareStore {
  constructor(readonly folder: string) {}

  /** Milliseconds a step, undefined where it was not measured. */
  pace(key: Pick<CellKey, "problem" | "method">): number | undefined {
    return this.paces()?.ms[paceKey(key)];
  }

  paces(): Paces | undefined {
    const fields = this.open("paces.json");
    if (!fields) return undefined;
    const ms = fields.object("ms");
    return {
      ...provenanceOf(fields),
      ms: Object.fromEntries(Object.keys(ms.values).map((key) => [key, ms.number(key, { above: 0 })])),
    };
  }

  keepPace(key: Pick<CellKey, "problem" | "method">, msPerStep: number, provenance: Provenance): void {
    const ms = { ...this.paces()?.ms, [paceKey(key)]: Number(msPerStep.toPrecision(4)) };
    this.write("paces.json", { ...provenance, ms });
  }

  /** The measures of real data, by problem. */
  floors(): Readonly<Record<string, Measures>> {
    const fields = this.open("floors.json");
    if (!fields) return {};
    return Object.fromEntries(
      Object.keys(fields.values).map((problem) => {
        return [problem, readMeasures(fields.object(problem))];
      }),
    );
  }

  keepFloor(problem: string, floor: Measures): void {
    this.write("floors.json", { ...this.floors(), [problem]: rounded(floor) });
  }

  speeds(): KeptSpeeds | undefined {
    const fields = this.open("speed.json");
    if (!fields) return undefined;
    const speeds = fields.object("speeds");
    const names = Object.keys(speeds.values);
    return {
      ...provenanceOf(fields),
      speeds: Object.fromEntries(names.map((name) => [name, readSpeed(speeds.object(name))])),
    };
  }

  /** Puts the speeds of some ways beside those of others, measured on the same machine, or in their place. */
  keepSpeeds(speeds: Speeds, provenance: Provenance): void {
    const kept = this.speeds();
    const others = kept && kept.processor === provenance.processor ? kept.speeds : {};
    const rounded = Object.entries(speeds).map(([name, speed]) => [name, roundedSpeed(speed)]);
    this.write("speed.json", { ...provenance, speeds: { ...others, ...Object.fromEntries(rounded) } });
  }

  /** What there is to do, for `npm run doctor`, which runs without the library. */
  keepPlan(): void {
    this.write("plan.json", planTable());
  }

  /** All that there is so far. */
  evidence(): Evidence {
    return {
      cells: this.allCells("cells"),
      stability: this.allCells("stability"),
      floors: this.floors(),
      paces: this.paces()?.ms ?? {},
      speeds: this.speeds()?.speeds ?? null,
    };
  }

  /** All finished cells of the group that a cell belongs to, such as "ring/gan" of the study of stability. */
  cells(key: CellKey): readonly CellResult[] {
    return this.readCells(cellsFile(key));
  }

  /** Every finished cell of a study. */
  allCells(study: Study): readonly CellResult[] {
    if (!existsSync(join(this.folder, study))) return [];
    return readdirSync(join(this.folder, study))
      .filter((name) => name.endsWith(".json"))
      .sort()
      .flatMap((name) => this.readCells(join(study, name)));
  }

  has(key: CellKey): boolean {
    return this.cells(key).some((cell) => cellName(cell) === cellName(key));
  }

  /** Adds a cell, or puts it in the place of an earlier one of the same name. */
  keepCell(cell: CellResult, provenance: Provenance): void {
    const others = this.cells(cell).filter((known) => cellName(known) !== cellName(cell));
    const cells = [...others, roundedCell(cell)].sort((a, b) => (a.rate ?? 0) - (b.rate ?? 0) || a.seed - b.seed);
    this.write(cellsFile(cell), { ...provenance, cells });
  }

  private readCells(file: string): readonly CellResult[] {
    const fields = this.open(file);
    if (!fields) return [];
    const list = fields.raw("cells");
    if (!Array.isArray(list)) return fields.refuse("cells", list, "a list of cells");
    return list.map((cell, i) => readCell(`${join(this.folder, file)}: cell ${i}`, cell));
  }

  private open(file: string): Fields | undefined {
    const path = join(this.folder, file);
    return existsSync(path) ? new Fields(path, parseJson(path, readFileSync(path, "utf8"))) : undefined;
  }

  private write(file: string, content: unknown): void {
    writeFileAtomically(join(this.folder, file), `${JSON.stringify(content, null, 1)}\n`);
  }
}

function provenanceOf(fields: Fields): Provenance {
  const versions = fields.object("versions");
  return {
    processor: fields.string("processor"),
    versions: Object.fromEntries(Object.keys(versions.values).map((key) => [key, versions.string(key)])),
    date: fields.string("date"),
  };
}

function readSpeed(fields: Fields): Speed {
  const number = (key: string): number => fields.number(key, { above: 0 });
  return {
    perSecond: number("perSecond"),
    slowest: number("slowest"),
    fastest: number("fastest"),
    count: fields.number("count", { whole: true, least: 1 }),
    repeats: fields.number("repeats", { whole: true, least: 1 }),
  };
}

function roundedSpeed(speed: Speed): Speed {
  const [perSecond, slowest, fastest] = [speed.perSecond, speed.slowest, speed.fastest].map((value) =>
    Number(value.toPrecision(4)),
  );
  return { ...speed, perSecond, slowest, fastest };
}

/** Five digits are more than any interval allows. */
function rounded(measures: Measures): Measures {
  return Object.fromEntries(Object.entries(measures).map(([key, value]) => [key, Number(value.toPrecision(5))]));
}

function roundedNumber(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(5));
}

function roundedCell(cell: CellResult): CellResult {
  return {
    ...cell,
    snapshots: cell.snapshots.map((snapshot) => ({
      ...snapshot,
      trainingLoss: Number(snapshot.trainingLoss.toPrecision(5)),
      logLikelihood: roundedNumber(snapshot.logLikelihood),
      bitsPerDimension: roundedNumber(snapshot.bitsPerDimension),
      ways: Object.fromEntries(Object.entries(snapshot.ways).map(([name, way]) => [name, rounded(way)])),
    })),
  };
}

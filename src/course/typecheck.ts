// Strict type check of whole notebooks: all cells of each as one module, with the project's own TypeScript.
import { createRequire } from "node:module";
import path from "node:path";
import type typescript from "typescript";
import { tags, type Cell } from "./notebook-file.js";
import { plan, TAGS, type Problem } from "./notebook-run.js";

interface Placed {
  readonly cell: number;
  readonly firstLine: number;
  readonly lines: number;
}

/** Ends a cell whose last statement has no semicolon, whatever the next one begins with. */
const SEPARATOR = ";";

/** A variant of the notebook: with its solutions, or with the stubs that a learner starts from. */
function concatenated(cells: readonly Cell[], withSolutions: boolean): { text: string; places: Placed[] } {
  const runs = plan(cells);
  const lines: string[] = ["export {};"];
  const places: Placed[] = [];
  runs.forEach((run, index) => {
    if (run === undefined) return;
    const at = withSolutions ? run : index;
    const cell = cells[at];
    if (tags(cell).includes(TAGS.raises)) return;
    const source = cell.source.split("\n");
    places.push({ cell: at + 1, firstLine: lines.length, lines: source.length });
    lines.push(...source, SEPARATOR);
  });
  return { text: lines.join("\n"), places };
}

/**
 * Type errors of notebooks by name. Cells tagged raises-exception are left out: they may hold an error on purpose.
 * A name may be declared once in a notebook, but for an exercise and its solution.
 */
export function typecheckNotebooks(
  notebooks: ReadonlyMap<string, readonly Cell[]>,
  root: string,
): Map<string, Problem[]> {
  const ts = createRequire(path.join(root, "package.json"))("typescript") as typeof typescript;
  const sources = new Map<string, { name: string; text: string; places: Placed[] }>();
  for (const [name, cells] of notebooks) {
    for (const withSolutions of [true, false]) {
      const file = path.join(root, "notebooks", `.${name}.${withSolutions ? "solutions" : "stubs"}.ts`);
      sources.set(file.replaceAll("\\", "/"), { name, ...concatenated(cells, withSolutions) });
    }
  }
  const options: typescript.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    esModuleInterop: true,
    resolveJsonModule: true,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts"],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force,
    types: ["node"],
  };
  const host = ts.createCompilerHost(options);
  host.getCurrentDirectory = () => root;
  const { fileExists, readFile } = host;
  host.fileExists = (file) => sources.has(file) || fileExists(file);
  host.readFile = (file) => sources.get(file)?.text ?? readFile(file);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (file, languageVersion, ...rest) => {
    const text = sources.get(file)?.text;
    if (text === undefined) return getSourceFile(file, languageVersion, ...rest);
    return ts.createSourceFile(file, text, languageVersion);
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  const problems = new Map([...notebooks.keys()].map((name) => [name, [] as Problem[]]));
  for (const [file, { name, places }] of sources) {
    const source = program.getSourceFile(file);
    if (!source) throw new Error(`${file} was not read`);
    for (const diagnostic of [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]) {
      const { line, character } = source.getLineAndCharacterOfPosition(diagnostic.start ?? 0);
      const place = places.findLast(({ firstLine }) => firstLine <= line);
      const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
      const where = `line ${line - (place?.firstLine ?? 0) + 1}, column ${character + 1}`;
      const problem = { cell: place?.cell ?? 0, message: `TS${diagnostic.code} at ${where}: ${text}` };
      const known = problems.get(name) as Problem[];
      if (!known.some((one) => one.cell === problem.cell && one.message === problem.message)) known.push(problem);
    }
  }
  return problems;
}

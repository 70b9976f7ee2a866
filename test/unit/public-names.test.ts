/** The library's public names: an addition, a removal or a new name shows in public-names.txt, and is meant. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import ts from "typescript";

const SOURCES = join(import.meta.dirname, "../../src");
/** The build writes it: a new sampler is public by lying in its folder. */
const GATHERED = join("samplers", "gathered.ts");

interface Export {
  readonly name: string;
  readonly isType: boolean;
}

/** What a module exports, read from its text. */
function exportsOf(file: string): Export[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement): Export[] => {
    if (ts.isExportDeclaration(statement)) return reexports(file, statement);
    const exported = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    if (!exported.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.map(({ name }) => ({ name: name.getText(source), isType: false }));
    }
    const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
    const { name } = statement as ts.Statement & { readonly name?: ts.Identifier };
    return name ? [{ name: name.text, isType }] : [];
  });
}

function reexports(file: string, { exportClause, isTypeOnly, moduleSpecifier }: ts.ExportDeclaration): Export[] {
  if (!exportClause) {
    const target = join(dirname(file), (moduleSpecifier as ts.StringLiteral).text.replace(/\.js$/, ".ts"));
    return exportsOf(target);
  }
  if (ts.isNamespaceExport(exportClause)) return [{ name: exportClause.name.text, isType: false }];
  return exportClause.elements.map((element) => ({
    name: element.name.text,
    isType: isTypeOnly || element.isTypeOnly,
  }));
}

test("the package exports the names of public-names.txt", () => {
  const names = exportsOf(join(SOURCES, "index.ts")).map(({ name, isType }) => (isType ? `type ${name}` : name));
  const listed = readFileSync(join(import.meta.dirname, "public-names.txt"), "utf8")
    .trimEnd()
    .split("\n");
  const [added, gone] = [
    names.filter((name) => !listed.includes(name)),
    listed.filter((name) => !names.includes(name)),
  ];
  assert.deepEqual({ added, gone }, { added: [], gone: [] }, "write what is meant into test/unit/public-names.txt");
});

test("nothing becomes public by being written: an index names its exports, or passes on those of another index", () => {
  const files = ts.sys.readDirectory(SOURCES, [".ts"], ["**/dist/**", "**/node_modules/**"]);
  const unnamed = files.flatMap((file) => {
    const stars = [...readFileSync(file, "utf8").matchAll(/^export \* from "(.*)"/gm)].map(([, from]) => from);
    return stars.filter((from) => !from.endsWith("/index.js")).map((from) => `${relative(SOURCES, file)}: ${from}`);
  });
  const outsideGathered = unnamed.filter((star) => !star.startsWith(`${GATHERED}: `));
  assert.deepEqual(outsideGathered, ["runtime/tf.ts: @tensorflow/tfjs-core", "samplers/index.ts: ./gathered.js"]);
});

/** The house stays legible: a purpose atop every file, a README in every large folder, no file too long to read. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../..");
const MOST_FILES = 10;
const MOST_LINES = 400;

/** What programs write: compiled files, packages, bytecode, and the data that tests compare with. */
const WRITTEN_BY_PROGRAMS = new Set(["dist", "node_modules", "__pycache__", "fixtures"]);

interface Folder {
  readonly path: string;
  /** Names of the files that lie in it. */
  readonly files: readonly string[];
}

/** A folder and all below it, without what programs write and what is hidden. */
function foldersOf(path: string): Folder[] {
  const entries = readdirSync(join(root, path), { withFileTypes: true }).filter(({ name }) => !name.startsWith("."));
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const below = entries.filter((entry) => entry.isDirectory() && !WRITTEN_BY_PROGRAMS.has(entry.name));
  return [{ path, files }, ...below.flatMap(({ name }) => foldersOf(`${path}/${name}`))];
}

const folders = ["src", "test"].flatMap(foldersOf);

/** Paths of all files with one of these endings. */
function filesEnding(pattern: RegExp): string[] {
  return folders.flatMap(({ path, files }) =>
    files.filter((name) => pattern.test(name)).map((name) => `${path}/${name}`),
  );
}

const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** The first sentence of a file's opening comment; empty if the file opens with anything else. */
function purposeOf(path: string): string {
  const text = read(path).replace(/^#!.*\n/, "");
  const opening = path.endsWith(".py")
    ? /^(?:"""|#)\s*([^\n"]*)/.exec(text)
    : /^(?:\/\*\*?[\s*]*|\/\/\s*)([^\n]*?)\s*(?:\*\/)?(?:\n|$)/.exec(text);
  return opening?.[1] ?? "";
}

test("every source file opens with a line that says what it is for", () => {
  const files = filesEnding(/\.(ts|mts|mjs|py|c)$/);
  assert.ok(files.length > 300, `only ${files.length} files were found in src and test`);
  // A tag of TSDoc documents the declaration below it, not the file.
  const silent = files.filter((path) => !/^[^@\s]\S*\s+\S/.test(purposeOf(path)));
  assert.deepEqual(silent, [], "these files need a first line such as /** The forward process: … */");
});

test(`every folder of more than ${MOST_FILES} files has a README that says what it is for`, () => {
  const large = folders.filter(({ files }) => files.length > MOST_FILES);
  assert.ok(large.length > 10, `only ${large.length} large folders were found in src and test`);
  const without = large.filter(({ files }) => !files.includes("README.md")).map(({ path }) => path);
  assert.deepEqual(without, [], "these folders need a README.md: its purpose, its files, what may be touched");
});

test("every file that a folder's README names in its tables is there", () => {
  const gone = folders
    .filter(({ files }) => files.includes("README.md"))
    .flatMap(({ path, files }) => {
      const rows = read(`${path}/README.md`).match(/^\| [^|]*\|/gm) ?? [];
      const named = rows.flatMap((row) =>
        [...row.matchAll(/`([\w.-]+\.(?:ts|mjs|py|c|json|txt))`/g)].map(([, name]) => name),
      );
      return named.filter((name) => !files.includes(name)).map((name) => `${path}/README.md: ${name}`);
    });
  assert.deepEqual(gone, [], "these pages name files that their folder does not have");
});

test(`no file has more than ${MOST_LINES} lines`, () => {
  const lines = (path: string): number => read(path).replace(/\n$/, "").split("\n").length;
  const long = filesEnding(/\.(ts|mts|mjs|py|c)$/)
    .filter((path) => lines(path) > MOST_LINES)
    .map((path) => `${path}: ${lines(path)}`);
  assert.deepEqual(long, [], "a file has one idea: split these");
});

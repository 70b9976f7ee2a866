/** Notebooks in Chinese: what is translated, and that all else stays byte for byte. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { codeTexts, sameProgram, withCodeTexts } from "../../../src/course/zh/code-texts.js";
import { catalogueOf, poText, readCatalogue, updated, type Translation } from "../../../src/course/zh/catalogue.js";
import { entriesOf, keyOf } from "../../../src/course/zh/entries.js";
import { faultsOf } from "../../../src/course/zh/faults.js";
import { readNotebook, textOf, type Notebook, type NotebookCell } from "../../../src/course/zh/notebook-file.js";
import { outputInChinese, sentenceInChinese } from "../../../src/course/zh/outputs.js";
import { translated } from "../../../src/course/zh/translate.js";

const notebooks = join(import.meta.dirname, "../../../notebooks");
const cell = (id: string, cell_type: string, source: string, more: Partial<NotebookCell> = {}): NotebookCell => ({
  id,
  cell_type,
  source: source.match(/[^\n]*\n|[^\n]+$/g) ?? [],
  metadata: {},
  ...more,
});
const notebook = (...cells: NotebookCell[]): Notebook => ({
  cells,
  metadata: { jupytext: { formats: "x" }, kernelspec: { name: "tslab" } },
  nbformat: 4,
  nbformat_minor: 5,
});
const done = (context: string, text: string, translation: string): Translation => ({
  context,
  text,
  translation,
  fuzzy: false,
});
const catalogue = (...all: Translation[]) => new Map(all.map((one) => [keyOf(one), one]));

for (const file of readdirSync(notebooks).filter((name) => name.endsWith(".ipynb"))) {
  test(`${file} is read and written to the same bytes`, () => {
    const path = join(notebooks, file);
    assert.equal(textOf(readNotebook(path)), readFileSync(path, "utf8"));
  });
}

test("comments are found with their marks left out, and those without words are left alone", () => {
  const source =
    "// 2.1\nconst a = 1; // β of the jump\n/** A sum\n * of two. */\nconst url = 'http://x'; /* last word */";
  const texts = codeTexts(source);
  assert.deepEqual(
    texts.map(({ text }) => text),
    ["β of the jump", "A sum\n * of two.", "last word"],
  );
  for (const { text, start, end } of texts) assert.equal(source.slice(start, end), text);
});

test("of sentences in code only those that judge an answer are found: words of charts stay", () => {
  const source = [
    'const judge21 = (x: number) => x > 0 || (x < -1 ? "far too small" : `about ${x} is wrong`);',
    'const why = ["look at the picture", "R1"];',
    'const chart = lineChart({ title: "How far it is" });',
    'check("equal to 1e-6", a, sealed("R1", "39b37f2a"), "a hint of words");',
    'check("1.2", "an answer of mine", (x) => x === 2 || "two is asked for", { hint: "count them all" });',
    'import { a } from "not a sentence";',
    "function judged() { return 'no judge at all'; }",
  ].join("\n");
  assert.deepEqual(
    codeTexts(source).map(({ text }) => text),
    [
      "far too small",
      "about ${x} is wrong",
      "look at the picture",
      "a hint of words",
      "two is asked for",
      "count them all",
    ],
  );
});

test("a translation keeps code valid: quotation marks in it are escaped, values stay", () => {
  const source = 'check("1", a, b, "it is small"); const judge1 = (x: number) => `about ${x} is it`; // say it all';
  const words: Record<string, string> = {
    "it is small": '它"很"小',
    "about ${x} is it": "大约 ${x} 就是`它`",
    "say it all": "全说出来",
  };
  assert.equal(
    withCodeTexts(source, (text) => words[text]),
    'check("1", a, b, "它\\"很\\"小"); const judge1 = (x: number) => `大约 ${x} 就是\\`它\\``; // 全说出来',
  );
  assert.equal(
    withCodeTexts(source, () => undefined),
    source,
  );
});

test("a translation cannot become code: the cell stays English, and the fault is named", () => {
  const source = [
    "const a = 1; // two words",
    "/* more words */",
    'check("1", a, 2, "a hint here");',
    "const judge1 = (x: number) => `about ${x} here`;",
  ].join("\n");
  const english = notebook(cell("c", "code", source));
  const texts = ["two words", "more words", "a hint here", "about ${x} here"];
  const good = ["两个词", "更多词", '一个"提示\\"', "`这里`有 ${x}"];
  const bad = [
    ["好\nprocess.exit()", "好\rprocess.exit()", "好\u2028process.exit()"],
    ["好 */ process.exit() /*"],
    ['好", process.exit(), "', "好\\", "好\n", '好\\", process.exit(), "', '好\\\\", process.exit(), "'],
    ["${x} ${process.exit()}", "${process.exit()}", "`, process.exit(), `${x}", "${x}\\"],
  ];
  const codeOf = (chosen: readonly string[]) => {
    const entries = catalogue(...texts.map((text, i) => done("code", text, chosen[i])));
    const faults = faultsOf(english, entries).filter(({ what }) => what.includes("changes the code itself"));
    return { code: translated(english, entries).cells[0].source.join(""), faults: faults.length };
  };
  const right = codeOf(good);
  assert.equal(right.faults, 0);
  for (const one of ["// 两个词", "/* 更多词 */", "这里"]) assert.ok(right.code.includes(one), right.code);
  bad.forEach((worse, k) => {
    for (const translation of worse) {
      const { code, faults } = codeOf(good.map((one, i) => (i === k ? translation : one)));
      // Either it stays a text, or the cell stays as it is.
      const harmless = sameProgram(source, code);
      assert.ok(harmless, `${JSON.stringify(translation)}: ${code}`);
      assert.ok(faults === 1 || code !== source, translation);
    }
  });
});

test("what check, formula, progress and controls said is Chinese; other lines and other forms stay", () => {
  const lines = (text: string) => text.match(/[^\n]*\n|[^\n]+$/g)!;
  const output = {
    data: {
      "text/markdown": lines("$$a$$\n\n**✓** agrees with the library: 401 values, largest deviation below 1e-15"),
      "text/plain": lines("a\n✓ agrees with the library: one value, largest deviation 0\n✓ equal to 1e-6 correct"),
      "image/png": "correct",
      "application/vnd.diffusion-lab.control+json": { wake: "Run this cell to wake this control." },
    },
  };
  assert.deepEqual(outputInChinese(output).data, {
    "text/markdown": lines("$$a$$\n\n**✓** 与库的结果一致：401 个值，最大偏差小于 1e-15"),
    "text/plain": lines("a\n✓ 与库的结果一致：1 个值，最大偏差为 0\n✓ equal to 1e-6 正确"),
    "image/png": "correct",
    "application/vnd.diffusion-lab.control+json": { wake: "运行这个单元格，即可使用这个控件。" },
  });
  const plain = (text: string) =>
    (outputInChinese({ data: { "text/plain": [text] } }).data!["text/plain"] as string[])[0];
  assert.equal(plain("**✗ 2.1** not yet: 3 is too large"), "**✗ 2.1** 还不对：3 太大");
  assert.equal(plain("✗ 2.1 not yet: no idea"), "✗ 2.1 还不对：no idea");
  assert.equal(plain("steps  ███░ 3/4 · loss 0.12 · mine"), "steps  ███░ 3/4 · 损失 0.12 · mine");
  for (const same of ["slope at x_t = 0", "this is correct", "✓ done", "3 values"]) assert.equal(plain(same), same);
  assert.equal(sentenceInChinese("nothing of the kind"), undefined);
});

test("a notebook in Chinese names its kernel, its links reach other files, and untranslated cells say so", () => {
  const english = notebook(
    cell("p1", "markdown", "Hello\n[a](../docs/a.md) [b](03.ipynb) [c](https://x.y/z) [d](#here)"),
    cell("p2", "markdown", "Later"),
    cell("c1", "code", "// two words", { outputs: [{ data: { "text/plain": ["✓ 1 correct"] } }] }),
  );
  const prose = english.cells[0].source.join("");
  const chinese = translated(
    english,
    catalogue(
      done("p1", prose, prose.replace("Hello", "你好")),
      { ...done("p2", "Later", "以后"), fuzzy: true },
      done("code", "two words", "两个词"),
    ),
  );
  const sources = chinese.cells.map(({ source }) => source.join(""));
  assert.equal(sources[0], "你好\n[a](../../docs/a.md) [b](03.ipynb) [c](https://x.y/z) [d](#here)");
  assert.equal(sources[1], "> *译文待更新*\n\nLater");
  assert.equal(sources[2], "// 两个词");
  assert.deepEqual(chinese.cells[2].outputs, [{ data: { "text/plain": ["✓ 1 正确"] } }]);
  assert.equal((chinese.metadata["kernelspec"] as { name: string }).name, "tslab-zh");
  assert.equal(chinese.metadata["jupytext"], undefined);
});

test("a catalogue survives being written, with quotes, backslashes, lines and notes", () => {
  const all = [
    done("a1", 'She said "no"\n\n$\\bar\\alpha$\tx', "她说“不”\n$\\bar\\alpha$"),
    { ...done("code", "one word", ""), notes: { translator: "see 03", previous: 'msgid "word"' } },
    { ...done("b2", "changed", "改了"), fuzzy: true, notes: { previous: 'msgid "before"' } },
  ];
  const text = poText(all, () => 3);
  const read = catalogueOf(text);
  assert.deepEqual(
    [...read.values()].map(({ context, text: said, translation, fuzzy }) => ({
      context,
      text: said,
      translation,
      fuzzy,
    })),
    [all[0], all[2], all[1]].map(({ context, text: said, translation, fuzzy }) => ({
      context,
      text: said,
      translation,
      fuzzy,
    })),
  );
  // What a text was before goes with the mark.
  assert.deepEqual(read.get(keyOf(all[1]))!.notes, { translator: "see 03", previous: undefined });
  assert.deepEqual(read.get(keyOf(all[2]))!.notes, { translator: undefined, previous: 'msgid "before"' });
  assert.match(text, /#: cell 3/);
});

test("an entry given twice, and a file that is no catalogue, are refused by name", () => {
  const folder = mkdtempSync(join(tmpdir(), "zh-"));
  const file = join(folder, "02.po");
  const head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n';
  const entry = 'msgctxt "a"\nmsgid "x"\nmsgstr "y"\n\n';
  writeFileSync(file, head + entry + entry);
  assert.throws(() => readCatalogue(file), /02\.po: .*[Dd]uplicate/);
  writeFileSync(file, `${head}msgid "x\nmsgstr`);
  assert.throws(() => readCatalogue(file), /02\.po: /);
  assert.equal(readCatalogue(join(folder, "none.po")).size, 0);
});

test("an update keeps translations, marks changed cells fuzzy, follows a cell to its new id, and tells what vanished", () => {
  const before = catalogue(
    done("p1", "same", "同"),
    done("p2", "old words", "旧"),
    done("p3", "moved", "移"),
    done("p9", "gone", "去"),
    done("code", "a comment", "注释"),
  );
  const now = notebook(
    cell("p1", "markdown", "same"),
    cell("p2", "markdown", "new words"),
    cell("q3", "markdown", "moved"),
    cell("c", "code", "// a comment\n// another comment"),
  );
  const { translations, vanished } = updated(before, entriesOf(now));
  assert.deepEqual(
    translations.map(({ context, text, translation, fuzzy }) => [context, text, translation, fuzzy]),
    [
      ["p1", "same", "同", false],
      ["p2", "new words", "旧", true],
      ["q3", "moved", "移", false],
      ["code", "a comment", "注释", false],
      ["code", "another comment", "", false],
    ],
  );
  assert.equal(translations[1].notes!.previous, 'msgid "old words"');
  assert.deepEqual(
    vanished.map(({ text }) => text),
    ["gone"],
  );
  // A second update changes nothing.
  const again = updated(new Map(translations.map((one) => [keyOf(one), one])), entriesOf(now));
  assert.deepEqual(again, { translations, vanished: [] });
});

test("what is no notebook is refused by name", () => {
  const file = join(mkdtempSync(join(tmpdir(), "zh-")), "x.ipynb");
  const refused = (content: string, says: RegExp) => {
    writeFileSync(file, content);
    assert.throws(() => readNotebook(file), says);
  };
  refused("{", /x\.ipynb cannot be read/);
  refused('{"nbformat": 3, "cells": []}', /no notebook of format 4: nbformat is 3/);
  refused('{"nbformat": 4}', /cells/);
  refused('{"nbformat": 4, "cells": [{"source": []}]}', /cell 1 .* has no id/);
});

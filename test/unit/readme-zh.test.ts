/** README in Chinese says what README says, section by section: its code, links, numbers and terms. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { translationFaults } from "../../src/course/zh/faults.js";

/** What stands between marks is measured and written by a command; the Chinese page leads to its table. */
const WRITTEN = /<!-- (\S+.*?) -->[\s\S]*?<!-- \/\1 -->\n/g;
/** Each page leads to the other. */
const OTHER_LANGUAGE = /^.*\]\(README(\.zh-CN)?\.md\).*$/m;
/** Under it English has measured lines; there the Chinese page has links of its own. */
const MEASURED = "Measured";
/** What the Chinese page says besides, in place of the measured lines. */
const BESIDES = /这类数字能被认出多少[^\n]*/;

/** Sections of a page in order, code blocks whole. */
function sectionsOf(file: string): string[] {
  const text = readFileSync(join(import.meta.dirname, "../..", file), "utf8")
    .replace(WRITTEN, "")
    .replace(OTHER_LANGUAGE, "")
    .replace(BESIDES, "");
  const sections: string[] = [];
  let fenced = false;
  for (const line of text.split("\n")) {
    if (line.startsWith("```")) fenced = !fenced;
    if (sections.length === 0 || (!fenced && /^#+ /.test(line))) sections.push("");
    sections[sections.length - 1] += `${line}\n`;
  }
  return sections;
}

test("README in Chinese says what README says", () => {
  const [english, chinese] = [sectionsOf("README.md"), sectionsOf("README.zh-CN.md")];
  assert.equal(chinese.length, english.length);
  const faults = english.flatMap((section, i) =>
    section.startsWith(`## ${MEASURED}`)
      ? []
      : translationFaults(section, chinese[i], true).map((fault) => `${section.split("\n")[0]}: ${fault}`),
  );
  assert.deepEqual(faults, []);
});

test("and a page that lost a link or a number is found out", () => {
  const [, , english] = sectionsOf("README.md");
  const [, , chinese] = sectionsOf("README.zh-CN.md");
  assert.notDeepEqual(translationFaults(english, chinese.replace(/notebooks\/00-welcome/, "notebooks/"), true), []);
  assert.notDeepEqual(translationFaults(english, chinese.replace("`npm run zh`", ""), true), []);
});

/** The sentences of the notebook in both languages. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check, formula, seal, sealed, slider, table } from "../../../src/notebook/index.js";
import { filled, MESSAGES, say } from "../../../src/notebook/messages.js";
import { language } from "../../../src/notebook/language.js";
import { displayed, text, watched, withEnvironment } from "./kernel-stand-in.js";

test("Chinese is asked for by zh, with or without a country; all else is English", () => {
  const asked = (value?: string) => language(value === undefined ? {} : { DIFFUSION_LAB_LANG: value });
  for (const value of ["zh", "ZH", "zh-CN", "zh_CN.UTF-8", "zh.UTF-8"]) assert.equal(asked(value), "zh", value);
  for (const value of [undefined, "", "en", "de", "zhuang", "_zh"]) assert.equal(asked(value), "en", value);
});

for (const [name, { en, zh }] of Object.entries(MESSAGES)) {
  test(`"${name}" takes the same values in both languages`, () => {
    const slots = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, slot]) => slot).sort();
    assert.deepEqual(slots(zh), slots(en));
    assert.notEqual(zh, en);
    assert.match(zh, /[\p{Script=Han}：]/u);
    const code = (text: string) => [...text.matchAll(/`[^`]+`/g)].map(([span]) => span);
    assert.deepEqual(code(zh), code(en));
  });
}

test("a value is put in as it is, also where it looks like a place for another", () => {
  assert.equal(filled("{a} and {b}", { a: "{b}", b: "$&" }), "{b} and $&");
});

test("checks, formulas, tables and controls speak Chinese where it is asked for", () => {
  const inChinese = <T>(action: () => T): T => withEnvironment({ ...watched, DIFFUSION_LAB_LANG: "zh-CN" }, action);
  const shown = inChinese(() =>
    displayed(() => {
      check("3.1", 2, 3, "数一数");
      check("3.2", [1, 5], [1, 2]);
      check("3.3", undefined, 1);
      check("R1", "b", sealed("R1", seal("R1", "a")));
      formula("y = 2 * x").agrees([2, 4], { x: [1, 2] });
      formula("y = 2 * x").agrees(7, { x: 1 });
    }),
  );
  const texts = shown.map(text);
  assert.equal(texts[0], "✗ 3.1 还不对：2 太小\n  提示：数一数");
  assert.equal(texts[1], "✗ 3.2 还不对：2 个值中有 1 个不对，第一个在 [1]：5 太大，最大误差是 3");
  assert.equal(texts[2], "○ 3.3 尚未作答");
  assert.equal(texts[3], '✗ R1 还不对："b" 不对');
  assert.equal(texts[4], "y = 2 * x\n✓ 与库的结果一致：2 个值，最大偏差为 0");
  assert.equal(texts[5], "y = 2 * x\n✗ 与库的结果不一致：1 个值，最大偏差 5，允许 7e-6");
  const refused = (action: () => unknown, what: RegExp) => assert.throws(() => inChinese(action), what);
  refused(() => slider({ min: 2, max: 1 }), /slider 要求 min < max/);
  refused(() => table([]), /表格至少要有一行/);
  refused(() => formula("a + b").evaluate({ a: 1 }), /还需要 b 的值；给出的有 a/);
});

test("without the language, English", () => {
  assert.equal(say("values", { count: 3 }), "3 values");
});

/** What a translation is held to: the same formulas, code, links and numbers, one word for one thing, and good setting. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { translationFaults } from "../../../src/course/zh/faults.js";
import { spansOf } from "../../../src/course/zh/spans.js";
import { styleFaults } from "../../../src/course/zh/style.js";
import { TERMS, termFaults } from "../../../src/course/zh/terms.js";

test("formulas, code, links and numbers are told from prose", () => {
  const { formulas, code, links, numbers } = spansOf(
    "**2.1** At $t=500$ `a $b$` is 10 000, 0.06 and 1,000 in [03](03.ipynb#x), x_0, $$\ny=1\n$$ and R3; −3.",
  );
  assert.deepEqual(formulas, ["$t=500$", "$$\ny=1\n$$"]);
  assert.deepEqual(code, ["`a $b$`"]);
  assert.deepEqual(links, ["03.ipynb#x"]);
  assert.deepEqual(numbers, ["2.1", "10000", "0.06", "1000", "03", "3"]);
});

test("a good translation has no fault", () => {
  const english = "**2.1 (compute)** The *denoiser* takes $x_t$ and `t`; 90 % of [03](a.ipynb) is noise.";
  const chinese = "**2.1（计算）** *去噪器*接受 $x_t$ 和 `t`；[03](a.ipynb) 里有 90 % 是噪声。";
  assert.deepEqual(translationFaults(english, chinese, true), []);
});

test("each kind of difference is named", () => {
  const faults = (english: string, chinese: string) => translationFaults(english, chinese, true).join("; ");
  assert.match(faults("$x_0$", "$x_t$"), /formula \$x_0\$ is missing; formula \$x_t\$ is not in the English/);
  assert.match(faults("`a` and `a`", "`a`"), /code `a` is missing/);
  assert.match(faults("[x](a.ipynb)", "[x](b.ipynb)"), /link a\.ipynb is missing; link b\.ipynb/);
  assert.match(faults("64 of 1000", "1000 个里的 46 个"), /number 64 is missing; number 46/);
  assert.match(faults("**14.3** so", "**14.2** 如此"), /number 14\.3 is missing/);
});

test("one thing has one name", () => {
  assert.match(termFaults("guidance scale", "指导强度").join(), /"guidance" is called 引导.*指导 is not said here/);
  assert.match(termFaults("the reverse process", "反向过程").join(), /is called 逆向过程/);
  assert.deepEqual(termFaults("Read *Progressive distillation* now", "请读 *Progressive distillation*"), []);
  assert.deepEqual(termFaults("see [7b](07b-transformers.ipynb)", "见 [7b](07b-transformers.ipynb)"), []);
  assert.deepEqual(termFaults("give it to `denoiser`", "交给 `denoiser`"), []);
  assert.match(termFaults("see [transformers](07b.ipynb)", "见 [变换器](07b.ipynb)").join(), /is called Transformer/);
  assert.match(termFaults("mode collapse", "模式崩溃").join(), /模式崩溃 is not said here: it is 模式坍塌/);
  // A word to avoid may be part of a right one.
  assert.deepEqual(termFaults("isotropic", "各向同性"), []);
});

test("the table of terms does not contradict itself", () => {
  const allowed = TERMS.flatMap(({ chinese }) => chinese);
  for (const { english, avoid = [] } of TERMS) {
    assert.doesNotThrow(() => new RegExp(english, "u"));
    for (const word of avoid) assert.ok(!allowed.includes(word), word);
  }
});

test("rules of setting", () => {
  const wrong = (text: string, says: RegExp) => assert.match(styleFaults(text).join("; "), says, text);
  wrong("时刻t", /one space parts/);
  wrong("有$x$个", /one space parts/);
  wrong("两 个", /no space stands between/);
  wrong("数据 ，噪声", /no space stands beside/);
  wrong("数据, 噪声", /full-width: ，/);
  wrong("数据.", /full-width: ，/);
  wrong("数据(噪声)", /brackets/);
  wrong("＄x＄", /half-width/);
  wrong("见 $x$1", /digit right after/);
  wrong("**先猜一猜。**看看", /asterisk/);
  wrong("*两个*，**一个（一）**后文", /asterisk/);
  for (const right of [
    "时刻 $t$ 的值，$x$、$y$。",
    "**先猜一猜：** 看看",
    "**重点**在这里",
    "| 前向 | 逆向 |\n|---|---|\n| $q$，精确 | 近似 |",
    "函数 $q(x_t)$ 与 KL(p ‖ q) 相等",
    "$a*b*c$ 与 $d*e$",
  ]) {
    assert.deepEqual(styleFaults(right), [], right);
  }
});

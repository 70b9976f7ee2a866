/** What the notebook says to a learner, in both languages of the course. */
import { language, type Language } from "./language.js";

/** A sentence in each language; `{name}` stands for a value. */
type Message = Readonly<Record<Language, string>>;

export const MESSAGES = {
  // The verdicts of `check`
  correct: { en: "correct", zh: "正确" },
  notYet: { en: "not yet", zh: "还不对" },
  open: { en: "not answered yet", zh: "尚未作答" },
  because: { en: "{verdict}: {reason}", zh: "{verdict}：{reason}" },
  hint: { en: "Hint: {hint}", zh: "提示：{hint}" },
  threw: { en: "your code threw {error}", zh: "你的代码抛出了 {error}" },
  promise: {
    en: "your answer is a promise; put `await` before it",
    zh: "你的答案是一个 Promise，请在它前面写上 `await`",
  },
  notIt: { en: "{answer} is not it", zh: "{answer} 不对" },
  notJudged: {
    en: "your answer {answer} could not be judged: {error}",
    zh: "无法判断你的答案 {answer}：{error}",
  },
  nothingExpected: {
    en: "there is nothing to compare it with: the expected value is empty",
    zh: "没有可以比较的对象：标准答案是空的",
  },
  numberAsked: { en: "a number is asked for, not {answer}", zh: "这里要的是一个数，而不是 {answer}" },
  numbersAsked: {
    en: "an array or tensor of numbers is asked for, not {answer}",
    zh: "这里要的是由数组成的数组或张量，而不是 {answer}",
  },
  shapesAsked: { en: "your answer has {mine}, asked for is {asked}", zh: "你的答案是{mine}，要求的是{asked}" },
  notANumber: { en: "{value} is not a number", zh: "{value} 不是数" },
  tooLarge: { en: "{value} is too large", zh: "{value} 太大" },
  tooSmall: { en: "{value} is too small", zh: "{value} 太小" },
  valuesWrong: {
    en: "{wrong} of {all} values are wrong, first the one at {place}: {first}",
    zh: "{all} 个值中有 {wrong} 个不对，第一个在 {place}：{first}",
  },
  largestError: { en: "{wrong}, the largest error is {error}", zh: "{wrong}，最大误差是 {error}" },
  lettersAsked: {
    en: 'answer with letters between quotes, such as "a"',
    zh: '请用引号里的字母作答，例如 "a"',
  },
  noSeal: {
    en: 'a seal is {length} hexadecimal digits, got "{seal}": make it with seal(question, answer)',
    zh: '封印是 {length} 位十六进制数，得到的却是 "{seal}"：请用 seal(question, answer) 生成',
  },

  // The outcomes of `formula`
  agrees: {
    en: "agrees with the library: {count}, largest deviation {deviation}",
    zh: "与库的结果一致：{count}，最大偏差{deviation}",
  },
  differs: {
    en: "differs from the library: {count}, largest deviation {deviation}, allowed {allowed}",
    zh: "与库的结果不一致：{count}，最大偏差 {deviation}，允许 {allowed}",
  },
  oneValue: { en: "one value", zh: "1 个值" },
  values: { en: "{count} values", zh: "{count} 个值" },
  noDeviation: { en: "0", zh: "为 0" },
  below: { en: "below {bound}", zh: "小于 {bound}" },
  notComparable: {
    en: "the value to compare with is no number, array or tensor: {value}",
    zh: "用来比较的值不是数、数组或张量：{value}",
  },
  shapesDiffer: { en: "the formula has {computed}, the value {expected}", zh: "公式给出{computed}，而值是{expected}" },
  bothEmpty: { en: "there is nothing to compare: both are empty", zh: "没有可以比较的东西：两边都是空的" },
  noneFinite: { en: "there is nothing to compare: no value is finite", zh: "没有可以比较的东西：没有一个值是有限的" },
  noExpression: { en: '"{text}" is no expression: {error}', zh: '"{text}" 不是表达式：{error}' },
  needsValues: {
    en: '"{text}" needs values for {missing}; the scope has {given}',
    zh: '"{text}" 还需要 {missing} 的值；给出的有 {given}',
  },
  none: { en: "none", zh: "（无）" },
  noNumbers: {
    en: '"{name}" is no number, regular array or tensor: {value}',
    zh: '"{name}" 不是数、规则的数组或张量：{value}',
  },
  notComputable: { en: '"{text}" cannot be computed: {error}', zh: '"{text}" 无法计算：{error}' },
  givesNothing: { en: '"{text}" gives no number or array', zh: '"{text}" 的结果不是数或数组' },
  oneNumber: { en: "one number", zh: "一个数" },
  shape: { en: "shape [{shape}]", zh: "形状 [{shape}]" },

  // Loops and displays
  loss: { en: "loss {loss}", zh: "损失 {loss}" },
  left: { en: "{time} left", zh: "还需 {time}" },
  progressOf: { en: "progress of {total}: give a whole number ≥ 0", zh: "progress({total})：请给出 ≥ 0 的整数" },
  asynchronous: {
    en: "this progress counts an asynchronous iterable: write `for await (… of progress(…))`",
    zh: "这里计数的是异步可迭代对象：请写 `for await (… of progress(…))`",
  },
  noStep: {
    en: "no step was reported: pass `onStep` to the trainer, and call `done` after it has run",
    zh: "没有收到任何一步：请把 `onStep` 交给训练器，并在训练结束后再调用 `done`",
  },
  stillComputing: {
    en: "this value is still being computed: make it the cell's last value, or `await widget.settled()` before showing it",
    zh: "这个值还在计算：请把它写在单元格的最后一行，或在显示之前 `await widget.settled()`",
  },
  noData: { en: "this figure has no data: give it at least one trace", zh: "这幅图没有数据：请至少给它一条轨迹" },
  emptyTrace: {
    en: "trace {trace} of this figure has no data: look at what was computed",
    zh: "这幅图的第 {trace} 条轨迹没有数据：请检查算出了什么",
  },
  noRow: { en: "a table needs at least one row", zh: "表格至少要有一行" },
  noColumns: { en: "rows given as arrays need `columns`", zh: "以数组给出的行需要 `columns`" },
  raggedRow: {
    en: "row {row} has {cells} cells for {columns} columns",
    zh: "第 {row} 行有 {cells} 个单元格，而表格有 {columns} 列",
  },

  // Controls
  wake: { en: "Run this cell to wake this control.", zh: "运行这个单元格，即可使用这个控件。" },
  range: {
    en: "{control} needs min < max, but got min = {min} and max = {max}",
    zh: "{control} 要求 min < max，得到的却是 min = {min}，max = {max}",
  },
  stepOutside: {
    en: "the step of {control} must lie in (0, {most}], but is {step}",
    zh: "{control} 的 step 必须在 (0, {most}] 之内，得到的却是 {step}",
  },
  valueOutside: {
    en: "the value of {control} must lie in {min}…{max}, but is {value}",
    zh: "{control} 的 value 必须在 {min}…{max} 之内，得到的却是 {value}",
  },
  interval: {
    en: "the interval of play must be ≥ 0 ms, but is {interval}",
    zh: "play 的 interval 必须 ≥ 0 毫秒，得到的却是 {interval}",
  },
  noOptions: { en: "select needs at least one option, but got none", zh: "select 至少需要一个选项" },
  unknownOption: {
    en: 'select has no option "{value}"; its options are {options}',
    zh: 'select 没有选项 "{value}"；可选的有 {options}',
  },
} as const satisfies Readonly<Record<string, Message>>;

export type MessageName = keyof typeof MESSAGES;

/** The names of the values that a sentence takes. */
type Slots<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Slots<Rest> : never;

type Values<Name extends MessageName> = Readonly<Record<Slots<(typeof MESSAGES)[Name]["en"]>, string | number>>;

/** A message in the language of this kernel, its values put in. */
export function say<Name extends MessageName>(
  name: Name,
  ...[values]: Slots<(typeof MESSAGES)[Name]["en"]> extends never ? [] : [values: Values<Name>]
): string {
  return filled(MESSAGES[name][language()], (values ?? {}) as Readonly<Record<string, string | number>>);
}

/** A sentence with its values; the text of a value is not looked into. */
export function filled(sentence: string, values: Readonly<Record<string, string | number>>): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
}

/** Chinese captions of a composition: "深蓝色背景上，左上角有一个绿色的大号数字7", and other wordings of it. */
import type { RandomStream } from "../../random/index.js";
import type { Composition, DigitColour, DigitSize, GroundColour, DigitPlace, PlacedDigit } from "./composition.js";

const SIZES: Readonly<Record<DigitSize, string>> = { small: "小", large: "大" };

const COLOURS: Readonly<Record<DigitColour, string>> = {
  red: "红色",
  orange: "橙色",
  yellow: "黄色",
  green: "绿色",
  cyan: "青色",
  blue: "蓝色",
  purple: "紫色",
  white: "白色",
};

const GROUNDS: Readonly<Record<GroundColour, string>> = {
  black: "黑色",
  grey: "灰色",
  navy: "深蓝色",
  brown: "棕色",
};

const PLACES: Readonly<Record<DigitPlace, readonly string[]>> = {
  "top left": ["左上角", "左上方"],
  top: ["顶部中间", "正上方"],
  "top right": ["右上角", "右上方"],
  left: ["左侧", "左边"],
  centre: ["中央", "正中间"],
  right: ["右侧", "右边"],
  "bottom left": ["左下角", "左下方"],
  bottom: ["底部中间", "正下方"],
  "bottom right": ["右下角", "右下方"],
};

const NUMERALS = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

/** A numeral follows 数字, for 一 alone is also "a". */
const NAMES: readonly ((digit: number) => string)[] = [
  String,
  (digit) => `数字${digit}`,
  (digit) => `数字${NUMERALS[digit]}`,
];

const PHRASES: readonly ((colour: string, size: string, name: string) => string)[] = [
  (colour, size, name) => `${size}的${colour}${name}`,
  (colour, size, name) => `${colour}的${size}号${name}`,
  (colour, size, name) => `${size}号${colour}${name}`,
];

function pick<T>(stream: RandomStream, list: readonly T[]): T {
  return list[stream.integer(0, list.length)];
}

function named({ digit, colour, size }: PlacedDigit, stream: RandomStream): string {
  return pick(stream, PHRASES)(COLOURS[colour], SIZES[size], pick(stream, NAMES)(digit));
}

type Phrase = (one: PlacedDigit, stream: RandomStream) => string;

const has: Phrase = (one, stream) => `${pick(stream, PLACES[one.place])}有一个${named(one, stream)}`;
const is: Phrase = (one, stream) => `${pick(stream, PLACES[one.place])}是${named(one, stream)}`;
const stands: Phrase = (one, stream) => `一个${named(one, stream)}在${pick(stream, PLACES[one.place])}`;

type Frame = (ground: string, list: (phrase: Phrase) => string) => string;

const FRAMES: readonly Frame[] = [
  (ground, list) => `${ground}背景上，${list(has)}`,
  (ground, list) => `${ground}背景，${list(is)}`,
  (ground, list) => `${list(is)}，背景是${ground}`,
  (ground, list) => `${list(stands)}，背景是${ground}`,
];

/** One wording, drawn from `stream`; the digits are named in the order given. */
export function chineseCaption({ ground, digits }: Composition, stream: RandomStream): string {
  const frame = pick(stream, FRAMES);
  return frame(GROUNDS[ground], (phrase) => digits.map((one) => phrase(one, stream)).join("，"));
}

/** Reads captions back, with words and a grammar of its own: every way a text can be taken for a composition. */
import type { Composition, DigitColour, DigitPlace, DigitSize, GroundColour } from "../../../../src/index.js";

/** What can be read from a place in the text on, and where it ends. */
type Reader<T> = (text: string, at: number) => readonly (readonly [value: T, end: number])[];

/** One of several spellings. */
function words<T>(spellings: readonly (readonly [spelling: string, value: T])[]): Reader<T> {
  return (text, at) =>
    spellings.flatMap(([spelling, value]) => (text.startsWith(spelling, at) ? [[value, at + spelling.length]] : []));
}

const literal = (...spellings: string[]): Reader<string> => words(spellings.map((one) => [one, one] as const));

/** Some keys and their spellings, apart by |. */
function table<T extends string>(spelt: Readonly<Record<T, string>>): Reader<T> {
  const entries = Object.entries(spelt) as [T, string][];
  return words(entries.flatMap(([value, all]) => all.split("|").map((one) => [one, value] as const)));
}

type Facts = Partial<{ digit: number; colour: DigitColour; place: DigitPlace; size: DigitSize; ground: GroundColour }>;

/** Readers one after the other; the facts that they find lie side by side, and none may be found twice. */
function phrase(...parts: readonly (Reader<Facts> | string)[]): Reader<Facts> {
  return (text, at) => {
    let found: readonly (readonly [Facts, number])[] = [[{}, at]];
    for (const part of parts) {
      const reader: Reader<Facts> = typeof part === "string" ? fact(literal(...part.split("|")), () => ({})) : part;
      found = found.flatMap(([facts, end]) =>
        reader(text, end).flatMap(([more, next]) =>
          Object.keys(more).some((key) => key in facts) ? [] : [[{ ...facts, ...more }, next] as const],
        ),
      );
    }
    return found;
  };
}

function fact<T>(reader: Reader<T>, name: (value: T) => Facts): Reader<Facts> {
  return (text, at) => reader(text, at).map(([value, end]) => [name(value), end] as const);
}

const either =
  <T>(...readers: readonly Reader<T>[]): Reader<T> =>
  (text, at) =>
    readers.flatMap((reader) => reader(text, at));

/** One or more, with separators between them. */
function list(item: Reader<Facts>, separator: Reader<string>): Reader<Facts[]> {
  const from = (text: string, at: number): [Facts[], number][] =>
    item(text, at).flatMap(([first, end]): [Facts[], number][] => [
      [[first], end],
      ...separator(text, end).flatMap(([, next]) =>
        from(text, next).map(([rest, last]): [Facts[], number] => [[first, ...rest], last]),
      ),
    ]);
  return from;
}

const numbers = (spelt: string): Reader<Facts> =>
  fact(words([...spelt.split("|").entries()].map(([value, one]) => [one, value] as const)), (digit) => ({ digit }));
const numerals = numbers("0|1|2|3|4|5|6|7|8|9");

const english = (() => {
  const colour = fact(
    table<DigitColour>({
      red: "red",
      orange: "orange",
      yellow: "yellow",
      green: "green",
      cyan: "cyan",
      blue: "blue",
      purple: "purple",
      white: "white",
    }),
    (value) => ({ colour: value }),
  );
  const ground = fact(table<GroundColour>({ black: "black", grey: "grey", navy: "navy", brown: "brown" }), (value) => ({
    ground: value,
  }));
  const size = fact(table<DigitSize>({ small: "small|little", large: "large|big" }), (value) => ({ size: value }));
  const place = fact(
    table<DigitPlace>({
      "top left": "at the top left|in the top left corner|in the upper left corner",
      top: "at the top|at the top centre",
      "top right": "at the top right|in the top right corner|in the upper right corner",
      left: "on the left|on the left side",
      centre: "in the centre|in the middle",
      right: "on the right|on the right side",
      "bottom left": "at the bottom left|in the bottom left corner|in the lower left corner",
      bottom: "at the bottom|at the bottom centre",
      "bottom right": "at the bottom right|in the bottom right corner|in the lower right corner",
    }),
    (value) => ({ place: value }),
  );
  const spelt = numbers("zero|one|two|three|four|five|six|seven|eight|nine");
  const value = either(phrase("|digit |number ", numerals), phrase("number ", spelt));
  const digit = phrase("a ", size, " ", colour, " ", value);
  const digits = list(either(phrase(digit, " ", place), phrase(place, " ", digit)), literal(", ", " and "));
  return {
    digits,
    before: [phrase("on a ", ground, " background, "), phrase("a ", ground, " background with ")],
    after: [phrase(" on a ", ground, " background"), phrase(", the background is ", ground)],
  };
})();

const chinese = (() => {
  const colour = fact(
    table<DigitColour>({
      red: "红色",
      orange: "橙色",
      yellow: "黄色",
      green: "绿色",
      cyan: "青色",
      blue: "蓝色",
      purple: "紫色",
      white: "白色",
    }),
    (value) => ({ colour: value }),
  );
  const ground = fact(table<GroundColour>({ black: "黑色", grey: "灰色", navy: "深蓝色", brown: "棕色" }), (value) => ({
    ground: value,
  }));
  const size = fact(table<DigitSize>({ small: "小", large: "大" }), (value) => ({ size: value }));
  const place = fact(
    table<DigitPlace>({
      "top left": "左上角|左上方",
      top: "顶部中间|正上方",
      "top right": "右上角|右上方",
      left: "左侧|左边",
      centre: "中央|正中间",
      right: "右侧|右边",
      "bottom left": "左下角|左下方",
      bottom: "底部中间|正下方",
      "bottom right": "右下角|右下方",
    }),
    (value) => ({ place: value }),
  );
  const value = phrase("|数字", either(numerals, numbers("零|一|二|三|四|五|六|七|八|九")));
  const digit = either(phrase(size, "的|号", colour, value), phrase(colour, "的", size, "号", value));
  const one = either(phrase(place, "有一个|是", digit), phrase("一个", digit, "在", place));
  return {
    digits: list(one, literal("，")),
    before: [phrase(ground, "背景上，|背景，")],
    after: [phrase("，背景是", ground)],
  };
})();

/** Every composition that a text can be taken for. */
export function readings(text: string): Composition[] {
  return [english, chinese].flatMap(({ digits, before, after }) => {
    const whole = (facts: readonly Facts[], ground: Facts): Composition =>
      ({ ...ground, digits: facts }) as Composition;
    const groundFirst = before.flatMap((reader) =>
      reader(text, 0).flatMap(([ground, at]) =>
        digits(text, at).flatMap(([facts, end]) => (end === text.length ? [whole(facts, ground)] : [])),
      ),
    );
    const groundLast = digits(text, 0).flatMap(([facts, at]) =>
      after.flatMap((reader) =>
        reader(text, at).flatMap(([ground, end]) => (end === text.length ? [whole(facts, ground)] : [])),
      ),
    );
    return [...groundFirst, ...groundLast];
  });
}

/** The composition that a caption states. @throws RangeError where it states none, or could state several */
export function readCaption(text: string): Composition {
  const found = readings(text);
  if (found.length !== 1) throw new RangeError(`"${text}" has ${found.length} readings`);
  return found[0];
}

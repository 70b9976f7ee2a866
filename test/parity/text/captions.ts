/** Captions in two languages, for small vocabularies. */
export const captions: readonly string[] = ["the", "one"].flatMap((a) =>
  ["large", "small"].flatMap((size) =>
    [
      ["green", "绿"],
      ["yellow", "黄"],
      ["café", "棕"],
    ].flatMap(([colour, c]) =>
      Array.from({ length: 10 }, (_, digit) => digit).flatMap((digit) =>
        [
          ["navy", "深蓝"],
          ["black", "黑"],
        ].map(([ground, g]) => `${a} ${size} ${colour} ${digit} on ${ground}, 一个${c}色的${digit}在${g}上`),
      ),
    ),
  ),
);

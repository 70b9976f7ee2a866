/** Exercises as learners go through them: unanswered, answered wrongly, then rightly, all on one kernel. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { smallCourse } from "./course.js";

const course = smallCourse();

/** An exercise: how the learner finds it and how it is solved, with the lines that both have. */
const exercise = (stub: string, solution: string, rest: string): string =>
  `// %% tags=["exercise"]\n${stub}\n${rest}\n\n// %% tags=["solution"] jupyter={"source_hidden": true}\n${solution}\n${rest}\n`;

const SETTING = `// %%
import { check } from "diffusion-lab/notebook";
const made = new Set<string>();
const make = (name: string): string => {
  if (made.has(name)) throw new RangeError(\`"\${name}" exists already\`);
  made.add(name);
  return name;
};
`;

test("a notebook whose exercises survive every answer ends green, and what a learner tried is not saved", () => {
  const answers = exercise(
    "const sum = (a: number, b: number): number | undefined => undefined;",
    "const sum = (a: number, b: number): number | undefined => a + b;",
    'console.log("tried", sum(2, 3));\ncheck("1.1", sum(2, 3), 5);',
  );
  course.write("00-good.ts", `${SETTING}\n${answers}\n// %%\nconsole.log(typeof sum);\n`);
  const { status, text } = course.run("--from-script", "--save", "00");
  assert.equal(status, 0, text);
  const { cells } = JSON.parse(course.text("00-good.ipynb")) as {
    cells: { execution_count: number | null; outputs: { text?: string[]; data?: Record<string, string[]> }[] }[];
  };
  assert.deepEqual(
    cells.map((cell) => cell.execution_count),
    [1, null, 2, 3],
  );
  const shown = cells.map(({ outputs }) => outputs.map((output) => output.text ?? output.data?.["text/plain"]));
  assert.deepEqual(shown, [[], [], [["tried 5\n"], ["✓ 1.1 correct"]], [["function\n"]]]);
});

test("an exercise that fails unanswered, or cannot be answered twice, or is answered already, is told", () => {
  const fails = exercise(
    "const xs: number[] | undefined = undefined as number[] | undefined;",
    "const xs: number[] | undefined = [1] as number[] | undefined;",
    'console.log(xs!.length);\ncheck("1.1", xs, [1]);',
  );
  const once = exercise("const n = undefined as number | undefined;", "const n = 7 as number | undefined;", 'make("layer");\ncheck("1.2", n, 7);');
  const leaks = exercise("const m = 4 + 0;", "const m = 3 + 1;", 'check("1.3", m, 4);');
  course.write("01-bad.ts", `${SETTING}\n${fails}\n${once}\n${leaks}`);
  const { status, text } = course.run("--from-script", "01");
  assert.equal(status, 1, text);
  assert.match(text, /cell 2: unanswered: .*undefined/);
  assert.match(text, /cell 4: the right answer after a wrong one: RangeError: "layer" exists already/);
  assert.match(text, /cell 6: counts as answered before it is:\n✓ 1\.3 correct/);
});

test("cells between an exercise and its solution find it unanswered, as they do under Run All", () => {
  course.write(
    "02-between.ts",
    `${SETTING}
// %% tags=["exercise"]
const side: number | undefined = undefined;
// %%
const seen: number | undefined = side;
console.log(seen);
// %% tags=["solution"]
const side: number | undefined = 3;
check("2.1", side, 3);
`,
  );
  const { status, text } = course.run("--from-script", "--save", "02");
  assert.equal(status, 0, text);
  assert.match(course.text("02-between.ipynb"), /"undefined\\n"/);
});

test("a wrong answer that never ends is stopped, and the right one can be given after it", () => {
  const endless = exercise(
    "const walk = (n: number): number | undefined => undefined;",
    "const walk = (n: number): number | undefined => { let at = n; while (at > 0) at = at - 1; return at; };",
    'check("3.1", walk(5), 0);',
  );
  course.write("03-endless.ts", `${SETTING}\n${endless}`);
  const { status, text } = course.run("--from-script", "03");
  assert.equal(status, 0, text);
});

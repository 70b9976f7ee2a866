import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { difference, formatPercent, parsePercent, withScript, type ScriptCell } from "../../../src/course/percent.js";

test("markers give type and metadata, markdown loses its comment signs", () => {
  const cells = parsePercent(
    `// ---\n// jupyter: x\n// ---\n\n// %% [markdown]\n// # Title\n//\n// $x_t$\n\n// %% tags=["exercise", "x y"] jupyter={"source_hidden": true}\n\nconst a = 1;\n\n\n// %% a title\n// a comment\n`.replace(
      " a title",
      "",
    ),
  );
  assert.deepEqual(cells, [
    { type: "markdown", metadata: {}, source: "# Title\n\n$x_t$" },
    {
      type: "code",
      metadata: { tags: ["exercise", "x y"], jupyter: { source_hidden: true } },
      source: "const a = 1;",
    },
    { type: "code", metadata: {}, source: "// a comment" },
  ]);
});

test("what is not percent format is refused with its line", () => {
  assert.throws(() => parsePercent("\nconst a = 1;\n// %%\n"), /line 2: the first cell must begin with "\/\/ %%"/);
  assert.throws(() => parsePercent("// %%\n// %% tags=[x]\n"), /line 2: tags=\[x\] is not JSON/);
  assert.throws(() => parsePercent("// %% some title\n"), /line 1: .*not "some title"/);
});

const text = fc
  .array(fc.constantFrom("const a = 1;", "", "  b", "// c", "# d", "$x$", "`${e}`"), { maxLength: 5 })
  .map((lines) => lines.join("\n").replace(/^\n+/, "").replace(/\s+$/, ""));
const cell: fc.Arbitrary<ScriptCell> = fc
  .record({
    type: fc.constantFrom("code" as const, "markdown" as const, "raw" as const),
    source: text,
    metadata: fc.constantFrom({}, { tags: ["exercise"] }, { tags: ["a", "b ] c"], jupyter: { source_hidden: true } }),
  })
  .map((record) => ({ ...record }));

test("formatting and parsing give the cells back", () => {
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 6 }), (cells) => {
      assert.deepEqual(parsePercent(formatPercent(cells)), cells);
    }),
  );
});

test("a difference is named by its cell, and none is none", () => {
  const code = (source: string, metadata = {}): ScriptCell => ({ type: "code", source, metadata });
  assert.equal(difference([code("a")], [code("a")]), undefined);
  assert.match(difference([code("a")], [code("b")]) ?? "", /cell 1 \(b\) has another text/);
  assert.match(difference([code("a")], []) ?? "", /the notebook has 1 cells, the script 0/);
  assert.match(difference([code("a")], [code("a", { tags: ["x"] })]) ?? "", /other tags/);
  assert.match(difference([code("a")], [{ ...code("a"), type: "markdown" }]) ?? "", /code in the notebook, markdown/);
});

test("taking the script's cells keeps the outputs of those that are the same", () => {
  const outputs = [{ output_type: "stream", name: "stdout", text: "1\n" }] as const;
  const old = {
    metadata: { kept: true },
    cells: [
      { type: "code", source: "a", metadata: { trusted: true }, outputs, executionCount: 1 },
      { type: "code", source: "b", metadata: {}, outputs, executionCount: 2 },
    ],
  } as const;
  const merged = withScript(old, parsePercent('// %%\nnew\n// %% tags=["t"]\na\n'));
  assert.deepEqual(merged.metadata, { kept: true });
  assert.deepEqual(merged.cells[0], { type: "code", source: "new", metadata: {}, outputs: [], executionCount: null });
  assert.deepEqual(merged.cells[1].metadata, { trusted: true, tags: ["t"] });
  assert.equal(merged.cells[1].outputs, outputs);
});

/** README's table of schedulers is complete and counts the runs that the fixtures hold. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fixtures } from "./fixtures.js";

test("README.md has a row for every scheduler of the release, and says of each how many runs there are", () => {
  const readme = readFileSync(new URL("README.md", import.meta.url), "utf8");
  const rows = new Map(
    [...readme.matchAll(/^\| (?!scheduler)(\w+) \| .* \| (.*) \|$/gm)].map(([, name, held]) => [
      `${name}Scheduler`,
      held,
    ]),
  );
  assert.deepEqual([...rows.keys()].sort(), fixtures.schedulers);
  for (const name of fixtures.schedulers) {
    const count = fixtures.cases.filter(({ scheduler }) => scheduler === name).length;
    const twin = fixtures.twins[name]?.replace("Scheduler", "");
    const expected =
      count > 0 ? new RegExp(`^${count} runs?: `) : twin ? new RegExp(`^as ${twin}, `) : /^no counterpart: ./;
    assert.match(rows.get(name)!, expected, name);
  }
  assert.match(readme, new RegExp(`${fixtures.cases.length} runs`));
});

/** Progress lines stay few, keep their counts, and leave no time in saved outputs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { progress } from "../../../src/notebook/index.js";
import { displayed, displayedBy, headless, text, watched, withEnvironment } from "./kernel-stand-in.js";

const full = "█".repeat(24);

test("headless, only the last state is written, and it tells no time", () => {
  const seen: number[] = [];
  const sent = withEnvironment(headless, () =>
    displayed(() => {
      for (const i of progress(3, { label: "steps" })) seen.push(i);
    }),
  );
  assert.deepEqual(seen, [0, 1, 2]);
  assert.deepEqual(sent.map(text), [`steps  ${full} 3/3`]);
});

test("a loop that is left early keeps its count", () => {
  const sent = withEnvironment(headless, () =>
    displayed(() => {
      for (const i of progress(8)) if (i === 2) break;
    }),
  );
  assert.deepEqual(sent.map(text), [`${"█".repeat(6)}${"░".repeat(18)} 2/8`]);
});

test("watched, the first state comes at once and the last replaces it", () => {
  const sent = withEnvironment(watched, () =>
    displayed(() => {
      for (const _ of progress(["a", "b", "c"])) continue;
    }),
  );
  assert.match(text(sent[0]), /1\/3/);
  assert.match(text(sent.at(-1)!), /3\/3/);
  assert.deepEqual(
    sent.map(({ update }) => update),
    [false, ...sent.slice(1).map(() => true)],
  );
  assert.equal(new Set(sent.map(({ transient }) => transient.display_id)).size, 1);
});

test("a thousand fast ticks send at most a handful of updates", (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => (now += 0.5));
  const sent = withEnvironment(watched, () =>
    displayed(() => {
      for (const _ of progress(1000)) continue;
    }),
  );
  const seconds = now / 1000;
  assert.ok(sent.length >= 3 && sent.length <= 5 * seconds + 2, `${sent.length} updates in ${seconds} s`);
});

test("CI is silent until the end", () => {
  const sent = withEnvironment({ ...watched, CI: "true" }, () => displayed(() => [...progress(5)]));
  assert.equal(sent.length, 1);
});

test("asynchronous iterables and iterables of unknown length are counted", async () => {
  async function* stream() {
    yield* [1, 2, 3];
  }
  const seen: number[] = [];
  const sent = await withEnvironment(watched, () =>
    displayedBy(async () => {
      for await (const value of progress(stream())) seen.push(value);
    }),
  );
  assert.deepEqual(seen, [1, 2, 3]);
  assert.match(text(sent.at(-1)!), /^3 · /);
  assert.throws(() => [...progress(stream())], /for await/);
});

test("onStep counts calls and shows the loss", () => {
  const sent = withEnvironment(headless, () =>
    displayed(() => {
      const { onStep } = progress(2);
      onStep({ loss: 0.5 });
      onStep({ loss: 0.03125 });
    }),
  );
  assert.deepEqual(sent.map(text), [`${full} 2/2 · loss 0.0313`]);
});

test("an empty loop ends at once; a fraction is refused", () => {
  const sent = withEnvironment(headless, () => displayed(() => [...progress(0)]));
  assert.deepEqual(sent.map(text), [`${full} 0/0`]);
  assert.throws(() => progress(2.5), /progress of 2.5/);
  assert.throws(() => progress(-1), RangeError);
});

test("in a terminal the line is written over", (t) => {
  const written: string[] = [];
  const terminal = Object.getOwnPropertyDescriptor(process.stdout, "isTTY");
  t.mock.method(process.stdout, "write", (chunk: string) => written.push(chunk) > 0);
  Object.defineProperty(process.stdout, "isTTY", { value: true, configurable: true });
  withEnvironment(watched, () => [...progress(2)]);
  if (terminal) Object.defineProperty(process.stdout, "isTTY", terminal);
  else delete (process.stdout as { isTTY?: boolean }).isTTY;
  t.mock.restoreAll();
  assert.ok(written.every((line) => line.startsWith("\r\x1b[2K")));
  assert.match(written.at(-1)!, /2\/2 .*\n$/);
});

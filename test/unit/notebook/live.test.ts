/** Live pictures change while training runs and end as the final chart. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { live, liveLoss } from "../../../src/notebook/index.js";
import { imageGrid, lineChart } from "../../../src/plot/index.js";
import { displayed, headless, text, watched, withEnvironment } from "./kernel-stand-in.js";

const grid = (grey: number) => imageGrid({ images: Uint8Array.of(grey), height: 1, width: 1, channels: 1 });
const chart = () =>
  lineChart({
    x: { title: "x", unit: "1" },
    y: { title: "y", unit: "1" },
    series: [{ name: "n", y: [1, 2] }],
  });

test("the loss grows as PNG and ends as the interactive chart with the samples below", () => {
  const sent = withEnvironment(watched, () =>
    displayed(() => {
      const loss = liveLoss({ steps: 3, title: "Run", smoothing: 0.5 });
      for (let step = 1; step <= 3; step++) loss.onStep({ step, loss: 1 / step, learningRate: 1e-3 });
      loss.samples(grid(9));
      loss.done();
    }),
  );
  assert.deepEqual(Object.keys(sent[0].data), ["image/png", "text/plain"]);
  assert.match(text(sent[0]), /after 1 steps/);
  const [last, samples] = sent.slice(-2);
  const plotly = last.data["application/vnd.plotly.v1+json"] as { data: { name: string; y: number[] }[] };
  assert.deepEqual(
    plotly.data.map(({ name }) => name),
    ["each step", "running mean", "learning rate"],
  );
  assert.deepEqual(plotly.data[0].y, [1, 0.5, 0.333333]);
  assert.equal(last.update, true);
  assert.equal(last.transient.display_id, sent[0].transient.display_id);
  assert.deepEqual([samples.transient, Object.keys(samples.data)], [{}, ["image/png", "text/plain"]]);
});

test("headless, only the chart at the end is drawn", () => {
  const sent = withEnvironment(headless, () =>
    displayed(() => {
      const loss = liveLoss();
      for (let step = 1; step <= 20; step++) loss.onStep({ step, loss: 1 });
      loss.done();
    }),
  );
  assert.deepEqual(
    sent.map(({ data }) => Object.keys(data)[0]),
    ["application/vnd.plotly.v1+json"],
  );
});

test("a live picture calls its drawing at the first update and at the end", () => {
  let drawn = 0;
  const sent = withEnvironment(watched, () =>
    displayed(() => {
      const film = live(() => grid(drawn++), chart);
      for (let i = 0; i < 50; i++) film.update();
      film.done();
    }),
  );
  assert.ok(drawn >= 1 && drawn < 50);
  assert.ok("application/vnd.plotly.v1+json" in sent.at(-1)!.data);
});

test("a chart that was told nothing says so", () => {
  assert.throws(() => liveLoss().done(), /no step was reported/);
});

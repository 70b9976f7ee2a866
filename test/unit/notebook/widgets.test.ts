/** Controls call back with the latest value, and work without a kernel. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { bundleOf, displayMethod, show } from "../../../src/notebook/show.js";
import { Comms } from "../../../src/kernel/comms.js";
import { play, select, slider, type Widget } from "../../../src/notebook/widgets.js";
import { standIn } from "./kernel-stand-in.js";

const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";

/** A widget as the front end sees it: what opened it, and what was sent since. */
interface Model {
  readonly id: string;
  readonly state: Record<string, unknown>;
  readonly sent: Record<string, unknown>[];
}

let comms: Comms;
let models: Model[];
let leave: () => void;

beforeEach(() => {
  models = [];
  comms = new Comms((type, content) => {
    const id = String(content.comm_id);
    const data = content.data as Record<string, unknown>;
    if (type !== "comm_open") return models.find((model) => model.id === id)?.sent.push(data);
    assert.equal(content.target_name, "jupyter.widget");
    return models.push({ id, state: data.state as Record<string, unknown>, sent: [] });
  });
  leave = standIn({ comms });
});
afterEach(() => leave());

const ask = (data: Record<string, unknown>): Promise<void> =>
  comms.receive("comm_msg", { comm_id: models[0].id, data }, {}, []);
const move = (value: unknown): Promise<void> => ask({ method: "update", state: { value } });

async function shown(widget: Widget<never> | Widget<number> | Widget<string>): Promise<Record<string, unknown>> {
  return (await widget[displayMethod]()).data;
}

test("a slider opens an anywidget model and shows its first view beside it", async () => {
  const widget = slider({ label: "t", min: 1, max: 10, value: 3, onChange: (t) => `t is ${t}` });
  const { state } = models[0];
  assert.equal(state._model_module, "anywidget");
  assert.equal(state.value, 3);
  assert.deepEqual(state.view, { text: "t is 3" });
  assert.equal(state.interval, null);
  assert.match(String(state._esm), /export default/);
  const data = await shown(widget);
  assert.equal(data["text/plain"], "slider t = 3 in 1…10\nt is 3");
  assert.deepEqual(data[WIDGET_VIEW], { version_major: 2, version_minor: 0, model_id: models[0].id });
});

test("moving it calls back with the value and sends the new view", () => {
  const widget = slider({ min: 0, max: 1, step: 0.25, onChange: (t) => 2 * t });
  void move(0.75);
  assert.equal(widget.value, 0.75);
  assert.deepEqual(models[0].sent, [
    { method: "update", state: { view: { text: "1.5" }, shown: 0.75 }, buffer_paths: [] },
  ]);
});

test("while a callback computes only the latest value waits", async () => {
  const seen: number[] = [];
  const release: (() => void)[] = [];
  const widget = slider({
    min: 0,
    max: 100,
    onChange: async (value) => {
      seen.push(value);
      await new Promise<void>((resolve) => release.push(resolve));
      return value;
    },
  });
  for (const value of [10, 20, 30]) void move(value);
  assert.deepEqual(seen, [0]);
  release[0]();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(seen, [0, 30]);
  release[1]();
  await widget.settled();
  assert.deepEqual((models[0].sent.at(-1)?.state as { view: unknown }).view, { text: "30" });
});

test("show refuses a widget that is still at work, and takes it when it has settled", async () => {
  const widget = slider({ min: 0, max: 9, onChange: async (value) => `at ${value}` });
  assert.throws(
    () => show(widget),
    /still being computed: make it the cell's last value, or `await widget\.settled\(\)`/,
  );
  await widget.settled();
  assert.match(String(bundleOf(widget).data["text/plain"]), /at \d/);
});

test("an error in the callback is the view", () => {
  slider({
    min: 0,
    max: 1,
    onChange: () => {
      throw new RangeError("too noisy");
    },
  });
  assert.deepEqual(models[0].state.view, { text: "RangeError: too noisy", failed: true });
});

test("select gives the text, play its interval, and the front end gets the state it asks for", () => {
  const chosen: string[] = [];
  const menu = select({ options: ["linear", "cosine"], value: "cosine", onChange: (name) => void chosen.push(name) });
  void move(0);
  assert.deepEqual(chosen, ["cosine", "linear"]);
  assert.equal(menu.value, "linear");
  void ask({ method: "request_state" });
  const { state } = models[0].sent.at(-1) as { state: Record<string, unknown> };
  assert.deepEqual([state.options, state.value], [["linear", "cosine"], 0]);
  // A page that was opened again has nothing but this answer to build the control from.
  assert.deepEqual(Object.keys(models[0].state).sort(), Object.keys(state).sort());
  assert.equal(state._model_module, "anywidget");
  play({ min: 1, max: 5, interval: 40 });
  assert.equal(models[1].state.interval, 40);
});

test("without the course's kernel the first view stands alone", async () => {
  leave();
  const png = new Uint8Array(33);
  png.set([
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 4, 0, 0, 0, 2,
  ]);
  const widget = slider({ min: 0, max: 1, onChange: async () => png });
  const data = await shown(widget);
  assert.equal(data[WIDGET_VIEW], undefined);
  assert.deepEqual(data["application/vnd.diffusion-lab.control+json"], { wake: "Run this cell to wake this control." });
  assert.equal(typeof data["image/png"], "string");
});

test("ranges and options that make no control are refused", () => {
  assert.throws(() => slider({ min: 1, max: 1 }), /needs min < max, but got min = 1 and max = 1/);
  assert.throws(() => slider({ min: 0, max: 1, step: 2 }), /step of slider must lie in \(0, 1\], but is 2/);
  assert.throws(() => slider({ min: 0, max: 1, value: 7 }), /must lie in 0…1, but is 7/);
  assert.throws(() => play({ min: 0, max: 1, step: 1, interval: -1 }), /interval of play must be ≥ 0 ms, but is -1/);
  assert.throws(() => select({ options: [] }), /at least one option/);
  assert.throws(() => select({ options: ["a"], value: "b" as "a" }), /no option "b"; its options are a/);
});

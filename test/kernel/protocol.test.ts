/** The kernel answers every request of Jupyter's protocol as the specification has it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import ts from "typescript";
import type { KernelClient } from "./client.js";
import { begin, ofType, startKernel } from "./kernel.js";

let kernel: KernelClient;
before(async () => (kernel = await startKernel()));
after(() => kernel.shutdown());

test("kernel_info tells the language as it is, on shell and on control", async () => {
  const { reply } = await kernel.request("kernel_info_request", {});
  assert.equal(reply.status, "ok");
  assert.equal(reply.implementation_version, "1.0.22");
  const language = reply.language_info as Record<string, unknown>;
  assert.equal(language.name, "typescript");
  assert.equal(language.version, ts.version);
  assert.equal(language.file_extension, ".ts");
  assert.deepEqual(await kernel.control("kernel_info_request"), reply);
});

test("control answers while a cell computes", async () => {
  const { done } = await begin(
    kernel,
    "console.log('go');\nconst until = Date.now() + 800;\nwhile (Date.now() < until);\n'done'",
  );
  let finished = false;
  void done.then(() => (finished = true));
  const frames = await kernel.controlOnly("kernel_info_request");
  assert.equal(frames.status, "ok");
  assert.equal(finished, false);
  await done;
});

test("cursor positions count code points", async () => {
  const code = "/* 𝛼𝛽 */ Math.flo";
  const { reply } = await kernel.request("complete_request", { code, cursor_pos: [...code].length });
  assert.deepEqual(reply.matches, ["floor"]);
  assert.equal(reply.cursor_start, [..."/* 𝛼𝛽 */ Math."].length);
  assert.equal(reply.cursor_end, [...code].length);
});

test("completion knows the names of earlier cells and their members", async () => {
  await kernel.execute("const schedule = { alphaBar: [1, 0.5], beta: [0, 0.5] };");
  const names = await kernel.request("complete_request", { code: "sched", cursor_pos: 5 });
  assert.ok((names.reply.matches as string[]).includes("schedule"));
  const members = await kernel.request("complete_request", { code: "schedule.", cursor_pos: 9 });
  assert.deepEqual(members.reply.matches, ["alphaBar", "beta"]);
});

test("inspection shows the docstring, on the name and inside its parentheses", async () => {
  await kernel.execute("/** x_t = sqrt(ᾱ_t) x_0 */\nfunction qSample(t: number, x0: number) { return t * x0; }");
  for (const cursor_pos of [3, 7, 8]) {
    const { reply } = await kernel.request("inspect_request", { code: "qSample(", cursor_pos, detail_level: 0 });
    assert.equal(reply.found, true, `at ${cursor_pos}`);
    const text = (reply.data as Record<string, string>)["text/plain"];
    assert.match(text, /function qSample\(t: number, x0: number\): number/);
    assert.match(text, /x_t = sqrt\(ᾱ_t\) x_0/);
  }
  const second = await kernel.request("inspect_request", { code: "qSample(Math.max(1, 2), ", cursor_pos: 24 });
  assert.match((second.reply.data as Record<string, string>)["text/plain"], /qSample/);
  const nothing = await kernel.request("inspect_request", { code: "  ", cursor_pos: 1 });
  assert.equal(nothing.reply.found, false);
});

test("is_complete tells complete, incomplete and invalid code apart", async () => {
  const status = async (code: string): Promise<unknown> =>
    (await kernel.request("is_complete_request", { code })).reply.status;
  assert.equal(await status("const x = 1;"), "complete");
  assert.equal(await status("function f() {"), "incomplete");
  assert.equal(await status("await f(1,"), "incomplete");
  assert.equal(await status("const = ;"), "invalid");
  assert.equal(await status("await Promise.resolve(1)"), "complete");
});

test("history gives the inputs of the session", async () => {
  await kernel.execute("'alpha'");
  await kernel.execute("'beta'");
  const ask = async (content: Record<string, unknown>): Promise<unknown[][]> =>
    (await kernel.request("history_request", content)).reply.history as unknown[][];
  const tail = await ask({ hist_access_type: "tail", n: 2, output: false, raw: true });
  assert.deepEqual(
    tail.map((entry) => entry[2]),
    ["'alpha'", "'beta'"],
  );
  const found = await ask({ hist_access_type: "search", pattern: "'al*", output: false, raw: true });
  assert.deepEqual(
    found.map((entry) => entry[2]),
    ["'alpha'"],
  );
  const line = tail[0][1] as number;
  const range = await ask({ hist_access_type: "range", session: 0, start: line, stop: line + 1, output: true });
  assert.deepEqual(range[0][2], ["'alpha'", null]);
});

test("comms open from either side, carry messages, and are listed", async () => {
  const opened = await kernel.execute(`
    import type { KernelBridge } from "diffusion-lab-kernel/bridge";
    import type { Comm } from "diffusion-lab-kernel/comms";
    const bridge = (globalThis as Record<symbol, unknown>)[Symbol.for("diffusion-lab.kernel")] as KernelBridge;
    const comm: Comm = bridge.comms.open("a.widget", { value: 1 });
    comm.onMessage = ({ data }) => { console.log("got", data.value); comm.send({ value: Number(data.value) + 1 }); };
    bridge.comms.onOpen("from.front", (other) => other.send({ hello: other.target }));`);
  assert.equal(opened.reply.status, "ok");
  const [open] = ofType(opened, "comm_open");
  assert.equal(open.target_name, "a.widget");
  assert.deepEqual(open.data, { value: 1 });
  const info = await kernel.request("comm_info_request", { target_name: "a.widget" });
  assert.deepEqual(info.reply.comms, { [open.comm_id as string]: { target_name: "a.widget" } });

  const answered = await kernel.notify("comm_msg", { comm_id: open.comm_id, data: { value: 41 } });
  assert.deepEqual(
    answered.map(({ header, content }) => [header.msg_type, content.text ?? content.data]),
    [
      ["comm_msg", { value: 42 }],
      ["stream", "got 41\n"],
    ].reverse(),
  );
  const accepted = await kernel.notify("comm_open", { comm_id: "f1", target_name: "from.front", data: {} });
  assert.deepEqual(
    accepted.map(({ content }) => content.data),
    [{ hello: "from.front" }],
  );
  const refused = await kernel.notify("comm_open", { comm_id: "f2", target_name: "nobody", data: {} });
  assert.deepEqual(
    refused.map(({ header }) => header.msg_type),
    ["comm_close"],
  );
  await kernel.notify("comm_close", { comm_id: open.comm_id, data: {} });
  const left = await kernel.request("comm_info_request", { target_name: "a.widget" });
  assert.deepEqual(left.reply.comms, {});
});

test("a callback that throws is shown and the kernel lives", async () => {
  const opened = await kernel.execute(
    'const bad: Comm = bridge.comms.open("bad", {});\nbad.onMessage = () => { throw new Error("in onChange"); };',
  );
  const shown = await kernel.notify("comm_msg", { comm_id: ofType(opened, "comm_open")[0].comm_id, data: {} });
  assert.equal(shown[0].content.evalue, "in onChange");
});

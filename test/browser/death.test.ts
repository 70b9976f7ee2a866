/** A kernel that dies: the cell says why, Jupyter starts the next one, and nothing else of the notebook is lost. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browserForTests, Lab, until, type OpenNotebook } from "./lab.js";

const { chromium, skip } = browserForTests();

const CELLS = [
  'console.log("kept");',
  'import { spawnSync } from "node:child_process";\nspawnSync("kill", ["-SEGV", String(process.pid)]);',
  "1 + 1",
];

let lab: Lab;
let notebook: OpenNotebook;
before(async () => {
  if (!chromium) return;
  lab = await Lab.start(chromium);
  notebook = await lab.open("death", CELLS);
});
after(async () => {
  await lab?.close();
});

test("the cell under which a kernel dies says so, and the next kernel runs the next cell", { skip }, async () => {
  const { page } = notebook;
  await notebook.run(0);
  await notebook.start(1);
  const error = notebook.output(1).filter({ hasText: "KernelDied: native code crashed (SIGSEGV)" }).first();
  await error.waitFor();
  assert.match(await error.innerText(), /variables are gone, so run the notebook from its top/);
  // JupyterLab's own message comes when Jupyter has seen the end of the process.
  const dialog = page.locator(".jp-Dialog", { hasText: "Kernel Restarting" });
  await dialog.waitFor();
  await dialog.locator(".jp-mod-accept").click();
  await until(
    async () => (await lab.kernel("death"))?.execution_state,
    (state) => state === "idle",
  );
  await page.locator("#jp-main-statusbar", { hasText: "| Idle" }).waitFor();
  await notebook.run(2);
  assert.equal(await notebook.output(2).innerText(), "2");
  assert.match(await notebook.output(0).first().innerText(), /kept/);
  assert.match(await error.innerText(), /KernelDied/);
});

/** A Python that cannot serve is refused with its reason, and every package is pinned. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { REQUIREMENTS } from "../../../src/setup/python.mjs";
import { findPython, inspectPython, pythonRefusal } from "../../../src/setup/support/python.mjs";

test("no Python, an old one and one without venv each get their own reason and remedy", () => {
  assert.match(pythonRefusal([]).why, /no Python was found/);
  assert.match(pythonRefusal([]).remedy, /python\.org/);
  const old = { program: "python3", version: "3.8.18", hasVenv: true, executable: "/usr/bin/python3" };
  assert.match(pythonRefusal([old]).why, /only Python 3\.8\.18 was found/);
  const bare = { program: "python3", version: "3.11.2", hasVenv: false, executable: "/usr/bin/python3" };
  assert.match(pythonRefusal([old, bare]).why, /3\.11\.2 is here, but without its venv/);
  assert.match(pythonRefusal([old, bare]).remedy, /apt install python3\.11-venv/);
});

test("a Python that DIFFUSION_LAB_PYTHON names in vain is named", () => {
  const { why, remedy } = pythonRefusal([], "/typo/python");
  assert.match(why, /DIFFUSION_LAB_PYTHON names \/typo\/python, which is no Python that answers/);
  assert.match(remedy, /unset it/);
});

test("what is not a Python is not taken for one", async () => {
  assert.equal(await inspectPython("no-such-python"), null);
  assert.equal(await inspectPython(process.execPath), null);
  assert.deepEqual(await findPython({ DIFFUSION_LAB_PYTHON: "no-such-python" }), { python: null, seen: [] });
});

test("every Python package is pinned and has a checksum", () => {
  const lines = readFileSync(REQUIREMENTS, "utf8").split("\n");
  const pins = lines.filter((line) => /^[a-z]/i.test(line));
  assert.ok(pins.length > 90, `${pins.length} packages`);
  for (const pin of pins) assert.match(pin, /^[\w.-]+==[\w.]+( ; [^\\]+)? \\$/);
  for (const name of ["jupyterlab", "nbclient", "jupytext", "ipywidgets", "anywidget", "jupyter-kernel-test"]) {
    assert.ok(
      pins.some((pin) => pin.startsWith(`${name}==`)),
      name,
    );
  }
  lines.forEach((line, i) => {
    if (/^[a-z]/i.test(line)) assert.match(lines[i + 1], /--hash=sha256:[0-9a-f]{64}/);
  });
});

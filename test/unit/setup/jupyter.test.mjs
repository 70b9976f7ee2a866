/** JupyterLab is started for this machine only, inside the checkout, on a free port. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { freePort, jupyterArguments, readArguments } from "../../../src/setup/jupyter.mjs";
import { jupyterEnvironment, pinNode } from "../../../src/setup/kernelspec.mjs";
import { withoutMarkPositions, writeSettings } from "../../../src/setup/lab.mjs";
import { JUPYTER } from "../../../src/setup/paths.mjs";

test("options are read, and an unknown one is refused with the list of those there are", () => {
  assert.deepEqual(readArguments([]), {
    browser: true,
    port: 8888,
    notebook: "notebooks/00-welcome.ipynb",
    setupOnly: false,
    help: false,
  });
  const given = readArguments([
    "--no-browser",
    "--port=9001",
    "--notebook=notebooks/03-forward-process.ipynb",
    "--setup-only",
  ]);
  assert.deepEqual(given, {
    browser: false,
    port: 9001,
    notebook: "notebooks/03-forward-process.ipynb",
    setupOnly: true,
    help: false,
  });
  for (const wrong of ["--port=abc", "--port=99999", "--port", "--colour", "notebook"]) {
    assert.throws(
      () => readArguments([wrong]),
      (error) => error.why.includes(wrong) && /--no-browser/.test(error.remedy),
    );
  }
});

test("JupyterLab listens to this machine only, keeps its token, and serves the checkout's root", () => {
  const root = mkdtempSync(join(tmpdir(), "course-"));
  mkdirSync(join(root, "notebooks"));
  writeFileSync(join(root, "notebooks", "a.ipynb"), "{}");
  const args = jupyterArguments({ browser: false, port: 9001, notebook: "notebooks/a.ipynb", root });
  assert.ok(args.includes("--ServerApp.ip=127.0.0.1"));
  assert.ok(args.includes(`--ServerApp.root_dir=${root}`));
  assert.ok(args.includes("--ServerApp.open_browser=False"));
  assert.ok(args.includes("--LabApp.default_url=/lab/tree/notebooks/a.ipynb"));
  // Through jupytext a clone whose script is older than its notebook does not open.
  assert.ok(args.includes("--ServerApp.jpserver_extensions={'jupyterlab_jupytext': False}"));
  const missing = jupyterArguments({ browser: false, port: 9001, notebook: "notebooks/b.ipynb", root });
  assert.ok(missing.includes("--LabApp.default_url=/lab"));
  assert.equal(
    args.some((argument) => /token|password/.test(argument)),
    false,
  );
});

test("JupyterLab asks about no news, shows no menu of jupytext, and saves as the course does", () => {
  const venv = mkdtempSync(join(tmpdir(), "venv-"));
  writeSettings(venv);
  const page = JSON.parse(readFileSync(join(venv, "etc/jupyter/labconfig/page_config.json"), "utf8"));
  assert.deepEqual(page.disabledExtensions, {
    "@jupyterlab/apputils-extension:announcements": true,
    "jupyterlab-jupytext": true,
    "jupyterlab-plotly": true,
  });
  const server = readFileSync(join(venv, "etc/jupyter/jupyter_server_config.py"), "utf8");
  assert.match(server, /src.course.*\nfrom saving import CourseContents\n.*contents_manager_class = CourseContents/);
  rmSync(venv, { recursive: true });
});

test("a port in use gives the next free one", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  const other = await freePort(port);
  assert.ok(other > port && other < port + 50);
  server.close();
  await once(server, "close");
  assert.equal(await freePort(port), port);
});

test("the kernelspec starts the kernel with the Node that set up the course", () => {
  const spec = { argv: ["node", "--flag", "/course/launcher.js", "{connection_file}"], language: "typescript" };
  assert.deepEqual(pinNode(spec, "/opt/node24/bin/node"), {
    argv: ["/opt/node24/bin/node", "--flag", "/course/launcher.js", "{connection_file}"],
    language: "typescript",
  });
});

test("Jupyter's folders all lie in the checkout", () => {
  const env = jupyterEnvironment({ HOME: "/home/ada", JUPYTER_PATH: "/elsewhere", JUPYTER_CONFIG_DIR: "/elsewhere" });
  assert.equal(env.HOME, "/home/ada");
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith("JUPYTER") || name === "IPYTHONDIR") assert.ok(value.startsWith(JUPYTER), `${name}=${value}`);
  }
});

test("the font for code leaves marks to the browser, and nothing else of it changes", () => {
  const require = createRequire(import.meta.resolve("../../../src/package.json"));
  const font = readFileSync(require.resolve("dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf"));
  const changed = withoutMarkPositions(font);
  const tables = (/** @type {Buffer} */ from) =>
    Array.from({ length: from.readUInt16BE(4) }, (_, i) => from.toString("latin1", 12 + 16 * i, 16 + 16 * i));
  assert.ok(tables(font).includes("GPOS"));
  assert.deepEqual(
    tables(changed),
    tables(font).map((name) => name.replace("GPOS", "GPOZ")),
  );
  // Browsers search them in their order.
  assert.deepEqual(tables(changed), [...tables(changed)].sort());
  const differing = font.filter((byte, i) => byte !== changed[i]);
  assert.equal(differing.length, 1);
});

/** What JupyterLab is told by this checkout: the course's extension, how notebooks are saved, what is switched off. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { JUPYTER, ROOT, VENV } from "./paths.mjs";
import { writeAtomically } from "./support/stamps.mjs";

const SOURCE = join(ROOT, "src", "lab");
const NAME = "diffusion-lab";

/** Where the extension lies, for JUPYTER_PATH. */
export const EXTENSION = join(JUPYTER, "labextensions", NAME);

/**
 * JupyterLab loads extensions as containers of webpack's module federation. This is one by hand: it hands the packages
 * of the page to the extension's own modules, which the browser loads as they are.
 */
const REMOTE_ENTRY = `(() => {
  const extension = import(new URL("extension.js", document.currentScript.src));
  let shared;
  (globalThis._JUPYTERLAB ??= {})["${NAME}"] = {
    init: (scope) => void (shared ??= scope),
    get: async (name) => {
      const made = await (await extension)[name.replace("./", "")](shared);
      return () => ({ __esModule: true, default: made });
    },
  };
})();
`;

const PACKAGE = {
  name: NAME,
  version: "0.1.0",
  description: "Figures and solutions of the course",
  jupyterlab: {
    extension: true,
    mimeExtension: true,
    _build: { load: "static/remoteEntry.js", extension: "./extension", mimeExtension: "./mimeExtension" },
  },
};

/** Files that the extension's modules load, and their packages. */
function assets() {
  const require = createRequire(join(ROOT, "src", "package.json"));
  const fonts = ["Sans", "Sans-Bold", "SansMono", "SansMono-Bold"].map((face) => `DejaVu${face}.ttf`);
  return [
    ["plotly-cartesian.min.js", require.resolve("plotly.js-cartesian-dist-min")],
    ...fonts.map((file) => [file, require.resolve(`dejavu-fonts-ttf/ttf/${file}`)]),
    ["style.css", join(SOURCE, "style.css")],
  ];
}

/**
 * A font whose combining marks the browser places by itself. DejaVu Sans Mono has places for marks over Latin letters
 * only, in its table GPOS; where a font has no such table, the hat of ε̂ is centred over the letter like that of x̂.
 *
 * @param {Buffer} font
 */
export function withoutMarkPositions(font) {
  const changed = Buffer.from(font);
  const tables = changed.readUInt16BE(4);
  const at = changed.subarray(0, 12 + 16 * tables).indexOf("GPOS", 12, "latin1");
  // Tables stand in the order of their names; one of a name that nobody knows is passed over.
  if (at >= 0) changed.write("GPOZ", at, "latin1");
  return changed;
}

function writeExtension() {
  const compiled = join(SOURCE, "dist");
  const modules = readdirSync(compiled).filter((file) => file.endsWith(".js"));
  const into = join(EXTENSION, "static");
  mkdirSync(into, { recursive: true });
  for (const [name, file] of [...assets(), ...modules.map((file) => [file, join(compiled, file)])]) {
    if (name.includes("Mono")) writeFileSync(join(into, name), withoutMarkPositions(readFileSync(file)));
    else copyFileSync(file, join(into, name));
  }
  writeAtomically(join(into, "remoteEntry.js"), REMOTE_ENTRY);
  writeAtomically(join(EXTENSION, "package.json"), `${JSON.stringify(PACKAGE, null, 2)}\n`);
}

/**
 * Settings in JupyterLab's own environment: nothing is put over the first page, neither the question about news nor
 * jupytext's menu; figures are drawn by the course's extension; notebooks are saved by `src/course/saving.py`.
 *
 * @param {string} venv
 */
export function writeSettings(venv) {
  const etc = join(venv, "etc", "jupyter");
  const others = ["@jupyterlab/apputils-extension:announcements", "jupyterlab-jupytext", "jupyterlab-plotly"];
  const disabledExtensions = Object.fromEntries(others.map((name) => [name, true]));
  writeAtomically(join(etc, "labconfig", "page_config.json"), `${JSON.stringify({ disabledExtensions }, null, 2)}\n`);
  const server = [
    "import sys",
    `sys.path.append(${JSON.stringify(join(ROOT, "src", "course"))})`,
    "from saving import CourseContents",
    "c.ServerApp.contents_manager_class = CourseContents",
  ];
  writeAtomically(join(etc, "jupyter_server_config.py"), `${server.join("\n")}\n`);
}

/**
 * Step 6: what JupyterLab finds in the checkout when it starts.
 *
 * @param {import("./support/steps.mjs").Steps} steps
 */
export async function labSettings(steps) {
  if (!existsSync(join(SOURCE, "dist", "extension.js"))) return;
  writeExtension();
  writeSettings(VENV);
  steps.ready("JupyterLab", `figures and settings of the course, in ${dirname(EXTENSION)}`);
}

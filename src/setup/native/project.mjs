/** The project that native TensorFlow is set up for: a folder of the user's in which this library is installed. */
import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { npmCommand, run } from "../support/command.mjs";
import { SetupError } from "../support/errors.mjs";
import { requirePython, venvPath } from "../support/python.mjs";
import { readJson } from "../support/stamps.mjs";

const TFJS_NODE = "@tensorflow/tfjs-node";

/** The installed library that this file is a part of. */
export const LIBRARY = realpathSync(fileURLToPath(new URL("../..", import.meta.url)));

const { name: LIBRARY_NAME, peerDependencies } = readJson(join(LIBRARY, "package.json"));

/** The package that becomes native, in the version the library runs on. */
export const WANTED = `${TFJS_NODE}@${peerDependencies[TFJS_NODE]}`;

/** Other package managers keep records of their own, which npm would not bring up to date. */
const MANAGERS = [
  { lock: "package-lock.json", command: null },
  { lock: "pnpm-lock.yaml", command: `pnpm add --save-optional --save-exact --ignore-scripts ${WANTED}` },
  { lock: "yarn.lock", command: `yarn add --optional --exact --ignore-scripts ${WANTED}` },
  { lock: "bun.lock", command: `bun add --optional --exact --ignore-scripts ${WANTED}` },
];

/**
 * A folder and those above it.
 *
 * @param {string} folder
 * @returns {string[]}
 */
function upwards(folder) {
  return dirname(folder) === folder ? [folder] : [folder, ...upwards(dirname(folder))];
}

/**
 * The project a folder belongs to. This very library must be what its programs import.
 *
 * @param {string} [folder]
 * @throws {SetupError} if there is no project or it has another library
 */
export function requireProject(folder = process.cwd()) {
  const project = upwards(folder).find((above) => existsSync(join(above, "package.json")));
  if (project === undefined) {
    throw new SetupError(
      "project",
      `neither ${folder} nor a folder above it has a package.json`,
      `Go to your project's folder, or make one: npm init -y && npm install ${LIBRARY_NAME}`,
    );
  }
  const installed = upwards(project)
    .map((above) => join(above, "node_modules", LIBRARY_NAME))
    .find((path) => existsSync(join(path, "package.json")));
  if (installed === undefined) {
    throw new SetupError(
      "project",
      `${LIBRARY_NAME} is not installed in ${project}`,
      `Run \`npm install ${LIBRARY_NAME}\` there, then the same command again.`,
    );
  }
  if (realpathSync(installed) !== LIBRARY) {
    throw new SetupError(
      "project",
      `this is the ${LIBRARY_NAME} in ${LIBRARY}, and programs in ${project} import the one in ${installed}`,
      `Run \`npx ${LIBRARY_NAME} setup\` in ${project}.`,
    );
  }
  return project;
}

/**
 * Where the library finds @tensorflow/tfjs-node, or null where it would not.
 *
 * @param {string} [library]
 */
export function findTfjsNode(library = LIBRARY) {
  const places = createRequire(join(library, "package.json")).resolve.paths(TFJS_NODE) ?? [];
  return places.map((place) => join(place, TFJS_NODE)).find((path) => existsSync(join(path, "package.json"))) ?? null;
}

/**
 * Refuses a project that another package manager than npm looks after: npm would leave its records behind.
 *
 * @param {string} project
 */
export function requireNpm(project) {
  for (const folder of upwards(project)) {
    const manager = MANAGERS.find(({ lock }) => existsSync(join(folder, lock)));
    if (manager === undefined) continue;
    if (manager.command === null) return;
    throw new SetupError(
      TFJS_NODE,
      `it is not installed, and ${join(folder, manager.lock)} is not npm's`,
      `Run \`${manager.command}\`, then the same command again.`,
    );
  }
}

/**
 * The folder of @tensorflow/tfjs-node, which npm adds to the project if it is missing. It becomes an optional
 * dependency, so that the project can still be installed where the package's own install script finds no server.
 *
 * @param {import("../support/steps.mjs").Steps} steps
 * @param {string} project
 */
export async function requireTfjsNode(steps, project) {
  if (findTfjsNode() === null) {
    requireNpm(project);
    await steps.step(TFJS_NODE, "about 10 s, 5 MB to download", async () => {
      const { program, args } = npmCommand();
      const quiet = [
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        "--no-update-notifier",
        "--fetch-retry-maxtimeout=10000",
      ];
      const save = ["--save-optional", "--save-exact", "--ignore-scripts"];
      // An optional dependency that cannot be fetched is left out without a word: whether it can is asked first.
      await run(program, [...args, "view", ...quiet, WANTED, "version"], { cwd: project });
      await run(program, [...args, "install", ...save, ...quiet, WANTED], { cwd: project });
      return `${WANTED}, an optional dependency of ${join(project, "package.json")}`;
    });
  }
  const found = findTfjsNode();
  if (found === null) {
    const why = `npm left it out of ${project}, or put it where ${LIBRARY} does not find it`;
    throw new SetupError(TFJS_NODE, why, `\`npm install --ignore-scripts ${WANTED}\` says more.`);
  }
  const { version } = readJson(join(found, "package.json"));
  if (`${TFJS_NODE}@${version}` !== WANTED) {
    throw new SetupError(
      TFJS_NODE,
      `${found} is version ${version}, and ${LIBRARY_NAME} runs on ${peerDependencies[TFJS_NODE]}`,
      `Run \`npm install --save-optional --save-exact --ignore-scripts ${WANTED}\`, then the same command again.`,
    );
  }
  return realpathSync(found);
}

/**
 * A Python with pip, made for one download: the system's own often has none.
 *
 * @param {string} scratch
 */
export async function temporaryPip(scratch) {
  const { executable } = await requirePython();
  const venv = join(scratch, "venv");
  await run(executable, ["-m", "venv", venv]);
  return venvPath(venv, "python");
}

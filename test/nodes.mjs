/** `npm run test:nodes`: runs `npm test` on every line of Node that is supported, one after the other. */
import { requireSupportedNode } from "../src/setup/support/gate.mjs";

requireSupportedNode();

const { mkdirSync } = await import("node:fs");
const { delimiter, dirname, join } = await import("node:path");
const { machine } = await import("../src/setup/native/wheels.mjs");
const { LOCAL, ROOT } = await import("../src/setup/paths.mjs");
const { ask, npmCommand, run } = await import("../src/setup/support/command.mjs");
const { asSetupError } = await import("../src/setup/support/errors.mjs");
const { readJson, writeAtomically } = await import("../src/setup/support/stamps.mjs");
const { printFailure, seconds, Steps } = await import("../src/setup/support/steps.mjs");
const { program } = await import("./runner/program.mjs");

/** The oldest of the oldest line, and the newest of the others. */
const VERSIONS = ["20.19.0", "22", "24"];
/** What the npm package "node" would install by a script, which npm asks permission for. */
const BINARY = `node-${machine === "darwin-arm64" ? "bin-" : ""}${machine}`;
const FOLDER = join(LOCAL, "nodes");
const RESULTS = join(FOLDER, "results.json");

const USAGE = `npm run test:nodes [-- versions… --again what…]
  versions  of Node (default ${VERSIONS.join(" ")})
  --again   also those on which this very commit has passed before
  what      sections and files, as for npm test
npm brings each binary into .cache/nodes.`;

/** @typedef {{ commit: string | null, what: string, node: string, passed: number, failed: number, ms: number }} Result */

/** The commit, or null where something has been changed since, so that a result says nothing about it. */
async function cleanCommit() {
  const changes = await ask("git", ["status", "--porcelain"], { cwd: ROOT });
  return changes === "" ? ask("git", ["rev-parse", "HEAD"], { cwd: ROOT }) : null;
}

/**
 * The program of a version of Node, fetched by npm if it is not here.
 *
 * @param {string} version
 * @returns {Promise<string>}
 */
async function nodeProgram(version) {
  const folder = join(FOLDER, version);
  const node = join(folder, "node_modules", BINARY, "bin", "node");
  const exact = /^\d+\.\d+\.\d+$/.test(version);
  // "22" may mean a newer one today.
  if (exact && (await ask(node, ["--version"])) === `v${version}`) return node;
  await new Steps().step(`Node ${version}`, "about 10 s, 40 MB to download", async () => {
    mkdirSync(folder, { recursive: true });
    writeAtomically(join(folder, "package.json"), '{ "private": true }\n');
    const npm = npmCommand();
    const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--no-save"];
    await run(npm.program, [...npm.args, "install", ...quiet, `${BINARY}@${version}`], { cwd: folder });
    return (await run(node, ["--version"])).stdout.trim();
  });
  return node;
}

/**
 * @param {string} version
 * @param {string[]} what
 * @param {string | null} commit
 * @returns {Promise<Result>}
 */
async function testOn(version, what, commit) {
  const node = await nodeProgram(version);
  const started = Date.now();
  // What a test starts as `node` is this one, too.
  const env = { ...process.env, PATH: [dirname(node), process.env["PATH"]].join(delimiter) };
  const counts = await program(`npm test on Node ${version}`, node, [join(ROOT, "test", "run.mjs"), ...what], { env });
  const name = (await run(node, ["--version"])).stdout.trim();
  return { commit, what: what.join(" "), node: name, ...counts, ms: Date.now() - started };
}

async function main() {
  const args = process.argv.slice(2);
  if (args.includes("--help") || args.includes("-h")) {
    console.log(USAGE);
    return;
  }
  const isVersion = (/** @type {string} */ argument) => /^\d+(\.\d+){0,2}$/.test(argument);
  const named = args.filter(isVersion);
  const what = args.filter((argument) => !isVersion(argument) && argument !== "--again");
  const commit = await cleanCommit();
  /** @type {Record<string, Result>} */
  const results = readJson(RESULTS) ?? {};
  const versions = named.length > 0 ? named : VERSIONS;
  for (const [i, version] of versions.entries()) {
    const before = results[version];
    const same = before !== undefined && commit !== null && before.commit === commit && before.what === what.join(" ");
    console.log(`\n━━ Node ${version} (${i + 1} of ${versions.length})`);
    if (same && before.failed === 0 && !args.includes("--again")) {
      console.log(`   has passed on this commit: ${before.passed} tests (--again runs them again)`);
      continue;
    }
    results[version] = await testOn(version, what, commit);
    writeAtomically(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
  }
  console.log();
  for (const version of versions) {
    const { node, passed, failed, ms } = results[version];
    console.log(`${failed === 0 ? "✔" : "✘"} ${node.padEnd(10)} ${passed} passed, ${failed} failed (${seconds(ms)})`);
  }
  process.exitCode = versions.some((version) => results[version].failed > 0 || results[version].passed === 0) ? 1 : 0;
}

try {
  await main();
} catch (error) {
  printFailure(asSetupError("npm run test:nodes", error));
  process.exitCode = 1;
}

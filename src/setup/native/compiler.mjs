/** Finds a C++ compiler, or says how to get one. */
import { ask } from "../support/command.mjs";
import { SetupError } from "../support/errors.mjs";

/** @typedef {{ program: string, version: string }} Compiler */

/**
 * The first compiler that answers: `CXX` if set, else the usual names.
 *
 * @returns {Promise<Compiler | null>}
 */
export async function findCompiler(env = process.env) {
  for (const program of env["CXX"] ? [env["CXX"]] : ["g++", "c++", "clang++"]) {
    const answer = await ask(program, ["--version"]);
    if (answer !== null) return { program, version: answer.split("\n")[0] };
  }
  return null;
}

/** @param {NodeJS.Platform} [platform] */
export function compilerRemedy(platform = process.platform) {
  if (platform === "darwin") return "Run `xcode-select --install`, then the same command again.";
  if (platform === "win32") return "Use WSL (https://learn.microsoft.com/windows/wsl), then the same command there.";
  return "On Debian or Ubuntu: sudo apt install g++ (Fedora: sudo dnf install gcc-c++), then the same command again.";
}

/**
 * The first compiler that answers.
 *
 * @throws {SetupError} if there is none
 */
export async function requireCompiler(env = process.env) {
  const compiler = await findCompiler(env);
  if (compiler !== null) return compiler;
  const named = env["CXX"] ? `CXX names ${env["CXX"]}, which does not answer` : "no C++ compiler was found";
  throw new SetupError("native TensorFlow", named, compilerRemedy());
}

/** Running other programs: quietly, to their end, with their output at hand when they fail. */
import { spawn } from "node:child_process";

/** A command that could not be started or ended with another code than 0. */
export class CommandError extends Error {
  /**
   * @param {string} command
   * @param {string | number | null | undefined} code the exit code, the signal that ended it, or why it did not start
   * @param {string} output
   */
  constructor(command, code, output) {
    super(`${command} ended with ${code}`);
    this.name = "CommandError";
    this.exitCode = code;
    this.output = output;
  }
}

/**
 * Runs a program to its end and returns what it printed. Nothing reaches the terminal:
 * the caller prints progress from `onLine` and the output only when the program fails.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void }} [options]
 * @returns {Promise<{ stdout: string, output: string }>}
 * @throws {CommandError} if the program cannot be started or does not end with 0
 */
export function run(program, args, { cwd, env, onLine } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32" && program.endsWith(".cmd"),
    });
    let stdout = "";
    let output = "";
    /** @type {(stream: import("node:stream").Readable, onText?: (text: string) => void) => void} */
    const listen = (stream, onText) => {
      let rest = "";
      stream.setEncoding("utf8");
      stream.on("data", (/** @type {string} */ text) => {
        output += text;
        onText?.(text);
        if (!onLine) return;
        const lines = (rest + text).split(/\r?\n|\r/);
        rest = lines.pop() ?? "";
        for (const line of lines) onLine(line);
      });
    };
    listen(child.stdout, (text) => (stdout += text));
    listen(child.stderr);
    const name = [program, ...args].join(" ").slice(0, 120);
    child.on("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      reject(new CommandError(name, error.code, error.message));
    });
    child.on("close", (code, signal) => {
      if (code === 0) resolve({ stdout, output });
      else reject(new CommandError(name, signal ?? code, output));
    });
  });
}

/**
 * The same, but `null` instead of a rejection: for questions whose answer may be "not there".
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 */
export async function ask(program, args, options) {
  try {
    return (await run(program, args, options)).stdout.trim();
  } catch {
    return null;
  }
}

/** npm as this process was started by it, else the one on the PATH. */
export function npmCommand(env = process.env) {
  const cli = env["npm_execpath"];
  if (cli && /npm-cli\.c?js$/.test(cli)) return { program: process.execPath, args: [cli] };
  return { program: process.platform === "win32" ? "npm.cmd" : "npm", args: [] };
}

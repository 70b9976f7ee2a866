/** Starts a command of the command line as a process and collects what it wrote. */
import { spawn } from "node:child_process";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../../..");

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `npm test` has built, as users run it, starts in half the time; without it the source. */
function program(name: string): readonly string[] {
  if (process.env["DIFFUSION_LAB_BUILT"] === "1") return [join(root, `src/dist/cli/${name}.js`)];
  return ["--import", "tsx", join(root, `src/cli/${name}.ts`)];
}

/**
 * Runs a command of the command line; `interruptAt` sends Ctrl-C when stdout first matches, and `killWhen`
 * ends it without a word as soon as it holds.
 */
export function command(
  name: string,
  args: readonly string[],
  options: { interruptAt?: RegExp; killWhen?: () => boolean; env?: Record<string, string> } = {},
): Promise<Outcome> {
  // npm names the caller's folder in INIT_CWD: not that of whoever runs the tests.
  const { INIT_CWD: _of, ...inherited } = process.env;
  const child = spawn(process.execPath, [...program(name), ...args], {
    cwd: root,
    env: { ...inherited, ...options.env },
  });
  let [stdout, stderr] = ["", ""];
  let interrupted = false;
  child.stdout.on("data", (data: Buffer) => {
    stdout += data.toString();
    if (!interrupted && options.interruptAt?.test(stdout)) interrupted = child.kill("SIGINT");
  });
  child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  const watch = setInterval(() => options.killWhen?.() && child.kill("SIGKILL"), 10);
  return new Promise((resolve) =>
    child.on("close", (code) => {
      clearInterval(watch);
      resolve({ code, stdout, stderr });
    }),
  );
}

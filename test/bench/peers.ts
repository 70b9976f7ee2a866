/** Where the other side's programs are: the scripts beside this file, and a Python that has PyTorch. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The versions the ratios are stated against. */
export const PEERS = ["torch==2.13.0", "diffusers==0.42.1"] as const;

/** The folder of this package, whether this file runs from source or built. */
const HOME = packageFolder(dirname(fileURLToPath(import.meta.url)));
const VENV = join(HOME, "..", "..", ".cache", "peers");

/** A Python script of the benchmark. */
export function script(name: "torch_worker.py" | "quality_torch.py"): string {
  return join(HOME, name);
}

/** A Python that can import these: that of `--install-peers`, or the one on the path. */
export function pythonWith(modules: string): string | undefined {
  return [pythonOf(VENV), "python3"].find((python) => imports(python, modules));
}

/** Makes `.cache/peers` with PyTorch and diffusers, unless they are there. */
export function installPeers(): void {
  if (!existsSync(pythonOf(VENV))) run("python3", ["-m", "venv", VENV]);
  if (!imports(pythonOf(VENV), "torch, diffusers")) run(pythonOf(VENV), ["-m", "pip", "install", "--quiet", ...PEERS]);
}

function packageFolder(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : packageFolder(dirname(folder));
}

function imports(python: string, modules: string): boolean {
  return spawnSync(python, ["-c", `import ${modules}`], { stdio: "ignore" }).status === 0;
}

function pythonOf(folder: string): string {
  return process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
}

function run(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: "inherit" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed${error ? `: ${error.message}` : ""}`);
}

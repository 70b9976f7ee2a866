/** Where the other side's programs are: the scripts beside this file, and a Python that has PyTorch. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The versions the ratios are stated against. */
export const PEERS = ["torch==2.13.0", "diffusers==0.42.1"] as const;

/** Runtimes of ONNX files, beside them. */
export const ENGINE_PEERS = ["onnxruntime==1.32.0", "openvino==2026.4.1"] as const;

/** Projects that the study of quality trains as they are, with a PyTorch that torchvision matches. */
export const PROJECT_PACKAGES = [
  "torch==2.14.1",
  "torchvision==0.29.1",
  "smalldiffusion==0.5.0",
  "denoising-diffusion-pytorch==2.3.4",
] as const;
/** What they and what they need take on disk, in GB; PyTorch's build for CUDA, without which torchvision does not load. */
export const PROJECTS_GB = 6;

/** The folder of this package, whether this file runs from source or built. */
const HOME = packageFolder(dirname(fileURLToPath(import.meta.url)));
const CACHE = join(HOME, "..", "..", ".cache");
const VENV = join(CACHE, "peers");
/** Apart from the peers, whose PyTorch is another. */
const PROJECTS_VENV = join(CACHE, "projects");

/** A Python script of the benchmark. */
export function script(
  name: "torch_worker.py" | "engine_worker.py" | "quality_torch.py" | "quality_projects.py",
): string {
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

/** Puts the runtimes of ONNX into the same place, unless they are there. */
export function installEnginePeers(): void {
  if (!existsSync(pythonOf(VENV))) run("python3", ["-m", "venv", VENV]);
  if (imports(pythonOf(VENV), "onnxruntime, openvino")) return;
  run(pythonOf(VENV), ["-m", "pip", "install", "--quiet", ...ENGINE_PEERS]);
}

/** The Python of `--install-projects`, if it can import the module. */
export function projectsPython(module: string): string | undefined {
  return imports(pythonOf(PROJECTS_VENV), module) ? pythonOf(PROJECTS_VENV) : undefined;
}

/** Makes `.cache/projects` with {@link PROJECT_PACKAGES}, unless they are there. */
export function installProjects(): void {
  if (!existsSync(pythonOf(PROJECTS_VENV))) run("python3", ["-m", "venv", PROJECTS_VENV]);
  if (projectsPython("smalldiffusion, denoising_diffusion_pytorch")) return;
  process.stderr.write(`about ${PROJECTS_GB} GB into .cache/projects: ${PROJECT_PACKAGES.join(", ")}; some minutes\n`);
  run(pythonOf(PROJECTS_VENV), ["-m", "pip", "install", "--quiet", ...PROJECT_PACKAGES]);
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

// The real JupyterLab of the project's Python environment, in a headless Chromium.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Locator, type Page } from "playwright-core";
import { computingProcess } from "../../src/runtime/native-process.js";
import { kernelSpec } from "../../src/kernel/kernelspec.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PATIENCE = 60_000;

/** The first Chromium that this machine has; `CHROMIUM` names another. */
export function findChromium(): string | undefined {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const found = folders.flatMap((folder) => names.map((name) => path.join(folder, name)));
  const applications = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
  ];
  const named = process.env.CHROMIUM ? [process.env.CHROMIUM] : [];
  return [...named, ...found, ...applications].find((file) => existsSync(file));
}

interface KernelState {
  readonly execution_state: string;
  readonly connections: number;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class Lab {
  private readonly folder: string;
  private readonly server: ChildProcess;
  private readonly browser: Browser;
  private readonly address: string;
  private log = "";

  private constructor(folder: string, server: ChildProcess, browser: Browser, address: string) {
    this.folder = folder;
    this.server = server;
    this.browser = browser;
    this.address = address;
    for (const stream of [server.stdout, server.stderr]) {
      stream?.on("data", (chunk: Buffer) => (this.log += chunk.toString()));
    }
  }

  static async start(executablePath: string): Promise<Lab> {
    const folder = mkdtempSync(path.join(tmpdir(), "lab-"));
    const kernel = path.join(folder, "jupyter", "kernels", "tslab");
    mkdirSync(kernel, { recursive: true });
    mkdirSync(path.join(folder, "work"));
    writeFileSync(
      path.join(kernel, "kernel.json"),
      JSON.stringify(
        kernelSpec({ env: computingProcess.environment, folder: path.join(ROOT, "src", "kernel", "dist") }),
      ),
    );
    const python = [".venv/bin/python", ".venv/Scripts/python.exe"].map((file) => path.join(ROOT, file));
    const port = await freePort();
    const inside = (name: string): string => path.join(folder, "jupyter", name);
    const server = spawn(
      python.find((file) => existsSync(file)) ?? "python3",
      [
        ...["-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"],
        ...[`--ServerApp.port=${port}`, "--ServerApp.port_retries=0", "--IdentityProvider.token=test"],
        ...[`--ServerApp.root_dir=${path.join(folder, "work")}`, "--LabApp.news_url=None"],
        "--KernelSpecManager.ensure_native_kernel=False",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
      ],
      {
        cwd: folder,
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          ...process.env,
          // Somebody watches here, also where a CI runs this.
          CI: "",
          DIFFUSION_LAB_ROOT: ROOT,
          JUPYTER_PATH: inside(""),
          JUPYTER_CONFIG_DIR: inside("config"),
          JUPYTER_DATA_DIR: inside("data"),
          JUPYTER_RUNTIME_DIR: inside("runtime"),
          IPYTHONDIR: inside("ipython"),
        },
      },
    );
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    const lab = new Lab(folder, server, browser, `http://127.0.0.1:${port}`);
    await lab.ready();
    return lab;
  }

  /** Opens a new notebook of these code cells and waits until its kernel is idle. */
  async open(name: string, cells: readonly string[]): Promise<OpenNotebook> {
    const notebook = {
      cells: cells.map((source, index) => ({
        ...{ cell_type: "code", id: `cell-${index}`, metadata: {}, source },
        ...{ outputs: [], execution_count: null },
      })),
      metadata: { kernelspec: { display_name: "TypeScript (diffusion-lab)", language: "typescript", name: "tslab" } },
      nbformat: 4,
      nbformat_minor: 5,
    };
    writeFileSync(path.join(this.folder, "work", `${name}.ipynb`), JSON.stringify(notebook));
    const page = await this.browser.newPage({ viewport: { width: 1200, height: 1000 } });
    page.setDefaultTimeout(PATIENCE);
    await page.goto(`${this.address}/lab/tree/${name}.ipynb?token=test&reset`);
    await page.locator(".jp-Notebook .jp-CodeCell").first().waitFor();
    // The indicator says idle before there is a kernel, too; JupyterLab drops what is run then.
    const states = async (): Promise<KernelState[]> => {
      const answer = await fetch(`${this.address}/api/kernels?token=test`);
      return (await answer.json()) as KernelState[];
    };
    await until(states, (all) => all.some((one) => one.execution_state === "idle" && one.connections > 0));
    await page.locator("#jp-main-statusbar", { hasText: "TypeScript (diffusion-lab) | Idle" }).waitFor();
    return new OpenNotebook(page);
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.kill("SIGTERM");
    const ended = new Promise((resolve) => this.server.once("exit", resolve));
    const timer = setTimeout(() => this.server.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(timer);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  private async ready(): Promise<void> {
    for (const deadline = Date.now() + PATIENCE; Date.now() < deadline;) {
      const answer = await fetch(`${this.address}/api/status?token=test`).catch(() => undefined);
      if (answer?.ok) return;
      if (this.server.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    throw new Error(`JupyterLab did not start:\n${this.log}`);
  }
}

export class OpenNotebook {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  cell(index: number): Locator {
    return this.page.locator(".jp-Notebook .jp-CodeCell").nth(index);
  }

  output(index: number): Locator {
    return this.cell(index).locator(".jp-OutputArea-output");
  }

  /** Presses Shift+Enter in a cell. */
  async start(index: number): Promise<void> {
    await this.cell(index).locator(".cm-content").click();
    await this.page.keyboard.press("Shift+Enter");
  }

  /** Runs a cell and waits until it has its number. */
  async run(index: number): Promise<void> {
    await this.start(index);
    await this.finished(index);
  }

  /** Run → Run All Cells. */
  async runAll(): Promise<void> {
    await this.page.locator(".lm-MenuBar-itemLabel", { hasText: "Run" }).first().click();
    await this.page.locator(".lm-Menu-itemLabel", { hasText: "Run All Cells" }).first().click();
  }

  async finished(index: number): Promise<void> {
    await this.cell(index)
      .locator(".jp-InputPrompt", { hasText: /\[\d+\]/ })
      .waitFor();
  }

  async close(): Promise<void> {
    await this.page.close();
  }
}

/** Asks again and again until the answer is right. */
export async function until<T>(ask: () => Promise<T>, right: (answer: T) => boolean): Promise<T> {
  let answer = await ask();
  for (const deadline = Date.now() + PATIENCE; !right(answer) && Date.now() < deadline;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    answer = await ask();
  }
  if (!right(answer)) throw new Error(`still ${JSON.stringify(answer)} after ${PATIENCE / 1000} s`);
  return answer;
}

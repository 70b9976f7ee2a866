// The real JupyterLab of the project's Python environment, in a headless Chromium.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium, type Browser, type Locator, type Page } from "playwright-core";
import { jupyterArguments } from "../../src/setup/jupyter.mjs";
import { jupyterEnvironment } from "../../src/setup/kernelspec.mjs";
import { ROOT, venvProgram } from "../../src/setup/paths.mjs";

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

/** The browser of this machine, or the reason why tests that need one are skipped, which is said once. */
export function browserForTests(): { readonly chromium: string | undefined; readonly skip: string | false } {
  const chromium = findChromium();
  if (chromium) return { chromium, skip: false };
  const skip = "no Chromium on this machine: install chromium or Google Chrome, or set CHROMIUM=/path/to/it";
  console.log(`The browser tests are skipped: ${skip}`);
  return { chromium, skip };
}

export interface Cell {
  readonly source: string;
  readonly tags?: readonly string[];
  /** Whether only its output is shown. */
  readonly hidden?: boolean;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface KernelState {
  readonly id: string;
  readonly execution_state: string;
  readonly connections: number;
}

export async function freePort(): Promise<number> {
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
    const root = path.join(folder, "work");
    mkdirSync(root);
    const port = await freePort();
    const inside = (name: string): string => path.join(folder, name);
    const own = ["--IdentityProvider.token=test"];
    const server = spawn(
      venvProgram("python"),
      [...jupyterArguments({ browser: false, port, notebook: "", root }), ...own],
      {
        cwd: folder,
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          ...jupyterEnvironment(),
          // Somebody watches here, also where a CI runs this.
          CI: "",
          DIFFUSION_LAB_ROOT: ROOT,
          // What a user has set in JupyterLab is no part of the course.
          JUPYTER_CONFIG_DIR: inside("config"),
          JUPYTER_DATA_DIR: inside("data"),
          JUPYTER_RUNTIME_DIR: inside("runtime"),
          IPYTHONDIR: inside("ipython"),
          JUPYTERLAB_SETTINGS_DIR: inside("settings"),
          JUPYTERLAB_WORKSPACES_DIR: inside("workspaces"),
        },
      },
    );
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    const lab = new Lab(folder, server, browser, `http://127.0.0.1:${port}`);
    await lab.ready();
    return lab;
  }

  /** Opens a new notebook of these code cells and waits until its kernel is idle. */
  async open(name: string, cells: readonly (string | Cell)[], size?: Size): Promise<OpenNotebook> {
    const notebook = {
      cells: cells.map((cell, index) => {
        const { source, tags, hidden } = typeof cell === "string" ? { source: cell } : (cell as Cell);
        const metadata = { ...(tags ? { tags } : {}), ...(hidden ? { jupyter: { source_hidden: true } } : {}) };
        return { cell_type: "code", id: `cell-${index}`, metadata, source, outputs: [], execution_count: null };
      }),
      metadata: { kernelspec: { display_name: "TypeScript (diffusion-lab)", language: "typescript", name: "tslab" } },
      nbformat: 4,
      nbformat_minor: 5,
    };
    writeFileSync(this.file(name), JSON.stringify(notebook));
    return this.openFile(name, size);
  }

  /** Where the notebook of this name lies. */
  file(name: string): string {
    return path.join(this.folder, "work", `${name}.ipynb`);
  }

  /** Opens a notebook that lies there and waits until its kernel is idle. */
  async openFile(name: string, size: Size = { width: 1200, height: 1000 }): Promise<OpenNotebook> {
    const page = await this.browser.newPage({ viewport: size });
    page.setDefaultTimeout(PATIENCE);
    const notebook = new OpenNotebook(page, async () => {
      await page.goto(`${this.address}/lab/tree/${name}.ipynb?token=test&reset`);
      await page.locator(".jp-Notebook .jp-CodeCell").first().waitFor();
      await this.kernelReady(name);
      await page.locator("#jp-main-statusbar", { hasText: "TypeScript (diffusion-lab) | Idle" }).waitFor();
    });
    await notebook.load();
    return notebook;
  }

  /** Changes a setting of JupyterLab for pages that are loaded later. */
  async set(plugin: string, settings: object): Promise<void> {
    const body = JSON.stringify({ raw: JSON.stringify(settings) });
    const answer = await this.ask(`lab/api/settings/${plugin}`, { method: "PUT", body });
    if (!answer.ok) throw new Error(`${plugin} was not set: ${await answer.text()}`);
  }

  /** The kernel of a notebook. */
  async kernel(name: string): Promise<KernelState | undefined> {
    const sessions = (await (await this.ask("api/sessions")).json()) as { path: string; kernel: KernelState }[];
    return sessions.find((session) => session.path === `${name}.ipynb`)?.kernel;
  }

  /** The ids of all kernels that run. */
  async kernels(): Promise<string[]> {
    return ((await (await this.ask("api/kernels")).json()) as KernelState[]).map(({ id }) => id);
  }

  ask(place: string, options: RequestInit = {}): Promise<Response> {
    return fetch(`${this.address}/${place}`, { ...options, headers: { Authorization: "token test" } });
  }

  /** The indicator says idle before there is a kernel, too; JupyterLab drops what is run then. */
  private async kernelReady(name: string): Promise<void> {
    await until(
      () => this.kernel(name),
      (kernel) => kernel?.execution_state === "idle" && kernel.connections > 0,
    );
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
      const answer = await this.ask("api/status").catch(() => undefined);
      if (answer?.ok) return;
      if (this.server.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    throw new Error(`JupyterLab did not start:\n${this.log}`);
  }
}

export class OpenNotebook {
  readonly page: Page;
  /** Loads the page, a second time as a reload does. */
  readonly load: () => Promise<void>;

  constructor(page: Page, load: () => Promise<void>) {
    this.page = page;
    this.load = load;
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
    await this.choose("Run", "Run All Cells");
  }

  /** Chooses from a menu. */
  async choose(menu: string, item: string): Promise<void> {
    await this.page.locator(".lm-MenuBar-itemLabel", { hasText: menu }).first().click();
    await this.page.locator(".lm-Menu-itemLabel", { hasText: item }).first().click();
  }

  /** Kernel → Restart Kernel…, until the new one is idle. */
  async restartKernel(): Promise<void> {
    await this.choose("Kernel", "Restart Kernel…");
    await this.page.locator(".jp-Dialog .jp-mod-accept").click();
    await this.page.locator("#jp-main-statusbar", { hasText: "| Idle" }).waitFor();
  }

  /** Settings → Theme → … */
  async theme(name: string): Promise<void> {
    await this.page.locator(".lm-MenuBar-itemLabel", { hasText: "Settings" }).first().click();
    await this.page.locator(".lm-Menu-itemLabel", { hasText: "Theme" }).first().hover();
    await this.page.locator(".lm-Menu-itemLabel", { hasText: name }).first().click();
  }

  /** Saves with the menu and waits until the file is written. */
  async save(): Promise<void> {
    const written = this.page.waitForResponse(
      (answer) => answer.request().method() === "PUT" && answer.url().includes("/api/contents/"),
    );
    await this.choose("File", "Save Notebook");
    await written;
  }

  async finished(index: number): Promise<void> {
    await this.cell(index)
      .locator(".jp-InputPrompt", { hasText: /\[\d+\]/ })
      .waitFor();
  }

  /** The stop button. */
  async interrupt(): Promise<void> {
    const names = [
      '[data-command="notebook:interrupt-kernel"]',
      'jp-button[title*="Interrupt"]',
      '[title*="Interrupt the kernel"]',
    ];
    await this.page.locator(names.join(", ")).first().click();
  }

  /** Presses the stop button and waits, from the moment when the page has sent that, no longer than a reader would. */
  async stopWithin(index: number, milliseconds: number): Promise<void> {
    const asked = this.page.waitForRequest((request) => /\/api\/kernels\/[^/]+\/interrupt/.test(request.url()));
    await this.interrupt();
    await asked;
    const stopped = this.output(index).filter({ hasText: "Interrupted" }).first();
    await stopped.waitFor({ timeout: milliseconds });
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

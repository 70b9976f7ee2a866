/** The parent's end of a worker: starts it and speaks to it in lines. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Fields, parseJson } from "diffusion-lab/base";

export interface Ready {
  readonly parameters: number;
  readonly version: string;
  /** Floating-point operations of a step's convolutions and matrix products, from those who count them. */
  readonly flops?: number;
  /** From the start of the process to the end of its first step. */
  readonly firstStepMs: number;
}

/** How a worker is started. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/** A worker of the benchmark: see `worker.ts` for what is said. */
export class WorkerProcess {
  private readonly lines: AsyncIterator<string>;
  private errors = "";

  private constructor(
    private readonly child: ChildProcess,
    private readonly command: string,
  ) {
    this.lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    child.stderr!.on("data", (chunk: Buffer) => {
      this.errors = (this.errors + chunk.toString()).slice(-4000);
    });
    // A worker that has died shows when its answer is missing.
    child.stdin!.on("error", () => {});
  }

  static async start({ program, args, environment }: Command): Promise<{ worker: WorkerProcess; ready: Ready }> {
    const started = performance.now();
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env: environment });
    const worker = new WorkerProcess(child, [program, ...args].join(" "));
    await Promise.race([once(child, "spawn"), once(child, "error").then(([error]) => Promise.reject(error as Error))]);
    const answer = await worker.answer();
    const firstStepMs = performance.now() - started;
    const parameters = answer.number("parameters", { whole: true, least: 0 });
    const flops = answer.has("flops") ? answer.number("flops", { least: 0 }) : undefined;
    return { worker, ready: { parameters, version: answer.string("version"), flops, firstStepMs } };
  }

  /** Milliseconds of each of the next `count` steps. */
  async steps(count: number): Promise<number[]> {
    this.child.stdin!.write(`${count}\n`);
    return (await this.answer()).numbers("ms", { least: 0 });
  }

  /** Has a worker that trains write its averaged parameters. */
  async save(path: string): Promise<void> {
    this.child.stdin!.write(`save ${path}\n`);
    await this.answer();
  }

  /** Ends the process; resolves with its peak memory in bytes. */
  async end(): Promise<number> {
    this.child.stdin!.end();
    return (await this.answer()).number("peak", { least: 0 });
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }

  private async answer(): Promise<Fields> {
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done) throw new Error(`${this.command} ended without an answer:\n${this.errors}`);
      // A library may print lines of its own.
      if (value.startsWith("{")) return new Fields(this.command, parseJson(this.command, value));
    }
  }
}

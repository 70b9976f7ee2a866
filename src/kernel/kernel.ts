// The kernel process. Jupyter starts it, by the kernelspec, as
//
//   node --disable-warning=ExperimentalWarning --no-force-async-hooks-checks launcher.js --config-path FILE
//
// The second flag lets V8 terminate a cell in the middle of a timer callback without Node taking that for a defect.
import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers";
import { Worker } from "node:worker_threads";
import { bindPublisher, bindRouter, ConnectionError, readConnection } from "./connection.js";
import type { ControlEvent, ControlThreadData } from "./control-thread.js";
import { Executor } from "./executor.js";
import { guardProcess } from "./process-guards.js";
import { projectRoot } from "./root.js";
import { ours } from "./intrinsics.js";
import { LAUNCHER_FD, tellLauncher } from "./running-note.js";
import { KernelServer } from "./server.js";
import { loadTypeScript, TSLAB_VERSION } from "./tslab.js";
import { Signer, type Content } from "./wire.js";

function kernelInfo(): Content {
  const version = loadTypeScript().version;
  return {
    status: "ok",
    protocol_version: "5.4",
    implementation: "tslab",
    implementation_version: TSLAB_VERSION,
    language_info: {
      name: "typescript",
      version,
      mimetype: "text/typescript",
      file_extension: ".ts",
      pygments_lexer: "typescript",
      codemirror_mode: { name: "javascript", mode: "typescript", typescript: true },
      nbconvert_exporter: "script",
    },
    banner: `TypeScript ${version} on Node ${process.version} (tslab ${TSLAB_VERSION}, diffusion-lab)`,
    help_links: [{ text: "TypeScript", url: "https://www.typescriptlang.org/docs/" }],
    supported_features: [],
    debugger: false,
  };
}

function argument(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

async function main(): Promise<void> {
  // V8's ten would all be the library's, and the learner's line lost.
  Error.stackTraceLimit = 100;
  const emit = process.emit.bind(process) as (name: string, ...args: unknown[]) => boolean;
  // Node's own `process.exit` goes through `reallyExit`, which cells must not reach.
  const { reallyExit } = process as unknown as { reallyExit(code: number): never };
  const leave: (code: number) => void = reallyExit.bind(process);
  const exit = (code: number): void => {
    try {
      emit("exit", code);
    } finally {
      leave(code);
    }
  };
  const writeLog = process.stderr.write.bind(process.stderr);
  const log = (text: string): void => void writeLog(`[diffusion-lab kernel] ${text}\n`);

  const connection = readConnection(argument("--config-path"));
  const signer = new Signer(connection.key);
  const session = randomUUID();
  const info = kernelInfo();
  const root = projectRoot();
  process.chdir(root);

  const [shell, iopub, stdin] = await Promise.all([
    bindRouter(connection, "shell"),
    bindPublisher(connection),
    bindRouter(connection, "stdin"),
  ]);
  const executor = new Executor(root);
  const { interrupts } = executor;
  const launcher = process.argv.includes(LAUNCHER_FD.flag);
  const workerData: ControlThreadData = { connection, shared: interrupts.shared, kernelInfo: info, session, launcher };
  const control = new Worker(new URL("./control-thread.js", import.meta.url), {
    workerData,
    stderr: true,
  });
  const stop = (): void => {
    executor.close();
    control.postMessage("close");
    setTimeout(() => exit(0), 1000);
  };
  const closed = (): void => {
    for (const socket of [shell, iopub, stdin]) socket.close();
    exit(0);
  };
  const sockets = { shell, iopub, stdin };
  const server = new KernelServer({
    session,
    signer,
    sockets,
    executor,
    kernelInfo: info,
    onShutdown: stop,
    onRunning: launcher ? tellLauncher : () => undefined,
    log,
  });

  const interrupted = (): void => ours(() => interrupts.interrupt());
  const onEvent: { [T in ControlEvent["type"]]: (event: Extract<ControlEvent, { type: T }>) => void } = {
    ready: () => undefined,
    failed: ({ message }) => {
      log(message);
      exit(1);
    },
    interrupt: () => {
      interrupted();
      // Libraries that know nothing of this kernel listen to SIGINT.
      emit("SIGINT");
    },
    terminated: () => ours(() => interrupts.terminated()),
    shutdown: stop,
    closed,
    handled: ({ header }) => server.handledElsewhere(header),
  };
  control.on("message", (event: ControlEvent) => (onEvent[event.type] as (event: ControlEvent) => void)(event));

  process.on("SIGTERM", stop);
  guardProcess({ uncaught: (thrown) => server.uncaught(thrown), interrupted });
  await server.serve();
}

main().catch((error: unknown) => {
  const text = error instanceof ConnectionError ? error.message : ((error as Error).stack ?? String(error));
  process.stderr.write(`the TypeScript kernel cannot start: ${text}\n`);
  process.exitCode = 1;
  setTimeout(() => process.exit(1), 100).unref();
});

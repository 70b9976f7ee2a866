// Child processes that inherit stdout or stderr write under the cell. The kernel's own streams belong to Jupyter's
// terminal, so such a child gets a pipe; a synchronous one shows what it wrote when it ends.
import { ChildProcess } from "node:child_process";
import { StringDecoder } from "node:string_decoder";
import type { StreamName } from "./streams.js";

type Write = (name: StreamName, text: string) => void;

const NAMES: readonly (StreamName | undefined)[] = [undefined, "stdout", "stderr"];

/** Which of the kernel's streams a child's stream is to be. */
function inherited(kind: unknown, at: number): StreamName | undefined {
  if (kind === process.stdout) return "stdout";
  if (kind === process.stderr) return "stderr";
  return kind === "inherit" ? NAMES[at] : typeof kind === "number" ? NAMES[kind] : undefined;
}

interface SpawnOptions {
  stdio?: unknown;
}

/** `spawn`, `exec`, `execFile` and `fork` all come here. */
function showSpawned(write: Write): void {
  const prototype = ChildProcess.prototype as unknown as { spawn(options: SpawnOptions): number };
  const { spawn } = prototype;
  prototype.spawn = function (this: ChildProcess, options) {
    const { stdio } = options;
    const kinds: unknown[] = Array.isArray(stdio)
      ? [...(stdio as unknown[])]
      : stdio === "inherit"
        ? [stdio, stdio, stdio]
        : [];
    const names = kinds.map(inherited);
    const piped = kinds.map((kind, i) => (i > 0 && names[i] ? "pipe" : kind));
    const failure = spawn.call(this as never, kinds.length > 0 ? { ...options, stdio: piped } : options);
    names.forEach((name, i) => {
      const stream = i > 0 && name ? (this.stdio as (NodeJS.ReadableStream | null)[] | undefined)?.[i] : undefined;
      if (!name || !stream) return;
      const decoder = new StringDecoder("utf8");
      stream.on("data", (bytes: Buffer) => write(name, decoder.write(bytes)));
      // Whoever inherits a stream has none.
      (this.stdio as unknown[])[i] = null;
      if (i === 1) this.stdout = null;
      if (i === 2) this.stderr = null;
    });
    return failure;
  };
}

interface SyncBinding {
  spawn(options: { stdio: { type: string; fd?: number }[]; maxBuffer?: number }): { output: (Buffer | null)[] | null };
}

/** `spawnSync`, `execSync` and `execFileSync` all come here. */
function showSpawnedSync(write: Write): void {
  const { binding } = process as unknown as { binding(name: string): SyncBinding };
  const sync = binding.call(process, "spawn_sync");
  const spawn = sync.spawn.bind(sync);
  sync.spawn = (options) => {
    const names = options.stdio.map(({ type, fd }, i) =>
      i > 0 && (type === "inherit" || type === "fd")
        ? inherited(type === "fd" || fd !== undefined ? fd : type, i)
        : undefined,
    );
    if (!names.some((name) => name)) return spawn(options);
    const stdio = options.stdio.map((kind, i) => (names[i] ? { type: "pipe", readable: false, writable: true } : kind));
    const result = spawn({ ...options, stdio, maxBuffer: 0 });
    names.forEach((name, i) => {
      const bytes = name && result.output?.[i];
      if (!name || !bytes || !result.output) return;
      result.output[i] = null;
      write(name, bytes.toString());
    });
    return result;
  };
}

export function showChildOutput(write: Write): void {
  showSpawned(write);
  showSpawnedSync(write);
}

/** Downloads that resume and are checked by their digest. */
import { requireTexts } from "../base/values.js";
import { requireKnownKeys } from "../base/check.js";
import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { type FileHandle, lstat, mkdir, open, rename, rm, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { standIn } from "../base/stand-in.js";

/** How far a download is. */
export interface DownloadProgress {
  /** The path being written. */
  readonly file: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

/** One file: where it can be had and what it must be. */
export interface DownloadOptions {
  /** Tried in order until one gives the right bytes. */
  urls: readonly string[];
  /** Where it goes; folders are made. */
  path: string;
  /** Its exact length. */
  bytes: number;
  /** Its SHA-256, 64 lower-case hex digits. */
  sha256: string;
  /** What else a reader can do when this fails: the last sentence of the error. */
  advice?: string;
  onProgress?: (progress: DownloadProgress) => void;
  /** Stops the download; what came so far stays for the next call to resume. */
  signal?: AbortSignal;
  /** How often a URL that broke off after giving some bytes is asked for the rest. Default 3. */
  retries?: number;
  /** A connection that gives nothing for so long counts as broken. Default 20 000. */
  stallMilliseconds?: number;
}

/** No URL gave the right bytes. The message tells what each said and what to do. */
export class DownloadError extends Error {
  override readonly name = "DownloadError";
  /** What went wrong, one line an attempt. */
  readonly attempts: readonly string[];

  constructor(path: string, attempts: readonly string[], remedy: string) {
    requireTexts("attempts", attempts);
    super(`could not download ${path}:\n${attempts.map((line) => `  - ${line}`).join("\n")}\n${remedy}`);
    this.attempts = attempts;
  }
}

/** Errors of the file system, which another attempt or server would not mend. */
const DISK_TROUBLE: ReadonlySet<string> = new Set([
  "EACCES",
  "EPERM",
  "EROFS",
  "ENOSPC",
  "EDQUOT",
  "ENOTDIR",
  "EISDIR",
]);

/** This URL has the wrong thing: trying it again would not help. */
class WrongAnswer extends Error {}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** Whether the file is there with the right length and SHA-256. */
export async function isDownloaded({
  path,
  bytes,
  sha256,
}: Pick<DownloadOptions, "path" | "bytes" | "sha256">): Promise<boolean> {
  return (await sizeOf(path)) === bytes && (await sha256Of(path)) === sha256;
}

/** Where the answer's first byte belongs, by its status and Content-Range. */
function startOf(response: Response, asked: number, url: string): number {
  if (response.status === 200) return 0;
  if (response.status === 206) {
    const range = response.headers.get("content-range") ?? "";
    const start = /^bytes (\d+)-/.exec(range)?.[1];
    if (start === undefined || Number(start) !== asked) {
      throw new WrongAnswer(`${url}: asked for bytes from ${asked}, got "${range}"`);
    }
    return asked;
  }
  throw new WrongAnswer(`${url}: HTTP ${response.status} ${response.statusText}`.trimEnd());
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const code = (cause as NodeJS.ErrnoException).code;
  return `${error.message} (${cause.message || (code ?? cause.name)})`;
}

async function writeAll(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < chunk.length) {
    const { bytesWritten } = await file.write(chunk, written, chunk.length - written, position + written);
    written += bytesWritten;
  }
}

/** Bytes are written to a file of our own: a link that lies in wait under its name is not followed, but taken away. */
async function openPartial(partial: string, position: number): Promise<FileHandle> {
  if (position === 0) {
    // The system's own words for what is no file to remove.
    await unlink(partial).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    return open(partial, "wx");
  }
  return open(partial, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
}

/** How much of a download is there; what is no file of its own is none. */
async function sizeOfPartial(partial: string): Promise<number> {
  try {
    const found = await lstat(partial);
    return found.isFile() ? found.size : 0;
  } catch {
    return 0;
  }
}

/** One request: appends to `partial` from where it ends. */
async function receive(url: string, partial: string, options: DownloadOptions): Promise<void> {
  const { bytes, path, onProgress, signal, stallMilliseconds = 20_000 } = options;
  const have = await sizeOfPartial(partial);
  if (have === bytes) return;
  const stalled = new AbortController();
  const watch = setTimeout(
    () => stalled.abort(new Error(`nothing came for ${stallMilliseconds / 1000} s`)),
    stallMilliseconds,
  );
  // Without "identity" a server may send the .gz as a content encoding, which fetch would unpack.
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (have > 0) headers["range"] = `bytes=${have}-`;
  const signals = signal ? [signal, stalled.signal] : [stalled.signal];
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.any(signals) });
    let position: number;
    try {
      position = startOf(response, have, url);
    } catch (error) {
      await response.body?.cancel();
      throw error;
    }
    const file = await openPartial(partial, position);
    // A page of some sign-in or error is not what was asked for, whatever its length.
    let head: Uint8Array | undefined;
    try {
      onProgress?.({ file: path, receivedBytes: position, totalBytes: bytes });
      for await (const chunk of response.body ?? []) {
        watch.refresh();
        if (position === 0) head = chunk as Uint8Array;
        if (position + chunk.length > bytes) {
          const given = head && standIn(head);
          throw new WrongAnswer(`${url}: gives ${given ?? `more than the ${bytes} bytes expected`}`);
        }
        await writeAll(file, chunk, position);
        position += chunk.length;
        onProgress?.({ file: path, receivedBytes: position, totalBytes: bytes });
      }
    } finally {
      await file.close();
    }
    const given = position < bytes && head ? standIn(head) : undefined;
    if (given !== undefined) {
      await rm(partial);
      throw new WrongAnswer(`${url}: gives ${given}`);
    }
    if (position < bytes) throw new Error(`the connection ended after ${position} of ${bytes} bytes`);
  } finally {
    clearTimeout(watch);
  }
}

/**
 * Downloads one file, unless it is there already with the right length and SHA-256.
 *
 * The bytes go to `<path>.partial`; a broken connection is resumed by a Range request, in this call or a
 * later one. Only when length and SHA-256 are right is the file renamed to `path`, so `path` never holds
 * half a file or a wrong one.
 *
 * @throws DownloadError when no URL gave the right bytes: what each said, and what to do
 * @throws the signal's reason when it was aborted
 * @throws RangeError when the length or the SHA-256 asked for is malformed
 */
export async function download(options: DownloadOptions): Promise<void> {
  requireKnownKeys("download", options, {
    urls: "a list",
    path: "a text",
    bytes: true,
    sha256: true,
    advice: "a text",
    onProgress: "a function",
    signal: "a signal",
    retries: "a number",
    stallMilliseconds: "a number",
  });
  const { urls, path, bytes, sha256, signal, retries = 3, advice } = options;
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new RangeError(`bytes must be a whole number ≥ 1, got ${bytes}`);
  }
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    throw new RangeError(`sha256 must be 64 lower-case hex digits, got "${sha256}"`);
  }
  signal?.throwIfAborted();
  if (await isDownloaded(options)) return;

  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.partial`;
  const attempts: string[] = [];
  let answered = false;
  for (const url of urls) {
    for (let attempt = 0; attempt <= retries; attempt++) {
      let had = 0;
      try {
        if ((await sizeOfPartial(partial)) > bytes) await rm(partial);
        had = await sizeOfPartial(partial);
        await receive(url, partial, options);
        const actual = await sha256Of(partial);
        if (actual === sha256) {
          await rename(partial, path);
          return;
        }
        await rm(partial);
        const mismatch = `${url}: SHA-256 is ${actual}, expected ${sha256}; the bytes were thrown away`;
        // The first part may have come from elsewhere: this URL deserves a whole download.
        throw had > 0 ? new Error(mismatch) : new WrongAnswer(mismatch);
      } catch (error) {
        signal?.throwIfAborted();
        const { code } = error as NodeJS.ErrnoException;
        if (code !== undefined && DISK_TROUBLE.has(code)) {
          throw new DownloadError(
            path,
            [...attempts, (error as Error).message],
            `${partial} cannot be written: make room, or name another folder.`,
          );
        }
        const wrong = error instanceof WrongAnswer;
        answered ||= wrong;
        attempts.push(wrong ? error.message : `${url}: ${describe(error)}`);
        // A connection that gave nothing new is left for the next address.
        if (wrong || (await sizeOfPartial(partial)) === had) break;
      }
    }
  }
  const byHand = `put the file there by hand (SHA-256 ${sha256})`;
  const remedy = answered
    ? `The servers answered, but not with this file. Try again later, or ${byHand}.`
    : "No server could be reached for long enough: is there a network? " +
      `Run this again when there is (it resumes), or ${byHand}.`;
  throw new DownloadError(path, attempts, advice === undefined ? remedy : `${remedy} ${advice}`);
}

/** Graphs on disk, where TensorFlow loads them from. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { writeFileAtomically } from "../files/atomic-file.js";

const FILE = "saved_model.pb";
const KEPT = 64;
/** Graphs that hold a network's weights are large, and of use only while those stay. */
const LARGE = 2 ** 20;
const LARGE_KEPT = 4;

/** `DIFFUSION_LAB_CACHE`, or the user's cache folder. */
export function defaultCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base =
    env["DIFFUSION_LAB_CACHE"] ??
    join(env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache"), "diffusion-lab");
  return join(resolve(base), "graphs");
}

/**
 * Hands `use` a folder with exactly these bytes as `saved_model.pb`.
 *
 * The folder's name is the digest of the bytes, which hold all that decides a graph: operations, shapes, constants.
 * What lies there is compared with the bytes, never trusted, and written anew if it differs. Where the cache cannot be
 * written, a temporary folder serves.
 */
export function withGraphFolder<T>(cache: string, bytes: Buffer, use: (folder: string) => T): T {
  const folder = join(cache, createHash("sha256").update(bytes).digest("hex").slice(0, 32));
  try {
    if (!holds(folder, bytes)) writeFileAtomically(join(folder, FILE), bytes);
    prune(cache, folder);
    return use(folder);
  } catch {
    // The cache cannot be written, or another process has just emptied it.
    return withTemporaryFolder(bytes, use);
  }
}

function withTemporaryFolder<T>(bytes: Buffer, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "diffusion-lab-graph-"));
  try {
    writeFileAtomically(join(folder, FILE), bytes);
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function holds(folder: string, bytes: Buffer): boolean {
  try {
    return readFileSync(join(folder, FILE)).equals(bytes);
  } catch {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    return false;
  }
}

/** Marks `used` as the newest and removes the oldest graphs. */
function prune(cache: string, used: string): void {
  const now = new Date();
  utimesSync(used, now, now);
  const folders = readdirSync(cache, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && /^[0-9a-f]{32}$/.test(entry.name),
  );
  const byAge = folders
    .map(({ name }) => ({ path: join(cache, name), ...stateOf(join(cache, name)) }))
    .sort((a, b) => b.time - a.time);
  const large = byAge.filter(({ bytes }) => bytes > LARGE);
  for (const { path } of [...byAge.slice(KEPT), ...large.slice(LARGE_KEPT)])
    rmSync(path, { recursive: true, force: true });
}

function stateOf(folder: string): { readonly time: number; readonly bytes: number } {
  try {
    return { time: statSync(folder).mtimeMs, bytes: statSync(join(folder, FILE)).size };
  } catch {
    return { time: 0, bytes: 0 };
  }
}

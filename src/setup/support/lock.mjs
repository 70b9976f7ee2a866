/** One process at a time under a lock file; a lock whose holder is dead is taken away. */
import { linkSync, mkdirSync, renameSync, rmSync, statSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readJson } from "./stamps.mjs";

const HEARTBEAT_MS = 5_000;
/** A holder that has not touched its lock for this long is taken for dead. */
const STALE_MS = 60_000;

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/** @param {unknown} error */
const codeOf = (error) => /** @type {NodeJS.ErrnoException} */ (error).code;

/**
 * True if nobody stands behind the lock any more: its process ended, or it stopped touching the file.
 *
 * @param {string} path
 */
export function isStale(path, now = Date.now()) {
  const holder = readJson(path);
  let age;
  try {
    age = now - statSync(path).mtimeMs;
  } catch {
    return false;
  }
  if (holder?.host === hostname() && !isAlive(holder.pid)) return true;
  return age > STALE_MS;
}

/**
 * Creates the file with its content in one step; false if it exists.
 *
 * @param {string} path
 */
function tryLock(path) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ pid: process.pid, host: hostname() }));
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Takes a stale lock away. Another process may have done so and locked anew in between: the file is moved first,
 * looked at, and put back if it turns out to be alive.
 *
 * @param {string} path
 */
function discard(path) {
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (!isStale(aside)) {
    try {
      linkSync(aside, path);
    } catch {
      // A third process holds the lock now.
    }
  }
  rmSync(aside, { force: true });
}

/**
 * Runs `work` while no other process on this machine runs under the same lock file.
 * `onWait` is called once with the holder's process id if it must wait.
 *
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {(pid: number | undefined) => void} [onWait]
 * @returns {Promise<T>}
 */
export async function withLock(path, work, onWait = () => undefined) {
  mkdirSync(dirname(path), { recursive: true });
  let waited = false;
  while (!tryLock(path)) {
    if (isStale(path)) {
      discard(path);
      continue;
    }
    if (!waited) onWait(readJson(path)?.pid);
    waited = true;
    await sleep(300);
  }
  const heartbeat = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      // The lock was taken away: nothing to keep alive.
    }
  }, HEARTBEAT_MS);
  heartbeat.unref();
  const release = () => {
    clearInterval(heartbeat);
    if (readJson(path)?.pid === process.pid) {
      try {
        unlinkSync(path);
      } catch {
        // Gone already.
      }
    }
  };
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}

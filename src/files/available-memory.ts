/** How much memory a process may still take, so that what does not fit is refused before it is read. */
import { readFileSync } from "node:fs";
import { platform, totalmem } from "node:os";

/** The text of a small file of the system; undefined where it is not there. */
export type SystemFile = (path: string) => string | undefined;

/** What of the system is asked, so that a test can be another one. */
export interface MemoryQuestions {
  readonly file: SystemFile;
  /** Bytes that the machine has. */
  readonly total: number;
  readonly linux: boolean;
}

const here = (): MemoryQuestions => ({ file: systemFile, total: totalmem(), linux: platform() === "linux" });

/**
 * Bytes that can still be had without swapping. On Linux what the kernel says is available, or what a control group
 * (a container, a batch system) leaves of its limit, whichever is less; files kept in memory count as free, since they go
 * when room is needed. Elsewhere all that the machine has: no system but Linux tells what it would give.
 */
export function availableMemory(asked: MemoryQuestions = here()): number {
  const { file, total, linux } = asked;
  if (!linux) return total;
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(file("/proc/meminfo") ?? "")?.[1];
  const free = kilobytes === undefined ? total : Number(kilobytes) * 1024;
  return Math.max(0, Math.min(free, ...groupsRoom(file)));
}

/** What each control group above this process leaves, of version 2 (one tree) and version 1 (a tree for memory). */
function groupsRoom(file: SystemFile): number[] {
  const lines = (file("/proc/self/cgroup") ?? "").split("\n");
  return lines.flatMap((line): number[] => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) return [];
    if (controllers === "") return roomIn(file, "/sys/fs/cgroup", path, "memory.max", "memory.current", "");
    if (!controllers.split(",").includes("memory")) return [];
    const files = ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_"] as const;
    return roomIn(file, "/sys/fs/cgroup/memory", path, ...files);
  });
}

/** Of the group of this path and of those above it; inside a container the tree may begin at the group itself. */
function roomIn(
  file: SystemFile,
  root: string,
  path: string,
  limitFile: string,
  usedFile: string,
  prefix: "" | "total_",
): number[] {
  const names = path.split("/").filter((name) => name !== "");
  const folders = names.map((_, i) => `${root}/${names.slice(0, i + 1).join("/")}`);
  return [root, ...folders].flatMap((folder): number[] => {
    const limit = Number(file(`${folder}/${limitFile}`) ?? NaN);
    const used = Number(file(`${folder}/${usedFile}`) ?? NaN);
    // "max" is no number: no limit. Version 1 has a number near 2⁶³ for it.
    if (!Number.isFinite(limit) || !Number.isFinite(used) || limit > 2 ** 60) return [];
    const kept = keptFiles(file(`${folder}/memory.stat`) ?? "", prefix);
    return [limit - used + kept];
  });
}

/** Bytes of files that are kept in memory and can go. */
function keptFiles(stat: string, prefix: string): number {
  return ["inactive_file", "active_file"].reduce((sum, key) => {
    const found = new RegExp(`^${prefix}${key} (\\d+)$`, "m").exec(stat)?.[1];
    return sum + Number(found ?? 0);
  }, 0);
}

function systemFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

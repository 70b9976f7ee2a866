/** Free memory as the system tells it: of the machine, and of the control groups above the process. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { totalmem } from "node:os";
import { availableMemory } from "../../../src/files/available-memory.js";

const MEMINFO = "MemTotal:       16000000 kB\nMemFree:         1000000 kB\nMemAvailable:    8000000 kB\n";

function asked(files: Readonly<Record<string, string>>, linux = true): number {
  return availableMemory({ file: (path) => files[path], total: 16e9, linux });
}

test("what the kernel says is available, not what is merely unused", () => {
  assert.equal(asked({ "/proc/meminfo": MEMINFO }), 8_000_000 * 1024);
});

test("a limit of a control group counts, with the files that it keeps as free", () => {
  const files = {
    "/proc/meminfo": MEMINFO,
    "/proc/self/cgroup": "0::/box/inner\n",
    "/sys/fs/cgroup/box/memory.max": "3000000000\n",
    "/sys/fs/cgroup/box/memory.current": "2500000000\n",
    "/sys/fs/cgroup/box/memory.stat": "anon 1\ninactive_file 700000000\nactive_file 300000000\n",
    "/sys/fs/cgroup/box/inner/memory.max": "max\n",
    "/sys/fs/cgroup/box/inner/memory.current": "2400000000\n",
  };
  assert.equal(asked(files), 1_500_000_000);
  assert.equal(asked({ ...files, "/sys/fs/cgroup/box/memory.max": "max\n" }), 8_000_000 * 1024);
});

test("groups of version 1 are read, and their word for no limit", () => {
  const files = {
    "/proc/meminfo": MEMINFO,
    "/proc/self/cgroup": "9:cpuset:/\n4:memory:/far/away\n",
    // Inside a container the group is at the root of what is seen.
    "/sys/fs/cgroup/memory/memory.limit_in_bytes": "2000000000\n",
    "/sys/fs/cgroup/memory/memory.usage_in_bytes": "1500000000\n",
    "/sys/fs/cgroup/memory/memory.stat": "inactive_file 5\ntotal_inactive_file 100000000\ntotal_active_file 0\n",
  };
  assert.equal(asked(files), 600_000_000);
  const unlimited = { ...files, "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n" };
  assert.equal(asked(unlimited), 8_000_000 * 1024);
  const full = { ...files, "/sys/fs/cgroup/memory/memory.usage_in_bytes": "2900000000\n" };
  assert.equal(asked(full), 0);
});

test("where nothing is told, all memory of the machine counts", () => {
  assert.equal(asked({}), 16e9);
  assert.equal(asked({ "/proc/meminfo": MEMINFO }, false), 16e9);
  const now = availableMemory();
  assert.ok(now > 0 && now <= totalmem());
});

/**
 * How a process that computes is started. The C library reads these when a process begins and not again, so the commands
 * start another process with them, and the kernelspec holds them.
 */
export const computingProcess = {
  environment: {
    // One heap for all threads, which else keeps freed memory once for each.
    MALLOC_ARENA_MAX: "1",
    // Tensors in pages of 2 MB where the system gives them on request (glibc 2.35).
    GLIBC_TUNABLES: "glibc.malloc.hugetlb=1",
  },
  // Recording a step leaves a large young generation of JavaScript's heap, which it would not give back.
  nodeFlags: ["--max-semi-space-size=2"],
} as const;

/** An environment with these settings; one of the user's own stays. */
export function forComputing(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...computingProcess.environment, ...environment };
}

/** An environment without these settings, for programs that are not ours. */
export function forOthers(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = Object.entries(computingProcess.environment);
  return Object.fromEntries(
    Object.entries(environment).filter(([key, value]) => !ours.some(([k, v]) => k === key && v === value)),
  );
}

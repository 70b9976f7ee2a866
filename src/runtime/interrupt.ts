/** Long work ends between two steps when it is asked to. */

/** Long work that Ctrl-C, or a notebook's stop button, ended between two steps. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/**
 * Runs long work under an abort signal. Without one of the caller's, SIGINT (Ctrl-C in a terminal, the stop button of
 * a notebook) aborts it with an {@link InterruptedError}, so that nothing goes on unseen; a caller that gives a signal
 * decides alone.
 */
export async function interruptible<T>(
  given: AbortSignal | undefined,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (given) return work(given);
  const stop = new AbortController();
  const onInterrupt = (): void => stop.abort(new InterruptedError(what));
  // A browser has no signals.
  const signals = typeof process === "object" && typeof process.once === "function" ? process : undefined;
  signals?.once("SIGINT", onInterrupt);
  try {
    return await work(stop.signal);
  } finally {
    signals?.off("SIGINT", onInterrupt);
  }
}

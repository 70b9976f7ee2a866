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
  const onInterrupt = (): void => {
    endBySentence();
    stop.abort(new InterruptedError(what));
  };
  // A browser has no signals.
  const signals = typeof process === "object" && typeof process.once === "function" ? process : undefined;
  signals?.once("SIGINT", onInterrupt);
  try {
    return await work(stop.signal);
  } finally {
    signals?.off("SIGINT", onInterrupt);
  }
}

let ending = false;

/**
 * Without a listener Ctrl-C ends a program. Ours stands in the way of that, so an interruption that nobody catches ends it
 * likewise, by its sentence and not by a stack: nothing went wrong. Other errors, and programs that catch them, are left alone.
 */
function endBySentence(): void {
  if (ending || typeof process.on !== "function") return;
  ending = true;
  process.on("uncaughtExceptionMonitor", (error) => {
    if (!(error instanceof InterruptedError) || process.listenerCount("uncaughtException") > 0) return;
    process.stderr.write(`\n${error.message}\n`);
    // 128 + SIGINT, as of a program that Ctrl-C has ended.
    process.exit(130);
  });
}

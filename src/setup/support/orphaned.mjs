/** The end of npm, told to what npm runs. */

/**
 * Calls back when npm was ended by a signal that this process has not got: npm hands SIGTERM to the shell between them
 * only, and the shell ends without a word. Without npm nothing is watched, so that a process may outlive its shell.
 *
 * @param {() => void} action
 */
export function onOrphaned(action) {
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    action();
  }, 500);
  watch.unref();
}

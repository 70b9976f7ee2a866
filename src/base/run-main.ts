/**
 * Runs a command: `--help` prints the help, an error prints its message without a stack and ends with code 1. Wrong
 * options print the help after the message.
 */
export async function runMain(help: string, main: () => Promise<void>): Promise<void> {
  if (process.argv.includes("--help") || process.argv.includes("-h")) {
    process.stdout.write(help);
    return;
  }
  endWithReader();
  try {
    await main();
  } catch (error) {
    const { code, message, stack } = error as NodeJS.ErrnoException;
    process.stderr.write(printable(`${message}\n${process.env["DEBUG"] ? `${stack}\n` : ""}`));
    // What util.parseArgs refuses: the options are wrong, and the help lists the right ones.
    if (code?.startsWith("ERR_PARSE_ARGS_")) process.stderr.write(`\n${help}`);
    process.exitCode = 1;
  }
}

/**
 * Whoever read the output and went away, as `| head` does, ends the command as Ctrl-C does: what is to be saved is saved,
 * and no stack is printed.
 */
function endWithReader(): void {
  let ending = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      if (!ending) process.kill(process.pid, "SIGINT");
      ending = true;
    });
  }
}

/** A name that a file gave could hold commands to the terminal, which would rewrite what it shows. */
function printable(text: string): string {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "\ufffd");
}

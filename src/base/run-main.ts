/** Runs a command: `--help` prints the help, an error prints its message without a stack and ends with code 1. */
export async function runMain(help: string, main: () => Promise<void>): Promise<void> {
  if (process.argv.includes("--help") || process.argv.includes("-h")) {
    process.stdout.write(help);
    return;
  }
  try {
    await main();
  } catch (error) {
    const { name, message, stack } = error as Error;
    process.stderr.write(`${message}\n${process.env["DEBUG"] ? `${stack}\n` : ""}`);
    if (name === "TypeError" && message.includes("--")) process.stderr.write(`\n${help}`);
    process.exitCode = 1;
  }
}

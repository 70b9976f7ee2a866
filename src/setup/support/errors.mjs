/** Failures a reader can act on, and the causes that are read out of what npm, pip and compilers print. */

/** What was being done, why it failed, what to do about it. */
export class SetupError extends Error {
  /**
   * @param {string} what
   * @param {string} why
   * @param {string} remedy
   */
  constructor(what, why, remedy) {
    super(`${what}: ${why}`);
    this.name = "SetupError";
    this.what = what;
    this.why = why;
    this.remedy = remedy;
  }
}

const CAUSES = [
  {
    pattern: /ENOSPC|No space left on device|disk quota exceeded/i,
    why: "the disk is full",
    remedy:
      "Free at least 3 GB (the TensorFlow libraries alone take 1.2 GB while they are unpacked), then try again. " +
      "DIFFUSION_LAB_CACHE=/other/disk moves the shared cache.",
  },
  {
    pattern: /CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER|unable to get local issuer/i,
    why: "the server's certificate was not accepted (often a company proxy)",
    remedy: "Point NODE_EXTRA_CA_CERTS and PIP_CERT at your organisation's certificate file, then try again.",
  },
  {
    pattern: /THESE PACKAGES DO NOT MATCH THE HASHES|EINTEGRITY|integrity checksum failed/i,
    why: "what was downloaded is not what was tested (wrong checksum)",
    remedy: "Try again; if it stays so, a proxy or mirror changes the files: use the official package index.",
  },
  {
    pattern: /ensurepip is not available|No module named '?(venv|ensurepip)/i,
    why: "this Python lacks its venv module",
    remedy: "On Debian or Ubuntu: sudo apt install python3-venv. Elsewhere install Python from https://python.org.",
  },
  {
    pattern: /EACCES|EPERM|EROFS|ENOTDIR|Permission denied|Read-only file system/i,
    why: "a file or folder may not be written",
    remedy:
      "Make the folder named above yours (chown), and do not mix sudo and plain runs; DIFFUSION_LAB_CACHE=/other/folder moves the shared cache.",
  },
  {
    pattern: new RegExp(
      "ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network is unreachable|" +
        "Temporary failure in name resolution|NewConnectionError|ConnectTimeout|Read timed out|Connection refused|" +
        "No matching distribution found|Name or service not known|network request .* failed",
      "i",
    ),
    why: "the package index could not be reached",
    remedy:
      "Check the network (and HTTPS_PROXY, if you sit behind a proxy), then run the same command again: " +
      "finished steps are not repeated.",
  },
];

/**
 * Reads the cause out of a failed command's output, as far as it is a known one.
 *
 * @param {string} output
 */
export function explain(output) {
  const cause = CAUSES.find(({ pattern }) => pattern.test(output));
  return cause ? { why: cause.why, remedy: cause.remedy } : null;
}

/**
 * Turns anything thrown inside a step into a SetupError that names the step.
 *
 * @param {string} what
 * @param {unknown} error
 * @param {string} [doctor] the command that shows what is missing, named where the cause is not known
 */
export function asSetupError(what, error, doctor = "npm run doctor") {
  if (error instanceof SetupError) return error;
  const { code, message, output } = /** @type {{ code?: string, message?: string, output?: string }} */ (error);
  const known = explain([code, message, output].filter(Boolean).join("\n"));
  const tail = output ? `\n${lastLines(withoutNoise(output), known ? 5 : 15)}` : "";
  // The message of a file system error names the file; that of a command only repeats the command.
  const why = known ? (code ? `${known.why}: ${message}` : known.why) : (message ?? String(error));
  const remedy = known?.remedy ?? `Run \`${doctor}\` to see what is missing, then the same command again.`;
  return new SetupError(what, why + tail, remedy);
}

/**
 * Drops what no reader needs: stack frames, empty lines, markers that do not apply.
 *
 * @param {string} text
 */
function withoutNoise(text) {
  const noise =
    /^\s*(npm error\s*)?(at .*:\d+:\d+\)?( \{)?|at process\..*|[{}]|)$|^Ignoring .* markers|complete log of this run/;
  return text
    .split(/\r?\n/)
    .filter((line) => !noise.test(line))
    .join("\n");
}

/**
 * The last lines of a text, indented.
 *
 * @param {string} text
 * @param {number} count
 */
export function lastLines(text, count) {
  return text
    .trimEnd()
    .split(/\r?\n/)
    .slice(-count)
    .map((line) => `    ${line}`)
    .join("\n");
}

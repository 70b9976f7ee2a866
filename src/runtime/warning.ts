/** Warnings of the library: Node's own, which programs can listen to, and the console's elsewhere. */

/** @param code in Node the warning's `code`, for those who filter: "TERMINAL_SNR" */
export function warn(message: string, code: string): void {
  if (typeof process === "object" && typeof process.emitWarning === "function") {
    process.emitWarning(message, { type: "DiffusionWarning", code });
  } else console.warn(`DiffusionWarning [${code}]: ${message}`);
}

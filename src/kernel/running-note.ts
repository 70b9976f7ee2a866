// What the kernel tells its launcher, so that somebody can answer for a cell whose process has died under it.
import { writeSync } from "node:fs";
import type { Header, Message } from "./wire.js";

/** The pipe to the launcher. It ends with either of the two processes. */
export const LAUNCHER_FD = { number: 3, flag: "--launcher" } as const;

export interface RunningNote {
  /** The kernel's. */
  readonly session: string;
  /** The request that runs; without one the kernel is idle. */
  readonly running: Message | undefined;
  /** Of the request to which later output belongs. */
  readonly last: Partial<Header> | undefined;
}

/** A note as it arrives. */
export interface ReadNote {
  readonly session: string;
  readonly identities: readonly Buffer[];
  readonly running: Partial<Header> | undefined;
  readonly last: Partial<Header> | undefined;
}

/** Written before the cell begins: what it does at once cannot come before. */
export function tellLauncher({ session, running, last }: RunningNote): void {
  const identities = running?.identities.map((one) => one.toString("base64"));
  try {
    writeSync(LAUNCHER_FD.number, `${JSON.stringify({ session, identities, running: running?.header, last })}\n`);
  } catch {
    // The launcher is gone, and this process is about to be.
  }
}

/** @returns nothing for what is no note: a cell can write to the pipe, too */
export function readNote(line: string): ReadNote | undefined {
  try {
    const { session, identities = [], running, last } = JSON.parse(line) as Record<string, unknown>;
    if (typeof session !== "string" || !Array.isArray(identities)) return undefined;
    const header = (value: unknown): Partial<Header> | undefined =>
      typeof value === "object" && value !== null ? value : undefined;
    const routes = identities.map((one) => Buffer.from(String(one), "base64"));
    return { session, identities: routes, running: header(running), last: header(last) };
  } catch {
    return undefined;
  }
}

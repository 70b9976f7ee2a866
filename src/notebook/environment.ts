/** Where the code of a cell runs: for the record, or before someone's eyes. */
import { displaySender } from "./kernel.js";

/** True when notebooks are executed for the record: red checks throw, and no output tells the time. */
export function isHeadless(): boolean {
  return process.env["DIFFUSION_LAB_HEADLESS"] === "1";
}

/** True when someone watches: intermediate states of progress bars and live charts are worth sending. */
export function isWatched(): boolean {
  if (isHeadless() || process.env["CI"]) return false;
  return displaySender() !== undefined || process.stdout.isTTY === true;
}

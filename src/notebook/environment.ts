import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** What a Jupyter `display_data` message carries. */
export interface DisplayContent {
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
  transient: { display_id?: string };
}

type Sender = (content: DisplayContent, update: boolean) => void;

/**
 * How to send a display to the notebook that runs this process: through the course's own kernel, through stock
 * tslab, or undefined outside a notebook.
 */
export function displaySender(): Sender | undefined {
  const kernel = (globalThis as Record<symbol, unknown>)[Symbol.for("diffusion-lab.kernel")] as
    { display?: Sender } | undefined;
  if (kernel?.display) return kernel.display.bind(kernel);
  const tslab = Object.entries(require.cache).find(([file]) => /[\\/]tslab[\\/]dist[\\/]jupyter\.js$/.test(file));
  const jupyter = tslab?.[1]?.exports as { lastWriteDisplayData?: Sender | null } | undefined;
  return jupyter?.lastWriteDisplayData ?? undefined;
}

/** True when notebooks are executed for the record: red checks throw, and no output tells the time. */
export function isHeadless(): boolean {
  return process.env["DIFFUSION_LAB_HEADLESS"] === "1";
}

/** True when someone watches: intermediate states of progress bars and live charts are worth sending. */
export function isWatched(): boolean {
  if (isHeadless() || process.env["CI"]) return false;
  return displaySender() !== undefined || process.stdout.isTTY === true;
}

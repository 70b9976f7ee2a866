// How a cell's last value is shown: by the value's own `Symbol.for("Jupyter.display")`, else as text.
import { ours } from "./intrinsics.js";
import { inspected } from "./thrown.js";

export interface MimeBundle {
  readonly data: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
}

const { isArray } = Array;
const DISPLAY = Symbol.for("Jupyter.display");

function encoded(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !isArray(value);
}

/**
 * The MIME bundle of a value. Its method may return (or resolve to) either the bundle itself,
 * `{ "image/png": …, "text/plain": … }`, or `{ data, metadata }`; bytes are sent as base64.
 */
export async function mimeBundle(value: unknown): Promise<MimeBundle> {
  const method = (value as Record<symbol, unknown> | null | undefined)?.[DISPLAY];
  if (typeof method === "function") {
    const shown: unknown = await (method as () => unknown).call(value);
    if (isRecord(shown)) {
      const nested = isRecord(shown.data);
      const data = nested ? (shown.data as Record<string, unknown>) : shown;
      const metadata = nested && isRecord(shown.metadata) ? shown.metadata : {};
      return ours(() => ({
        data: Object.fromEntries(Object.entries(data).map(([type, part]) => [type, encoded(part)])),
        metadata,
      }));
    }
  }
  return { data: { "text/plain": inspected(value) }, metadata: {} };
}

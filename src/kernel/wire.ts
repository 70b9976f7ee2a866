// The Jupyter wire protocol 5.4: how a message becomes frames on a ZeroMQ socket, and back.
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";

const DELIMITER = "<IDS|MSG>";
const DELIMITER_BYTES = Buffer.from(DELIMITER);

export interface Header {
  readonly msg_id: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly msg_type: string;
  readonly version: string;
}

export type Content = Record<string, unknown>;

export interface Message {
  /** Routing frames in front of the delimiter. */
  readonly identities: readonly Buffer[];
  readonly header: Header;
  readonly parent: Partial<Header>;
  readonly metadata: Content;
  readonly content: Content;
  readonly buffers: readonly Buffer[];
}

/** What can be wrong with bytes that arrive on a socket. */
export class WireError extends Error {
  override readonly name = "WireError";
}

export function newHeader(type: string, session: string): Header {
  return {
    msg_id: randomUUID(),
    session,
    username: "kernel",
    date: new Date().toISOString(),
    msg_type: type,
    version: "5.4",
  };
}

/** Signs and verifies the four JSON parts with HMAC-SHA256; an empty key turns signing off, as the protocol says. */
export class Signer {
  private readonly key: string;

  constructor(key: string) {
    this.key = key;
  }

  sign(parts: readonly (string | Buffer)[]): string {
    if (this.key === "") return "";
    const hmac = createHmac("sha256", this.key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }

  verify(signature: Buffer, parts: readonly Buffer[]): void {
    const expected = Buffer.from(this.sign(parts));
    if (expected.length !== signature.length || !timingSafeEqual(expected, signature)) {
      throw new WireError("a message with a wrong signature was dropped: its sender has another key");
    }
  }
}

/** Half a surrogate pair in JSON text: `JSON.stringify` writes it as an escape, and a whole pair as it is. */
const LONE_SURROGATE = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

/** JSON of well-formed text alone: no front end can save half a surrogate pair, so U+FFFD takes its place. */
function wellFormedJson(value: unknown): string {
  const text = JSON.stringify(value);
  return text.includes("\\ud") ? text.replace(LONE_SURROGATE, "$1\ufffd") : text;
}

export function encode(signer: Signer, message: Message): (Buffer | string)[] {
  const parts = [message.header, message.parent, message.metadata, message.content].map(wellFormedJson);
  return [...message.identities, DELIMITER, signer.sign(parts), ...parts, ...message.buffers];
}

function jsonObject(bytes: Buffer): Content {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch (error) {
    throw new WireError(`a message that is no JSON was dropped: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new WireError("a message with a part that is no JSON object was dropped");
  }
  return value as Content;
}

/** @throws WireError for anything but a signed message of JSON objects */
export function decode(signer: Signer, frames: readonly Buffer[]): Message {
  const delimiter = frames.findIndex((frame) => frame.equals(DELIMITER_BYTES));
  if (delimiter < 0 || frames.length < delimiter + 6) {
    throw new WireError(`a message of ${frames.length} frames without delimiter or parts was dropped`);
  }
  const parts = frames.slice(delimiter + 2, delimiter + 6);
  signer.verify(frames[delimiter + 1], parts);
  const [header, parent, metadata, content] = parts.map(jsonObject);
  if (typeof header.msg_type !== "string") throw new WireError("a message without a type was dropped");
  return {
    identities: frames.slice(0, delimiter),
    header: header as unknown as Header,
    parent: parent as Partial<Header>,
    metadata,
    content,
    buffers: frames.slice(delimiter + 6),
  };
}

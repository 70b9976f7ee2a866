// Comms: named two-way channels between a cell's objects and the front end (widgets use them).
import { randomUUID } from "node:crypto";
import type { Content } from "./wire.js";

export interface CommMessage {
  readonly data: Content;
  readonly metadata: Content;
  readonly buffers: readonly Buffer[];
}

export type SendComm = (
  type: "comm_open" | "comm_msg" | "comm_close",
  content: Content,
  metadata: Content,
  buffers: readonly Buffer[],
) => void;

export class Comm {
  readonly id: string;
  readonly target: string;
  onMessage: ((message: CommMessage) => void | Promise<void>) | undefined;
  onClose: ((message: CommMessage) => void | Promise<void>) | undefined;
  private readonly transmit: SendComm;
  private readonly forget: () => void;

  constructor(id: string, target: string, send: SendComm, forget: () => void) {
    this.id = id;
    this.target = target;
    this.transmit = send;
    this.forget = forget;
  }

  send(data: Content, buffers: readonly Buffer[] = [], metadata: Content = {}): void {
    this.transmit("comm_msg", { comm_id: this.id, data }, metadata, buffers);
  }

  close(data: Content = {}): void {
    this.transmit("comm_close", { comm_id: this.id, data }, {}, []);
    this.forget();
  }
}

export class Comms {
  private readonly transmit: SendComm;
  private readonly opened = new Map<string, Comm>();
  private readonly targets = new Map<string, (comm: Comm, message: CommMessage) => void>();

  constructor(send: SendComm) {
    this.transmit = send;
  }

  /** What to do when the front end opens a comm to `target`. */
  onOpen(target: string, accept: (comm: Comm, message: CommMessage) => void): void {
    this.targets.set(target, accept);
  }

  open(target: string, data: Content, metadata: Content = {}, buffers: readonly Buffer[] = []): Comm {
    const comm = this.add(randomUUID(), target);
    this.transmit("comm_open", { comm_id: comm.id, target_name: target, data }, metadata, buffers);
    return comm;
  }

  info(target: unknown): Content {
    const comms = [...this.opened.values()].filter((comm) => !target || comm.target === target);
    return {
      status: "ok",
      comms: Object.fromEntries(comms.map(({ id, target: target_name }) => [id, { target_name }])),
    };
  }

  async receive(type: string, content: Content, metadata: Content, buffers: readonly Buffer[]): Promise<void> {
    const id = String(content.comm_id);
    const message = { data: (content.data ?? {}) as Content, metadata, buffers };
    if (type === "comm_open") {
      const target = String(content.target_name);
      const accept = this.targets.get(target);
      if (accept) accept(this.add(id, target), message);
      else this.transmit("comm_close", { comm_id: id, data: {} }, {}, []);
      return;
    }
    const comm = this.opened.get(id);
    if (!comm) return;
    if (type === "comm_close") {
      this.opened.delete(id);
      await comm.onClose?.(message);
    } else {
      await comm.onMessage?.(message);
    }
  }

  private add(id: string, target: string): Comm {
    const comm = new Comm(id, target, this.transmit, () => this.opened.delete(id));
    this.opened.set(id, comm);
    return comm;
  }
}

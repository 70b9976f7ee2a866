/** Stands in for the course's kernel and records what cells send to it. */
import type { DisplayContent, KernelBridge } from "../../../src/kernel/bridge.js";

export interface Sent extends DisplayContent {
  readonly update: boolean;
}

const KERNEL = Symbol.for("diffusion-lab.kernel");

/** Puts what the course's kernel would offer in its place; the function returned takes it away. */
export function standIn(bridge: Partial<KernelBridge>): () => void {
  Object.defineProperty(globalThis, KERNEL, { configurable: true, value: bridge });
  return () => void Reflect.deleteProperty(globalThis, KERNEL);
}

/** A kernel that keeps what is displayed. */
function recording(): { sent: Sent[]; leave: () => void } {
  const sent: Sent[] = [];
  const leave = standIn({ display: (content, update = false) => void sent.push({ ...content, update }) });
  return { sent, leave };
}

/** Runs an action as if inside a notebook and returns what it displayed. */
export function displayed(action: () => void): Sent[] {
  const { sent, leave } = recording();
  try {
    action();
  } finally {
    leave();
  }
  return sent;
}

/** As {@link displayed}, for an action that awaits. */
export async function displayedBy(action: () => Promise<void>): Promise<Sent[]> {
  const { sent, leave } = recording();
  try {
    await action();
  } finally {
    leave();
  }
  return sent;
}

/** Runs an action with environment variables set, and puts them back. */
export function withEnvironment<T>(variables: Record<string, string | undefined>, action: () => T): T {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  const set = (name: string, value: string | undefined) => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  for (const [name, value] of Object.entries(variables)) set(name, value);
  try {
    return action();
  } finally {
    for (const [name, value] of before) set(name, value);
  }
}

export const headless = { DIFFUSION_LAB_HEADLESS: "1", CI: undefined };
export const watched = { DIFFUSION_LAB_HEADLESS: undefined, CI: undefined };

export function text({ data }: Sent): string {
  return String(data["text/plain"]);
}

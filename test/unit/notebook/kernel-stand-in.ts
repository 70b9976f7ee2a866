import type { DisplayContent } from "../../../src/notebook/environment.js";

export interface Sent extends DisplayContent {
  update: boolean;
}

const key = Symbol.for("diffusion-lab.kernel");
const kernels = globalThis as Record<symbol, unknown>;

/** Runs an action as if inside a notebook and returns what it displayed. */
export function displayed(action: () => void): Sent[] {
  const sent: Sent[] = [];
  kernels[key] = { display: (content: DisplayContent, update: boolean) => sent.push({ ...content, update }) };
  try {
    action();
  } finally {
    delete kernels[key];
  }
  return sent;
}

/** As {@link displayed}, for an action that awaits. */
export async function displayedBy(action: () => Promise<void>): Promise<Sent[]> {
  const sent: Sent[] = [];
  kernels[key] = { display: (content: DisplayContent, update: boolean) => sent.push({ ...content, update }) };
  try {
    await action();
  } finally {
    delete kernels[key];
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

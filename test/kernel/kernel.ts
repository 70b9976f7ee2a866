// A kernel for tests, and short ways to say what a cell gave.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { KernelClient, type Executed, type ExecuteOptions } from "./client.js";
import { kernelSpec } from "../../src/kernel/kernelspec.js";
import type { Content, Message } from "../../src/kernel/wire.js";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");
export const BUILT_KERNEL = path.join(ROOT, "src", "kernel", "dist");

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function startKernel(env: Record<string, string> = {}): Promise<KernelClient> {
  return KernelClient.start({
    argv: kernelSpec({ folder: BUILT_KERNEL }).argv,
    cwd: path.join(ROOT, "notebooks"),
    env,
  });
}

export function ofType(executed: Executed, type: string): Content[] {
  return executed.outputs.filter(({ header }) => header.msg_type === type).map(({ content }) => content);
}

/** Everything printed to a stream. */
export function printed(executed: Executed, name = "stdout"): string {
  return ofType(executed, "stream")
    .filter((content) => content.name === name)
    .map((content) => String(content.text))
    .join("");
}

/** The text of the last expression's value. */
export function result(executed: Executed): string | undefined {
  const data = ofType(executed, "execute_result")[0]?.data as Record<string, string> | undefined;
  return data?.["text/plain"];
}

/** The traceback without colours. */
export function traceback(executed: Executed): string {
  const lines = (ofType(executed, "error")[0]?.traceback ?? []) as string[];
  return lines.join("\n").replace(/\u001b\[[0-9;]*m/g, "");
}

/** Starts a cell and resolves when it first prints something. */
export async function begin(
  kernel: KernelClient,
  code: string,
  options: ExecuteOptions = {},
): Promise<{ done: Promise<Executed> }> {
  let started!: () => void;
  const running = new Promise<void>((resolve) => (started = resolve));
  const onOutput = (message: Message): void => {
    if (message.header.msg_type === "stream") started();
    options.onOutput?.(message);
  };
  const done = kernel.execute(code, { timeout: 60_000, ...options, onOutput });
  await Promise.race([running, done]);
  return { done };
}

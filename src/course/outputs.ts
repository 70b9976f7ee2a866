// Turns the messages of a cell into the outputs that a notebook stores.
import type { Output } from "./notebook-file.js";
import type { Message } from "diffusion-lab-kernel/wire";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class OutputCollector {
  /** Displays by id, in whatever cell they stand. */
  readonly #displays: Map<string, Mutable<Output>[]>;
  readonly outputs: Mutable<Output>[] = [];
  #clearNext = false;

  constructor(displays: Map<string, Mutable<Output>[]>) {
    this.#displays = displays;
  }

  add(message: Message): void {
    const content = message.content as Record<string, never>;
    switch (message.header.msg_type) {
      case "stream":
        this.#stream(content.name, content.text);
        break;
      case "display_data":
      case "execute_result":
        this.#display(message.header.msg_type, content);
        break;
      case "update_display_data":
        for (const output of this.#displays.get(displayId(content) ?? "") ?? []) {
          output.data = content.data;
          output.metadata = content.metadata ?? {};
        }
        break;
      case "error":
        this.#clear();
        this.outputs.push({
          output_type: "error",
          ename: content.ename,
          evalue: content.evalue,
          traceback: content.traceback,
        });
        break;
      case "clear_output":
        if (content.wait) this.#clearNext = true;
        else this.outputs.length = 0;
        break;
    }
  }

  #clear(): void {
    if (this.#clearNext) this.outputs.length = 0;
    this.#clearNext = false;
  }

  #stream(name: string, text: string): void {
    this.#clear();
    const last = this.outputs.at(-1);
    if (last?.output_type === "stream" && last.name === name) last.text = (last.text ?? "") + text;
    else this.outputs.push({ output_type: "stream", name, text });
  }

  #display(type: "display_data" | "execute_result", content: Record<string, never>): void {
    this.#clear();
    const output: Mutable<Output> = { output_type: type, data: content.data, metadata: content.metadata ?? {} };
    if (type === "execute_result") output.execution_count = content.execution_count;
    this.outputs.push(output);
    const id = displayId(content);
    if (id) this.#displays.set(id, [...(this.#displays.get(id) ?? []), output]);
  }
}

function displayId(content: Record<string, unknown>): string | undefined {
  return (content.transient as { display_id?: string } | undefined)?.display_id;
}

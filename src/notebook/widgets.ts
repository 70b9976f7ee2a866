/** Controls under a cell that call back when the reader moves them: `slider`, `play` and `select`. */
import { requireKind } from "../base/kinds.js";
import { requireText, requireTexts } from "../base/values.js";
import { requireKnownKeys, requireKeys } from "../base/check.js";
import type { Comm } from "diffusion-lab-kernel/comms";
import { courseKernel } from "./kernel.js";
import { Latest } from "./latest.js";
import { say } from "./messages.js";
import { FRONT_END } from "./widget-front-end.js";
import type { MimeBundle } from "./publish.js";
import { bundleOf, displayMethod } from "./show.js";

/** What the callback of a widget gives is shown under it: whatever {@link show} can show, or nothing. */
export type OnChange<V> = (value: V) => unknown;

export interface SliderOptions {
  /** Smallest value. */
  min: number;
  /** Largest value. */
  max: number;
  /** Distance between values; 1 if not given. */
  step?: number;
  /** Value to begin with; `min` if not given. */
  value?: number;
  /** Name in front of the control. */
  label?: string;
  /** Called with each new value; while it computes, only the latest value waits. */
  onChange?: OnChange<number>;
}

export interface PlayOptions extends SliderOptions {
  /** Milliseconds between two values, at least; 100 if not given. */
  interval?: number;
}

export interface SelectOptions<T extends string> {
  /** The texts to choose from. */
  options: readonly T[];
  /** Text to begin with; the first if not given. */
  value?: T;
  /** Name in front of the control. */
  label?: string;
  /** Called with each new choice; while it computes, only the latest choice waits. */
  onChange?: OnChange<T>;
}

interface View {
  readonly text: string;
  readonly png?: string;
  readonly width?: number;
  readonly height?: number;
  readonly failed?: true;
}

const NO_VIEW: View = { text: "" };
const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";
/** What stays of a control in a saved notebook: `src/lab` shows its first view with these words. */
const STORED_CONTROL = "application/vnd.diffusion-lab.control+json";

function viewOf(shown: unknown): View {
  if (shown === undefined) return NO_VIEW;
  const { data, metadata } = bundleOf(shown);
  const text = String(data["text/plain"] ?? "");
  const png = data["image/png"];
  if (typeof png !== "string") return { text };
  const { width, height } = (metadata["image/png"] ?? {}) as { width?: number; height?: number };
  return { text, png, width, height };
}

function failure(error: unknown): View {
  return { text: error instanceof Error ? `${error.name}: ${error.message}` : String(error), failed: true };
}

/**
 * A control under a cell that calls back when the reader moves it. Where widgets cannot live (on GitHub, in a saved
 * notebook, on another kernel) the view of its first value stands in its place, and in JupyterLab how to wake it.
 */
export class Widget<V> {
  private readonly describe: string;
  private readonly decode: (raw: unknown) => V;
  private readonly onChange: OnChange<V> | undefined;
  private readonly state: Record<string, unknown>;
  private readonly comm: Comm | undefined;
  private readonly views: Latest<unknown, View>;
  private raw: unknown;
  private view: View = NO_VIEW;

  constructor(options: {
    describe: string;
    state: Record<string, unknown>;
    raw: unknown;
    decode: (raw: unknown) => V;
    onChange: OnChange<V> | undefined;
  }) {
    requireKeys("Widget", (options as typeof options | null | undefined) ?? {}, ["describe", "state", "decode"]);
    requireKind("describe", options.describe, "a text");
    requireKind("state", options.state, "an object");
    requireKind("decode", options.decode, "a function");
    if (options.onChange !== undefined) requireKind("onChange", options.onChange, "a function");
    this.describe = options.describe;
    this.decode = options.decode;
    this.onChange = options.onChange;
    this.raw = options.raw;
    this.state = { options: null, interval: null, wake: say("wake"), ...options.state };
    this.views = new Latest<unknown, View>(
      (raw) => this.viewFor(raw),
      (view, raw) => {
        this.view = view;
        this.send({ view, shown: raw });
      },
    );
    void this.views.run(this.raw);
    // The course's kernel carries widgets, stock tslab does not.
    this.comm = courseKernel()?.comms?.open(
      "jupyter.widget",
      { state: this.everything(), buffer_paths: [] },
      { version: "2.1.0" },
    );
    if (this.comm) this.comm.onMessage = ({ data }) => this.receive(data);
  }

  /** The value that the control stands at. */
  get value(): V {
    return this.decode(this.raw);
  }

  /** Resolves when the view belongs to the value. */
  async settled(): Promise<this> {
    await this.views.settled;
    return this;
  }

  /** Takes the control's callback away; its last view stays. */
  close(): void {
    this.comm?.close();
  }

  [displayMethod](): MimeBundle | Promise<MimeBundle> {
    return this.views.settled ? this.settled().then(() => this.bundle()) : this.bundle();
  }

  private bundle(): MimeBundle {
    const { text, png, width, height } = this.view;
    const data: Record<string, unknown> = {
      "text/plain": text ? `${this.describe}\n${text}` : this.describe,
      [STORED_CONTROL]: { wake: say("wake") },
    };
    const metadata: MimeBundle["metadata"] = {};
    if (png) {
      data["image/png"] = png;
      if (width && height) metadata["image/png"] = { width, height };
    }
    if (this.comm) data[WIDGET_VIEW] = { version_major: 2, version_minor: 0, model_id: this.comm.id };
    return { data, metadata };
  }

  /** The whole model: a page that was opened again knows nothing of it. */
  private everything(): Record<string, unknown> {
    return { ...MODEL, ...this.state, value: this.raw, view: this.view, shown: this.raw };
  }

  private receive(data: Record<string, unknown>): void | Promise<void> {
    if (data.method === "request_state") return this.send(this.everything());
    const state = data.state as { value?: unknown } | undefined;
    if (data.method !== "update" || state?.value === undefined) return;
    this.raw = state.value;
    return this.views.run(this.raw);
  }

  private send(state: Record<string, unknown>): void {
    this.comm?.send({ method: "update", state, buffer_paths: [] });
  }

  /** Calls back; an error is a view, too. */
  private viewFor(raw: unknown): View | Promise<View> {
    try {
      const shown = this.onChange?.(this.decode(raw));
      return shown instanceof Promise ? shown.then(viewOf).catch(failure) : viewOf(shown);
    } catch (error) {
      return failure(error);
    }
  }
}

/** The Jupyter widget that runs an ES module given as text: https://anywidget.dev. */
const MODEL = {
  _model_module: "anywidget",
  _model_name: "AnyModel",
  _model_module_version: "~0.11.*",
  _view_module: "anywidget",
  _view_name: "AnyView",
  _view_module_version: "~0.11.*",
  _view_count: null,
  _dom_classes: [],
  _anywidget_id: "diffusion-lab.Control",
  _esm: FRONT_END,
} as const;

function checkedRange(name: string, { min, max, step = 1, value = min }: SliderOptions): [number, number] {
  if (!(Number.isFinite(min) && Number.isFinite(max) && min < max)) {
    throw new RangeError(say("range", { control: name, min, max }));
  }
  if (!(step > 0 && step <= max - min)) {
    throw new RangeError(say("stepOutside", { control: name, most: max - min, step }));
  }
  if (!(value >= min && value <= max)) {
    throw new RangeError(say("valueOutside", { control: name, min, max, value }));
  }
  return [step, value];
}

function ranged(name: string, options: SliderOptions, interval: number | null): Widget<number> {
  const { min, max, label = "", onChange } = options;
  const [step, value] = checkedRange(name, options);
  return new Widget<number>({
    describe: `${name}${label ? ` ${label}` : ""} = ${value} in ${min}…${max}`,
    state: { label, min, max, step, interval },
    raw: value,
    decode: Number,
    onChange,
  });
}

/**
 * A slider under the cell; what `onChange` returns is shown under it and redrawn as it moves.
 *
 * Make it the last expression of a cell. An interrupt stops a callback that computes too long.
 *
 * @example slider({ label: "t", min: 1, max: 1000, value: 500, onChange: (t) => imageGrid(noisy(t)) })
 * @throws RangeError unless min < max, 0 < step ≤ max − min and min ≤ value ≤ max.
 */
export function slider(options: SliderOptions): Widget<number> {
  requireKnownKeys("slider", options, {
    min: true,
    max: true,
    step: "a number",
    value: "a number",
    label: "a text",
    onChange: "a function",
  });
  return ranged("slider", options, null);
}

/**
 * A slider with a button that runs it from its value to `max`; each value waits for the view of the one before.
 *
 * @throws RangeError as {@link slider}, and unless interval ≥ 0.
 */
export function play(options: PlayOptions): Widget<number> {
  requireKnownKeys("play", options, {
    interval: "a number",
    min: true,
    max: true,
    step: "a number",
    value: "a number",
    label: "a text",
    onChange: "a function",
  });
  const { interval = 100 } = options;
  if (!(interval >= 0)) throw new RangeError(say("interval", { interval }));
  return ranged("play", options, interval);
}

/**
 * A menu of texts; what `onChange` returns is shown under it.
 *
 * @example select({ label: "schedule", options: ["linear", "cosine"], onChange: (name) => plotOf(name) })
 * @throws RangeError if there are no options or `value` is none of them.
 */
export function select<T extends string>(options: SelectOptions<T>): Widget<T> {
  requireKnownKeys("select", options, { options: "a list", value: true, label: "a text", onChange: "a function" });
  requireKeys("select", options, ["options"]);
  requireTexts("options", options.options);
  if (options.value !== undefined) requireText("value", options.value);
  const { options: texts, label = "", onChange } = options;
  if (texts.length === 0) throw new RangeError(say("noOptions"));
  const value = options.value ?? texts[0];
  if (!texts.includes(value)) {
    throw new RangeError(say("unknownOption", { value, options: texts.join(", ") }));
  }
  return new Widget<T>({
    describe: `select${label ? ` ${label}` : ""} = ${value} of ${texts.join(", ")}`,
    state: { label, options: texts },
    raw: texts.indexOf(value),
    decode: (raw) => texts[Number(raw)],
    onChange,
  });
}

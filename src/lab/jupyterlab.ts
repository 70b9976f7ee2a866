/** What of JupyterLab the extension uses; its packages come from the page, so only their types stand here. */

/** Lumino's message that a widget's life goes on; nothing is read from it. */
export type Message = object;

/** A piece of the page with a life of its own (`@lumino/widgets`). */
export interface Widget {
  readonly node: HTMLElement;
}

export type WidgetClass = new (options?: object) => Widget & {
  onAfterAttach(message: Message): void;
  onBeforeDetach(message: Message): void;
};

/** One output, by MIME type. */
export interface MimeModel {
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface RendererFactory {
  /** Whether it may draw the outputs of notebooks that the reader has not run. */
  readonly safe: boolean;
  readonly mimeTypes: readonly string[];
  createRenderer(options: object): Widget & { renderModel(model: MimeModel): Promise<void> };
}

export interface MimeExtension {
  readonly id: string;
  readonly rendererFactory: RendererFactory;
  /** Of several renderers the lowest draws. */
  readonly rank: number;
  readonly dataType: "json";
}

export interface Signal<Arguments> {
  connect(slot: (sender: unknown, argument: Arguments) => void): void;
}

export interface Cell extends Widget {
  readonly model: { getMetadata(key: string): unknown; readonly metadataChanged: Signal<unknown> };
}

export interface NotebookPanel {
  readonly content: {
    readonly widgets: readonly Cell[];
    readonly modelContentChanged: Signal<unknown>;
  };
  readonly revealed: Promise<void>;
  readonly sessionContext: { readonly kernelChanged: Signal<unknown>; readonly statusChanged: Signal<unknown> };
}

export interface NotebookTracker {
  forEach(action: (panel: NotebookPanel) => void): void;
  readonly widgetAdded: Signal<NotebookPanel>;
}

export interface Plugin {
  readonly id: string;
  readonly autoStart: boolean;
  readonly requires: readonly unknown[];
  activate(application: unknown, tracker: NotebookTracker): void;
}

/** Packages of the page by name and version, as webpack's module federation shares them. */
export type Shared = Readonly<Record<string, Readonly<Record<string, { get(): Promise<() => unknown> }>>>>;

/** A package that JupyterLab shares with its extensions; it keeps one version of each of those used here. */
export async function sharedModule<T>(shared: Shared, name: string): Promise<T> {
  const [entry] = Object.values(shared[name] ?? {});
  if (!entry) throw new Error(`this JupyterLab does not share ${name}: the course needs JupyterLab 4`);
  return (await entry.get())() as T;
}

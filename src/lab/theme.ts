/** A figure in the colours of JupyterLab's theme. */

/** The colours of the page that figures take on. */
export interface Theme {
  /** Text, axes, and curves that are black on paper. */
  readonly ink: string;
  /** What stands back. */
  readonly note: string;
  readonly grid: string;
}

/** The course's colours on paper (`src/plot/style.ts`), and which of the theme's stand for them. */
const ON_PAPER: Readonly<Record<string, keyof Theme>> = {
  "#222222": "ink",
  "#000000": "ink",
  "#8a8a8a": "note",
  "#bbbbbb": "note",
  "#e6e6e6": "grid",
};

const CLEAR = "rgba(0, 0, 0, 0)";

export function currentTheme(): Theme {
  const style = getComputedStyle(document.body);
  const colour = (name: string, otherwise: string): string => style.getPropertyValue(name).trim() || otherwise;
  return {
    ink: colour("--jp-content-font-color1", "#222222"),
    note: colour("--jp-content-font-color2", "#8A8A8A"),
    grid: colour("--jp-border-color2", "#E6E6E6"),
  };
}

/** Calls back whenever the theme has changed; returns how to stop that. */
export function onThemeChange(action: () => void): () => void {
  const observer = new MutationObserver(action);
  observer.observe(document.body, { attributeFilter: ["data-jp-theme-name", "data-jp-theme-light"] });
  // The name may change before the colours do: their sheet is loaded, and the former one taken away, in its own time.
  observer.observe(document.head, { childList: true });
  const onLoad = ({ target }: Event): void => {
    if (target instanceof HTMLLinkElement) action();
  };
  document.addEventListener("load", onLoad, { capture: true });
  return () => {
    observer.disconnect();
    document.removeEventListener("load", onLoad, { capture: true });
  };
}

/** Every colour of the paper that stands in a part of a figure, replaced by the theme's; the part is left as it is. */
export function inTheme<T>(part: T, theme: Theme): T {
  if (typeof part === "string") {
    const name = ON_PAPER[part.toLowerCase()];
    return (name === undefined ? part : theme[name]) as T;
  }
  if (Array.isArray(part)) return part.map((item) => inTheme<unknown>(item, theme)) as T;
  if (typeof part !== "object" || part === null || ArrayBuffer.isView(part)) return part;
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, inTheme<unknown>(value, theme)])) as T;
}

/** A layout on the page's own ground. */
export function layoutInTheme(layout: Record<string, unknown>, theme: Theme): Record<string, unknown> {
  const themed = inTheme(layout, theme);
  const axis = { linecolor: theme.ink, tickcolor: theme.ink, gridcolor: theme.grid, zerolinecolor: theme.grid };
  return {
    ...themed,
    template: { layout: { xaxis: axis, yaxis: axis } },
    font: { color: theme.ink, ...(themed.font as object | undefined) },
    paper_bgcolor: CLEAR,
    plot_bgcolor: CLEAR,
    modebar: { bgcolor: CLEAR, color: theme.note, activecolor: theme.ink },
  };
}

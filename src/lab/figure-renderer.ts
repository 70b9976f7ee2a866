/** Draws plotly figures in notebooks: as wide as there is room, in the theme's colours, and without touching the file. */
import { fitted, type Layout } from "./fit.js";
import type { Message, MimeModel, Widget, WidgetClass } from "./jupyterlab.js";
import { CONFIG, loadPlotly, textWidth } from "./plotly.js";
import { currentTheme, inTheme, layoutInTheme, onThemeChange } from "./theme.js";

interface Figure {
  readonly data: readonly unknown[];
  readonly layout?: Layout;
}

/** Where plotly keeps what it has drawn. */
type Place = HTMLElement & { readonly _fullLayout?: { readonly margin: { readonly t: number } } };

export type FigureRenderer = Widget & { renderModel(model: MimeModel): Promise<void> };

/** Space that the legend takes beyond what its figure has for it, once it has more rows: CSS pixels. */
function legendExcess(place: Place): number {
  const legend = place.querySelector(".infolayer .legend .bg")?.getBoundingClientRect();
  const title = place.querySelector(".infolayer .gtitle")?.getBoundingClientRect();
  if (!legend) return 0;
  const top = title ? title.bottom + 4 : place.getBoundingClientRect().top + 2;
  return Math.max(0, Math.ceil(top - legend.top));
}

/** The class of renderers over the page's own `Widget`. */
export function figureRenderer(Base: WidgetClass, mimeType: string): new () => FigureRenderer {
  return class extends Base implements FigureRenderer {
    private readonly place: Place = document.createElement("div");
    private figure: Figure | undefined;
    private drawn = "";
    private drawing: Promise<void> | undefined;
    private readonly size = new ResizeObserver(() => void this.draw());
    private unfollow: (() => void) | undefined;

    constructor() {
      super();
      this.node.classList.add("diffusion-lab-figure");
      this.node.append(this.place);
      this.place.setAttribute("role", "img");
    }

    /** Takes the figure; it is drawn as soon as there is room for it. */
    async renderModel({ data }: MimeModel): Promise<void> {
      this.figure = data[mimeType] as Figure;
      this.place.setAttribute("aria-label", String(data["text/plain"] ?? "figure"));
      this.drawn = "";
      await this.draw();
    }

    override onAfterAttach(message: Message): void {
      super.onAfterAttach(message);
      this.size.observe(this.node);
      this.unfollow = onThemeChange(() => void this.draw());
      void this.draw();
    }

    override onBeforeDetach(message: Message): void {
      this.size.disconnect();
      this.unfollow?.();
      super.onBeforeDetach(message);
    }

    /** Draws unless what is there is right already; one drawing at a time, the last state wins. */
    private async draw(): Promise<void> {
      await this.drawing;
      if (this.drawing) return;
      this.drawing = this.drawNow().finally(() => (this.drawing = undefined));
      await this.drawing;
    }

    private async drawNow(): Promise<void> {
      const room = this.node.clientWidth;
      if (!this.figure || room === 0) return;
      const theme = currentTheme();
      const state = JSON.stringify([room, theme]);
      if (state === this.drawn) return;
      this.drawn = state;
      const plotly = await loadPlotly();
      const { data, layout = {} } = this.figure;
      const fit = fitted(layout, room, textWidth);
      const draw = (size: Layout): Promise<unknown> =>
        plotly.react(this.place, {
          data: structuredClone(inTheme(data, theme)),
          layout: structuredClone(layoutInTheme(size, theme)),
          config: CONFIG,
        });
      await draw(fit.layout);
      const excess = fit.layout.width < (layout.width ?? Infinity) ? legendExcess(this.place) / fit.scale : 0;
      const margin = fit.layout.margin as { readonly t?: number } | undefined;
      const height = fit.layout.height + excess;
      if (excess > 0) await draw({ ...fit.layout, height, margin: { ...margin, t: (margin?.t ?? 100) + excess } });
      this.place.style.transform = fit.scale < 1 ? `scale(${fit.scale})` : "";
      this.node.style.height = fit.scale < 1 ? `${Math.ceil(height * fit.scale)}px` : "";
    }
  };
}

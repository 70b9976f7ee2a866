/** Shows what a saved notebook has of a control: its first view, and how to wake it. */
import type { MimeModel, Widget, WidgetClass } from "./jupyterlab.js";

/** Where `diffusion-lab/notebook` says how a control is woken. */
export const CONTROL = "application/vnd.diffusion-lab.control+json";

interface Size {
  readonly width?: number;
  readonly height?: number;
}

export type ControlRenderer = Widget & { renderModel(model: MimeModel): Promise<void> };

function picture(png: string, { width, height }: Size): HTMLImageElement {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  if (width) image.width = width;
  if (height) image.height = height;
  // On a narrow page it shrinks, as pictures of other outputs do.
  Object.assign(image.style, { maxWidth: "100%", height: "auto" });
  return image;
}

/** The class of renderers over the page's own `Widget`. */
export function controlRenderer(Base: WidgetClass): new () => ControlRenderer {
  return class extends Base implements ControlRenderer {
    async renderModel({ data, metadata }: MimeModel): Promise<void> {
      const [control = "", ...view] = String(data["text/plain"] ?? "").split("\n");
      const png = data["image/png"];
      const shown = typeof png === "string" ? picture(png, (metadata["image/png"] ?? {}) as Size) : view.join("\n");
      const { wake } = data[CONTROL] as { readonly wake?: string };
      this.node.classList.add("diffusion-lab-stored-control");
      this.node.replaceChildren(
        ...[`${control}. ${wake ?? ""}`, shown].map((part) => {
          const line = document.createElement("div");
          line.append(part);
          return line;
        }),
      );
    }
  };
}

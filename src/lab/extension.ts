/** The course's extension of JupyterLab: figures that follow width and theme, solutions that are labelled. */
import { figureRenderer } from "./figure-renderer.js";
import { sharedModule, type MimeExtension, type NotebookPanel, type Plugin } from "./jupyterlab.js";
import type { Shared, WidgetClass } from "./jupyterlab.js";
import { watchControls } from "./sleeping-controls.js";
import { CONTROL, controlRenderer } from "./control-renderer.js";
import { labelCells } from "./cell-labels.js";

/** JupyterLab's MIME type of plotly figures. */
const PLOTLY = "application/vnd.plotly.v1+json";

/** Draws figures and stored controls; JupyterLab asks for this under the name `./mimeExtension`. */
export async function mimeExtension(shared: Shared): Promise<MimeExtension[]> {
  const { Widget } = await sharedModule<{ Widget: WidgetClass }>(shared, "@lumino/widgets");
  const Figure = figureRenderer(Widget, PLOTLY);
  const Control = controlRenderer(Widget);
  return [
    {
      id: "diffusion-lab:figures",
      rendererFactory: { safe: true, mimeTypes: [PLOTLY], createRenderer: () => new Figure() },
      ...{ rank: 0, dataType: "json" },
    },
    {
      id: "diffusion-lab:controls",
      rendererFactory: { safe: true, mimeTypes: [CONTROL], createRenderer: () => new Control() },
      ...{ rank: 0, dataType: "json" },
    },
  ];
}

/** Follows every notebook that is open or will be opened; JupyterLab asks for this under the name `./extension`. */
export async function extension(shared: Shared): Promise<Plugin> {
  const { INotebookTracker } = await sharedModule<{ INotebookTracker: unknown }>(shared, "@jupyterlab/notebook");
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = new URL("style.css", import.meta.url).href;
  document.head.append(style);
  return {
    id: "diffusion-lab:cells",
    autoStart: true,
    requires: [INotebookTracker],
    activate(_application, tracker) {
      const follow = async (panel: NotebookPanel): Promise<void> => {
        watchControls(panel);
        await panel.revealed;
        labelCells(panel);
      };
      tracker.forEach((panel) => void follow(panel));
      tracker.widgetAdded.connect((_sender, panel) => void follow(panel));
    },
  };
}

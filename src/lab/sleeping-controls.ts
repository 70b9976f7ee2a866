/** Controls whose kernel has ended or begun anew move no more and say how to wake them. */
import type { NotebookPanel } from "./jupyterlab.js";

const ENDS: readonly unknown[] = ["restarting", "autorestarting", "terminating", "dead"];

function fallAsleep({ content }: NotebookPanel): void {
  for (const { node } of content.widgets) {
    for (const part of node.querySelectorAll<HTMLInputElement>(
      ".diffusion-lab-widget :is(input, select, button), .diffusion-lab-wake",
    )) {
      if (part.classList.contains("diffusion-lab-wake")) part.hidden = false;
      else part.disabled = true;
    }
  }
}

/** Watches the kernel of a notebook. */
export function watchControls(panel: NotebookPanel): void {
  const { kernelChanged, statusChanged } = panel.sessionContext;
  kernelChanged.connect(() => fallAsleep(panel));
  statusChanged.connect((_sender, status) => {
    if (ENDS.includes(status)) fallAsleep(panel);
  });
}

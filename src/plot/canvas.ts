/** The canvas that plotly.js paints heatmaps on, without a browser. */
import { encodePng } from "../files/png.js";
import type { DomWindow } from "./dom.js";

interface Canvas {
  width: number;
  height: number;
  painted?: Painting;
}

/**
 * The few canvas calls by which plotly.js paints a heatmap: rectangles and pixels, read back as a PNG.
 */
class Painting {
  fillStyle = "#000";
  readonly pixels: Uint8Array;

  constructor(private readonly canvas: Canvas) {
    this.pixels = new Uint8Array(canvas.width * canvas.height * 4);
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    const [r, g, b, alpha = 1] = (this.fillStyle.match(/[\d.]+/g) ?? []).map(Number);
    const colour = [r, g, b, Math.round(255 * alpha)];
    for (let row = Math.max(0, Math.round(y)); row < Math.min(this.canvas.height, Math.round(y + height)); row++) {
      for (
        let column = Math.max(0, Math.round(x));
        column < Math.min(this.canvas.width, Math.round(x + width));
        column++
      ) {
        this.pixels.set(colour, 4 * (row * this.canvas.width + column));
      }
    }
  }

  createImageData(width: number, height: number): { width: number; height: number; data: Uint8ClampedArray } {
    return { width, height, data: new Uint8ClampedArray(width * height * 4) };
  }

  putImageData(image: { width: number; height: number; data: Uint8ClampedArray }): void {
    for (let row = 0; row < Math.min(image.height, this.canvas.height); row++) {
      const line = image.data.subarray(
        4 * row * image.width,
        4 * (row * image.width + Math.min(image.width, this.canvas.width)),
      );
      this.pixels.set(line, 4 * row * this.canvas.width);
    }
  }
}

/** Gives the window of a headless document the canvas that plotly.js paints heatmaps on. */
export function installCanvas(window: DomWindow): void {
  Object.assign((window["HTMLCanvasElement"] as { prototype: object }).prototype, {
    getContext(this: Canvas) {
      return (this.painted ??= new Painting(this));
    },
    toDataURL(this: Canvas) {
      const { width, height, painted } = this;
      const data = painted?.pixels ?? new Uint8Array(width * height * 4);
      return `data:image/png;base64,${Buffer.from(encodePng({ width, height, channels: 4, data })).toString("base64")}`;
    },
  });
}

/** The Markov chain of a diffusion model, drawn. */
import { requireKnownKeys } from "../base/check.js";
import { scalePoint } from "d3";
import { arrow, drawing, mathText } from "./drawing.js";
import { imageGrid } from "./grid.js";
import type { Picture } from "./picture.js";
import { toPixels, type Images } from "./pixels.js";
import { palette } from "./style.js";

export interface ChainOptions {
  /** Names of the states from data to noise; `…` stands for those left out. */
  states?: readonly string[];
  /** Written over the arrows from data to noise. */
  forward?: string;
  /** Written under the arrows from noise to data; `null` leaves them out. */
  reverse?: string | null;
  /** One image for each state that is not `…`, drawn inside it. */
  images?: Images;
  /** CSS pixels, default 720. */
  width?: number;
}

/**
 * The Markov chain of a diffusion model: x₀ → … → x_T by q, and back by p_θ
 * (Ho, Jain & Abbeel 2020, figure 2).
 *
 * @throws RangeError when there are not as many images as drawn states, or fewer than two states.
 */
export function chainDiagram(options: ChainOptions = {}): Picture {
  requireKnownKeys("chainDiagram", options, {
    states: "a list",
    forward: true,
    reverse: true,
    images: "a tensor or an object",
    width: "a number",
  });
  const {
    states = ["x_0", "…", "x_{t−1}", "x_t", "…", "x_T"],
    forward = "q(x_t | x_{t−1})",
    reverse = "p_θ(x_{t−1} | x_t)",
    images,
    width = 720,
  } = options;
  if (states.length < 2) throw new RangeError(`a chain of ${states.length} states has no arrow; give at least two`);
  const drawn = states.filter((state) => state !== "…");
  const pictures = images ? enlarged(images, drawn.length) : undefined;
  const place = scalePoint<number>()
    .domain(states.map((_, i) => i))
    .range([0, width])
    .padding(0.55);
  const radius = Math.round(Math.min(38, place.step() * 0.27));
  const middle = radius + 52;
  const height = 2 * middle + (pictures ? 22 : 0);
  const draw = (svg: Parameters<typeof mathText>[0]): void => {
    let next = 0;
    states.forEach((state, i) => {
      const x = place(i)!;
      if (state === "…") {
        for (const dx of [-9, 0, 9])
          svg
            .append("circle")
            .attr("cx", x + dx)
            .attr("cy", middle)
            .attr("r", 2.2);
      } else if (pictures) {
        const side = 2 * radius;
        const framed = (name: string) =>
          svg
            .append(name)
            .attr("x", x - radius)
            .attr("y", middle - radius)
            .attr("width", side)
            .attr("height", side);
        framed("image").attr("href", pictures[next++]).attr("image-rendering", "optimizeSpeed");
        framed("rect").attr("fill", "none").attr("stroke", "#555555");
        mathText(svg, state, x, middle + radius + 40, { size: 15 });
      } else {
        svg
          .append("circle")
          .attr("cx", x)
          .attr("cy", middle)
          .attr("r", radius)
          .attr("fill", "#F2F6FA")
          .attr("stroke", "#555555");
        mathText(svg, state, x, middle + 6, { size: 18 });
      }
      if (i === 0) return;
      const reach = (name: string): number => (name === "…" ? 20 : radius + 5);
      const [from, to] = [place(i - 1)! + reach(states[i - 1]), x - reach(state)];
      const labelled = i === labelledArrow(states);
      arrow(svg, [from, middle - 9], [to, middle - 9], { colour: palette[0] });
      if (labelled) mathText(svg, forward, (from + to) / 2, middle - radius - 16, { size: 15, colour: palette[0] });
      if (reverse !== null) {
        arrow(svg, [to, middle + 9], [from, middle + 9], { colour: palette[1], dashed: true });
        const below = middle + radius + (pictures ? 20 : 26);
        if (labelled) mathText(svg, reverse, (from + to) / 2, below, { size: 15, colour: palette[1] });
      }
    });
  };
  const back = reverse === null ? "" : `, back by ${reverse}`;
  return drawing(width, height, draw, `Markov chain ${states.join(" → ")}, forward by ${forward}${back}`);
}

/** The arrow that carries the names of the transitions: the one between two drawn states nearest the middle. */
function labelledArrow(states: readonly string[]): number {
  const whole = states.map((_, i) => i).filter((i) => i > 0 && states[i] !== "…" && states[i - 1] !== "…");
  const candidates = whole.length > 0 ? whole : states.map((_, i) => i).slice(1);
  return candidates.reduce((best, i) =>
    Math.abs(i - states.length / 2) < Math.abs(best - states.length / 2) ? i : best,
  );
}

function enlarged(images: Images, count: number): string[] {
  const pixels = toPixels(images);
  if (pixels.count !== count)
    throw new RangeError(`${pixels.count} images for ${count} drawn states; give one for each`);
  const size = pixels.height * pixels.width * 3;
  return Array.from({ length: count }, (_, k) => {
    const bytes = {
      images: pixels.rgb.subarray(k * size, (k + 1) * size),
      height: pixels.height,
      width: pixels.width,
      channels: 3,
    };
    return `data:image/png;base64,${Buffer.from(imageGrid(bytes, { columns: 1, scale: 4, gap: 0 }).png).toString("base64")}`;
  });
}

/** Renders SVGs, one JSON text a line of stdin, to lines of RGBA in base64: a process that a bad SVG may abort. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../paths.mjs";

const require = createRequire(join(ROOT, "src/package.json"));
const { Resvg } = /** @type {typeof import("@resvg/resvg-js")} */ (require("@resvg/resvg-js"));

for await (const line of createInterface({ input: process.stdin })) {
  const svg = /** @type {string} */ (JSON.parse(line));
  const { pixels } = new Resvg(svg, { fitTo: { mode: "width", value: 32 }, font: { loadSystemFonts: false } }).render();
  // The renderer multiplies colours by alpha; a PNG has them plain.
  for (let i = 0; i < pixels.length; i += 4) {
    const alpha = pixels[i + 3];
    if (alpha === 0) continue;
    for (let c = i; c < i + 3; c++) pixels[c] = Math.min(255, Math.round((255 * pixels[c]) / alpha));
  }
  process.stdout.write(`${pixels.toString("base64")}\n`);
}

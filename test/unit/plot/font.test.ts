/** Text is as wide as the shipped font says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { textWidth } from "../../../src/plot/font.js";
import { decodePng } from "../../../src/files/index.js";
import { svgToPng } from "../../../src/plot/index.js";

test("widths are the advances of DejaVu Sans", () => {
  // From the font's hmtx table: space 651, i 569, m 1995, of 2048 units an em.
  assert.equal(textWidth(" ", 2048), 651);
  assert.equal(textWidth("mi", 2048), 1995 + 569);
  assert.equal(textWidth("", 12), 0);
  assert.ok(textWidth("m", 12, true) > textWidth("m", 12));
});

test("letters of the theory are in the font", () => {
  const missing = [..."ᾱβεσθμ√₀ₜ∂‖→≤−"].filter((letter) => textWidth(letter, 2048) === 2048);
  assert.deepEqual(missing, []);
  // What the font has not counts as one em.
  assert.equal(textWidth("\u{10FFFF}", 2048), 2048);
});

test("text is drawn from the shipped font, as wide as computed", () => {
  const text = "ᾱ mmmm β";
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="30"><text x="10" y="20" font-size="16">${text}|</text></svg>`;
  const { width, height, channels, data } = decodePng(svgToPng(svg, { scale: 1 }));
  let last = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) if (data[channels * (y * width + x)] < 128) last = Math.max(last, x);
  // The bar's stroke stands in the middle of its advance.
  const expected = 10 + textWidth(text, 16) + textWidth("|", 16) / 2;
  assert.ok(Math.abs(last - expected) < 2, `bar at ${last}, computed ${expected}`);
});

/** What lies far outside of a picture is left out, and does not end the process. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { figureToPng, lineChart, scatterChart, svgToPng } from "../../../src/plot/index.js";

const svg = (content: string, root = "width='20' height='20'") =>
  `<svg xmlns='http://www.w3.org/2000/svg' ${root}>${content}</svg>`;
const near = "<rect x='5' y='5' width='6' height='6' fill='red' opacity='.5'/>";
const far = (attributes: string) => `<g ${attributes}><rect x='500' width='9' height='9'/></g>`;
const clip = "<clipPath id='c'><rect width='9' height='9'/></clipPath>";
const mask = "<mask id='m'><rect width='9' height='9' fill='white'/></mask>";
const blur = "<filter id='f'><feGaussianBlur stdDeviation='2'/></filter>";

/** A panic of resvg's ends the process, so what is drawn is drawn in another first. */
function survives(pictures: readonly string[]): void {
  const program = `import { readFileSync } from "node:fs"; import { svgToPng } from ${JSON.stringify(join(import.meta.dirname, "../../../src/plot/index.ts"))};
    for (const one of JSON.parse(readFileSync(0, "utf8"))) svgToPng(one, { scale: 1 });`;
  const args = ["--import", "tsx", "--input-type=module", "-e", program];
  execFileSync(process.execPath, args, { input: JSON.stringify(pictures) });
}

describe("what lies far outside of the picture changes nothing in it", () => {
  const outside: Record<string, string> = {
    opacity: far("opacity='.5'"),
    "a clip": clip + far("clip-path='url(#c)'"),
    "a mask": mask + far("mask='url(#m)'"),
    "a filter": blur + far("filter='url(#f)'"),
    blending: far("style='mix-blend-mode:multiply'"),
    "no layer": far(""),
    "a layer in a layer": `<g opacity='.9'>${far("opacity='.5'")}</g>`,
    "a moved group": `<g transform='translate(0 -900) scale(2)' opacity='.5'><circle r='3'/></g>`,
    "a turned one": `<g transform='rotate(90)' opacity='.5'><rect x='100' y='-5' width='5' height='5'/></g>`,
    "a text": "<text x='900' y='9' opacity='.5'>a</text>",
    "a symbol": `<symbol id='s'>${far("opacity='.5'")}</symbol><use href='#s'/>`,
    "an inner picture": `<svg x='600' width='9' height='9'><rect width='9' height='9' opacity='.5'/></svg>`,
  };
  const pictures = Object.values(outside).map((content) => svg(near + content));
  test("and the process goes on", () => survives(pictures));
  for (const [i, name] of Object.keys(outside).entries()) {
    test(name, () => assert.deepEqual(svgToPng(pictures[i], { scale: 1 }), svgToPng(svg(near), { scale: 1 })));
  }
  test("a layer that reaches into the picture from far away is drawn", () => {
    const [whole, short] = [500, 30].map((to) => svg(`<g opacity='.5'><rect y='4' width='${to}' height='9'/></g>`));
    assert.deepEqual(svgToPng(`${whole}`.replace("</svg>", `${far("opacity='.5'")}</svg>`)), svgToPng(short));
  });
  test("units of its own", () => {
    const roots = ["width='20' height='20' viewBox='-300 -300 600 600'", "width='20' height='9' viewBox='0 0 1 1'"];
    const bar = "<g opacity='.5'><rect x='-250' width='500' height='5'/></g>";
    const away = "<rect x='5000' width='9' height='9' opacity='.5'/>";
    survives(roots.map((root) => svg(bar + away, root)));
    for (const root of roots) assert.deepEqual(svgToPng(svg(bar + away, root)), svgToPng(svg(bar, root)));
  });
});

test("wherever a layer stands, the process goes on", () => {
  const place = fc.double({ min: -200, max: 200, noNaN: true });
  const layer = fc.tuple(place, place, place, place).map(([x, y, w, h]) => {
    return `<rect x='${x}' y='${y}' width='${Math.abs(w)}' height='${Math.abs(h)}' opacity='.5'/>`;
  });
  const group = fc.tuple(fc.array(layer, { maxLength: 3 }), place, place, fc.double({ min: -3, max: 3, noNaN: true }));
  const drawn = fc.array(group, { maxLength: 3 }).map((groups) => {
    const inner = groups.map(([layers, x, y, a]) => {
      return `<g opacity='.7' transform='translate(${x} ${y}) rotate(${40 * a}) scale(${a})'>${layers.join("")}</g>`;
    });
    return svg(inner.join(""));
  });
  survives(fc.sample(drawn, { numRuns: 300, seed: 14 }));
});

describe("charts whose range leaves points out", () => {
  const x = { title: "x", unit: "1", range: [0, 1] } as const;
  const [inside, outside] = [
    { name: "a", points: [[0.5, 0.5]] },
    {
      name: "b",
      points: [
        [90, 80],
        [-70, 3],
      ],
    },
  ] as const;
  const chart = (...clouds: (typeof inside | typeof outside)[]) => scatterChart({ clouds, x, y: x });
  test("all of them", () => assert.ok(figureToPng(chart(outside)).length > 1000));
  test("some of them", () => assert.ok(figureToPng(chart(inside, outside)).length > 1000));
  test("a curve", () => {
    const series = [{ name: "a", y: [500, 501, 502] }];
    assert.ok(figureToPng(lineChart({ x: { title: "x", unit: "1" }, y: { ...x, title: "y" }, series })).length > 1000);
  });
});

test("a picture larger than memory is refused", () => {
  assert.throws(
    () => svgToPng(svg(near), { scale: 1e6 }),
    /^RangeError: a picture of 20×20 at scale 1000000 has more than/,
  );
  for (const scale of [0, -1, NaN, Infinity])
    assert.throws(() => svgToPng(svg(near), { scale }), /^RangeError: scale must be/);
});

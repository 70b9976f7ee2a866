/** The drawing of a network holds its blocks, connections and costs to scale. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { describeNetwork, DiT, PointMlp, UNet2D, UVit, type NetworkDescription } from "../../../src/networks/index.js";
import { architectureDiagram, palette } from "../../../src/plot/index.js";

const x = tf.zeros([1, 8, 8, 1]) as tf.Tensor4D;
const t = tf.zeros([1]) as tf.Tensor1D;
const unet = describeNetwork(
  new UNet2D({
    in_channels: 1,
    out_channels: 1,
    block_out_channels: [4, 8],
    layers_per_block: 1,
    norm_num_groups: 2,
    attention_head_dim: 4,
    down_block_types: ["DownBlock2D", "AttnDownBlock2D"],
    up_block_types: ["AttnUpBlock2D", "UpBlock2D"],
  }),
  x,
  t,
);
const dit = describeNetwork(new DiT({ num_layers: 2, num_attention_heads: 2, attention_head_dim: 4 }), x, t);
const uvit = describeNetwork(new UVit({ image_size: [8, 8], embed_dim: 8, depth: 5, num_heads: 2 }), x, t);

/** The attributes of every element of a kind, in drawing order. */
function elements(svg: string, tag: "rect" | "path"): Record<string, string>[] {
  return [...svg.matchAll(new RegExp(`<${tag} ([^>]*)>`, "g"))].map(([, attributes]) => {
    return Object.fromEntries([...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  });
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The boxes of blocks: rounded rectangles but for the legend's little squares. */
function boxes(svg: string): Box[] {
  const rounded = elements(svg, "rect").filter(
    ({ rx, width, height }) => rx !== undefined && (width !== "12" || height !== "12"),
  );
  return rounded.map(({ x: left, y, width, height }) => ({
    x: Number(left),
    y: Number(y),
    width: Number(width),
    height: Number(height),
  }));
}

const bars = (svg: string): number[] =>
  elements(svg, "rect").flatMap(({ opacity, height }) => (opacity === "0.85" ? Number(height) : []));
const skipLines = (svg: string): number => {
  return elements(svg, "path").filter((one) => one.stroke === palette[5] && one["stroke-width"] === "1.5").length;
};
const has = (svg: string, text: string): boolean => svg.includes(`>${text}<`);

test("a U-Net: its blocks in order, on a row for each resolution, wider for more channels; long connections; costs", () => {
  const { svg, alt, width } = architectureDiagram(unet);
  const images = unet.blocks.filter(({ shape }) => shape.length === 3);
  // One more is the pill of the time.
  const drawn = boxes(svg!).slice(0, -1);
  assert.equal(drawn.length, images.length);
  images.forEach(({ shape, name }, i) => {
    if (i > 0) assert.ok(drawn[i].x + drawn[i].width / 2 > drawn[i - 1].x + drawn[i - 1].width / 2, name);
    images.forEach((other, j) => {
      if (other.shape[0] === shape[0]) assert.deepEqual([drawn[j].y, drawn[j].height], [drawn[i].y, drawn[i].height]);
      if (other.shape[0] < shape[0]) assert.ok(drawn[j].y > drawn[i].y && drawn[j].height < drawn[i].height);
      if (other.shape[2] > shape[2]) assert.ok(drawn[j].width > drawn[i].width);
    });
  });
  assert.equal(skipLines(svg!), unet.blocks.flatMap(({ skips }) => skips).length);
  for (const text of [
    "8 × 8",
    "4 × 4",
    "down 1 attention 0",
    "mid resnet 1",
    "time t → 16 numbers → every residual block",
  ]) {
    assert.ok(has(svg!, text), text);
  }
  assert.equal(bars(svg!).length, 2 * images.length);
  assert.match(alt, /UNet2D as a U: \d+ blocks on rows of height 8, 4/);
  assert.equal(width, 860);
});

test("the bar of a block is as long as its parameters are many", () => {
  const { svg } = architectureDiagram(unet);
  const images = unet.blocks.filter(({ shape }) => shape.length === 3);
  const lengths = bars(svg!);
  const most = images.reduce((best, block, i) => (block.parameters > images[best].parameters ? i : best), 0);
  images.forEach(({ parameters }, i) => {
    assert.ok(Math.abs(lengths[i] / lengths[most] - parameters / images[most].parameters) < 0.01);
  });
});

test("transformers are columns; a U-ViT has brackets, a DiT none; one block can be opened", () => {
  for (const network of [dit, uvit]) {
    const { svg, alt } = architectureDiagram(network);
    const drawn = boxes(svg!);
    assert.equal(drawn.length, network.blocks.length);
    // What is made of the time alone is a vector: it stands beside the line on which the data runs.
    const data = network.blocks.map(({ kind, shape }) => kind === "parameters" || shape.length > 1);
    const [left] = drawn.filter((_, i) => data[i]).map((box) => box.x);
    assert.equal(
      data.some((isData) => !isData),
      network === dit,
    );
    drawn.forEach((box, i) => assert.ok(data[i] ? box.x === left : box.x > left + 40, network.blocks[i].name));
    assert.equal(skipLines(svg!), network === uvit ? 2 : 0);
    assert.match(alt, /as a column/);
  }
  const block = dit.blocks[1];
  const { svg } = architectureDiagram(dit, { open: block.name });
  assert.equal(boxes(svg!).length, dit.blocks.length + block.inner.length);
  assert.ok(has(svg!, "attn1") && has(svg!, "norm1 linear") && has(svg!, "16 × 8"));
});

test("the line of the data begins and ends at data, and arrows lead from the time into it", () => {
  const { svg } = architectureDiagram(dit);
  const drawn = boxes(svg!);
  const line = [...svg!.matchAll(/<line ([^>]*stroke="#6B6B6B"[^>]*)>/g)][0][1];
  const at = (name: string): number => Number(new RegExp(`${name}="([^"]*)"`).exec(line)![1]);
  dit.blocks.forEach(({ shape, name }, i) => {
    const crossed = at("x1") > drawn[i].x && at("x1") < drawn[i].x + drawn[i].width;
    assert.equal(crossed, shape.length > 1, name);
  });
  assert.ok(svg!.includes(palette[4]));
});

test("a network of points is a column, too, with its time beside it", () => {
  const mlp = describeNetwork(new PointMlp({ hidden: [5] }), tf.zeros([1, 2]), t);
  const drawn = boxes(architectureDiagram(mlp).svg!);
  assert.equal(drawn.length, mlp.blocks.length);
  const left = Math.min(...drawn.map((box) => box.x));
  mlp.blocks.forEach(({ kind, name }, i) => assert.equal(drawn[i].x > left, kind === "time", name));
});

test("what cannot be drawn is refused", () => {
  assert.throws(
    () => architectureDiagram({ ...unet, blocks: [] } as NetworkDescription),
    /UNet2D has no block to draw/,
  );
  assert.throws(
    () => architectureDiagram(dit, { open: "nowhere" }),
    /no block "nowhere" to open; there are pos_embed.proj/,
  );
  assert.throws(() => architectureDiagram(unet, { open: "conv_in" }), /blocks of a U are not opened/);
  assert.throws(() => architectureDiagram(unet, { width: 100 }), /width is 100/);
});

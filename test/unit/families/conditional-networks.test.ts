/** Conditioned networks train and guide in one graph as they do operation by operation. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { namedLeaves } from "../../../src/base/tree.js";
import * as tf from "../../../src/runtime/tf.js";
import { guided, linearSchedule } from "../../../src/diffusion/index.js";
import type { Condition } from "../../../src/nn/index.js";
import { DiT, PointMlp, UNet2D, UNet2DCondition, UVit } from "../../../src/networks/index.js";
import { RandomStream } from "../../../src/random/index.js";
import {
  contextColumn,
  DiffusionTask,
  labelColumn,
  networkDenoiser,
  type Column,
  type ConditionOptions,
  type TimeNetwork,
} from "../../../src/families/index.js";
import { assertGraphEqualsEager, distance, withoutGraphs } from "../training/graph-equals-eager.js";

const schedule = linearSchedule({ T: 100 });
const COUNT = 12;
const [CLASSES, NONE] = [4, 3];
const SHAPE = [3, 5] as const;
const pictures = new RandomStream(1, "pictures").uniforms(COUNT * 64).map((u) => 2 * u - 1);
const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % NONE);
const emptyText = new Float32Array(15);
const label = labelColumn(labels, { none: NONE });
const context = contextColumn(new RandomStream(2, "texts").normals(COUNT * 15), SHAPE, { none: emptyText });
const unconditional = { rate: 0.5 };
const byClass: ConditionOptions = { conditions: { label }, unconditional };
const byText: ConditionOptions = { conditions: { context }, unconditional };
const byBoth: ConditionOptions = { conditions: { label, context }, unconditional };

const levels = { in_channels: 1, out_channels: 1, block_out_channels: [8, 8], layers_per_block: 1, norm_num_groups: 4 };
const text = { cross_attention_dim: 5, attention_head_dim: 4 };

interface Case {
  readonly make: () => TimeNetwork;
  readonly options: ConditionOptions;
}

const cases: Record<string, Case> = {
  "UNet2D with classes and dropout": {
    make: () =>
      new UNet2D({
        ...levels,
        down_block_types: ["DownBlock2D", "AttnDownBlock2D"],
        up_block_types: ["AttnUpBlock2D", "UpBlock2D"],
        num_class_embeds: CLASSES,
        dropout: 0.2,
      }) as TimeNetwork,
    options: byClass,
  },
  "UNet2DCondition with text, classes and dropout": {
    make: () =>
      new UNet2DCondition({
        ...levels,
        ...text,
        down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
        up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
        num_class_embeds: CLASSES,
        dropout: 0.2,
      }) as TimeNetwork,
    options: byBoth,
  },
  "DiT with classes and text": {
    make: () =>
      new DiT({
        sample_size: 8,
        num_layers: 2,
        num_attention_heads: 2,
        attention_head_dim: 4,
        num_embeds_ada_norm: CLASSES - 1,
        cross_attention_dim: 5,
      }) as TimeNetwork,
    options: byBoth,
  },
  "U-ViT with text": {
    make: () =>
      new UVit({
        image_size: [8, 8],
        embed_dim: 8,
        depth: 3,
        num_heads: 2,
        mlp_ratio: 2,
        context_dim: SHAPE[1],
        context_tokens: SHAPE[0],
      }) as TimeNetwork,
    options: byText,
  },
};

/** Away from the start, where some layers give 0. */
function moved(network: TimeNetwork): TimeNetwork {
  const { parameters } = network;
  const noise = new RandomStream(1, "moved").normals(parameters.count);
  parameters.assignFlat(parameters.toFlat().map((value, i) => value + 0.1 * noise[i]));
  return network;
}

/** The condition of the first examples, and what stands for none. */
function conditionOf({ conditions }: ConditionOptions, n: number): { given: Condition; none: Condition } {
  const tensors = (entries: (column: Column) => ArrayLike<number>, count: number): Condition =>
    Object.fromEntries(
      Object.entries(conditions!).map(([name, column]) => [
        name,
        tf.tensor(Array.from(entries(column)), [count, ...column.shape], column.dtype),
      ]),
    );
  const sizeOf = ({ shape }: Column): number => shape.reduce((product, length) => product * length, 1);
  return {
    given: tensors((column) => column.values.subarray(0, n * sizeOf(column)), n),
    none: tensors(({ none }) => none!, 1),
  };
}

for (const [name, { make, options }] of Object.entries(cases)) {
  test(`${name}: the training step as a graph equals the step operation by operation`, () => {
    assertGraphEqualsEager(
      () =>
        new DiffusionTask({
          network: moved(make()),
          path: schedule,
          data: pictures,
          shape: [8, 8, 1],
          batchSize: 4,
          ...options,
        }),
    );
  });

  test(`${name}: a guided evaluation is one graph call with both branches, equal to the two apart`, () => {
    const network = moved(make());
    const sizes: number[] = [];
    const apply: TimeNetwork["apply"] = (x, ...rest) => {
      sizes.push(x.shape[0]);
      return network.apply(x, ...rest);
    };
    const denoiser = networkDenoiser({ parameters: network.parameters, apply }, schedule);
    tf.tidy(() => {
      const xt = tf.tensor4d(pictures.slice(0, 192), [3, 8, 8, 1]);
      const t = tf.tensor1d([1, 40, 100]);
      const { given, none } = conditionOf(options, 3);
      const strong = guided(denoiser, { guidanceScale: 3, unconditional: none });
      const both = strong.predict(xt, t, given).dataSync() as Float32Array;
      assert.deepEqual(new Set(sizes), new Set([6]), "the network only ever saw both branches together");
      // Recorded twice, once more at the second call, and never run by JavaScript again: the third is the graph alone.
      assert.equal(sizes.length, 2);
      for (let i = 0; i < 3; i++) strong.predict(xt, t, given);
      assert.equal(sizes.length, 3);
      const everyone = Object.fromEntries(
        Object.entries(none).map(([key, one]) => [key, tf.tile(one, [3, ...one.shape.slice(1).map(() => 1)])]),
      );
      const [conditional, free] = withoutGraphs(() => [
        denoiser.predict(xt, t, given),
        denoiser.predict(xt, t, everyone),
      ]);
      // ô = o_u + w·(o_c − o_u)
      const expected = tf.add(free, tf.mul(tf.sub(conditional, free), 3)).dataSync() as Float32Array;
      assert.ok(distance(both, expected) < 1e-5, `${distance(both, expected)}`);
      assert.ok(
        distance(conditional.dataSync() as Float32Array, free.dataSync() as Float32Array) > 1e-4,
        "the condition matters",
      );
    });
    denoiser.dispose();
    network.parameters.dispose();
  });
}

test("a share of the examples is trained without condition, drawn from a stream of its own", () => {
  const { parameters } = new PointMlp();
  const network: TimeNetwork = { parameters, apply: (x) => x };
  const data = new Float32Array(2 * COUNT);
  const task = (options: ConditionOptions, seed = 0): DiffusionTask =>
    new DiffusionTask({ network, path: schedule, data, shape: [2], batchSize: 2000, seed, ...options });
  const draw = (...args: Parameters<typeof task>): Record<string, Float32Array> => {
    const batch = task(...args).batch(3);
    const values = Object.fromEntries(
      namedLeaves<tf.Tensor>(batch).map(([name, tensor]) => [name, Float32Array.from(tensor.dataSync())]),
    );
    tf.dispose(batch as tf.TensorContainer);
    return values;
  };
  const all = draw({ conditions: { label, context } });
  const some = draw({ conditions: { label, context }, unconditional: { rate: 0.2 } });
  const left = [...some["condition/label"].keys()].filter((i) => some["condition/label"][i] === NONE);
  // Five standard deviations of a share of 2000.
  assert.ok(Math.abs(left.length / 2000 - 0.2) < 5 * Math.sqrt((0.2 * 0.8) / 2000));
  const dropped = new Set(left);
  for (let i = 0; i < 2000; i++) {
    const words = some["condition/context"].slice(15 * i, 15 * i + 15);
    assert.deepEqual(words, dropped.has(i) ? emptyText : all["condition/context"].slice(15 * i, 15 * i + 15));
    if (!dropped.has(i)) assert.equal(some["condition/label"][i], all["condition/label"][i]);
  }
  // Nothing else of the batch moved.
  for (const name of ["x0", "noise", "time", "weight"]) assert.deepEqual(some[name], all[name], name);
  const options: ConditionOptions = { conditions: { label }, unconditional: { rate: 0.2 } };
  assert.deepEqual(draw(options)["condition/label"], some["condition/label"]);
  assert.notDeepEqual(draw(options, 1)["condition/label"], some["condition/label"]);
  // By name, only one of two is left out.
  const one = draw({ conditions: { label, context }, unconditional: { rate: 0.2, names: ["label"] } });
  assert.deepEqual(one["condition/label"], some["condition/label"]);
  assert.deepEqual(one["condition/context"], all["condition/context"]);
  parameters.dispose();
});

test("masks of dropout are inputs: other ones at each step, the same at the same step", () => {
  const network = cases["UNet2D with classes and dropout"].make();
  const task = new DiffusionTask({
    network,
    path: schedule,
    data: pictures,
    shape: [8, 8, 1],
    batchSize: 4,
    conditions: { label },
  });
  const before = tf.memory().numTensors;
  const masks = (step: number): Float32Array => {
    const batch = task.batch(step);
    assert.equal(Object.keys(batch.masks).length, 2 + 2 + 4);
    const values = Float32Array.from(batch.masks["mid_block.resnets.0.dropout"].dataSync());
    tf.dispose(batch as tf.TensorContainer);
    return values;
  };
  const first = masks(1);
  assert.equal(first.length, 4 * 4 * 4 * 8);
  assert.deepEqual(masks(1), first);
  assert.notDeepEqual(masks(2), first);
  assert.equal(tf.memory().numTensors, before);
  network.parameters.dispose();
});

test("conditions that do not fit say what would", () => {
  const network = new PointMlp() as TimeNetwork;
  const classes = new PointMlp({ num_class_embeds: 2 }) as TimeNetwork;
  const make = (options: ConditionOptions, net = network): DiffusionTask =>
    new DiffusionTask({ network: net, path: schedule, data: new Float32Array(4), shape: [2], ...options });
  const two = labelColumn(Uint8Array.of(0, 1));
  const words = contextColumn(new Float32Array(8), [2, 2]);
  const unchecked: TimeNetwork = { parameters: network.parameters, apply: (x) => x };
  const columns: [ConditionOptions, RegExp][] = [
    [{ conditions: { label: labelColumn(new Uint8Array(3)) } }, /condition "label" has 3 numbers for 2 examples$/],
    [
      { conditions: { context: contextColumn(new Float32Array(7), [2, 2]) } },
      /condition "context" has 7 numbers for 2 examples of shape \[2,2\] \(4 numbers each\)/,
    ],
    [
      { conditions: { context: contextColumn(Float32Array.of(0, 0, 0, 0, 0, NaN, 0, 0), [2, 2]) } },
      /condition "context" of example 1 holds NaN/,
    ],
    [{ conditions: { label: two }, unconditional: { rate: 1.5 } }, /is a share 0 … 1, got 1\.5/],
    [{ unconditional: { rate: 0.1 } }, /needs conditions to leave out/],
    [{ conditions: { label: two }, unconditional: { rate: 0.1 } }, /leaves out "label", so its column needs `none`/],
    [
      { conditions: { context: words }, unconditional: { rate: 0.1, names: ["text"] } },
      /to leave out "text", but the conditions are context/,
    ],
    [
      { conditions: { context: contextColumn(new Float32Array(8), [2, 2], { none: new Float32Array(3) }) } },
      /`none` of the condition "context" needs 4 numbers \[2,2\], got 3/,
    ],
  ];
  for (const [options, message] of columns) assert.throws(() => make(options, unchecked), message);
  make({ conditions: { context: words, style: two } }, unchecked);
  const before = tf.memory().numTensors;
  const ofNetwork: [ConditionOptions, RegExp][] = [
    [{}, /this network needs the condition "label", int32 \[1\], got none/],
    [{ conditions: { lable: two } }, /does not know the condition "lable": did you mean "label"\?/],
    [{ conditions: { label: two, context: words } }, /does not know the condition "context": it takes label/],
    [
      { conditions: { label: { ...two, dtype: "float32" } } },
      /"label" of this network must be int32 \[1\], got float32/,
    ],
    [
      { conditions: { label: labelColumn(Uint8Array.of(0, 2)) } },
      /"label" of example 1 must be one of the network's 0 … 1, got 2/,
    ],
    [
      { conditions: { label: labelColumn(Int32Array.of(-1, 0)) } },
      /"label" of example 0 must be one of .* 0 … 1, got -1/,
    ],
    [
      { conditions: { label: labelColumn(Uint8Array.of(0, 1), { none: 2 }) } },
      /"label" of its `none` must be one of .* got 2/,
    ],
  ];
  for (const [options, message] of ofNetwork) assert.throws(() => make(options, classes), message);
  assert.equal(tf.memory().numTensors, before);
  make({ conditions: { label: two } }, classes);
  assert.throws(() => make({ conditions: { label: two } }), /does not know the condition "label": it takes none/);
  const unknown = networkDenoiser(network, schedule);
  const xt = tf.zeros([2, 2]);
  const style = tf.zeros([2]);
  assert.throws(
    () => unknown.predict(xt, style as tf.Tensor1D, { style }),
    /does not know the condition "style": it takes none, leave it out/,
  );
  unknown.dispose();
  const told = networkDenoiser(classes, schedule);
  const outside = tf.tensor1d([1, 2], "int32");
  assert.throws(
    () => told.predict(xt, style as tf.Tensor1D, { label: outside }),
    /"label" of this network must lie in 0 … 1, got 2/,
  );
  told.dispose();
  classes.parameters.dispose();
  network.parameters.dispose();
  tf.dispose([xt, style, outside]);
});

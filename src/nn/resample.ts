/** Halving and doubling of images, each with a convolution. */
import { requireKind } from "../base/kinds.js";
import { requireKnownKeys } from "../base/check.js";
import { requireTensor } from "../runtime/tensor.js";
import { requireScope } from "./parameters.js";
import * as tf from "../runtime/tf.js";
import { Conv2d } from "./conv.js";
import type { ParameterScope } from "./parameters.js";
import { part } from "./probe.js";

/** Halves height and width by a strided 3×3 convolution. */
export class Downsample {
  private readonly name: string;
  private readonly conv: Conv2d;

  constructor(
    scope: ParameterScope,
    private readonly options: { readonly channels: number; readonly padding: 0 | 1 },
  ) {
    requireScope(scope);
    requireKnownKeys("Downsample", options, { channels: true, padding: [0, 1] });
    const { channels, padding } = options;
    this.name = scope.prefix;
    this.conv = new Conv2d(scope.scope("conv"), { inputs: channels, outputs: channels, stride: 2, padding });
  }

  /** [N, H, W, channels] → [N, ⌈H/2⌉, ⌈W/2⌉, channels]; rounded down where padding is 0. */
  apply(x: tf.Tensor4D): tf.Tensor4D {
    requireTensor("x", x, "float", 4);
    return part(this.name, "downsample", () => {
      // Without symmetric padding the frame grows at the bottom and right only, as diffusers does.
      const grown =
        this.options.padding === 0
          ? (tf.pad(x, [
              [0, 0],
              [0, 1],
              [0, 1],
              [0, 0],
            ]) as tf.Tensor4D)
          : x;
      return this.conv.apply(grown);
    });
  }
}

/** Doubles height and width by nearest neighbour (or to a given size), then a 3×3 convolution. */
export class Upsample {
  private readonly name: string;
  private readonly conv: Conv2d;

  constructor(scope: ParameterScope, options: { readonly channels: number }) {
    requireScope(scope);
    requireKnownKeys("Upsample", options, { channels: true });
    this.name = scope.prefix;
    this.conv = new Conv2d(scope.scope("conv"), { inputs: options.channels, outputs: options.channels });
  }

  /** [N, H, W, channels] → [N, …size, channels] */
  apply(x: tf.Tensor4D, given?: [number, number]): tf.Tensor4D {
    if (given !== undefined) requireKind("given", given, "a list");
    requireTensor("x", x, "float", 4);
    const size: [number, number] = given ?? [2 * x.shape[1], 2 * x.shape[2]];
    const doubles = size[0] === 2 * x.shape[1] && size[1] === 2 * x.shape[2];
    return part(this.name, "upsample", () =>
      doubles ? this.conv.applyDoubled(x) : this.conv.apply(tf.image.resizeNearestNeighbor(x, size)),
    );
  }
}

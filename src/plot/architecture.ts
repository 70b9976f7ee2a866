/** Diagrams of networks. */
import { requireLike } from "../base/values.js";
import { requireKnownKeys } from "../base/check.js";
import type { NetworkDescription } from "../networks/describe-network.js";
import { drawColumn } from "./architecture-column.js";
import { drawU } from "./architecture-u.js";
import type { Picture } from "./picture.js";

export interface ArchitectureOptions {
  /** CSS pixels, default 860: what a notebook shows beside an open side bar. */
  width?: number;
  /** Name of a block of a column whose parts are drawn, too. */
  open?: string;
}

/**
 * A network drawn from its description: its blocks in order, long connections, and under or beside each block its
 * parameters and its cost. A network that changes the resolution of its images is drawn as a U, any other as a column.
 *
 * In a U the height of a box stands for the resolution (its square root), the width for the channels, which are
 * written below.
 *
 * @example show(architectureDiagram(describeNetwork(unet, tf.zeros([1, 28, 28, 1]), tf.zeros([1]))));
 * @throws RangeError when the description has no block, `open` names none, or the page is too narrow
 */
export function architectureDiagram(network: NetworkDescription, options: ArchitectureOptions = {}): Picture {
  requireLike("network", network, ["blocks"], "describeNetwork(network, x)");
  requireKnownKeys("architectureDiagram", options, { width: true, open: true });
  const { width = 860, open } = options;
  if (network.blocks.length === 0) {
    throw new RangeError(
      `${network.name} has no block to draw: its layers must run inside part(…), as those of this library do`,
    );
  }
  const images = network.blocks.filter(({ kind, shape }) => kind !== "parameters" && shape.length === 3);
  const resolutions = new Set(images.map(({ shape }) => shape[0]));
  const isU = resolutions.size > 1;
  if (open !== undefined && (isU || !network.blocks.some(({ name }) => name === open))) {
    const names = network.blocks.map(({ name }) => name).join(", ");
    throw new RangeError(
      isU ? "the blocks of a U are not opened" : `there is no block "${open}" to open; there are ${names}`,
    );
  }
  if (!(width >= 480)) throw new RangeError(`width is ${width}; blocks and their cost need at least 480 pixels`);
  return isU ? drawU(network, width) : drawColumn(network, width, open);
}

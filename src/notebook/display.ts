/** Gives the library's own values the displays that Jupyter asks for. */
import { inspect } from "node:util";
import { linearSchedule } from "../diffusion/index.js";
import * as models from "../networks/index.js";
import * as tf from "../runtime/tf.js";
import {
  isModel,
  isSchedule,
  modelTable,
  scheduleTable,
  tensorBundle,
  tensorText,
  type DescribedTensor,
} from "./describe.js";
import type { MimeBundle } from "./publish.js";
import { displayMethod, inspectMethod } from "./show.js";

let installed = false;

/**
 * Lets tensors, schedules and networks display themselves as a cell's last value and in `console.log`:
 * shape, range and a thumbnail, or a table. Importing `diffusion-lab/notebook` has done this.
 */
export function installDisplays(): void {
  if (installed) return;
  installed = true;
  extend(tf.Tensor.prototype, (tensor: DescribedTensor) => ({
    text: () => tensorText(tensor),
    bundle: () => tensorBundle(tensor),
  }));
  for (const model of Object.values(models)) {
    const prototype: unknown = typeof model === "function" ? model.prototype : undefined;
    if (prototype && prototype !== Function.prototype)
      extend(prototype, (value: object) => (isModel(value) ? eager(modelTable(value)) : undefined));
  }
  // Schedules share a prototype of their own; where they are bare objects nothing is installed.
  const schedules = Object.getPrototypeOf(linearSchedule({ T: 1000 })) as object;
  if (schedules !== Object.prototype)
    extend(schedules, (value: object) => (isSchedule(value) ? eager(scheduleTable(value)) : undefined));
}

interface Forms {
  text(): string;
  bundle(): MimeBundle;
}

function eager({ text, bundle }: { text: string; bundle: MimeBundle }): Forms {
  return { text: () => text, bundle: () => bundle };
}

function extend<T>(prototype: object, forms: (value: T) => Forms | undefined): void {
  const hidden = { configurable: true, writable: true, enumerable: false };
  Object.defineProperty(prototype, displayMethod, {
    ...hidden,
    value(this: T): MimeBundle {
      return (
        forms(this)?.bundle() ?? {
          data: { "text/plain": inspect(this, { customInspect: false }) },
          metadata: {},
        }
      );
    },
  });
  Object.defineProperty(prototype, inspectMethod, {
    ...hidden,
    value(this: T): unknown {
      return forms(this)?.text() ?? this;
    },
  });
}

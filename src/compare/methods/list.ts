/** Every method that takes part. A new one needs one line here. */
import { nearestName } from "../../base/check.js";
import type { Method } from "../method.js";
import { diffusion } from "./diffusion.js";
import { flow } from "./flow.js";
import { gan, ganR1, wganGp } from "./gan.js";
import { vae } from "./vae.js";

export const methods: readonly Method[] = [vae, gan, ganR1, wganGp, flow, diffusion];

/** @throws RangeError naming the nearest method there is */
export function methodNamed(name: string): Method {
  const found = methods.find((method) => method.name === name);
  if (found) return found;
  const names = methods.map((method) => method.name);
  const nearest = nearestName(name, names);
  throw new RangeError(
    `there is no method "${name}"${nearest ? `: did you mean "${nearest}"?` : ""}; there are ${names.join(", ")}`,
  );
}

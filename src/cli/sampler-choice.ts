import { ddim, runOnAnyPath, samplers } from "../samplers/index.js";
import type { AnySampler } from "./generate.js";

export function samplerList(): string {
  return samplers.map(({ name, title }) => `                     ${name.padEnd(20)}${title}`).join("\n");
}

/** The sampler of that name; a noise `eta` above 0 is ddim's only. Throws RangeError with the list. */
export function chooseSampler(name: string, { eta }: { eta: number }): AnySampler {
  const choice = samplers.find((entry) => entry.name === name);
  if (!choice) throw new RangeError(`unknown sampler "${name}": there are\n${samplerList()}`);
  if (eta === 0) return (denoiser, path, xT, options) => runOnAnyPath(choice, denoiser, path, xT, options);
  if (name !== "ddim") throw new RangeError(`--eta sets the noise of ddim, not of ${name}: leave it out`);
  return (denoiser, path, xT, options) => ddim(denoiser, path, xT, { ...options, eta });
}

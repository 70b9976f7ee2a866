import { ddim, ddpm } from "../samplers/index.js";
import type { AnySampler } from "./generate.js";

const choices: Readonly<Record<string, { about: string; make: (options: { eta: number }) => AnySampler }>> = {
  ddpm: { about: "ancestral sampling, as the model was trained", make: () => ddpm },
  ddim: {
    about: "deterministic at eta 0, good in few steps",
    make: ({ eta }) => (denoiser, path, xT, options) => ddim(denoiser, path, xT, { ...options, eta }),
  },
};

export function samplerList(): string {
  return Object.entries(choices)
    .map(([name, { about }]) => `                     ${name.padEnd(8)}${about}`)
    .join("\n");
}

export function samplerNamed(name: string, options: { eta: number }): AnySampler {
  if (!Object.hasOwn(choices, name)) throw new RangeError(`unknown sampler "${name}": there are\n${samplerList()}`);
  return choices[name].make(options);
}

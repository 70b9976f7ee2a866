import { ddim, runOnAnyPath, samplers } from "../samplers/index.js";
import { DEFAULT_STEPS, type AnySampler } from "../families/diffusion/generate.js";

export function samplerList(): string {
  return samplers
    .map(
      ({ name, title, choosesSteps }) =>
        `                     ${name.padEnd(20)}${title}${choosesSteps ? "; takes no --steps" : ""}`,
    )
    .join("\n");
}

export interface SamplerChoice {
  readonly sampler: AnySampler;
  /** Null where it chooses its own, whatever it is handed. */
  readonly steps: number | null;
  /** The same in words. */
  readonly pace: string;
}

/**
 * The sampler of that name, and how many steps it takes.
 *
 * @param options.eta noise of ddim
 * @param options.steps undefined where `--steps` was left out
 * @throws RangeError for an unknown name, with the list, and for an option that the sampler has no use for
 */
export function chooseSampler(name: string, options: { eta: number; steps?: number }): SamplerChoice {
  const { eta, steps = DEFAULT_STEPS } = options;
  const choice = samplers.find((entry) => entry.name === name);
  if (!choice) throw new RangeError(`unknown sampler "${name}": there are\n${samplerList()}`);
  if (eta !== 0 && name !== "ddim") throw new RangeError(`--eta sets the noise of ddim, not of ${name}: leave it out`);
  if (choice.choosesSteps) {
    if (options.steps !== undefined) throw new RangeError(`--steps: ${name} chooses its steps itself: leave it out`);
    return {
      sampler: (denoiser, path, xT, rest) => runOnAnyPath(choice, denoiser, path, xT, { ...rest, steps: undefined }),
      steps: null,
      pace: "its own steps",
    };
  }
  const sampler: AnySampler =
    eta === 0
      ? (denoiser, path, xT, rest) => runOnAnyPath(choice, denoiser, path, xT, rest)
      : (denoiser, path, xT, rest) => ddim(denoiser, path, xT, { ...rest, eta });
  return { sampler, steps, pace: `${steps} steps` };
}

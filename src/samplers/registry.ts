/** The list of all samplers, by which commands and lessons know them. */
import type { SamplerEntry } from "./stepping/entry.js";
import gathered from "./gathered.js";

/**
 * All samplers: what each sampler's file lists in its default export, by order and then by name, those without one last.
 * The build gathers the files (`gathered.ts`), so a new one needs no line here.
 */
export const samplers: readonly SamplerEntry[] = Object.freeze(inOrder(gathered.flat()));

/** The sampler of that name. @throws RangeError that lists the names there are */
export function samplerNamed(name: string): SamplerEntry {
  const found = samplers.find((sampler) => sampler.name === name);
  if (!found)
    throw new RangeError(
      `there is no sampler "${name}": use one of ${samplers.map((sampler) => sampler.name).join(", ")}`,
    );
  return found;
}

function inOrder(entries: readonly SamplerEntry[]): SamplerEntry[] {
  const rank = ({ order }: SamplerEntry): number => order ?? Number.MAX_VALUE;
  const sorted = [...entries].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  const names = entries.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice) throw new RangeError(`two samplers are called "${twice}": rename one`);
  return sorted;
}

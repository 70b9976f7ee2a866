/** Claims on what drawing and training cost: what is timed, not trained. */
import { median } from "../estimate.js";
import type { Evidence } from "../evidence.js";
import { methods, methodNamed } from "../methods/list.js";
import type { Problem } from "../problem.js";
import { speedName } from "../speed.js";
import type { Case, Claim } from "./claim.js";

/** So many times as fast is fast, and so many times as slow is slow. */
const MUCH = 10;
/** A training step that costs so many times another's is one of a complex network. */
const DEARER = 1.5;

const KINDS: readonly Problem["kind"][] = ["points", "digits"];

/** Examples a second of each way of diffusion that was timed. */
function diffusionSpeeds({ speeds }: Evidence, kind: Problem["kind"]): readonly { way: string; perSecond: number }[] {
  const prefix = speedName(kind, "diffusion", "");
  return Object.entries(speeds ?? {})
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, { perSecond }]) => ({ way: name.slice(prefix.length), perSecond }));
}

/** A case for each kind of data and each way of diffusion: how many times as many examples a second `other` draws. */
function overDiffusion(evidence: Evidence, other: (kind: Problem["kind"]) => number | undefined): readonly Case[] {
  return KINDS.flatMap((kind) => {
    const fast = other(kind);
    if (fast === undefined) return [];
    return diffusionSpeeds(evidence, kind).map(({ way, perSecond }): Case => {
      const where = `diffusion draws ${kind} by ${way}`;
      return {
        where,
        estimate: { value: fast / perSecond, interval: null },
        wanted: { least: MUCH },
        unit: "× as many",
      };
    });
  });
}

export const ganFast: Claim = {
  name: "gan-fast",
  section: 12,
  family: "gan",
  sentence: "A GAN draws fast.",
  measure: `Examples a second over those of diffusion, untrained networks of equal size, timed on this machine: at least ${MUCH}.`,
  needs: () => false,
  cases: (evidence) => overDiffusion(evidence, (kind) => evidence.speeds?.[speedName(kind, "gan", "gan")]?.perSecond),
};

export const diffusionSlow: Claim = {
  name: "diffusion-slow",
  section: 12,
  family: "diffusion",
  sentence: "Diffusion samples slowly.",
  measure: `Examples a second of the other families (their median) over those of diffusion: at least ${MUCH}.`,
  needs: () => false,
  cases: (evidence) =>
    overDiffusion(evidence, (kind) => {
      const others = Object.entries(evidence.speeds ?? {})
        .filter(([name]) => name.startsWith(`${kind}/`) && !name.startsWith(`${kind}/diffusion/`))
        .map(([, { perSecond }]) => perSecond);
      return others.length > 0 ? median(others) : undefined;
    }),
};

export const flowComplex: Claim = {
  name: "flow-complex",
  section: 1,
  family: "flow",
  sentence: "A flow's architecture is complex.",
  measure: `Time of a training step over that of each other family's, at equal parameters and batch, on points and on digits: at least ${DEARER}.`,
  needs: () => false,
  cases: ({ paces }) =>
    KINDS.flatMap((kind) =>
      methods
        .filter(({ family }) => family !== "flow")
        .flatMap(({ name }): readonly Case[] => {
          const ratio = paces[`${kind}/flow`] / paces[`${kind}/${name}`];
          if (!Number.isFinite(ratio)) return [];
          const where = `it is set beside ${methodNamed(name).title} on ${kind}`;
          const estimate = { value: ratio, interval: null };
          return [{ where, estimate, wanted: { least: DEARER }, unit: "× its time" }];
        }),
    ),
};

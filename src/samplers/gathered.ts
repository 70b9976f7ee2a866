// Written by the build (src/setup/gather-samplers.mjs): every file of this folder that has a default export.
import type { SamplerEntry } from "./stepping/entry.js";
import consistency from "./consistency.js";
import ddim from "./ddim.js";
import ddpm from "./ddpm.js";
import dpmSolver from "./dpm-solver.js";
import dpmSolverPlusPlus from "./dpm-solver-plus-plus.js";
import dpmSolverSde from "./dpm-solver-sde.js";
import euler from "./euler.js";
import eulerAncestral from "./euler-ancestral.js";
import flow from "./flow.js";
import heun from "./heun.js";
import langevin from "./langevin.js";
import lms from "./lms.js";
import pndm from "./pndm.js";
import predictorCorrector from "./predictor-corrector.js";
import probabilityFlow from "./probability-flow.js";
import reverseSde from "./reverse-sde.js";
import unipc from "./unipc.js";

export * from "./consistency.js";
export * from "./ddim.js";
export * from "./ddpm.js";
export * from "./dpm-solver.js";
export * from "./dpm-solver-plus-plus.js";
export * from "./dpm-solver-sde.js";
export * from "./euler.js";
export * from "./euler-ancestral.js";
export * from "./flow.js";
export * from "./heun.js";
export * from "./langevin.js";
export * from "./lms.js";
export * from "./pndm.js";
export * from "./predictor-corrector.js";
export * from "./probability-flow.js";
export * from "./reverse-sde.js";
export * from "./unipc.js";

/** What each file lists. */
const gathered: readonly (readonly SamplerEntry[])[] = [
  consistency,
  ddim,
  ddpm,
  dpmSolver,
  dpmSolverPlusPlus,
  dpmSolverSde,
  euler,
  eulerAncestral,
  flow,
  heun,
  langevin,
  lms,
  pndm,
  predictorCorrector,
  probabilityFlow,
  reverseSde,
  unipc,
];
export default gathered;

/** In place of `graphs.ts` where there is no native TensorFlow, as package.json says under "browser": no graphs. */
import { CompileError } from "./errors.js";
import type * as graphs from "./graphs.js";

export function loadedGraphs(): readonly graphs.GraphSummary[] {
  return [];
}

/** Never made: compiled functions ask for the native backend first, and run themselves without it. */
export class Program {
  constructor() {
    throw new CompileError("compile: graphs need native TensorFlow, which a browser does not have");
  }
}

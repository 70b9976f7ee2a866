/** The door to what needs native TensorFlow and files; a browser gets `graphs-browser.ts` in its place. */
export { Program } from "./program.js";
export { loadedGraphs, type GraphSummary } from "./session.js";

// What every program needs and nothing depends on: arguments, progress of a long job, the end of a command.
export { finiteNumber, optional, wholeNumber } from "./arguments.js";
export { replaceMarked } from "./marked.js";
export { ProgressLine } from "./progress-line.js";
export { runMain } from "./run-main.js";

/** What programs are written with: arguments, progress, tables, numbers in words. Imports nothing. */
export { finiteNumber, optional, wholeNumber } from "./arguments.js";
export { Fields, parseJson, type NumberRule } from "./fields.js";
export { markedPart, replaceMarked } from "./marked.js";
export { ProgressLine } from "./progress-line.js";
export { runMain } from "./run-main.js";
export { markdownTable, textTable, type WrittenTable } from "./table.js";
export { counted, duration, percent } from "./words.js";

/** What the study of the families found: read it, judge the theory's claims by it, draw it. For the course's notebooks. */
export type { CellKey, CellResult, Outcome, Snapshot } from "./cell.js";
export { distanceChart, speedChart, stabilityChart } from "./charts.js";
export { resultWords, verdictWords, type Case, type Claim, type JudgedClaim, type Verdict } from "./claims/claim.js";
export { claims, judgeAll } from "./claims/list.js";
export type { Evidence } from "./evidence.js";
export type { Measures } from "./measures.js";
export { requireFinished } from "./page.js";
export { CompareStore } from "./store.js";
export { qualityTable, secondsTable, speedTable, stabilityTable } from "./tables.js";

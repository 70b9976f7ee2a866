/** What a cell of the course imports: show, formula, check, table, progress, live and controls. */
import { installDisplays } from "./display.js";

installDisplays();

export { show, type Displayable } from "./show.js";
export { progress, Progress, type ProgressOptions } from "./progress.js";
export { live, Live, liveLoss, LiveLoss, type LiveLossOptions, type LossReport } from "./live.js";
export {
  formula,
  Formula,
  FormulaDisagreesError,
  type Agreement,
  type Comparison,
  type FormulaOptions,
  type Scope,
} from "./formula.js";
export { check, ExerciseError, type CheckOptions, type Expected, type Predicate } from "./check.js";
export { seal, sealed } from "./sealed.js";
export { table, Table, type Cell, type TableOptions } from "./table.js";
export { isHeadless } from "./environment.js";
export type { Nested, Numeric } from "./values.js";
export type { MimeBundle } from "./publish.js";
export {
  slider,
  select,
  play,
  Widget,
  type OnChange,
  type SliderOptions,
  type PlayOptions,
  type SelectOptions,
} from "./widgets.js";

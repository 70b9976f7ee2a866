/** Figures, pictures and diagrams. */
export { isFigure, type Axis, type Figure, type Layout, type Numbers, type Trace } from "./figure.js";
export type { Points, TensorLike } from "./numbers.js";
export { palette, type ChartSize } from "./style.js";
export {
  barChart,
  lineChart,
  lossChart,
  runningMean,
  type BarChart,
  type LineChart,
  type LossChart,
  type Series,
} from "./charts.js";
export {
  fieldChart,
  histogramChart,
  scatterChart,
  vectorFieldChart,
  type GridField,
  type Histogram,
  type PointCloud,
  type ScatterChart,
  type VectorField,
} from "./plane.js";
export { overlay, sideBySide, type SideBySide } from "./combine.js";
export { isPicture, type Picture } from "./picture.js";
export type { ByteImages, Images } from "./pixels.js";
export { filmStrip, imageGrid, type GridOptions, type StripOptions } from "./grid.js";
export { arrow, drawing, mathText, type MathText } from "./drawing.js";
export type { Pen } from "./pen.js";
export { architectureDiagram, type ArchitectureOptions } from "./architecture.js";
export { attentionOverlay, channelImages, principalColours, type AttentionOverlayOptions } from "./feature-maps.js";
export { chainDiagram, type ChainOptions } from "./chain.js";
export { svgToPng } from "./rasterise.js";
export { figureSize, figureToPng, figureToSvg } from "./static.js";

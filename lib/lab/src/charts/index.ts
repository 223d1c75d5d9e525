export { stepsAboveExpert } from "./above-expert";
export { successByStep } from "./by-step";
export {
  episodeLength,
  episodeReturn,
  generatedTokens,
  inputTokens,
  successRate,
} from "./by-variant";
export { variantColor } from "./drawing/color";
export { NothingToDrawError } from "./drawing/errors";
export { chartToPdf, chartToPng, chartToSvg, type Look } from "./drawing/render";
export type { ChartSpec } from "./drawing/style";
export {
  type LearningChart,
  type LearningPoint,
  type LossPoint,
  learningChart,
  lossCurve,
} from "./learning";
export { pairedDifferences } from "./paired";
export { type Published, publishedResults } from "./published";
export { allCharts, type Background } from "./registry";
export { saveChart, saveCharts } from "./save";
export { costAndSuccess, tokensAndSuccess } from "./trade-off";

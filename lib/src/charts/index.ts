export { stepsAboveExpert } from "./above-expert";
export { successByStep } from "./by-step";
export {
  episodeLength,
  episodeReturn,
  generatedTokens,
  inputTokens,
  successRate,
} from "./by-variant";
export { pairedDifferences } from "./paired";
export { type Published, publishedResults } from "./published";
export { chartToPng, chartToSvg } from "./render";
export { allCharts, mainCharts, saveCharts } from "./save";
export type { ChartSpec } from "./style";
export { costAndSuccess, tokensAndSuccess } from "./trade-off";

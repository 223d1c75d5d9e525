export { type Answer, parseAnswer } from "./agents/parse";
export { actArguments, formatHistory, type Turn } from "./agents/prompt";
export { type DataFrame, frame, tabulate } from "./analysis/frame";
export { resultsTable } from "./analysis/results-table";
export { type Summary, summarize } from "./analysis/summary";
export {
  episodeLength,
  episodeReturn,
  generatedTokens,
  inputTokens,
  successRate,
} from "./charts/by-variant";
export { renderPng, renderSvg } from "./charts/render";
export { saveCharts } from "./charts/save";
export type { ChartSpec } from "./charts/style";
export * from "./env";
export type { Run } from "./experiment/evaluate";
export type { Plan } from "./experiment/plan";
export { type EvaluateOptions, type Progress, SettingsError } from "./experiment/settings";
export {
  type FeedbackRequest,
  GatewayClient,
  GatewayError,
  type Inference,
  type InferenceRequest,
} from "./gateway/client";
export { GatewayNotFoundError } from "./gateway/locate";
export { type Lab, type LabOptions, openLab } from "./lab";
export { showHtml, showSvg } from "./notebook/display";
export { progressBar, publishReport } from "./notebook/progress-bar";
export { showChart, showFrame } from "./notebook/show";
export { showTable, textTable } from "./notebook/table";
export { StoreOpenError } from "./store/connect";
export type { EpisodeRow } from "./store/episodes";

export { type Answer, parseAnswer } from "./agents/parse";
export { actArguments, formatHistory, type Turn } from "./agents/prompt";
export {
  type AboveOptimal,
  type ScoredEpisode,
  scoreAgainstExpert,
  stepsAboveOptimal,
} from "./analysis/above-optimal";
export { bootstrapMean } from "./analysis/bootstrap";
export { type Comparison, compareVariants } from "./analysis/compare";
export { AnalysisError } from "./analysis/errors";
export { type DataFrame, frame, tabulate } from "./analysis/frame";
export { pairsForMean, pairsForSuccess } from "./analysis/power";
export { formatResults, parseResults, type Results, UnfinishedRunError } from "./analysis/results";
export { resultsTable } from "./analysis/results-table";
export { solvedWithin } from "./analysis/solved";
export { type Summary, summarize } from "./analysis/summary";
export * from "./charts";
export * from "./env";
export type { DemonstrateOptions, Demonstrations } from "./experiment/demonstrate";
export type { Plan } from "./experiment/plan";
export { type Prices, readPrices } from "./experiment/prices";
export { ResumeError } from "./experiment/record";
export type { RunRow } from "./experiment/resume";
export type { Run } from "./experiment/run";
export {
  type EvaluateOptions,
  type Progress,
  type ResumeOptions,
  SettingsError,
} from "./experiment/settings";
export { RunNotStoredError } from "./experiment/settle";
export {
  type FeedbackRequest,
  GatewayClient,
  GatewayError,
  type Inference,
  type InferenceRequest,
} from "./gateway/client";
export { GatewayNotFoundError } from "./gateway/locate";
export { type Lab, type LabOptions, openLab, type SavedRun } from "./lab";
export { showHtml, showSvg } from "./notebook/display";
export { progressBar, publishReport } from "./notebook/progress-bar";
export { showChart, showFrame } from "./notebook/show";
export { showReplay } from "./notebook/show-replay";
export { showTable, textTable } from "./notebook/table";
export * from "./replay";
export { StoreOpenError } from "./store/connect";
export { type DemonstrationRow, demonstrations } from "./store/demonstrations";
export type { EpisodeRow, TryRow } from "./store/episodes";
export {
  type ExportFormat,
  type ExportTable,
  exportFormats,
  exportRows,
  exportTables,
} from "./store/export";
export { type EpisodeFilter, findEpisodes } from "./store/find-episodes";
export { invalidAnswers } from "./store/invalid-answers";
export { latestRun } from "./store/latest-run";
export { OutcomesMissingError } from "./store/outcomes";
export { type PlayedRow, playedActions } from "./store/played";
export {
  EpisodeNotFoundError,
  type StepRow,
  type StoredEpisode,
  storedEpisode,
} from "./store/steps";

export * from "babyai";
export { ConfigError, StatementLostError, StoreOpenError } from "embedded-gateway";
export { expertAgent } from "./agents/expert-agent";
export type { AgentFunction, AgentFunctions, AgentTurn } from "./agents/local/own-agents";
export type { ModelAnswer, ModelFunction, ModelFunctions } from "./agents/local/own-models";
export { ModelFunctionError } from "./agents/local/own-models";
export type { ChatMessage } from "./agents/local/reading/prompt";
export {
  readStudent,
  type StudentWeights,
  StudentWeightsError,
  writeStudent,
} from "./agents/local/student/weights";
export { type StudentOptions, studentModel } from "./agents/local/student-model";
export { type Answer, parseAnswer } from "./agents/parse";
export {
  type Agent,
  type Decision,
  type PlayedTurn,
  type PlayOptions,
  play,
  type Turn,
} from "./agents/play";
export { actArguments, type PastTurn } from "./agents/prompt";
export { randomAgent } from "./agents/random-agent";
export { type AboveExpert, aboveExpert } from "./analysis/above-expert";
export type { Bounded } from "./analysis/bounds";
export type { RunComparison } from "./analysis/compare";
export { type Comparison, compareVariants } from "./analysis/compare";
export type { EpisodeBesideExpert } from "./analysis/expert-steps";
export {
  PublishedEntryError,
  type PublishedEpisode,
  publishedEntries,
  publishedEpisodes,
  publishedWorlds,
} from "./analysis/published/episodes";
export { formatResults, parseResults, type Results } from "./analysis/results";
export { withExpertSteps } from "./analysis/simulator";
export { solvedWithin } from "./analysis/solved";
export { bootstrapMean } from "./analysis/statistics/bootstrap";
export { AnalysisError } from "./analysis/statistics/errors";
export { pairsForMean, pairsForSuccess } from "./analysis/statistics/power";
export { type Summary, summarize } from "./analysis/summary";
export type { Column, DataFrame, GroupedFrame } from "./analysis/tables/danfojs";
export { frame, tabulate } from "./analysis/tables/frame";
export { resultsTable } from "./analysis/tables/results-table";
export { OutputError } from "./basics/output";
export type { SqlValue } from "./basics/sql";
export * from "./charts";
export {
  type FeedbackRequest,
  type GatewayClient,
  GatewayError,
  type Inference,
  type InferenceRequest,
} from "./connection/client";
export { GatewayNotFoundError } from "./connection/locate";
export { RemoteModelsError } from "./connection/open";
export { progressBar, publishReport } from "./display/progress-bar";
export { type ShownLook, type ShownTheme, showChart, showFrame, showSvg } from "./display/show";
export { showReplay } from "./display/show-replay";
export { showTable, textTable } from "./display/table";
export { trainingBar } from "./display/training-bar";
export { RunNotBegunError } from "./experiment/begin";
export type { Plan } from "./experiment/plan/plan";
export { ResumeError } from "./experiment/plan/record";
export {
  type EvaluateOptions,
  type ResumeOptions,
  SettingsError,
} from "./experiment/plan/settings";
export type { DemonstrateOptions, Demonstrations } from "./experiment/play/demonstrate";
export type { Progress, VariantProgress } from "./experiment/progress/progress";
export type { RunRow } from "./experiment/resume";
export type { Run } from "./experiment/run";
export { RunNotStoredError } from "./experiment/settle";
export { type Holder, RunHeldError } from "./experiment/shards/claim";
export type { ShardRow } from "./experiment/shards/shards";
export { type Prices, readPrices } from "./experiment/variants/prices";
export { type DatasetOptions, type TrainingForm, writeDataset } from "./export/training";
export { type AgentOptions, type Lab, type LabOptions, openLab, type SavedRun } from "./lab";
export type { ExampleEpisode, Examples, ExamplesOptions, ExamplesSplit } from "./learn/examples";
export { ExamplesError } from "./learn/examples-error";
export { nearestExample } from "./learn/nearest";
export type { Preferred } from "./learn/preferences";
export { type Race, type RaceOptions, type RaceRow, race } from "./learn/race";
export type { Example, RenderedTurn } from "./learn/render";
export {
  TrainingError,
  type TrainingProgress,
  type TrainOptions,
  trainStudent,
} from "./learn/student/train";
export type { Taught, TeachOptions } from "./learn/teach";
export type { ExamplesWhere } from "./learn/where";
export {
  type Annotation,
  AnnotationError,
  type AnnotationRow,
  annotations,
} from "./queries/annotations";
export { readCsvCell } from "./queries/csv";
export { type DemonstrationRow, demonstrations } from "./queries/demonstrations";
export type { EpisodeRow, TryRow } from "./queries/episodes";
export { type ExportFormat, type ExportTable, exportRows } from "./queries/export";
export { type EpisodeFilter, findEpisodes } from "./queries/find-episodes";
export { invalidAnswers } from "./queries/invalid-answers";
export { latestRun } from "./queries/latest-run";
export type { Loss } from "./queries/parts/tries";
export { type PlayedRow, playedActions } from "./queries/played";
export { type AggregateRow, aggregates } from "./queries/runs/aggregates";
export type { World } from "./queries/runs/run-state";
export {
  EpisodeNotFoundError,
  type StepRow,
  type StoredEpisode,
  storedEpisode,
} from "./queries/steps";
export type { Trajectory, TrajectoryStep } from "./queries/trajectories";
export * from "./replay";

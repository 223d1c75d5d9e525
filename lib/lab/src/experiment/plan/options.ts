import { checkOptions } from "../../basics/options";
import { type EvaluateOptions, type ResumeOptions, SettingsError } from "./settings";

const EVALUATE: Record<keyof EvaluateOptions, true> = {
  variants: true,
  tasks: true,
  episodes: true,
  seed: true,
  worlds: true,
  name: true,
  note: true,
  helper: true,
  historyLength: true,
  demonstrations: true,
  concurrency: true,
  maxCallsPerMinute: true,
  maxTokensPerMinute: true,
  budgetUsd: true,
  inferenceSeconds: true,
  episodeSeconds: true,
  drain: true,
  signal: true,
  onProgress: true,
};

const RESUME: Record<Exclude<keyof ResumeOptions, keyof EvaluateOptions>, true> = {
  run: true,
  shard: true,
  acceptChanges: true,
};

/**
 * Of `evaluate` or `plan`.
 *
 * @param more what it takes beside the options of both
 * @throws SettingsError
 */
export function checkPlayOptions(
  what: string,
  options: object,
  more: Readonly<Record<string, true>> = {},
): void {
  const known: Record<string, true> = { ...EVALUATE, ...RESUME, ...more };
  checkOptions(SettingsError, what, options, known);
}

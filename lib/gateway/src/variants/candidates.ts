import { setMaxListeners } from "node:events";
import type { VariantConfig } from "../config/types";
import {
  allCandidatesFailed,
  asGatewayError,
  type GatewayError,
  inference,
  rawResponsesOf,
} from "../errors";
import { chatContent, jsonOutput } from "../functions/output";
import type { ModelResult } from "../models/model";
import { replay } from "../models/model-stream";
import type { Run, VariantResult, VariantStream } from "./run";

/**
 * Runs the candidates and makes one answer out of several; where that fails, chance picks a candidate.
 *
 * @param decide gets also what providers answered to candidates that failed
 * @param asAnswer what becomes of a candidate's answer
 * @throws GatewayError 502 no candidate succeeded
 */
export async function fromCandidates<T>(
  names: string[],
  run: Run,
  decide: (candidates: VariantResult[], failed: string[]) => Promise<T>,
  asAnswer: (result: VariantResult) => T,
): Promise<T> {
  const { candidates, failed } = await inferCandidates(names, run);
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1)
    return asAnswer({ ...only, calls: noteFailed(only.calls, failed) });
  try {
    return await decide(candidates, failed);
  } catch (error) {
    run.call.signal.throwIfAborted();
    const { chosen, others } = takeOne(candidates, null);
    const calls = noteFailed(chosen.calls, failed, asGatewayError(error).rawResponses);
    return asAnswer({ ...chosen, calls: [...calls, ...callsOf(others)] });
  }
}

/**
 * Runs all candidates at once and keeps those that succeed. They ignore the request's parameters, and the cache tells
 * equal candidates apart by their place in the list.
 *
 * @throws GatewayError 502 none succeeded
 */
async function inferCandidates(
  names: string[],
  run: Run,
): Promise<{ candidates: VariantResult[]; failed: string[] }> {
  setMaxListeners(Number.POSITIVE_INFINITY, run.call.signal); // every candidate follows it
  const settled = await Promise.allSettled(
    names.map((name, index) =>
      run.infer(candidate(name, run), {
        ...run,
        params: {},
        extraCacheKey: `candidate_${index}`,
      }),
    ),
  );
  const candidates: VariantResult[] = [];
  const errors = new Map<string, GatewayError>();
  settled.forEach((outcome, index) => {
    if (outcome.status === "fulfilled") candidates.push(outcome.value);
    else errors.set(`candidates[${index}] (${names[index]})`, asGatewayError(outcome.reason));
  });
  run.call.signal.throwIfAborted();
  if (candidates.length === 0) throw allCandidatesFailed(errors);
  return { candidates, failed: rawResponsesOf([...errors.values()]) };
}

function candidate(name: string, { fn }: Run): VariantConfig {
  const variant = fn.variants.get(name);
  if (variant === undefined) throw inference(`Unknown candidate variant: ${name}`);
  return variant;
}

/** Takes one out; null stands for any of them. */
export function takeOne(
  results: VariantResult[],
  index: number | null,
): { chosen: VariantResult; others: VariantResult[] } {
  const at = index ?? Math.floor(Math.random() * results.length);
  const chosen = results[at];
  if (chosen === undefined)
    throw inference("The index chosen by the evaluator is out of bounds (should never happen)");
  return { chosen, others: results.filter((_, i) => i !== at) };
}

/** Puts what failed down to the first call: before and behind what failed of that one itself. */
export function noteFailed(
  [first, ...others]: ModelResult[],
  before: string[],
  behind: string[] = [],
): ModelResult[] {
  if (first === undefined) return others;
  return [{ ...first, failed: [...before, ...first.failed, ...behind] }, ...others];
}

export function callsOf(results: VariantResult[]): ModelResult[] {
  return results.flatMap(({ calls }) => calls);
}

/** An answer that is there already, as a stream. Its first call is the one that answered. */
export function streamOf(result: VariantResult): VariantStream {
  const [answer, ...previous] = result.calls;
  if (answer === undefined) throw inference("A result without a call (should never happen)");
  const { chunks } = replay({ ...answer, output: result.output });
  // As TensorZero stores it: without parameters, and the whole answer as its first piece.
  const calls = [{ ...answer, ttftMs: answer.responseTimeMs }, ...previous];
  return { chunks, result: () => ({ ...result, params: {}, calls }), previous, call: answer };
}

/** A candidate's answer as a prompt shows it, and its place among all candidates. */
export interface ShownAnswer {
  text: string;
  place: number;
}

/**
 * The candidates' answers as a prompt shows them: a chat's blocks as JSON, a JSON function's raw text. One that does not fit
 * the function's schema is not shown.
 *
 * @throws GatewayError none can be shown
 */
export function shownAnswers(results: readonly VariantResult[], run: Run): ShownAnswer[] {
  const shown = results.flatMap(({ output }, place) => {
    if (run.fn.type === "chat")
      return [{ text: JSON.stringify(chatContent(output, run.tools)), place }];
    const { raw, parsed } = jsonOutput(output, run.outputSchema ?? run.fn.outputSchema).output;
    return raw === null || parsed === null ? [] : [{ text: raw, place }];
  });
  if (shown.length === 0) throw inference("No valid candidates available to prepare request.");
  return shown;
}

import { setMaxListeners } from "node:events";
import { type ActionName, make } from "babyai";
import { type CountedTokens, countTokens } from "../../agents/count-tokens";
import { type Dialogue, gatewayAgent } from "../../agents/gateway-agent";
import type { ChatMessage } from "../../agents/local/reading/prompt";
import type { InvalidReason } from "../../agents/parse";
import { povPng } from "../../agents/picture";
import { play } from "../../agents/play";
import type { ActFunction, ActInput } from "../../agents/prompt";
import type { GatewayClient, Inference, InferenceRequest } from "../../connection/client";
import { doneTag } from "../../queries/parts/done-tag";
import { slotOf } from "../../queries/runs/shard";
import { InferenceTimeoutError, isTimeout } from "./inference-timeout";
import type { Pace } from "./pace";
import type { Outages } from "./patience";
import { explainAway } from "./server-away";

export interface EpisodeOptions {
  /** Sends inferences and feedback. */
  client: GatewayClient;
  /** The run that the episode's rows are tagged with. */
  run: string;
  functionName: ActFunction;
  variant: string;
  task: string;
  seed: number;
  /** Words the turns; of this episode alone. */
  dialogue: Dialogue;
  /** Of how many of the latest observations the variant is sent pictures. */
  pictures: number;
  /** When each inference may begin. */
  pace: Pace;
  /** The variant's model, as the pace knows it. */
  model: string;
  /** The servers' addresses by which the model is reached. */
  servers: readonly string[];
  /** Its place among the run's episodes: where inferences wait, those of the first go first. */
  rank: number;
  /** Those of the gateway. */
  outages: Outages;
  inferenceSeconds: number;
  episodeSeconds: number;
  /** Ends the episode at once; it then has no outcome. */
  signal: AbortSignal;
  /** What the variant's model is sent: its tokens are counted here where the provider does not count them. */
  prompt: (input: ActInput) => readonly ChatMessage[];
  /** Called before the first inference, with the steps that the episode may take. */
  onBegin?: (maxSteps: number) => void;
  /** Called after every inference, and waited for; `invalid` is why its answer was no valid action, null for one that was; `action` is then played. */
  onInference?: (
    inference: Inference & CountedTokens,
    invalid: InvalidReason | null,
    action: ActionName,
  ) => Promise<void> | void;
}

/** How an episode ended. Outcomes are null when it failed or was stopped. */
export interface EpisodeResult {
  variant: string;
  task: string;
  seed: number;
  /** Null when not one inference succeeded. */
  episodeId: string | null;
  success: boolean | null;
  episodeReturn: number | null;
  episodeLength: number;
  invalidActions: number;
  /** What ended the episode before its time; null when it ran to its end. */
  error: Error | null;
}

/** An episode took longer than it may. */
export class EpisodeTimeoutError extends Error {
  override readonly name = "EpisodeTimeoutError";
}

/**
 * Plays one episode: environment → prompt → gateway → action, until the environment ends it; then sends its metrics.
 *
 * `success` is sent last and alone: an episode with a stored `success` is whole. An inference or feedback that fails
 * ends the episode and is returned as `error`, never thrown.
 */
export async function runEpisode(options: EpisodeOptions): Promise<EpisodeResult> {
  const { client, run, functionName, variant, task, seed, dialogue, onInference } = options;
  const { pace, model, servers, rank, outages, inferenceSeconds, episodeSeconds } = options;
  const result: EpisodeResult = {
    variant,
    task,
    seed,
    episodeId: null,
    success: null,
    episodeReturn: null,
    episodeLength: 0,
    invalidActions: 0,
    error: null,
  };
  const tags = { run, task, seed: String(seed) };
  // subtle: a signal of the episode's own, so that what listens to it goes when the episode does.
  const stop = new AbortController();
  const { signal } = stop;
  setMaxListeners(0, signal);
  const follow = () => stop.abort(options.signal.reason);
  let leftMs = episodeSeconds * 1000;
  const giveUp = () => {
    const message = `the episode took longer than episodeSeconds, ${episodeSeconds} s`;
    stop.abort(new EpisodeTimeoutError(message));
  };
  /** The episode's time runs while the gateway has an inference of it, not while that waits for its turn. */
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const begun = performance.now();
    const timer = setTimeout(giveUp, leftMs);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      leftMs -= performance.now() - begun;
    }
  };
  const limits = { signal, timeoutMs: inferenceSeconds * 1000 };
  const infer = (request: InferenceRequest, input: ActInput) => {
    const inferOnce = async () => {
      const inference = await timed(() => client.infer(request, limits)).catch((error) => {
        if (!isTimeout(error)) throw error;
        throw new InferenceTimeoutError(error, { model, servers, inferenceSeconds });
      });
      const prompt = () => options.prompt(input);
      return { ...inference, ...(await countTokens(inference, prompt, inference.content)) };
    };
    const attempt = () => pace.run(inferOnce, { model, rank, signal });
    return outages.endure(attempt, signal).catch((error) => {
      throw explainAway(error, { model, servers });
    });
  };
  const env = make(task);
  const pictures = { most: options.pictures, draw: () => povPng(env) };
  const agent = gatewayAgent({ functionName, variant, dialogue, pictures, tags, infer });
  const turns = play(env, agent, { seed, signal });
  options.onBegin?.(env.maxSteps);
  options.signal.addEventListener("abort", follow);
  if (options.signal.aborted) follow();
  try {
    let episodeReturn = 0;
    for await (const { decision, reward } of turns) {
      const { inference, invalid, action } = decision;
      await onInference?.(inference, invalid, action);
      result.episodeId = inference.episodeId;
      result.episodeLength += 1;
      if (invalid) result.invalidActions += 1;
      episodeReturn += reward;
    }
    const success = episodeReturn > 0;
    const episodeId = result.episodeId as string;
    const send = (metricName: string, value: number | boolean, more = {}) => {
      const feedback = { metricName, value, episodeId, tags: { ...tags, ...more } };
      return outages.whenStored(() => client.feedback(feedback), signal);
    };
    await Promise.all([
      send("episode_return", episodeReturn),
      send("progression", success ? 1 : 0),
      send("episode_length", result.episodeLength),
      send("invalid_actions", result.invalidActions),
    ]);
    const episode = { variant, task, seed };
    await send("success", success, { done: doneTag(run, slotOf(episode), episode, episodeId) });
    result.success = success;
    result.episodeReturn = episodeReturn;
  } catch (thrown) {
    const error = signal.aborted ? signal.reason : thrown;
    result.error = error instanceof Error ? error : new Error(String(error));
  } finally {
    options.signal.removeEventListener("abort", follow);
  }
  return result;
}

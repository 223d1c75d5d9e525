import { parseAnswer } from "../agents/parse";
import { actArguments, type Turn } from "../agents/prompt";
import { make } from "../env";
import type { GatewayClient } from "../gateway/client";

export interface EpisodeOptions {
  /** Sends inferences and feedback. */
  client: GatewayClient;
  /** The run that the episode's rows are tagged with. */
  run: string;
  variant: string;
  task: string;
  seed: number;
  /** Turns of the past that the prompt shows. */
  historyLength: number;
  /** Ends the episode between two steps; it then has no outcome. */
  signal?: AbortSignal;
  /** Called after every inference with the tokens that the response states. */
  onInference?: (usage: { inputTokens: number; outputTokens: number }) => void;
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

/** BALROG plays this when an answer is no valid action. */
const DEFAULT_ACTION = "go forward";

/**
 * Plays one episode: environment → prompt → gateway → action, until the environment ends it; then sends its metrics.
 *
 * `success` is sent last and alone: an episode with a stored `success` is whole. An inference or feedback that fails
 * ends the episode and is returned as `error`, never thrown.
 */
export async function runEpisode(options: EpisodeOptions): Promise<EpisodeResult> {
  const { client, run, variant, task, seed, historyLength, signal, onInference } = options;
  const env = make(task);
  let { observation } = env.reset({ seed });
  const { mission } = observation;
  const turns: Turn[] = [];
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
  try {
    let episodeReturn = 0;
    for (let ended = false; !ended; ) {
      signal?.throwIfAborted();
      const { system, user } = actArguments(mission, observation.text, turns, historyLength);
      const inference = await client.infer({
        functionName: "act",
        variantName: variant,
        episodeId: result.episodeId ?? undefined,
        system,
        user: { ...user },
        tags: { ...tags, step: String(result.episodeLength) },
      });
      result.episodeId = inference.episodeId;
      onInference?.(inference);

      const answer = parseAnswer(inference.content);
      if (answer.invalid) result.invalidActions += 1;
      const action = answer.action ?? DEFAULT_ACTION;
      turns.push({ observation: observation.text, action });

      const step = env.step(action);
      observation = step.observation;
      episodeReturn += step.reward;
      result.episodeLength += 1;
      ended = step.terminated || step.truncated;
    }
    const success = episodeReturn > 0;
    const send = (metricName: string, value: number | boolean) =>
      client.feedback({ metricName, value, episodeId: result.episodeId as string, tags });
    await Promise.all([
      send("episode_return", episodeReturn),
      send("progression", success ? 1 : 0),
      send("episode_length", result.episodeLength),
      send("invalid_actions", result.invalidActions),
    ]);
    await send("success", success);
    result.success = success;
    result.episodeReturn = episodeReturn;
  } catch (error) {
    result.error = error instanceof Error ? error : new Error(String(error));
  }
  return result;
}

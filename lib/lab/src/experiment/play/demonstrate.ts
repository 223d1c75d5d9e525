import { setMaxListeners } from "node:events";
import { type ActionName, make, solve } from "babyai";
import { gatewayAgent, singleTurns } from "../../agents/gateway-agent";
import { type PictureUse, picturesOf, povPng } from "../../agents/picture";
import { type Agent, play } from "../../agents/play";
import type { ActFunction } from "../../agents/prompt";
import { at } from "../../basics/at";
import type { GatewayClient, InferenceRequest } from "../../connection/client";
import type { EpisodeKey } from "../../queries/runs/run-state";
import { episodesOf } from "../plan/episodes";
import { checkSettings, newRunId, SettingsError } from "../plan/settings";
import { Pace } from "./pace";
import { Outages, PATIENCE, type Patience } from "./patience";

export interface DemonstrateOptions {
  /**
   * The variant, of the function `act`, that is asked, and whose inferences are given the demonstrations. A local one costs
   * nothing and serves every other as well: what is stored are the prompt's arguments, which any variant's templates render.
   */
  variant: string;
  /** Environment ids. Default: the five BALROG tasks. */
  tasks?: readonly string[];
  /** Episodes of each task. Default 20. */
  episodes?: number;
  /** First seed; the others count up from it. Default 100,000, to keep clear of the seeds that agents are evaluated on. */
  seed?: number;
  /** Past turns in the prompt of variants with history. Default 8. */
  historyLength?: number;
  /** Episodes at the same time. Default 50. */
  concurrency?: number;
  /** Stops at once. */
  signal?: AbortSignal;
}

/** What `demonstrate` stored. */
export interface Demonstrations {
  /** The tag `run` of every demonstration, and the tag `demonstrations` of the inference that it belongs to. */
  id: string;
  /** Episodes that were demonstrated from first to last step. */
  episodes: number;
  /** One for each of their steps. */
  demonstrations: number;
  /** Episodes that the expert does not solve; nothing was asked or stored for these. */
  unsolved: EpisodeKey[];
}

export interface DemonstrateContext {
  client: GatewayClient;
  /** Of each variant that there is, the function that it is one of. */
  variants: ReadonlyMap<string, { function: ActFunction; pictures: PictureUse }>;
  /** Default: {@link PATIENCE}. */
  patience?: Patience;
}

/**
 * Lets the expert play, and stores what it does as TensorZero's demonstrations. At each step the variant is asked as it
 * would be if it played; the expert's action is what happens, and becomes the inference's feedback `demonstration`.
 *
 * Demonstrations have the tags run, task and seed. Their inferences have task, seed and step as those of a run do, but
 * `demonstrations` in place of `run`: they are no episodes of the variant, and appear in no list of its runs.
 *
 * @throws SettingsError an option is wrong
 * @throws GatewayError an inference or a demonstration failed for good; what was stored until then stays
 */
export async function demonstrate(
  { client, variants, patience = PATIENCE }: DemonstrateContext,
  { variant, signal: stop, seed = 100_000, ...options }: DemonstrateOptions,
): Promise<Demonstrations> {
  const settings = checkSettings({ ...options, seed, variants: [variant] }, [...variants.keys()]);
  const info = variants.get(variant);
  if (info?.function !== "act") {
    throw new SettingsError(
      `${variant} is of the function ${info?.function}: what it is asked for is more than the expert can demonstrate, an action. Take a variant of the function act, such as rule_based_history.`,
    );
  }

  const { historyLength, concurrency } = settings;
  const id = newRunId();
  const pace = new Pace(settings);
  const outages = new Outages("The gateway", patience);
  const result: Demonstrations = { id, episodes: 0, demonstrations: 0, unsolved: [] };
  const failure = new AbortController();
  const signal = AbortSignal.any(stop ? [stop, failure.signal] : [failure.signal]);
  setMaxListeners(0, signal); // every episode under way follows it

  const demonstrateEpisode = async ({ task, seed }: EpisodeKey, played: readonly ActionName[]) => {
    const tags = { task, seed: String(seed) };
    const inferenceIds: string[] = [];
    const infer = (request: InferenceRequest) => {
      const call = { model: variant, rank: 0, signal };
      const inferOnce = () => client.infer(request, { signal });
      return outages.endure(() => pace.run(inferOnce, call), signal);
    };
    const env = make(task);
    const asked = gatewayAgent({
      functionName: "act",
      variant,
      dialogue: singleTurns(historyLength),
      pictures: { most: picturesOf(info.pictures, historyLength), draw: () => povPng(env) },
      tags: { ...tags, demonstrations: id },
      infer,
    });
    const demonstrator: Agent = {
      async act(turn) {
        const { inference } = await asked.act(turn);
        inferenceIds.push(inference.inferenceId);
        return { action: at(played, turn.step) };
      },
    };
    for await (const _ of play(env, demonstrator, { seed }));
    // Together, because the gateway stores and looks up what is demonstrated on before it takes a demonstration.
    await Promise.all(
      inferenceIds.map((inferenceId, step) =>
        outages.whenStored(
          () =>
            client.feedback({
              metricName: "demonstration",
              value: { action: played[step] },
              inferenceId,
              tags: { ...tags, run: id },
            }),
          signal,
        ),
      ),
    );
    result.demonstrations += played.length;
    result.episodes += 1;
  };

  const queue = episodesOf(settings.variants, settings.worlds);
  const worker = async () => {
    for (const episode of queue) {
      signal.throwIfAborted();
      const played = solve(episode.task, episode.seed);
      if (played === null) result.unsolved.push(episode);
      else await demonstrateEpisode(episode, played);
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, worker));
  } catch (error) {
    failure.abort(error);
    throw error;
  }
  return result;
}

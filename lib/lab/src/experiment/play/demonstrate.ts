import { setMaxListeners } from "node:events";
import { type ActionName, type Env, Expert, make, NoPlanError, solve } from "babyai";
import { gatewayAgent, singleTurns } from "../../agents/gateway-agent";
import { type PictureUse, picturesOf, povPng } from "../../agents/picture";
import { type Agent, play } from "../../agents/play";
import type { ActFunction } from "../../agents/prompt";
import { at } from "../../basics/at";
import { checkOptions } from "../../basics/options";
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
  /**
   * Who plays. "expert": the expert's actions are what happens, up to success. "variant": the variant's are, up to the step limit,
   * and the expert names its own in each state that the variant comes to. A student that learns from those, too, learns
   * what to do where only its own mistakes lead (Ross et al. 2011, "DAgger"). Default "expert".
   */
  play?: "expert" | "variant";
  /** As in `evaluate`. Default: "train". */
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

/** @throws SettingsError */
export function checkDemonstrateOptions(options: DemonstrateOptions): void {
  checkOptions(SettingsError, "lab.demonstrate", options, {
    variant: true,
    play: true,
    tasks: true,
    episodes: true,
    seed: true,
    historyLength: true,
    concurrency: true,
    signal: true,
  });
}

/** What `demonstrate` stored. */
export interface Demonstrations {
  /** The tag `run` of every demonstration, and the tag `demonstrations` of the inference that it belongs to. */
  id: string;
  /** Episodes that were demonstrated from first to last step. */
  episodes: number;
  /** Of those, the ones that were solved by who played. */
  solved: number;
  /** One for each step. */
  demonstrations: number;
  /** Episodes that the expert does not solve from where they stood: nothing was asked or stored from there on. */
  unsolved: EpisodeKey[];
}

export interface DemonstrateContext {
  client: GatewayClient;
  /** Of each variant that there is, the function that it is one of. */
  variants: ReadonlyMap<string, { function: ActFunction; pictures: PictureUse }>;
  /** Default: {@link PATIENCE}. */
  patience?: Patience;
}

/** The expert's action at a step. @throws NoPlanError it sees no way */
type Advise = (step: number) => ActionName;

/**
 * Lets the expert play, and stores what it does as TensorZero's demonstrations. At each step the variant is asked as it
 * would be if it played; the expert's action is what happens, unless the variant plays, and becomes the inference's feedback
 * `demonstration`.
 *
 * Demonstrations have the tags run, task and seed. Their inferences have task, seed and step as those of a run do, but
 * `demonstrations` in place of `run`: they are no episodes of the variant, and appear in no list of its runs.
 *
 * @throws SettingsError an option is wrong
 * @throws GatewayError an inference or a demonstration failed for good; what was stored until then stays
 */
export async function demonstrate(
  { client, variants, patience = PATIENCE }: DemonstrateContext,
  {
    variant,
    play: player = "expert",
    signal: stop,
    seed = 100_000,
    ...options
  }: DemonstrateOptions,
): Promise<Demonstrations> {
  const settings = checkSettings({ ...options, seed, variants: [variant] }, [...variants.keys()]);
  const info = variants.get(variant);
  if (info?.function !== "act") {
    throw new SettingsError(
      `${variant} is of the function ${info?.function}: what it is asked for is more than the expert can demonstrate, an action. Take a variant of the function act, such as rule_based_history.`,
    );
  }

  if (player !== "expert" && player !== "variant")
    throw new SettingsError(`play is ${JSON.stringify(player)}: it must be "expert" or "variant".`);

  const { historyLength, concurrency } = settings;
  const id = newRunId();
  const pace = new Pace(settings);
  const outages = new Outages("The gateway", patience);
  const result: Demonstrations = { id, episodes: 0, solved: 0, demonstrations: 0, unsolved: [] };
  const failure = new AbortController();
  const all = AbortSignal.any(stop ? [stop, failure.signal] : [failure.signal]);
  setMaxListeners(0, all); // every episode under way follows it

  const demonstrateEpisode = async (episode: EpisodeKey, env: Env, advise: Advise) => {
    const { task, seed } = episode;
    const tags = { task, seed: String(seed) };
    const demonstrated: { inferenceId: string; action: ActionName }[] = [];
    // subtle: a signal of the episode's own, so that what listens to it goes when the episode does.
    const end = new AbortController();
    const { signal } = end;
    setMaxListeners(0, signal);
    const follow = () => end.abort(all.reason);
    all.addEventListener("abort", follow);
    if (all.aborted) follow();
    const infer = (request: InferenceRequest) => {
      const call = { model: variant, rank: 0, signal };
      const inferOnce = () => client.infer(request, { signal });
      return outages.endure(() => pace.run(inferOnce, call), signal);
    };
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
        const action = advise(turn.step);
        const decision = await asked.act(turn);
        demonstrated.push({ inferenceId: decision.inference.inferenceId, action });
        return player === "variant" ? decision : { action };
      },
    };
    let isSolved = false;
    let isStuck = false;
    try {
      try {
        for await (const { reward } of play(env, demonstrator, { seed })) isSolved = reward > 0;
      } catch (error) {
        if (!(error instanceof NoPlanError)) throw error;
        isStuck = true;
      }
      // Together, because the gateway stores and looks up what is demonstrated on before it takes a demonstration.
      await Promise.all(
        demonstrated.map(({ inferenceId, action }) =>
          outages.whenStored(
            () =>
              client.feedback({
                metricName: "demonstration",
                value: { action },
                inferenceId,
                tags: { ...tags, run: id },
              }),
            signal,
          ),
        ),
      );
    } finally {
      all.removeEventListener("abort", follow);
    }
    result.demonstrations += demonstrated.length;
    if (isStuck) result.unsolved.push(episode);
    else result.episodes += 1;
    if (isSolved) result.solved += 1;
  };

  const queue = episodesOf(settings.variants, settings.worlds);
  const worker = async () => {
    for (const episode of queue) {
      all.throwIfAborted();
      const env = make(episode.task);
      if (player === "variant") {
        const expert = new Expert(env);
        await demonstrateEpisode(episode, env, () => expert.act());
        continue;
      }
      const played = solve(episode.task, episode.seed);
      if (played === null) result.unsolved.push(episode);
      else await demonstrateEpisode(episode, env, (step) => at(played, step));
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

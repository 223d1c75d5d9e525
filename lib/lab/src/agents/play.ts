import type { ActionName, Env, Observation } from "babyai";
import { breathe } from "./breathe";
import type { PastTurn } from "./prompt";

/** What an agent is asked. */
export interface Turn {
  /** Steps taken before it. */
  step: number;
  mission: string;
  observation: Observation;
  /** The episode's earlier turns, oldest first. */
  past: readonly PastTurn[];
}

/** What an agent answers; one of its own may hold more than the action. */
export interface Decision {
  action: ActionName;
}

/** Whatever chooses actions: a language model, a planner, a program of one's own. */
export interface Agent<D extends Decision = Decision> {
  act(turn: Turn): Promise<D>;
}

/** A turn with what the agent decided and what came of it. */
export interface PlayedTurn<D extends Decision = Decision> extends Turn {
  decision: D;
  /** 1 - 0.9 * (steps taken / maxSteps) on success, otherwise 0. */
  reward: number;
  /** The mission succeeded or failed. */
  terminated: boolean;
  /** The step limit is reached. */
  truncated: boolean;
}

export interface PlayOptions {
  /** The episode's, as for `env.reset()`. Default: the environment's random stream goes on. */
  seed?: number | bigint;
  /** Once it is aborted the agent is not asked again, and the loop throws the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Plays one episode, a turn at a time. The episode has begun when `play` returns; to break out of the loop ends it.
 *
 * @example
 * const env = make("BabyAI-MixedTrainLocal-v0/goto");
 * const agent: Agent = { act: async ({ step }) => ({ action: step % 2 ? "go forward" : "turn left" }) };
 * for await (const { step, decision, reward } of play(env, agent, { seed: 200 })) {
 *   console.log(step, decision.action, reward);
 * }
 * @throws InvalidSeedError, GenerationError
 * @throws InvalidActionError in the loop: the agent's action is not one of the six; and whatever the agent throws
 */
export function play<D extends Decision>(
  env: Env,
  agent: Agent<D>,
  { seed, signal }: PlayOptions = {},
): AsyncGenerator<PlayedTurn<D>, void, undefined> {
  const { observation } = env.reset({ seed });
  return turns(env, agent, observation, signal);
}

async function* turns<D extends Decision>(
  env: Env,
  agent: Agent<D>,
  observation: Observation,
  signal?: AbortSignal,
): AsyncGenerator<PlayedTurn<D>, void, undefined> {
  const { mission } = env;
  let past: readonly PastTurn[] = [];
  for (;;) {
    await breathe();
    signal?.throwIfAborted();
    const turn = { step: past.length, mission, observation, past };
    const decision = await agent.act(turn);
    const next = env.step(decision.action);
    const { reward, terminated, truncated } = next;
    yield { ...turn, decision, reward, terminated, truncated };
    if (terminated || truncated) return;
    past = [...past, { observation: observation.text, action: decision.action }];
    observation = next.observation;
  }
}

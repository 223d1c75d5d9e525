import { type Env, Expert } from "babyai";
import type { Agent } from "./play";

/**
 * The planner that sees the whole world (see `Expert`): what can be reached, and a source of demonstrations. It plays the
 * environment that it was made for.
 *
 * @example
 * const env = make("BabyAI-BossLevel-v0");
 * for await (const { decision } of play(env, expertAgent(env), { seed: 1 })) console.log(decision.action);
 * @throws NoPlanError when asked to act: there is no way to the mission's end
 */
export function expertAgent(env: Env): Agent {
  const expert = new Expert(env);
  return { act: async () => ({ action: expert.act() }) };
}

import { actions, Pcg64 } from "babyai";
import type { Agent } from "./play";

/**
 * Uniform over the six actions. The same seed gives the same actions; from one episode to the next its stream goes on.
 *
 * @example
 * const env = make("BabyAI-MixedTrainLocal-v0/goto");
 * for await (const { reward } of play(env, randomAgent(7), { seed: 200 })) console.log(reward);
 * @param seed a whole number from 0 to 2^53 - 1, or a bigint ≥ 0
 * @throws InvalidSeedError
 */
export function randomAgent(seed: number | bigint): Agent {
  const random = new Pcg64(seed);
  return { act: async () => ({ action: random.choice(actions) }) };
}

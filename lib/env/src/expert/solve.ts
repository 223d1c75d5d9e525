import type { LevelOptions } from "../levels/level";
import { make } from "../registry";
import { EnvError, NoPlanError } from "../world/errors";
import type { ActionName } from "../world/scene";
import { Expert } from "./expert";

/**
 * The expert's actions in one episode, from its seed to success; null when it does not get there, which happens where a
 * mission is impossible (see {@link Expert}).
 *
 * @example
 * solve("BabyAI-MixedTrainLocal-v0/goto", 200)?.length; // 6
 * @param id as for `make()`; not one that draws its task, since then the seed does not say which
 *   episode is meant
 * @param options as for `make()`. Default: the level's own.
 * @throws UnknownEnvError, InvalidSeedError, EnvError
 */
export function solve(
  id: string,
  seed: number | bigint,
  options: LevelOptions = {},
): ActionName[] | null {
  const env = make(id, options);
  if (env.id !== id) {
    throw new EnvError(`${id} draws its task when it is made: name one, such as "${env.id}".`);
  }
  env.restart(seed);
  const expert = new Expert(env);
  const played: ActionName[] = [];
  try {
    while (!env.terminated && !env.truncated) {
      const action = expert.act();
      env.step(action);
      played.push(action);
    }
  } catch (error) {
    if (error instanceof NoPlanError) return null;
    throw error;
  }
  return env.reward > 0 ? played : null;
}

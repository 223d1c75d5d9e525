import { readConfig, readConfigFile, type TomlFile } from "../config/load";
import type { GatewayConfig, VariantConfig } from "../config/types";
import { bestOfN } from "./best-of-n";
import { chatCompletion } from "./chat-completion";
import { inContextLearning } from "./in-context-learning";
import { mixtureOfN } from "./mixture-of-n";
import type { VariantType } from "./run";

/** Every type of variant, by TensorZero's name. */
export const variantTypes: Readonly<Record<VariantConfig["type"], VariantType>> = {
  chat_completion: chatCompletion,
  experimental_best_of_n_sampling: bestOfN,
  experimental_mixture_of_n: mixtureOfN,
  experimental_dynamic_in_context_learning: inContextLearning,
};

/**
 * Reads a `tensorzero.toml`, or several files that make one configuration, and every file that they name. Paths are
 * relative to the file that they stand in.
 *
 * @param env where keys are looked up: a model that is written out must find its key now.
 * @throws ConfigError names the key: unknown, of the wrong type, not implemented here, or referring to what is not there.
 */
export async function loadConfig(
  configPath: string | readonly (string | TomlFile)[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<GatewayConfig> {
  return readConfig([configPath].flat().map(readConfigFile), env, variantTypes);
}

import { MODELS_ORIGIN, oneLine, type TomlFile } from "embedded-gateway";
import type { ChatMessage } from "./reading/prompt";

/** The provider, in the config and in ModelInference, of models that are functions of this process and no LLMs. */
export const LOCAL_PROVIDER = "local";

/** The models that ship with this library, and what they are. */
export const LOCAL_KINDS = {
  random: "uniform random",
  rule_based: "rules",
  student: "a small trained network",
  nearest_example: "the answer of the nearest example",
} as const;

/** Of these, the one that has learned to play. It is played when it is named. */
export const STUDENT = "student";

/** What a model answers: its text; or also the tokens that it took, without which the o200k ones of messages and answer count. */
export type ModelAnswer =
  | string
  | { content: string; usage: { prompt_tokens: number; completion_tokens: number } };

/**
 * A model as a function: chat messages in, an answer out, at once or later. What it throws fails the inference. `signal` is
 * aborted when nobody waits for the answer any more; `seed` is the variant's, if it has one.
 */
export type ModelFunction = (
  messages: readonly ChatMessage[],
  request: { seed?: number; signal: AbortSignal },
) => ModelAnswer | Promise<ModelAnswer>;

/** Models by the names that variants have for them. */
export type ModelFunctions = Readonly<Record<string, ModelFunction>>;

/**
 * A model that was given to openLab is no function, or has the name of one that ships.
 *
 * @example
 * try {
 *   await openLab({ models: { mine: "not a function" as never } });
 * } catch (error) {
 *   error instanceof ModelFunctionError; // true
 * }
 */
export class ModelFunctionError extends Error {
  override readonly name = "ModelFunctionError";
}

/**
 * Models of one's own as files of the configuration: a table for each, as config/tensorzero.toml has them for the local ones.
 *
 * @throws ModelFunctionError
 */
export function ownModelFiles(models: ModelFunctions): TomlFile[] {
  for (const [name, model] of Object.entries(models)) {
    if (Object.hasOwn(LOCAL_KINDS, name))
      throw new ModelFunctionError(
        `models.${name} has the name of a model that ships with this library. Give it another one.`,
      );
    if (typeof model === "function") continue;
    throw new ModelFunctionError(
      `models.${name} is ${oneLine(JSON.stringify(model) ?? String(model), 60)}; it must be a function of chat messages that returns the answer's text.`,
    );
  }
  return Object.keys(models).map((name) => {
    const key = JSON.stringify(name);
    const table = [
      `[models.${key}]`,
      `routing = ["${LOCAL_PROVIDER}"]`,
      `[models.${key}.providers.${LOCAL_PROVIDER}]`,
      'type = "openai"',
      `model_name = ${key}`,
      `api_base = "${MODELS_ORIGIN}/v1/"`,
      'api_key_location = "none"',
    ];
    return { path: "openLab({ models })", text: table.join("\n") };
  });
}

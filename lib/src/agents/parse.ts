import { type ActionName, actions } from "../env";

/** BALROG plays this when an answer is no valid action. */
export const DEFAULT_ACTION: ActionName = "go forward";

/** Why an answer holds no valid action. */
export type InvalidReason =
  | "empty"
  | "not JSON"
  | "cut off by the token limit"
  | "no action"
  | "unknown action";

/** What the model's answer says. `action` is null exactly when `invalid` is not. */
export interface Answer {
  action: ActionName | null;
  thinking: string | null;
  invalid: InvalidReason | null;
}

/**
 * Reads a model's answer: a JSON object whose `action` is one of the six actions, to the letter, and whose `thinking`
 * may be anything. Nothing is guessed: prose around the JSON, a code fence or another spelling make the answer invalid,
 * so that an invalid action is always the model's own doing and can be counted.
 *
 * @param cutOff the model stopped at its token limit (`finish_reason` "length"): an answer that is empty or no JSON then
 *   has that for its reason. One that is whole JSON all the same is read as any other. Default false.
 */
export function parseAnswer(content: string | null, cutOff = false): Answer {
  if (content === null || content.trim() === "") {
    return invalid(cutOff ? "cut off by the token limit" : "empty");
  }
  let answer: unknown;
  try {
    answer = JSON.parse(content);
  } catch {
    return invalid(cutOff ? "cut off by the token limit" : "not JSON");
  }
  if (typeof answer !== "object" || answer === null) return invalid("no action");
  const { action, thinking } = answer as Record<string, unknown>;
  const thought = typeof thinking === "string" ? thinking : null;
  if (typeof action !== "string") return invalid("no action", thought);
  if (!isActionName(action)) return invalid("unknown action", thought);
  return { action, thinking: thought, invalid: null };
}

function invalid(reason: InvalidReason, thinking: string | null = null): Answer {
  return { action: null, thinking, invalid: reason };
}

function isActionName(action: string): action is ActionName {
  return (actions as readonly string[]).includes(action);
}

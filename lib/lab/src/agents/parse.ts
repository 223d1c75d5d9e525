import { type ActionName, actions } from "babyai";

/** BALROG plays this when an answer is no valid action. */
export const DEFAULT_ACTION: ActionName = "go forward";

/** Why an answer holds no valid action. */
export type InvalidReason =
  | "empty"
  | "not JSON"
  | "cut off by the token limit"
  | "no action"
  | "not an action alone"
  | "unknown action";

/** Round a thinking model's reasoning; its chat template may have written the first itself. */
const THOUGHT_START = /^\s*<think>/;
const THOUGHT_END = "</think>";

/** What the model's answer says. `action` is null exactly when `invalid` is not. */
export interface Answer {
  action: ActionName | null;
  thinking: string | null;
  invalid: InvalidReason | null;
}

/**
 * Reads a model's answer: a JSON object whose `action` is one of the six actions, to the letter, and whose `thinking`
 * may be anything. Nothing is guessed: prose around the JSON, a code fence or another spelling make the answer invalid,
 * so that an invalid action is always the model's own doing and can be counted. A model's own mark round its reasoning
 * is no prose: what stands before `</think>` is its thinking, and the answer follows. (TensorZero splits this off for some
 * types of provider only; for "openai" it stays part of the answer, whose `parsed` is then null.)
 *
 * @example
 * parseAnswer('{"action": "toggle"}').action; // "toggle"
 * parseAnswer("I toggle it.").invalid; // "not JSON"
 * @param cutOff the model stopped at its token limit (`finish_reason` "length"): an answer that is empty or no JSON then
 *   has that for its reason. One that is whole JSON all the same is read as any other. Default false.
 */
export function parseAnswer(content: string | null, cutOff = false): Answer {
  let thought: string | null = null;
  let json = parseJson(content);
  const end = content?.indexOf(THOUGHT_END) ?? -1;
  if (json === undefined && content !== null && end >= 0) {
    thought = content.slice(0, end).replace(THOUGHT_START, "").trim() || null;
    content = content.slice(end + THOUGHT_END.length);
    json = parseJson(content);
  }
  if (json === undefined) {
    const isEmpty = content === null || content.trim() === "";
    return invalid(cutOff ? "cut off by the token limit" : isEmpty ? "empty" : "not JSON", thought);
  }
  if (typeof json !== "object" || json === null) return invalid("no action", thought);
  const { action, thinking } = json as Record<string, unknown>;
  if (typeof thinking === "string") thought = thinking;
  if (typeof action !== "string") return invalid("no action", thought);
  if (!isActionName(action)) return invalid("unknown action", thought);
  return { action, thinking: thought, invalid: null };
}

/** Undefined for text that is not JSON. */
function parseJson(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(reason: InvalidReason, thinking: string | null = null): Answer {
  return { action: null, thinking, invalid: reason };
}

export function isActionName(action: string): action is ActionName {
  return (actions as readonly string[]).includes(action);
}

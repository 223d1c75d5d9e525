import type { InputMessage } from "../connection/client";

/** One past turn of an episode: what the agent saw, and the action it then took. */
export interface PastTurn {
  observation: string;
  action: string;
}

/**
 * The JSON functions of the configuration that choose an action. Two, because a strict schema requires all that it names: the answer of
 * `act` is the action alone, that of `act_with_reasoning` is the thinking and then the action. Their arguments are the same.
 */
export const jsonFunctions = ["act", "act_with_reasoning"] as const;

/** The chat function, which is sent the episode as a conversation. */
export const CHAT_FUNCTION = "act_in_chat";

/** All functions that choose an action. */
export const actFunctions = [...jsonFunctions, CHAT_FUNCTION] as const;

export type ActFunction = (typeof actFunctions)[number];

/** What a function is asked with. */
export type ActInput = ActArguments | Conversation;

/** Messages of the chat function, by its variants' templates. */
export interface Conversation {
  messages: readonly InputMessage[];
}

/** Arguments of both JSON functions, by the schemas in config/functions/act. */
export interface ActArguments {
  system: { mission: string };
  user: { observation: string; history: string };
}

/**
 * Arguments for one decision. `history` is always there, also for variants whose templates leave it out, so that any
 * stored inference can be rendered again with any variant's templates.
 *
 * @example
 * const past = [{ observation: "a wall 2 steps forward", action: "turn left" }];
 * const { system, user } = actArguments("open the box", "a box 1 step forward", past, 8);
 * system; // { mission: "open the box" }
 * console.log(user.history); // Turn 1. You saw: …
 * @param turns all turns so far, oldest first
 * @param historyLength how many of the last turns the agent is shown at least, see `formatHistory`
 */
export function actArguments(
  mission: string,
  observation: string,
  turns: readonly PastTurn[],
  historyLength: number,
): ActArguments {
  return {
    system: { mission },
    user: { observation, history: formatHistory(turns, historyLength) },
  };
}

/**
 * The latest turns as text, numbered from 1 at the episode's start; "" when there are none.
 *
 * Turns are dropped `length` at a time, so between `length` and 2 · `length` - 1 of them are shown, once there are that
 * many.
 * A window that slid by one each turn would change the text's beginning each turn, and a server that caches the common
 * beginning of prompts would have to read all of it again.
 */
export function formatHistory(turns: readonly PastTurn[], length: number): string {
  if (length === 0) return "";
  const first = Math.max(0, Math.floor(turns.length / length) - 1) * length;
  return turns
    .slice(first)
    .map(
      (turn, i) => `Turn ${first + i + 1}. You saw:\n${turn.observation}\nYou did: ${turn.action}`,
    )
    .join("\n\n");
}

/** After how many turns, of an episode's `turns` at most, `formatHistory` shows the most and with the longest numbers. */
export function longestHistory(turns: number, length: number): number {
  return length === 0 || turns < 2 * length ? turns : turns - ((turns + 1) % length);
}

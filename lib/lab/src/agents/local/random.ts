import { createHash } from "node:crypto";
import { at } from "../../basics/at";
import { type Action, actions, type ChatMessage } from "./reading/prompt";

/**
 * An action that is uniform over prompts and fixed for each: a SHA-256 of all messages, and of the request's `seed`
 * where it has one, picks it. The same request is thus always answered alike, in any process and any order.
 *
 * Subtle: with a prompt that shows the current observation only, an action that changes nothing leads to the same
 * prompt, hence to the same action, for ever. A prompt that tells turns apart (one with history) or a `seed` per
 * request plays as uniform random play does.
 */
export function randomAction(messages: readonly ChatMessage[], seed?: number): Action {
  return at(actions, Math.floor(uniformOf(messages, seed) * actions.length));
}

/** A number from 0 to 1 without 1, fixed for each prompt and seed. */
export function uniformOf(messages: readonly ChatMessage[], seed?: number): number {
  const text = JSON.stringify([messages.map(({ role, content }) => [role, content]), seed ?? null]);
  return createHash("sha256").update(text).digest().readUIntBE(0, 6) / 2 ** 48;
}

/** One past turn of an episode: what the agent saw, and the action it then took. */
export interface Turn {
  observation: string;
  action: string;
}

/** Arguments of the function `act`, by the schemas in config/functions/act. */
export interface ActArguments {
  system: { mission: string };
  user: { observation: string; history: string };
}

/**
 * Arguments for one decision. `history` is always there, also for variants whose templates leave it out, so that any
 * stored inference can be rendered again with any variant's templates.
 *
 * @param turns all turns so far, oldest first
 * @param historyLength how many of the last turns the agent is shown
 */
export function actArguments(
  mission: string,
  observation: string,
  turns: readonly Turn[],
  historyLength: number,
): ActArguments {
  return {
    system: { mission },
    user: { observation, history: formatHistory(turns, historyLength) },
  };
}

/** The last `length` turns as text, numbered from 1 at the episode's start; "" when there are none. */
export function formatHistory(turns: readonly Turn[], length: number): string {
  const first = Math.max(0, turns.length - length);
  return turns
    .slice(first)
    .map(
      (turn, i) => `Turn ${first + i + 1}. You saw:\n${turn.observation}\nYou did: ${turn.action}`,
    )
    .join("\n\n");
}

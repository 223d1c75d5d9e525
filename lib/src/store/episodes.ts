/** One row an episode, as ClickHouse answers it. */
export interface EpisodeRow {
  run: string;
  variant: string;
  task: string;
  seed: number;
  episode_id: string;
  /** Null on the outcome columns: the episode failed (see `error`) or was cut off before its end. */
  success: boolean | null;
  episode_return: number | null;
  progression: number | null;
  /** Steps in the environment. */
  episode_length: number | null;
  /** Answers that were no valid action and were played as "go forward". */
  invalid_actions: number | null;
  /** Sum over the episode's model calls. */
  input_tokens: number;
  output_tokens: number;
  /** Inferences stored for the episode. */
  inferences: number;
  /** Why the episode failed; null when it ran to its end. */
  error: string | null;
}

import type { ClickHouseClient } from "@clickhouse/client";
import type { Form } from "../agents/balrog-like/forms";
import { ANSWERED_BY } from "./parts/answered-by";
import { ACTS, USER_PROMPT } from "./parts/is-act";
import { isForm, type StoredAnswer, type StoredOutput, storedAnswer } from "./parts/stored-answer";
import { tokenSums } from "./parts/token-sums";

/** One decision of an episode: what the agent was shown, what it answered, what that cost. */
export interface StepRow extends StoredAnswer {
  /** From 0. */
  step: number;
  inference_id: string;
  mission: string;
  observation: string;
  /** The model that answered and its provider, as EpisodeRow has them; null without a stored call. */
  model: string | null;
  provider: string | null;
  /** The messages that the model was sent, rendered from the variant's templates; a conversation is one text, without a system prompt. */
  system_prompt: string;
  user_prompt: string;
  /**
   * Where the picture of the observation belongs in the object storage: its name is BLAKE3 of what the model was sent, the PNG
   * in base64. Null: it was sent none.
   */
  picture: string | null;
  /** Sums over the inference's model calls; null when a provider did not count them. */
  input_tokens: number | null;
  output_tokens: number | null;
  /** Of the input tokens, those that the provider says it had in its own cache. */
  cached_input_tokens: number;
  /** From the request to the answer, in the gateway. */
  latency_ms: number | null;
  /** The answer came from the gateway's cache. */
  cached: boolean;
}

/** An episode with all of its steps. */
export interface StoredEpisode {
  episode_id: string;
  run: string;
  variant: string;
  task: string;
  seed: number;
  /** The models that answered and their providers, as EpisodeRow has them. */
  model: string | null;
  provider: string | null;
  /** Which of BALROG's agents the variant is like; null of one of a JSON function. */
  form: Form | null;
  /** Null: the episode failed (see `error`) or was cut off before its end. */
  success: boolean | null;
  /** Why the episode failed; null when it ran to its end. */
  error: string | null;
  /** By step. */
  steps: StepRow[];
}

/**
 * The store holds no inference of the episode.
 *
 * @example
 * try {
 *   await storedEpisode(lab.clickhouse, "01900000-0000-7000-8000-000000000000");
 * } catch (error) {
 *   error instanceof EpisodeNotFoundError; // true
 * }
 */
export class EpisodeNotFoundError extends Error {
  override readonly name = "EpisodeNotFoundError";
}

/**
 *
 * @example
 * const [row] = rows;
 * if (row?.episode_id) {
 *   const { steps } = await storedEpisode(lab.clickhouse, row.episode_id);
 *   console.log(steps.map(({ observation, action }) => ({ observation, action })));
 * }
 * @throws EpisodeNotFoundError
 */
export async function storedEpisode(
  clickhouse: ClickHouseClient,
  episodeId: string,
): Promise<StoredEpisode> {
  if (!UUID.test(episodeId)) {
    throw new EpisodeNotFoundError(
      `${JSON.stringify(episodeId)} is no episode's id: that is a UUID, the column episode_id of findEpisodes`,
    );
  }
  const select = async <R>(query: string) => {
    const query_params = { episode: episodeId };
    const result = await clickhouse.query({ query, query_params, format: "JSONEachRow" });
    return result.json<R>();
  };
  const rows = await select<Row>(STEPS);
  const [first] = rows;
  if (first === undefined) {
    throw new EpisodeNotFoundError(
      `No inference of episode ${episodeId} is stored. findEpisodes lists the episodes of a run`,
    );
  }
  const [outcome] = await select<Pick<StoredEpisode, "success" | "error">>(OUTCOME);
  const { run, variant, task, seed } = first;
  const form = isForm(first.form) ? first.form : null;
  const steps = rows.map(
    ({
      run: _r,
      variant: _v,
      task: _t,
      seed: _s,
      form,
      output,
      cut_off,
      auxiliary_content,
      ...step
    }) => ({
      ...step,
      ...storedAnswer({ form, output, cut_off, auxiliary_content }),
    }),
  );
  const [model, provider] = [namesOf(steps, "model"), namesOf(steps, "provider")];
  return {
    episode_id: episodeId,
    run,
    variant,
    task,
    seed,
    model,
    provider,
    form,
    ...outcome!,
    steps,
  };
}

function namesOf(steps: readonly StepRow[], column: "model" | "provider"): string | null {
  const names = new Set(steps.map((step) => step[column]).filter((name) => name !== null));
  return [...names].sort().join(", ") || null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

type Row = Omit<StepRow, keyof StoredAnswer> & Tags & StoredOutput & { form: string };

type Tags = Pick<StoredEpisode, "run" | "variant" | "task" | "seed">;

const STEPS = `
WITH
  inference AS (
    SELECT id, variant_name, mission, observation, picture, form, output, auxiliary_content, tags, processing_time_ms
    FROM ${ACTS}
    WHERE episode_id = {episode:UUID}
  ),
  call AS (
    SELECT
      inference_id,
      ${ANSWERED_BY},
      argMin(system, id) AS system_prompt,
      ${USER_PROMPT} AS user_prompt,
      ${tokenSums("SELECT id AS inference_id FROM inference")},
      min(cached) AS cached,
      groupArrayIf(output, finish_reason = 'length') AS cut_off
    FROM ModelInference
    WHERE inference_id IN (SELECT id FROM inference)
    GROUP BY inference_id
  )
SELECT
  tags['run'] AS run,
  variant_name AS variant,
  tags['task'] AS task,
  toFloat64(tags['seed']) AS seed,
  toFloat64(tags['step']) AS step,
  toString(inference.id) AS inference_id,
  mission,
  observation,
  call.model AS model,
  call.provider AS provider,
  coalesce(call.system_prompt, '') AS system_prompt,
  coalesce(call.user_prompt, '') AS user_prompt,
  picture,
  form,
  inference.output AS output,
  inference.auxiliary_content AS auxiliary_content,
  call.cut_off AS cut_off,
  call.input_tokens AS input_tokens,
  call.output_tokens AS output_tokens,
  ifNull(call.cached_input_tokens, 0) AS cached_input_tokens,
  processing_time_ms AS latency_ms,
  coalesce(call.cached, false) AS cached
FROM inference LEFT JOIN call ON inference.id = call.inference_id
ORDER BY step
SETTINGS join_use_nulls = 1`;

const OUTCOME = `
SELECT
  (
    SELECT argMaxOrNull(value, timestamp)
    FROM BooleanMetricFeedback
    WHERE metric_name = 'success' AND target_id = {episode:UUID}
  ) AS success,
  (
    SELECT argMaxOrNull(value, timestamp)
    FROM CommentFeedback
    WHERE target_id = {episode:UUID} AND tags['outcome'] = 'failed'
  ) AS error`;

import type { ClickHouseClient } from "@clickhouse/client";
import { checkOptions } from "../basics/options";
import type { GatewayClient } from "../connection/client";
import { ACTS } from "./parts/is-act";
import { ANNOTATED } from "./parts/tries";
import { EpisodeNotFoundError } from "./steps";

/** What a person has said of an episode at one time. */
export interface AnnotationRow {
  /** When, in UTC: "2026-11-22 14:30:05". */
  at: string;
  /** One of the two is null. */
  comment: string | null;
  /** From 1, bad, to 5, good. */
  rating: number | null;
}

/**
 * All comments on an episode and all of its ratings, the oldest first, wherever they were given: by `lab.annotate`, in the
 * player, or as feedback of another program. `lab.episodes` has the latest of each.
 *
 * @example
 * const [row] = rows;
 * if (row?.episode_id) console.log(await annotations(lab.clickhouse, row.episode_id));
 */
export async function annotations(
  clickhouse: ClickHouseClient,
  episodeId: string,
): Promise<AnnotationRow[]> {
  const result = await clickhouse.query({
    query: `
      SELECT toString(toDateTime(UUIDv7ToDateTime(id)), 'UTC') AS at, comment, rating
      FROM (${ANNOTATED("= {episode:UUID}")})
      ORDER BY toString(id)`,
    query_params: { episode: episodeId },
    format: "JSONEachRow",
  });
  return result.json<AnnotationRow>();
}

/**
 * The tags that all feedback on an episode has here: the run, the task and the seed.
 *
 * @throws EpisodeNotFoundError
 */
export async function tagsOfEpisode(
  clickhouse: ClickHouseClient,
  episodeId: string,
): Promise<{ run: string; task: string; seed: string }> {
  const result = await clickhouse.query({
    query: `
      SELECT tags['run'] AS run, tags['task'] AS task, tags['seed'] AS seed
      FROM ${ACTS} WHERE toString(episode_id) = {episode:String} LIMIT 1`,
    query_params: { episode: episodeId },
    format: "JSONEachRow",
  });
  const [tags] = await result.json<{ run: string; task: string; seed: string }>();
  if (tags) return tags;
  throw new EpisodeNotFoundError(
    `No inference of episode ${JSON.stringify(episodeId)} is stored, so that it cannot be annotated. lab.episodes lists those of a run, with episode_id`,
  );
}

/** What a person has to say of an episode: one of the two, or both. */
export interface Annotation {
  comment?: string;
  /** From 1, bad, to 5, good. */
  rating?: number;
}

/**
 * An annotation says nothing, or its rating is none.
 *
 * @example
 * try {
 *   await lab.annotate(rows[0]?.episode_id ?? "", { rating: 11 });
 * } catch (error) {
 *   error instanceof AnnotationError; // true
 * }
 */
export class AnnotationError extends Error {
  override readonly name = "AnnotationError";
}

/** @throws AnnotationError */
export function checkAnnotation(annotation: Annotation): void {
  checkOptions(AnnotationError, "An annotation", annotation, { comment: true, rating: true });
  const { comment, rating } = annotation;
  if (comment === undefined && rating === undefined)
    throw new AnnotationError(
      "An annotation has a comment, a rating from 1 to 5, or both; got neither.",
    );
  if (comment !== undefined && (typeof comment !== "string" || comment.trim() === ""))
    throw new AnnotationError(
      `comment is ${JSON.stringify(comment)}: it must be a text with something in it.`,
    );
  if (rating !== undefined && !(typeof rating === "number" && rating >= 1 && rating <= 5))
    throw new AnnotationError(
      `rating is ${JSON.stringify(rating)}: it must be a number from 1 to 5.`,
    );
}

/** Sends an annotation as feedback on the episode: a comment, and the metric `rating` of config/tensorzero.toml. */
export async function annotate(
  client: Pick<GatewayClient, "feedback">,
  episodeId: string,
  { comment, rating }: Annotation,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const send = (metricName: string, value: string | number) =>
    client.feedback({ metricName, value, episodeId, tags: { ...tags } });
  if (rating !== undefined) await send("rating", rating);
  if (comment !== undefined) await send("comment", comment);
}

import { IS_ACT } from "./is-act";

// Rows of the run {run:String}, found by the orders of TagInference and FeedbackTag: a condition on a table's map of tags would
// read the map of every row in the store.

/** The run {run:Nullable(String)}; of any run where that is null. */
const ofRun = "key = 'run' AND ({run:Nullable(String)} IS NULL OR value = {run:Nullable(String)})";

/** In place of a table: the run's inferences that chose an action, one row each, with `run`. */
export const TAGGED = `(
    SELECT value AS run, function_name, variant_name, episode_id, inference_id
    FROM TagInference
    WHERE ${ofRun} AND ${IS_ACT}
  )`;

/** The ids of the run's feedback of that metric, or of its comments: a subquery. */
export const feedbackOf = (metric: "success" | "comment") => `(
      SELECT feedback_id FROM FeedbackTag WHERE metric_name = '${metric}' AND ${ofRun}
    )`;

/** The ids of the run's episodes: a subquery. */
export const EPISODES_OF_RUN = `(SELECT DISTINCT episode_id FROM ${TAGGED})`;

/**
 * In place of a table: columns of the inferences, JSON and chat, of the run's episodes.
 *
 * @param episodes their ids, a subquery
 */
export const inferencesOf = (columns: string, episodes = EPISODES_OF_RUN) => `(
    SELECT ${columns} FROM JsonInference WHERE ${IS_ACT} AND episode_id IN ${episodes}
    UNION ALL SELECT ${columns} FROM ChatInference WHERE ${IS_ACT} AND episode_id IN ${episodes}
  )`;

/**
 * Parts of a query's WITH: `judged` are the run's episodes with a stored `success`, by its latest feedback; `begun` says task
 * and seed of all, of the judged ones by that feedback: of these no tags of inferences are read.
 */
const SUCCESSES = `BooleanMetricFeedback WHERE metric_name = 'success' AND id IN ${feedbackOf("success")}`;

export const JUDGED = `judged AS (
    SELECT target_id AS episode_id, argMax(value, timestamp) AS success FROM ${SUCCESSES} GROUP BY target_id
  )`;

const UNJUDGED = `(
      SELECT DISTINCT episode_id FROM ${TAGGED} WHERE episode_id NOT IN (SELECT target_id FROM ${SUCCESSES})
    )`;

export const BEGUN = `begun AS (
    SELECT target_id AS episode_id, any(tags['task']) AS task, any(tags['seed']) AS seed
    FROM ${SUCCESSES}
    GROUP BY target_id
    UNION ALL
    SELECT episode_id, any(tags['task']) AS task, any(tags['seed']) AS seed
    FROM ${inferencesOf("episode_id, tags", UNJUDGED)}
    GROUP BY episode_id
  )`;

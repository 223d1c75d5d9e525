import type { ClickHouseClient } from "@clickhouse/client";
import { ACTS } from "./is-act";
import { type StoredAnswer, storedAnswer } from "./stored-answer";

/** In a query of `ACTS`: names an answer as `distinctAnswers` does. */
export const ANSWER = "sipHash64(form, output)";

/** The run {run:String}'s inferences, as `ACTS` has them; a part of a query. */
export const OF_RUN = `FROM ${ACTS} WHERE tags['run'] = {run:String}`;

/** An answer of a run, however often it was given. */
export interface DistinctAnswer extends StoredAnswer {
  /** The column {@link ANSWER}. */
  hash: string;
  output: string;
  form: string;
}

/**
 * The answers of a run in blocks, each answer once and read by `storedAnswer`: of a large run's most are the same. Ask for
 * them after the rows that name them, because a run under way adds to both.
 */
export async function* distinctAnswers(
  clickhouse: ClickHouseClient,
  run: string,
): AsyncGenerator<DistinctAnswer[]> {
  const result = await clickhouse.query({
    query: `SELECT toString(${ANSWER}) AS hash, form, output FROM (SELECT DISTINCT form, output ${OF_RUN})`,
    query_params: { run },
    format: "JSONEachRow",
  });
  for await (const rows of result.stream<Pick<DistinctAnswer, "hash" | "form" | "output">>()) {
    yield rows.map((row) => {
      const { hash, form, output } = row.json();
      return { hash, form, output, ...storedAnswer({ form, output }) };
    });
  }
}

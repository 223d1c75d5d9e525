import { differentTables } from "embedded-gateway";
import { type Lab, openLab } from "../../lab";
import type { TryRow } from "../../queries/episodes";

const columns = [
  "success",
  "episode_return",
  "episode_length",
  "invalid_actions",
  "input_tokens",
  "output_tokens",
] as const;

/** What the store holds of a run. */
export interface InspectedRun {
  id: string;
  tries: number;
  /** By variant, task and seed. */
  completed: Map<string, TryRow>;
  problems: string[];
}

/** A lab of the embedded store in that folder. */
export function openAt(dataDir: string): Promise<Lab> {
  return openLab({ gateway: "embedded", dataDir });
}

/** What the store holds of each run, with what is wrong with it, and how the views' tables differ from the main ones. */
export async function inspect(
  dataDir: string,
): Promise<{ runs: InspectedRun[]; problems: string[] }> {
  const lab = await openAt(dataDir);
  const select = async (query: string, query_params: Record<string, unknown>) => {
    const result = await lab.clickhouse.query({ query, query_params, format: "JSONEachRow" });
    return result.json<Record<string, unknown>>();
  };
  const runs: InspectedRun[] = [];
  for (const { run } of await lab.runs()) {
    const problems: string[] = [];
    const completed = new Map<string, TryRow>();
    const rows = await lab.tries({ run });
    for (const row of rows.filter(({ success }) => success !== null)) {
      const key = `${row.variant} ${row.task} ${row.seed}`;
      if (completed.has(key)) problems.push(`${key} was completed twice`);
      if (row.replaced || row.error !== null) problems.push(`${key} is marked as unfinished`);
      if (row.inferences !== row.episode_length)
        problems.push(`${key} has ${row.inferences} inferences for ${row.episode_length} steps`);
      completed.set(key, row);
    }
    const broken = await select(
      `SELECT toString(episode_id) AS episode_id, count() AS n, uniqExact(tags['step']) AS steps
       FROM JsonInference INNER JOIN (SELECT DISTINCT target_id FROM BooleanMetricFeedback) AS done
         ON JsonInference.episode_id = done.target_id
       WHERE tags['run'] = {run:String}
       GROUP BY episode_id
       HAVING n != steps OR max(toUInt32(tags['step'])) != n - 1`,
      { run },
    );
    const calls = await select(
      `SELECT toString(JsonInference.id) AS id, count() AS n
       FROM JsonInference INNER JOIN ModelInference ON JsonInference.id = ModelInference.inference_id
       WHERE tags['run'] = {run:String} AND episode_id IN (SELECT target_id FROM BooleanMetricFeedback)
       GROUP BY id HAVING n != 1`,
      { run },
    );
    const feedback = await select(
      `SELECT toString(target_id) AS episode_id, count() AS n, uniqExact(metric_name) AS metrics
       FROM (
         SELECT target_id, metric_name FROM FloatMetricFeedback WHERE tags['run'] = {run:String}
         UNION ALL
         SELECT target_id, metric_name FROM BooleanMetricFeedback WHERE tags['run'] = {run:String}
       )
       WHERE target_id IN (SELECT target_id FROM BooleanMetricFeedback)
       GROUP BY target_id
       HAVING n != 5 OR metrics != 5`,
      { run },
    );
    for (const row of broken) problems.push(`steps of ${row.episode_id}: ${JSON.stringify(row)}`);
    for (const row of calls) problems.push(`model calls of ${row.id}: ${row.n}`);
    for (const row of feedback)
      problems.push(`feedback of ${row.episode_id}: ${JSON.stringify(row)}`);
    runs.push({ id: run, tries: rows.length, completed, problems });
  }
  const different = await differentTables(lab.clickhouse);
  await lab.close();
  const problems = different.map(
    ({ table, has, given }) => `${table} adds up to ${has}, the main tables to ${given}`,
  );
  return { runs, problems };
}

/** How a run differs from the undisturbed one. */
export function compare(run: InspectedRun, expected: InspectedRun): string[] {
  const problems = run.problems.map((problem) => `Run ${run.id}: ${problem}`);
  for (const [key, row] of expected.completed) {
    const other = run.completed.get(key);
    if (other === undefined) problems.push(`Run ${run.id}: ${key} is missing`);
    for (const column of columns) {
      if (other !== undefined && other[column] !== row[column])
        problems.push(`Run ${run.id}: ${column} of ${key} is ${other[column]}, not ${row[column]}`);
    }
  }
  return problems;
}

export function means({ completed }: InspectedRun): string {
  const rows = [...completed.values()];
  const mean = (column: (typeof columns)[number]) =>
    rows.reduce((sum, row) => sum + Number(row[column]), 0) / rows.length;
  return columns.map((column) => `${column} ${mean(column).toFixed(4)}`).join(", ");
}

import type { ClickHouseClient } from "@clickhouse/client";
import { answeredBy } from "../analysis/player";
import { summarize } from "../analysis/summary";
import { at } from "../basics/at";
import { startOfRun } from "../experiment/plan/settings";
import { type ExportedEpisode, type ExportedRun, exportedEpisode } from "./run";

/**
 * A variant's part of a run as a log of Inspect (UK AI Security Institute), version 2 of its JSON, which `inspect view` and
 * `inspect_ai.log.read_eval_log` open. A sample is an episode: the first prompt's rules, then observation and answer by turns.
 *
 * @throws ExportError an episode's stored steps are not those of its world
 */
export async function inspectLog(clickhouse: ClickHouseClient, part: ExportedRun): Promise<string> {
  const { run, variant, rows } = part;
  const model = answeredBy(rows).model ?? "none";
  const samples = [];
  for (const row of rows) samples.push(sample(await exportedEpisode(clickhouse, row), model));
  const { success, episode_return, episode_length } = at(summarize(rows), 0);
  const created = `${startOfRun(run) ?? "1970-01-01T00:00:00"}+00:00`;
  const log = {
    version: 2,
    status: "success",
    eval: {
      ...{
        run_id: run,
        created,
        task: "babyai",
        task_id: run,
        task_version: 0,
        solver: variant,
        model,
      },
      dataset: { name: "BabyAI", samples: rows.length, sample_ids: samples.map(({ id }) => id) },
      config: { epochs: 1 },
      packages: {},
    },
    plan: { name: variant, steps: [], config: {} },
    results: {
      total_samples: rows.length,
      completed_samples: rows.length,
      scores: [
        score("success", success),
        score("episode_return", episode_return),
        score("episode_length", episode_length),
      ],
    },
    stats: { started_at: created, completed_at: created, model_usage: { [model]: usage(rows) } },
    samples,
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** Tasks are weighted equally, as everywhere here. */
function score(
  name: string,
  { mean, low, high }: { mean: number | null; low: number | null; high: number | null },
) {
  const metric = (metricName: string, value: number | null) => ({
    name: metricName,
    value: value ?? 0,
    params: {},
  });
  const ends =
    low === null || high === null ? {} : { low: metric("low", low), high: metric("high", high) };
  return { name, scorer: name, params: {}, metrics: { mean: metric("mean", mean), ...ends } };
}

function sample({ row, form, steps }: ExportedEpisode, model: string) {
  const { task, seed, success, episode_return, episode_length } = row;
  const [first] = steps;
  const last = steps.at(-1);
  const choice = (content: string) => ({
    message: { role: "assistant", content, source: "generate", model },
    stop_reason: "stop",
  });
  return {
    id: `${task} ${seed}`,
    epoch: 1,
    input: first?.mission ?? "",
    target: "success",
    messages: [
      ...(form === null ? [{ role: "system", content: first?.system_prompt ?? "" }] : []),
      ...steps.flatMap(({ observation, user_prompt, answer }, i) => [
        // A conversation's rules stand in what is first said.
        { role: "user", content: form !== null && i === 0 ? user_prompt : observation },
        { role: "assistant", content: answer ?? "", source: "generate", model },
      ]),
    ],
    output: { model, choices: [choice(last?.answer ?? "")], usage: usage([row]) },
    scores: {
      success: { value: success ? 1 : 0, answer: last?.played, metadata: {} },
      episode_return: { value: episode_return ?? 0 },
      episode_length: { value: episode_length ?? 0 },
    },
    metadata: { task, seed, episode_id: row.episode_id, invalid_actions: row.invalid_actions },
    model_usage: { [model]: usage([row]) },
  };
}

function usage(rows: readonly { input_tokens: number | null; output_tokens: number | null }[]) {
  const sum = (column: "input_tokens" | "output_tokens") =>
    rows.reduce((total, row) => total + (row[column] ?? 0), 0);
  const [input_tokens, output_tokens] = [sum("input_tokens"), sum("output_tokens")];
  return { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens };
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { uuidv7 } from "embedded-gateway";
import { type Lab, openLab } from "../../lab";
import type { EpisodeRow } from "../episodes";
import { allRuns } from "../runs/all-runs";
import { insertFailure } from "../runs/failures";
import { type RunState, runStates } from "../runs/run-state";
import {
  type EpisodeList,
  type ListedEpisode,
  listEpisodes,
  type Outcome,
  outcomes,
  type Sort,
  sorts,
} from "./list-episodes";
import { outcomeCounts } from "./outcome-counts";
import { recentAnswers } from "./recent-answers";
import { startedRuns } from "./started-runs";

const folder = mkdtempSync(join(tmpdir(), "overview-test-"));
const tasks = ["BabyAI-GoToObj-v0", "BabyAI-GoToRedBall-v0"];
const project = join(__dirname, "..", "..", "..", "..", "..");
let lab: Lab;
let run: string;
/** The run's, of which none changes any more. */
let rows: EpisodeRow[];
beforeAll(async () => {
  lab = await openLab({ gateway: "embedded", dataDir: join(folder, "store"), project });
  const stop = new AbortController();
  const options = { variants: ["random", "rule_based"], tasks, episodes: 12 };
  const cut = await lab.evaluate({
    ...options,
    signal: stop.signal,
    concurrency: 8,
    onProgress: ({ done }) => done > 8 && stop.abort(),
  });
  run = cut.id;
  // Of what was cut off some are played again, and then cut off again.
  const again = new AbortController();
  await lab.evaluate({
    run,
    concurrency: 4,
    signal: again.signal,
    onProgress: ({ done }) => done > 2 && again.abort(),
  });
  // One whose only try failed, and one that was replaced by a success.
  for (const { variant, task, seed } of (await lab.episodes({ run })).filter(
    ({ success, seed }) => success === null || seed === 200,
  )) {
    if (seed % 2 === 1) continue;
    const failed = { run, variant, task, seed, error: "no answer" };
    await insertFailure(lab.clickhouse, { ...failed, episodeId: uuidv7(), feedbackId: uuidv7() });
  }
  await lab.annotate((await begun())[0]!.episode_id!, { rating: 4, comment: "well" });
  rows = await begun();
  await lab.evaluate({ ...options, tasks: tasks.slice(1), episodes: 1 });
});
afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true });
});

const begun = async () =>
  (await lab.episodes({ run })).filter(({ episode_id }) => episode_id !== null);

const all = (change: Partial<EpisodeList> = {}) =>
  listEpisodes(lab.clickhouse, {
    ...{ run, sort: "task", descending: false, offset: 0, limit: 1000 },
    ...change,
  });

test("the list has the episodes of `lab.episodes`, with the same numbers", async () => {
  const { episodes, total } = await all();
  expect(total).toBe(rows.length);
  expect(episodes).toEqual(
    rows.map((row) => {
      const { run: _r, progression: _p, step_limit: _s, model: _m, provider: _v, ...rest } = row;
      const { cached_input_tokens: _c, ...listed } = rest;
      return listed;
    }),
  );
  expect(episodes.filter(({ rating }) => rating !== null)).toMatchObject([
    { rating: 4, comment: "well" },
  ]);
});

// Counts take an episode's end for its last row, which may be in the second after its last inference.
const timeless = (states: RunState[]) =>
  states.map(({ idle_seconds: _, last: __, ...state }) => state);

test("all runs are told by counts as their rows tell them", async () => {
  const { clickhouse } = lab;
  const asked = jest.spyOn(clickhouse, "query");
  const states = await allRuns(clickhouse);
  expect(asked).toHaveBeenCalledTimes(7); // no run's rows are read
  asked.mockRestore();
  expect(states).toHaveLength(2);
  expect(states[1]).toMatchObject({ failed: expect.any(Number), open_tries: expect.any(Number) });
  expect(timeless(states)).toEqual(timeless(await runStates(clickhouse)));

  // Of a run that others have added to, they are.
  const id = uuidv7();
  const row = { id, episode_id: uuidv7(), function_name: "act", variant_name: "random" };
  const tags = { run: states[0]!.run, task: tasks[1], seed: "1" };
  const values = [{ ...row, tags, input: "{}", output: "{}", inference_params: "{}" }];
  await clickhouse.insert({ table: "JsonInference", values, format: "JSONEachRow" });
  const call = { ...{ id: uuidv7(), inference_id: id }, model_name: "m", model_provider_name: "p" };
  await clickhouse.insert({ table: "ModelInference", values: [call], format: "JSONEachRow" });
  expect(timeless(await allRuns(clickhouse))).toEqual(timeless(await runStates(clickhouse)));
});

test("each outcome is found, and each is there", async () => {
  const of: Record<Outcome, (row: (typeof rows)[number]) => boolean> = {
    solved: ({ success }) => success === true,
    unsolved: ({ success }) => success === false,
    failed: ({ error }) => error !== null,
    "cut off": ({ success, error }) => success === null && error === null,
  };
  for (const outcome of outcomes) {
    const fits = rows.filter(of[outcome]).map(({ episode_id }) => episode_id);
    expect(fits).not.toEqual([]);
    const { episodes } = await all({ outcome });
    expect(episodes.map(({ episode_id }) => episode_id)).toEqual(fits);
  }
});

test("filters, sorts and pages", async () => {
  const variant = "rule_based";
  const [task] = tasks;
  const own = rows.filter((row) => row.variant === variant && row.task === task);
  expect((await all({ variant, task })).total).toBe(own.length);
  expect((await all({ seed: 203 })).total).toBe(rows.filter(({ seed }) => seed === 203).length);
  const among = rows.slice(3, 5).map(({ episode_id }) => episode_id!);
  const { episodes: some } = await all({ among });
  expect(some.map(({ episode_id }) => episode_id)).toEqual(among);
  const columns = {
    ...{ task: "task", seed: "seed", variant: "variant" },
    ...{ return: "episode_return", length: "episode_length", invalid: "invalid_actions" },
  } as const satisfies Record<Sort, keyof ListedEpisode>;
  for (const sort of sorts) {
    for (const descending of [false, true]) {
      const { episodes } = await all({ sort, descending });
      const values = episodes
        .map((row) => row[columns[sort] as keyof ListedEpisode])
        .filter((value) => value !== null);
      const sign = descending ? -1 : 1;
      const sorted = [...values].sort((a, b) => sign * (a < b ? -1 : a > b ? 1 : 0));
      expect([sort, values]).toEqual([sort, sorted]);
    }
  }
  const { episodes } = await all();
  const paged = [];
  for (let offset = 0; offset < episodes.length; offset += 7)
    paged.push(...(await all({ offset, limit: 7 })).episodes);
  expect(paged).toEqual(episodes);
});

test("the counts are those of the rows, for one run and for all", async () => {
  const counts = await outcomeCounts(lab.clickhouse, run);
  for (const { variant, task, finished, solved, failed } of counts) {
    const own = rows.filter((row) => row.variant === variant && row.task === task);
    expect({ finished, solved, failed }).toEqual({
      finished: own.filter(({ success }) => success !== null).length,
      solved: own.filter(({ success }) => success).length,
      failed: own.filter(({ error }) => error !== null).length,
    });
  }
  expect(counts.reduce((sum, { finished }) => sum + finished, 0)).toBe(
    rows.filter(({ success }) => success !== null).length,
  );
  const every = await outcomeCounts(lab.clickhouse);
  expect(every.filter((count) => count.run === run)).toEqual(counts);
  expect(new Set(every.map((count) => count.run)).size).toBe(2);
});

test("runs that were begun, and those under way", async () => {
  const started = await startedRuns(lab.clickhouse);
  expect(started.map((row) => row.run).at(-1)).toBe(run);
  expect(started).toHaveLength(2);
  expect(await startedRuns(lab.clickhouse, run)).toEqual(started.slice(1));
  const { resumed_ms, started_ms } = started[1]!;
  expect(Math.abs(Date.now() - started_ms)).toBeLessThan(120_000);
  expect(resumed_ms).toBeGreaterThanOrEqual(started_ms);
  const recent = await recentAnswers(lab.clickhouse);
  expect(recent.map((row) => row.run)).toContain(run);
});

test("a run of a time before episodes' names were tagged is told all the same", async () => {
  const { clickhouse } = lab;
  const before = [await outcomeCounts(clickhouse), timeless(await runStates(clickhouse))];
  const change = (query: string) =>
    clickhouse.command({ query: `ALTER TABLE ${query} SETTINGS mutations_sync = 2` });
  await change(
    `BooleanMetricFeedback UPDATE tags = mapFilter((k, v) -> k != 'done', tags) WHERE tags['run'] = '${run}'`,
  );
  await change(`FeedbackTag DELETE WHERE key = 'done' AND startsWith(value, '${run}')`);
  expect([await outcomeCounts(clickhouse), timeless(await allRuns(clickhouse))]).toEqual(before);
});

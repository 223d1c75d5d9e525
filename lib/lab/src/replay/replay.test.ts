import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { tasks } from "babyai";
import { parseAnswer } from "../agents/parse";
import type { Run } from "../experiment/run";
import { type Lab, openLab } from "../lab";
import type { EpisodeRow } from "../queries/episodes";
import { exportFormats, exportRows } from "../queries/export";
import { findEpisodes } from "../queries/find-episodes";
import { latestRun } from "../queries/latest-run";
import { EpisodeNotFoundError, storedEpisode } from "../queries/steps";
import { loadReplay, replayEpisode, replayStored } from "./replay";
import { whatWentWrong } from "./what-went-wrong";

// One run of the local agents, and what the queries and replays make of it.
const folder = mkdtempSync(join(tmpdir(), "replay-"));
let lab: Lab;
let run: Run;
let rows: EpisodeRow[];

beforeAll(async () => {
  lab = await openLab({ gateway: "embedded", dataDir: folder });
  run = await lab.evaluate({
    variants: ["random", "rule_based_history"],
    tasks: tasks.slice(0, 3),
    episodes: 2,
  });
  // As they are stored: the step limit is the simulator's.
  rows = (await lab.episodes({ run: run.id })).map(({ step_limit: _, ...row }) => row);
});
afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true });
});

test("replays agree with the store, frame by frame", async () => {
  for (const row of rows) {
    const replay = await loadReplay(lab.clickhouse, row.episode_id!);
    expect(replay.mismatches).toEqual([]);
    expect(replay.frames).toHaveLength(row.episode_length! + 1);
    expect(replay.outcome).toBe(row.success ? "success" : "step limit");
    expect(replay.frames.at(-1)).toMatchObject({ action: null, stored: null });
    for (const [i, frame] of replay.frames.slice(0, -1).entries()) {
      const stored = frame.stored!;
      expect(stored).toMatchObject({ step: i, observation: frame.observation, invalid: null });
      expect(stored.action).toBe(frame.action);
      expect(stored.system_prompt).toContain(replay.mission);
      expect(stored.user_prompt).toContain(frame.observation);
      expect(parseAnswer(stored.answer).action).toBe(frame.action);
    }
    const sum = (of: "input_tokens" | "output_tokens") =>
      replay.frames.reduce((total, { stored }) => total + (stored?.[of] ?? 0), 0);
    expect([sum("input_tokens"), sum("output_tokens")]).toEqual([
      row.input_tokens,
      row.output_tokens,
    ]);
  }
});

test("what the store has otherwise than the replay is said", async () => {
  const episode = await storedEpisode(lab.clickhouse, rows[0]!.episode_id!);
  const change = (changes: object) => replayStored({ ...episode, ...changes }).mismatches;
  const [first, ...rest] = episode.steps;
  expect(change({ seed: episode.seed + 1 }).length).toBeGreaterThan(0);
  expect(change({ success: !episode.success })).toHaveLength(1);
  expect(change({ steps: rest })).toContain("The store has step 1 where step 0 belongs.");
  expect(
    change({ steps: [{ ...first!, observation: "a dragon 1 step forward" }, ...rest] }),
  ).toEqual(["Observations differ at 1 step, first at 0."]);
  expect(change({ steps: [...episode.steps, { ...first!, step: episode.steps.length }] })).toEqual(
    expect.arrayContaining(["The replay ends 1 step before the stored episode."]),
  );
});

test("replayEpisode needs no store", () => {
  const { mission, frames, outcome, maxSteps } = replayEpisode(tasks[0]!, 200, ["turn left"]);
  expect(mission).toMatch(/^go to /);
  expect(frames.map(({ step, action }) => [step, action])).toEqual([
    [0, "turn left"],
    [1, null],
  ]);
  expect(frames[0]!.svg).toMatch(/^<svg /);
  expect([outcome, maxSteps]).toEqual([null, 64]);
});

test("episodes are found by each property, and by several", async () => {
  const found = (filter: object) => findEpisodes(lab.clickhouse, { run: run.id, ...filter });
  const ids = (list: readonly EpisodeRow[]) => list.map(({ episode_id }) => episode_id);
  expect(await found({})).toEqual(rows);
  const cases: [object, (row: EpisodeRow) => boolean][] = [
    [{ task: tasks[2] }, ({ task }) => task === tasks[2]],
    [{ task: "putnext" }, ({ task }) => task.endsWith("/putnext")],
    [{ variant: "random" }, ({ variant }) => variant === "random"],
    [{ seed: 201 }, ({ seed }) => seed === 201],
    [{ outcome: "solved" }, ({ success }) => success === true],
    [{ outcome: "unsolved" }, ({ success }) => success === false],
    [{ outcome: "unfinished" }, ({ success }) => success === null],
    [{ minInvalidActions: 1 }, (row) => row.invalid_actions! >= 1],
    [{ variant: "random", outcome: "solved" }, (row) => row.variant === "random" && row.success!],
  ];
  // Bounds that are an episode's own length, so that both ends count.
  const lengths = rows.map((row) => row.episode_length!).sort((a, b) => a - b);
  for (const length of [lengths[0], lengths[5], lengths.at(-1)]) {
    cases.push([{ minLength: length }, (row) => row.episode_length! >= length!]);
    cases.push([{ maxLength: length }, (row) => row.episode_length! <= length!]);
  }
  const [short, long] = [4, 64];
  cases.push([
    { minLength: short, maxLength: long },
    (row) => row.episode_length! >= short && row.episode_length! <= long,
  ]);
  for (const [filter, fits] of cases)
    expect(ids(await found(filter))).toEqual(ids(rows.filter(fits)));
});

test("the latest run", async () => {
  expect(await latestRun(lab.clickhouse)).toBe(run.id);
});

test("an episode that is not there is an error that says where to look", async () => {
  const missing = "00000000-0000-7000-8000-000000000000";
  await expect(storedEpisode(lab.clickhouse, missing)).rejects.toThrow(EpisodeNotFoundError);
  await expect(storedEpisode(lab.clickhouse, "rule_based")).rejects.toThrow(
    '"rule_based" is no episode\'s id: that is a UUID, the column episode_id of findEpisodes',
  );
});

test("patterns are counted by variant, each with the episode that shows it most", async () => {
  const { rows: counted, mismatches } = await whatWentWrong(lab.clickhouse, run.id);
  expect(mismatches).toEqual([]);
  const random = counted.find((row) => row.variant === "random" && row.pattern === "loop")!;
  expect(random).toMatchObject({ of: 6 });
  const replay = await loadReplay(lab.clickhouse, random.example!);
  expect(replay.episode.variant).toBe("random");
  expect(replay.frames[random.example_step!]!.patterns).toContain("loop");
  expect(counted.filter(({ variant, times }) => variant !== "random" && times > 20)).toEqual([]);
  // By hand: every step of every episode of the variant, from its replay.
  let times = 0;
  for (const row of rows.filter(({ variant }) => variant === "random")) {
    const { frames } = await loadReplay(lab.clickhouse, row.episode_id!);
    times += frames.filter(({ patterns }) => patterns.includes("loop")).length;
  }
  expect(random.times).toBe(times);
});

test("an episode that was cut off is not one that was not solved", async () => {
  const stop = new AbortController();
  const cut = await lab.evaluate({
    variants: ["random"],
    tasks: [tasks[0]!],
    episodes: 10,
    signal: stop.signal,
    onProgress: ({ done }) => done > 0 && stop.abort(),
  });
  const planned = await lab.episodes({ run: cut.id });
  const lost = planned
    .filter(({ success }) => success === false)
    .map(({ episode_id }) => episode_id);
  const { rows: counted } = await whatWentWrong(lab.clickhouse, cut.id);
  expect(planned.some(({ episode_id, success }) => episode_id && success === null)).toBe(true);
  expect(counted.some(({ episodes }) => episodes > lost.length)).toBe(true);
  expect(counted.filter(({ unsolved }) => unsolved > lost.length)).toEqual([]);
});

test.each(exportFormats)("export as %s reads back as the rows", async (format) => {
  const file = join(folder, `rows.${format}`);
  for (const table of ["episodes", "steps"] as const) {
    const stream = await exportRows(lab.clickhouse, { run: run.id, table, format });
    const bytes = await buffer(stream);
    writeFileSync(file, bytes);
    const input = { csv: "CSVWithNames", json: "JSONEachRow", parquet: "Parquet" }[format];
    const result = await lab.clickhouse.query({
      query: `SELECT * FROM file('${file}', '${input}') SETTINGS input_format_try_infer_integers = 0`,
      format: "JSONEachRow",
    });
    const read = await result.json<Record<string, unknown>>();
    if (format === "json") expect(JSON.parse(bytes.toString())).toHaveLength(read.length);
    if (table === "episodes") {
      expect(read).toEqual(rows);
      continue;
    }
    const { steps } = await storedEpisode(lab.clickhouse, rows[3]!.episode_id!);
    const own = read.filter(({ episode_id }) => episode_id === rows[3]!.episode_id!);
    expect(own).toMatchObject(
      steps.map(({ invalid: _, cached: __, ...step }) => ({ ...step, variant: rows[3]!.variant })),
    );
  }
});

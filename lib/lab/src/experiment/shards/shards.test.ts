import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tasks } from "babyai";
import { type Lab, openLab } from "../../lab";
import { nameIn, retagged } from "../../queries/parts/done-tag";
import { allRuns } from "../../queries/runs/all-runs";
import { lackedRows, type RunState, runStates } from "../../queries/runs/run-state";
import { ResumeError } from "../plan/record";
import { SettingsError } from "../plan/settings";
import { RunHeldError } from "./claim";

const dataDir = mkdtempSync(join(tmpdir(), "shards-"));
let lab: Lab;
beforeAll(async () => {
  lab = await openLab({ gateway: "embedded", dataDir });
});
afterAll(async () => {
  await lab.close();
  rmSync(dataDir, { recursive: true });
});

const settings = { variants: ["rule_based"], tasks: tasks.slice(0, 2), episodes: 8 };
const keysOf = async (run: string) =>
  (await lab.tries({ run })).map(({ variant, task, seed }) => `${variant} ${task} ${seed}`);
const inParts = (run: string, of: number, more: object = {}) =>
  Promise.all(
    Array.from({ length: of }, (_, i) =>
      lab.evaluate({ ...settings, run, shard: `${i + 1}/${of}`, ...more }),
    ),
  );

test("shards play a run together, each episode once; started again, they have nothing to do", async () => {
  const parts = await inParts("together", 2);
  expect(parts.map(({ planned }) => planned).reduce((a, b) => a + b)).toBe(16);
  for (const { planned, completed, doubles } of parts)
    expect([completed, doubles]).toEqual([planned, 0]);
  const keys = await keysOf("together");
  expect([keys.length, new Set(keys).size]).toEqual([16, 16]);
  expect((await lab.runs())[0]).toMatchObject({
    ...{ run: "together", state: "finished", planned: 16, completed: 16, doubles: 0 },
  });

  const sums = await lab.aggregates({ run: "together" });
  const rows = await lab.episodes({ run: "together" });
  for (const tokens of ["input_tokens", "output_tokens"] as const) {
    const total = (of: readonly { [key in typeof tokens]: number | null }[]) =>
      of.reduce((all, row) => all + row[tokens]!, 0);
    expect(total(sums)).toBe(total(rows));
  }

  const again = await inParts("together", 2);
  for (const { planned, completedBefore } of again) expect(completedBefore).toBe(planned);
  // By another number of shards, too; and by none.
  for (const part of await inParts("together", 3)) expect(part.completedBefore).toBe(part.planned);
  expect(await lab.evaluate({ run: "together" })).toMatchObject({ completedBefore: 16 });
  expect(await keysOf("together")).toHaveLength(16);
});

test("what a killed gateway took along is played again, and nothing else", async () => {
  await inParts("lost", 2);
  const before = await keysOf("lost");
  // It had not written some of one episode's inferences, of others the calls, metrics, or the success.
  const where = (seed: number) => `tags['run'] = 'lost' AND tags['seed'] = '${seed}'`;
  const inferences = `SELECT id FROM JsonInference WHERE ${where(203)} AND tags['step'] IN ('0', '1')`;
  const lose = async (table: string, condition: string) =>
    lab.clickhouse.command({
      query: `ALTER TABLE ${table} DELETE WHERE ${condition} SETTINGS mutations_sync = 2`,
    });
  await lose("TagInference", `inference_id IN (${inferences})`);
  await lose("JsonInference", `${where(203)} AND tags['step'] IN ('0', '1')`);
  const first = `SELECT id FROM JsonInference WHERE ${where(204)} AND tags['step'] = '0'`;
  await lose("ModelInference", `inference_id IN (${first})`);
  await lose("FloatMetricFeedback", `${where(205)} AND metric_name = 'progression'`);
  const successes = `SELECT id FROM BooleanMetricFeedback WHERE ${where(206)}`;
  await lose("FeedbackTag", `feedback_id IN (${successes})`);
  await lose("BooleanMetricFeedback", where(206));

  const { length: tasks } = settings.tasks;
  const parts = await inParts("lost", 2);
  for (const { planned, completed } of parts) expect(completed).toBe(planned);
  const lost = before.filter((key) => /20[3456]$/.test(key));
  expect(lost).toHaveLength(4 * tasks);
  expect((await keysOf("lost")).sort()).toEqual([...before, ...lost].sort());
  expect((await lab.runs()).find(({ run }) => run === "lost")).toMatchObject({
    ...{ planned: 16, completed: 16, damaged: 0, state: "finished" },
  });
  for (const part of await inParts("lost", 2)) expect(part.completedBefore).toBe(part.planned);
  expect(await keysOf("lost")).toHaveLength(16 + 4 * tasks);
});

test("other settings are refused, with the difference; more lets the run grow, and nothing is replayed", async () => {
  await inParts("grows", 2);
  const before = new Set((await lab.tries({ run: "grows" })).map(({ episode_id }) => episode_id));
  const part = (more: object) => lab.evaluate({ ...settings, run: "grows", shard: "1/2", ...more });
  await expect(part({ historyLength: 4 })).rejects.toThrow(ResumeError);
  await expect(part({ historyLength: 4 })).rejects.toThrow("historyLength was 8, is 4");
  await expect(part({ episodes: 7 })).rejects.toThrow(
    "2 tasks × seed 207 of its 2 tasks × seeds 200 to 207 left out",
  );
  await expect(part({ shard: "3/2" })).rejects.toThrow(SettingsError);

  await inParts("grows", 2, { episodes: 10, tasks: tasks.slice(0, 3) });
  await inParts("grows", 2, {
    ...{ episodes: 10, tasks: tasks.slice(0, 3) },
    variants: ["rule_based", "rule_based_history"],
  });
  // The settings need not be said again.
  const own = await lab.evaluate({ run: "grows", shard: "2/2" });
  expect(own.completedBefore).toBe(own.planned);
  const rows = await lab.tries({ run: "grows" });
  expect(rows).toHaveLength(60);
  expect(rows.filter(({ episode_id }) => before.has(episode_id))).toHaveLength(16);
  expect((await lab.runs())[0]).toMatchObject({ planned: 60, completed: 60, doubles: 0 });
});

test("a run that is being played is not played a second time, nor as a whole while a shard lives", async () => {
  const stop = new AbortController();
  let begun = () => {};
  // It stands still after its first answer, until it is told to stop.
  const infer = lab.gateway.infer.bind(lab.gateway);
  const stopped = new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
  let asked = 0;
  const gated = jest.spyOn(lab.gateway, "infer").mockImplementation(async (...given) => {
    if (asked++ > 0) await stopped;
    return infer(...given);
  });
  const isPlaying = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const playing = lab.evaluate({
    ...settings,
    ...{ run: "held", shard: "1/2", episodes: 500, concurrency: 1, drain: stop.signal },
    onProgress: ({ answers }) => answers > 0 && begun(),
  });
  await isPlaying;
  await expect(lab.evaluate({ run: "held" })).rejects.toThrow(RunHeldError);
  await expect(lab.evaluate({ run: "held" })).rejects.toThrow(
    /process \d+ on .*, shard 1\/2, last answer \d+ s ago/,
  );
  await expect(lab.evaluate({ run: "held", shard: "1/2" })).rejects.toThrow(RunHeldError);
  // What would be refused in any case is named now, and not when the run is free.
  const other = { ...settings, run: "held", episodes: 500, historyLength: 4 };
  for (const shard of ["1/2", "1/1"])
    await expect(lab.evaluate({ ...other, shard })).rejects.toThrow("historyLength was 8, is 4");
  const [row] = await lab.runs();
  expect(row?.shards).toMatchObject([
    { index: 1, of: 2, state: "live", pid: process.pid },
    { index: 2, of: 2, state: "not begun", done: 0, pid: null },
  ]);
  expect(row?.state).toBe("running");
  expect(row?.shards.map(({ planned }) => planned)).toEqual([500, 500]);
  stop.abort();
  const { completed, planned, text } = await playing;
  gated.mockRestore();
  expect(completed).toBeLessThan(planned);
  expect(text).toContain("For the rest: npm start -- --run held --shard 1/2");
  const [{ shards = [] } = {}] = await lab.runs();
  expect(shards).toMatchObject([{ state: "dead", done: completed }, { state: "not begun" }]);
});

test("what was played twice all the same is counted, and enters no mean twice", async () => {
  await inParts("twice", 2);
  // As two processes would leave it that know nothing of each other: other ids, the same episodes.
  const { clickhouse } = lab;
  const copies = ["JsonInference", "BooleanMetricFeedback", "FloatMetricFeedback"];
  const other = (id: string) =>
    `toUUID(concat(substring(toString(${id}), 1, 24), substring(hex(sipHash64(${id})), 1, 12)))`;
  for (const table of copies) {
    const ids = table === "JsonInference" ? ["id", "episode_id"] : ["id", "target_id"];
    const replaced = ids.map((id) => `${other(id)} AS ${id}`);
    const to = { run: "'twice'", name: nameIn("v"), episodeId: "'000000000007'" };
    const tags = `mapUpdate(tags, mapApply((k, v) -> (k, ${retagged("v", to)}), mapFilter((k, v) -> k = 'done', tags))) AS tags`;
    await clickhouse.command({
      query: `INSERT INTO ${table} SELECT * REPLACE (${[...replaced, tags].join(", ")}) FROM
        (SELECT * FROM ${table} WHERE tags['run'] = 'twice' AND tags['seed'] = '203')`,
    });
  }
  const parts = await inParts("twice", 2);
  expect(parts.reduce((sum, { doubles }) => sum + doubles, 0)).toBe(2);
  const [row] = (await lab.runs()).filter(({ run }) => run === "twice");
  expect(row).toMatchObject({ completed: 16, planned: 16, doubles: 2 });
  const rows = await lab.episodes({ run: "twice" });
  expect(rows).toHaveLength(16);
  // Nor do the sums that ClickHouse makes know them twice; they say of each task what the rows say.
  const sums = await lab.aggregates({ run: "twice" });
  expect(sums.map(({ task, episodes }) => [task, episodes])).toEqual(
    [...settings.tasks].sort().map((task) => [task, 8]),
  );
  for (const sum of sums) {
    const own = rows.filter(({ task }) => task === sum.task);
    const total = (of: (row: (typeof own)[number]) => number | boolean | null) =>
      own.reduce((all, row) => all + Number(of(row)), 0);
    expect(sum.solved).toBe(total((row) => row.success));
    expect(8 * sum.mean_length).toBeCloseTo(total((row) => row.episode_length));
    expect(8 * sum.mean_return).toBeCloseTo(total((row) => row.episode_return));
  }
});

test("what counts tell of all these runs is what their rows tell, of those that lack rows, too", async () => {
  // Counts take an episode's end for its last row, which may be in the second after its last inference.
  const timeless = (states: RunState[]) =>
    states.map(({ idle_seconds: _, last: __, ...state }) => state);
  const { clickhouse } = lab;
  expect(await lackedRows(clickhouse)).toMatchObject({ inferences: true, calls: true });
  const states = await allRuns(clickhouse);
  expect(states.length).toBeGreaterThan(4);
  expect(timeless(states)).toEqual(timeless(await runStates(clickhouse)));
});

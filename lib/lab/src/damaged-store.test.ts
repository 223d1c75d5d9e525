import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Part, partsOf, truncatePart } from "embedded-gateway/testing/parts";
import { type Lab, openLab } from "./lab";
import type { EpisodeRow } from "./queries/episodes";

// A run of two sittings, whose rows are in parts of their own. Those of the first are cut off, a table at a time.

const folder = mkdtempSync(join(tmpdir(), "lab-"));
const whole = join(folder, "whole");
const TABLES = [
  "JsonInference",
  "ModelInference",
  "TagInference",
  "FloatMetricFeedback",
  "BooleanMetricFeedback",
];
const first: Record<string, Part[]> = {};
let run: string;
/** All episodes, and the names of those of the first sitting. */
let expected: EpisodeRow[];
let early: string[];
let records: Part[];

const log = jest.fn();
const open = (dataDir: string) => openLab({ gateway: "embedded", dataDir, log });
const nameOf = ({ variant, task, seed }: EpisodeRow) => `${variant} ${task} ${seed}`;
const rowsOf = async (lab: Lab) => {
  const rows = await lab.episodes({ run });
  return rows.map(({ episode_id, ...row }) => row).sort((a, b) => a.seed - b.seed);
};

beforeAll(async () => {
  const lab = await open(whole);
  await lab.clickhouse.command({ query: "SYSTEM STOP MERGES" });
  const stop = new AbortController();
  ({ id: run } = await lab.evaluate({
    ...{ variants: ["rule_based_history"], tasks: ["BabyAI-MixedTrainLocal-v0/goto"] },
    ...{ episodes: 5, concurrency: 1, drain: stop.signal },
    onProgress: ({ done }) => done === 2 && stop.abort(),
  }));
  early = (await lab.episodes({ run })).filter(({ success }) => success !== null).map(nameOf);
  for (const table of TABLES) first[table] = await partsOf(lab.clickhouse, table);
  await lab.evaluate({ run });
  expected = (await rowsOf(lab)) as EpisodeRow[];
  records = await partsOf(lab.clickhouse, "CommentFeedback");
  await lab.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the rows of the first sitting are like without the table's part, and what the store says of them. */
test.each([
  ["JsonInference", {}, null],
  [
    "ModelInference",
    { input_tokens: null, output_tokens: null },
    "model calls, and with them tokens (–)",
  ],
  [
    "FloatMetricFeedback",
    { episode_return: null, episode_length: null, invalid_actions: null },
    "metrics",
  ],
  ["BooleanMetricFeedback", { success: null, episode_return: null }, "their success"],
])(
  "without a part of %s its episodes are named, and a resume plays them and no other",
  async (table, unknown, lacking) => {
    const dataDir = join(folder, table);
    cpSync(whole, dataDir, { recursive: true, verbatimSymlinks: true });
    // Once the run's settings are in a broken part, too: they are known by their copy.
    const broken = [...first[table]!, ...(table === "ModelInference" ? records : [])];
    for (const { path } of broken) truncatePart({ path: path.replace(whole, dataDir) } as Part);
    log.mockClear();
    const lab = await open(dataDir);
    const said = log.mock.calls.join("\n");
    expect(said).toContain(`${first[table]!.length} of ${table}`);
    expect(said).toContain(`npm start -- --resume ${run}`);
    expect(early.length).toBeGreaterThan(0);
    for (const name of lacking === null ? [] : early) expect(said).toContain(name);
    if (lacking !== null) expect(said).toContain(`${early.length} lack ${lacking}: `);
    // Each episode counts once.
    expect(said.includes(`${early.length} are not there`)).toBe(lacking === null);

    const rows = await lab.episodes({ run });
    if (lacking !== null) {
      const lost = rows.filter((row) => early.includes(nameOf(row)));
      expect(lost).toEqual(early.map(() => expect.objectContaining(unknown)));
    }
    const [listed] = await lab.runs();
    expect(listed).toMatchObject({ completed: 5 - early.length, planned: 5 });
    expect(listed?.state).not.toBe("finished");

    const before = rows.map(({ episode_id }) => episode_id);
    const again = await lab.evaluate({ run });
    expect(again).toMatchObject({ completed: 5, completedBefore: 5 - early.length });
    const played = (await lab.tries({ run })).filter((row) => !before.includes(row.episode_id));
    expect(played.map(nameOf)).toEqual(early);
    expect(await rowsOf(lab)).toEqual(expected);
    expect((await lab.runs())[0]).toMatchObject({ state: "finished", completed: 5, damaged: 0 });
    await lab.close();
  },
);

test("a table that views fill has lost nothing: tokens are those of before, and nobody is alarmed", async () => {
  const dataDir = join(folder, "view");
  cpSync(whole, dataDir, { recursive: true, verbatimSymlinks: true });
  for (const { path } of first.TagInference!)
    truncatePart({ path: path.replace(whole, dataDir) } as Part);
  log.mockClear();
  const lab = await open(dataDir);
  expect(log.mock.calls.join("\n")).not.toContain("damaged");
  expect(await rowsOf(lab)).toEqual(expected);
  expect((await lab.runs())[0]).toMatchObject({ state: "finished", completed: 5 });
  await lab.close();
});

test.each([
  ["ModelInference", () => `${early.length} lack model calls`],
  ["JsonInference", () => `${early.length} are not there`],
])("a part of %s that is gone without a trace is missed, too", async (table, lacking) => {
  const dataDir = join(folder, `gone-${table}`);
  cpSync(whole, dataDir, { recursive: true, verbatimSymlinks: true });
  for (const { path } of first[table]!) rmSync(path.replace(whole, dataDir), { recursive: true });
  log.mockClear();
  const lab = await open(dataDir);
  const said = log.mock.calls.join("\n");
  expect(said).not.toContain("The store is damaged");
  expect(said).toContain(`Run ${run} has ${5 - early.length} of 5 episodes whole. ${lacking()}`);
  await lab.close();
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tasks } from "babyai";
import { PublishedEntryError, publishedWorlds } from "../analysis/published/episodes";
import { type Lab, openLab } from "../lab";
import { ResumeError } from "./plan/record";
import { SettingsError } from "./plan/settings";

const dataDir = mkdtempSync(join(tmpdir(), "lab-"));
let lab: Lab;
beforeAll(async () => {
  lab = await openLab({ gateway: "embedded", dataDir });
});
afterAll(async () => {
  await lab.close();
  rmSync(dataDir, { recursive: true });
});

const idsOf = async (run: string) => (await lab.tries({ run })).map(({ episode_id }) => episode_id);

test("a run plays an entry's fifty worlds, and says how to do it again", async () => {
  const entry = "LLM/20260221_naive_gemini-3.1-pro";
  const worlds = publishedWorlds(entry);
  const plan = await lab.plan({ variants: ["rule_based"], worlds });
  expect(plan.text).toContain("Episodes: 50 (1 variant × 50 worlds of 5 tasks)");
  const run = await lab.evaluate({ variants: ["rule_based"], worlds });
  expect(run).toMatchObject({ planned: 50, completed: 50 });
  const rows = await lab.episodes({ run: run.id });
  const worldOf = ({ task, seed }: { task: string; seed: number }) => `${task} ${seed}`;
  expect(rows.map(worldOf).sort()).toEqual(worlds.map(worldOf).sort());
});

test("a run grows by worlds, seeds and variants; nothing is played again", async () => {
  const [goto = "", pickup = ""] = tasks;
  const worlds = [7, 2 ** 40].map((seed) => ({ task: goto, seed }));
  const { id: run } = await lab.evaluate({ variants: ["rule_based"], worlds });
  const before = await idsOf(run);

  // A world that it has, and a new one.
  const more = [
    { task: goto, seed: 7 },
    { task: pickup, seed: 3 },
  ];
  const grown = await lab.evaluate({ run, worlds: more });
  expect(grown).toMatchObject({ planned: 3, completed: 3, completedBefore: 2 });
  const twice = await lab.evaluate({ run, variants: ["rule_based", "rule_based_history"] });
  expect(twice).toMatchObject({ planned: 6, completed: 6, completedBefore: 3 });
  const after = await idsOf(run);
  expect(after).toHaveLength(6);
  expect(after).toEqual(expect.arrayContaining(before));
  expect((await lab.runs()).find((row) => row.run === run)).toMatchObject({
    ...{ state: "finished", planned: 6, completed: 6 },
  });

  await expect(lab.plan({ run, episodes: 4 })).rejects.toThrow(SettingsError);
  await expect(lab.plan({ run, variants: ["rule_based_history"] })).rejects.toThrow(ResumeError);
});

test("a run of a grid grows by more seeds, and not by fewer", async () => {
  const { id: run } = await lab.evaluate({
    ...{ variants: ["rule_based"], tasks: tasks.slice(0, 1), episodes: 2, seed: 10 },
  });
  const more = await lab.evaluate({ run, seed: 9, episodes: 4 });
  expect(more).toMatchObject({ planned: 4, completed: 4, completedBefore: 2 });
  await expect(lab.plan({ run, seed: 10, episodes: 3 })).rejects.toThrow(
    "1 task × seed 9 of its 1 task × seeds 9 to 12 left out",
  );
});

test.each([
  ["LLM/2026_gemini", 'No entry "LLM/2026_gemini" has published its episodes. '],
  ["LLM/20260221_naive_gemini-3.1-prp", 'Did you mean "LLM/20260221_naive_gemini-3.1-pro"'],
  ["", "publishedEntries() lists all 26"],
  ["LLM/20241115_naive-Qwen2.5-7B-it", "was played with 8 distractors in the room"],
])("the worlds of %p are refused: %s", (entry, message) => {
  expect(() => publishedWorlds(entry)).toThrow(PublishedEntryError);
  expect(() => publishedWorlds(entry)).toThrow(message);
});

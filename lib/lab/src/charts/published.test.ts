import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EpisodeRow } from "../queries/episodes";
import type { ChartSpec } from "./drawing/style";
import { entryName, type Published, publishedResults } from "./published";

const published = JSON.parse(
  readFileSync(join(__dirname, "../../../../data/published.json"), "utf8"),
) as Published;

const row: EpisodeRow = {
  run: "run-1",
  variant: "rule_based",
  task: "BabyAI-MixedTrainLocal-v0/goto",
  seed: 200,
  episode_id: "episode-1",
  success: true,
  episode_return: 0.9,
  progression: 1,
  episode_length: 6,
  invalid_actions: 0,
  input_tokens: 1000,
  output_tokens: 100,
  cached_input_tokens: 0,
  inferences: 6,
  error: null,
  model: "rule_based",
  provider: "local",
};

const values = (spec: ChartSpec) => (spec.data as { values: Record<string, unknown>[] }).values;

test("published results stand below this project's, marked and with their interval from n", () => {
  const lines = values(publishedResults([row], published));
  expect(lines.slice(0, 3)).toMatchObject([
    { heading: "This project: BabyAI-MixedTrainLocal-v0: goto × seed 200" },
    { name: "rule_based", label: "100.0 % (n = 1) · rules, not an LLM" },
    { heading: expect.stringMatching(/^Published: TensorZero/) },
  ]);
  // 50 of 50 is not 100 ± 0: the exact lower bound is 0.025 to the power of 1/50, 92.9 %.
  const best = lines.find(({ name }) => name === "naive_gemini-3.1-pro")!;
  expect(best).toMatchObject({ label: "100.0 ± 0.0 % (n = 50)", mean: 100, high: 100 });
  expect(best.low).toBeCloseTo(92.888, 3);
});

test("an entry that is missing, or whose rate is no count of episodes, is an error", () => {
  const without = { ...published, balrog: { ...published.balrog, entries: [] } };
  expect(() => publishedResults([row], without)).toThrow("lack BALROG's entry");
  const odd = {
    ...published,
    reference: {
      source: "",
      agents: [{ ...published.reference.agents[0]!, success: 0.5, episodes: 3 }],
    },
  };
  expect(() => publishedResults([row], odd)).toThrow("50 % of 3 episodes");
});

test("every published standard error follows from its rate and number of episodes", () => {
  for (const entry of published.balrog.entries) {
    const { episodes: n, success_percent: percent, standard_error_percent: error } = entry;
    expect(Math.sqrt((percent * (100 - percent)) / n)).toBeCloseTo(error, 1);
  }
});

test("every entry of BALROG's leaderboard has the address of its files, and says when its worlds were harder", () => {
  for (const { entry, mode, date, source, read } of published.balrog.entries) {
    const [address, folder = ""] = source.split("/submissions/");
    expect(address).toMatch(/^https:\/\/github\.com\/[\w-]+\/experiments\/tree\/[0-9a-f]{40}$/);
    expect(folder.replace(/[_-]/, " ")).toBe(`${mode}/${date.replaceAll("-", "")} ${entry}`);
    expect(read).toMatch(/^\d{4}-\d\d-\d\d$/);
  }
  for (const { source, read } of published.tensorzero.variants) {
    expect(source).toMatch(/^https:\/\/github\.com\/tensorzero\/tensorzero\/tree\/[0-9a-f]{40}\//);
    expect(read).toMatch(/^\d{4}-\d\d-\d\d$/);
  }
  for (const { source, measured } of published.reference.agents) {
    expect(source).toMatch(/^https:\/\/github\.com\/[\w-]+\/Minigrid\/tree\/[0-9a-f]+$/);
    expect(measured).toMatch(/^\d{4}-\d\d-\d\d$/);
  }
  const harder = published.balrog.entries.filter(({ distractors }) => distractors !== undefined);
  expect(harder.map(entryName)).toEqual(["naive-Qwen2.5-7B-it (8 distractors)"]);
});

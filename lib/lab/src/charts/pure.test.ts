import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EpisodeRow } from "../queries/episodes";
import { allCharts } from "./registry";

jest.mock("babyai", () => {
  throw new Error("a chart has asked the simulator");
});

test("every chart is drawn from rows alone: nothing that the registry imports asks the simulator", () => {
  const path = join(__dirname, "../../../../data/results/local.json");
  const { columns, episodes } = JSON.parse(readFileSync(path, "utf8"));
  const rows: EpisodeRow[] = episodes.map((values: unknown[]) =>
    Object.fromEntries(values.map((value, index) => [columns[index], value])),
  );
  const open = { success: null, episode_return: null, episode_length: null };
  const unfinished = rows.map((row, index) => (index % 7 === 0 ? { ...row, ...open } : row));
  for (const all of [rows, unfinished]) {
    const charts = allCharts(all.map((row) => ({ ...row, step_limit: 128, expert_steps: 7 })));
    expect(Object.keys(charts).length).toBeGreaterThan(15);
  }
});

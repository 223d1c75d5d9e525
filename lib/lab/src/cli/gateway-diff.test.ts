import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { diffWithReal, SHIPPED, sift, startPair } from "embedded-gateway";
import { localModels } from "../agents/local/app";
import { parseResults } from "../analysis/results";
import { resultsTable } from "../analysis/tables/results-table";
import { textTable } from "../display/table";
import { openLab } from "../lab";
import { main } from "../main";
import { root } from "../project/root";
import type { EpisodeRow } from "../queries/episodes";
import { differencesOf } from "./notebook-diff";

// All requests take half a minute, in .ci/run; here are those for the project's own configuration.

const folder = join(root, "data", ".local");
const version = "2026.6.0";
const options = () => ({ version, folder, config: join(root, "config"), models: localModels() });
const hasPeer = existsSync(join(folder, `tensorzero-${version}`));

(hasPeer ? test : test.skip)(
  "TensorZero's own gateway answers and stores the same, but for what is known",
  async () => {
    const { differences, rows } = await diffWithReal({
      ...options(),
      probes: SHIPPED,
    });
    expect(sift(differences).others).toEqual([]);
    expect(rows).toBeGreaterThan(50);
  },
);

(hasPeer ? test : test.skip)(
  "with TensorZero's own gateway and no key the local agents play, and it is said so",
  async () => {
    const pair = await startPair(options());
    const said: string[] = [];
    try {
      Object.assign(process.env, {
        TENSORZERO_GATEWAY_URL: pair.peer,
        CLICKHOUSE_URL: pair.peerStore,
      });
      const lab = await openLab({ log: (line) => said.push(line) });
      expect(await lab.defaultVariants()).toEqual(["random", "rule_based", "rule_based_history"]);
      await lab.close();
    } finally {
      delete process.env.TENSORZERO_GATEWAY_URL;
      delete process.env.CLICKHOUSE_URL;
      await pair.close();
    }
    expect(said[0]).toContain(`Gateway: TensorZero ${version} at ${pair.peer}`);
    expect(said.join("\n")).toMatch(/is left out: .*`OPENAI_API_KEY` is missing/);
    expect(said.at(-1)).toBe("So the local agents play: rules, not language models.");
  },
);

const path = join(root, "data", "results", "local.json");
const { episodes } = parseResults(readFileSync(path, "utf8"), path);
const left = (rows: readonly EpisodeRow[], image = "<svg/>") => ({
  episodes: rows,
  table: textTable(resultsTable(rows)),
  images: new Map([["success_rate.svg", Buffer.from(image)]]),
});

test("two runs are the same whatever their ids and order; a value, a line, a byte that differ are named", () => {
  const again = episodes.map((row) => ({ ...row, run: "again", episode_id: "other" })).reverse();
  expect(differencesOf(left(episodes), { ...left(episodes), episodes: again })).toEqual([]);

  const [first, ...others] = episodes;
  const changed = [{ ...first!, input_tokens: first!.input_tokens! + 1e6 }, ...others];
  const places = (b: ReturnType<typeof left>) =>
    differencesOf(left(episodes), b).map(({ probe, at }) => [probe, at]);
  expect(places(left(changed))).toEqual([
    ["episode", `random ${first!.task} 200.input_tokens`],
    ["table", "2"],
  ]);
  expect(places({ ...left(episodes), episodes: others })).toEqual([
    ["episode", `random ${first!.task} 200`],
  ]);
  expect(places(left(episodes, "<svg />"))).toEqual([["image", "success_rate.svg"]]);
});

test("options that say nothing together are refused", async () => {
  const said = jest.spyOn(process.stderr, "write").mockReturnValue(true);
  for (const args of [["--notebook"], ["--real", "--seeds", "1"]])
    expect(await main("gateway:diff", args)).toBe(1);
  expect(await main("gateway:diff", ["--real", "--notebook", "--seeds", "0"])).toBe(1);
  expect(said.mock.calls.map(([text]) => String(text).split("\n")[0])).toEqual([
    "--notebook goes with --real, and --seeds with --notebook.",
    "--notebook goes with --real, and --seeds with --notebook.",
    '--seeds takes a whole number above 0; got "0".',
  ]);
  said.mockRestore();
});

import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tasks } from "babyai";
import { diffWithReal, MODELS_ORIGIN, SHIPPED, sift, startPair } from "embedded-gateway";
import { localModels } from "../agents/local/app";
import type { ChatMessage } from "../agents/local/reading/prompt";
import { parseResults } from "../analysis/results";
import { resultsTable } from "../analysis/tables/results-table";
import { textTable } from "../display/table";
import { openLab } from "../lab";
import { main } from "../main";
import { composedVariants } from "../models/more-variants";
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

/** Its answer says which prompt it was asked with; it judges that the second answer is the best. */
const telling = (messages: readonly ChatMessage[]) => {
  const text = messages.map(({ content }) => content).join("\n");
  if (text.includes("answer_choice")) return '{"thinking": "the second", "answer_choice": 1}';
  const example = messages.find(({ role }) => role === "assistant");
  if (example !== undefined) return example.content;
  const action = /candidate/i.test(text)
    ? "toggle"
    : /^Turn \d|first turn/m.test(text)
      ? "go forward"
      : text.includes("Current observation")
        ? "turn left"
        : "turn right";
  return JSON.stringify({ action });
};

(hasPeer ? test : test.skip)(
  "taught the same, in-context learning, best-of-n and mixture-of-n play the same through TensorZero's own gateway",
  async () => {
    const project = mkdtempSync(join(tmpdir(), "composed-"));
    const config = join(project, "config");
    cpSync(join(root, "config"), config, { recursive: true });
    const example = readFileSync(join(config, "examples", "ollama.toml"), "utf8");
    const added = [example, ...composedVariants(example)]
      .join("\n\n")
      .replaceAll("../functions", "functions")
      .replace('routing = ["ollama"]', 'routing = ["local"]')
      .replace("providers.ollama", "providers.local")
      .replace(/^api_base = .*$/m, `api_base = "${MODELS_ORIGIN}/v1/"`);
    appendFileSync(join(config, "tensorzero.toml"), `\n${added}`);
    const pair = await startPair({
      ...{ ...options(), config },
      models: localModels({ "my-model": telling }),
    });
    const [task = ""] = tasks;
    const prompts = ["in_context", "best_of_n", "mixture_of_n"].map((name) => `my-model_${name}`);
    const played = async (gateway: string, store: string) => {
      Object.assign(process.env, { TENSORZERO_GATEWAY_URL: gateway, CLICKHOUSE_URL: store });
      const lab = await openLab({ configPath: [join(config, "tensorzero.toml")] });
      const known = { tasks: [task], historyLength: 1 };
      const bank = await lab.evaluate({ ...known, variants: ["rule_based_history"], episodes: 3 });
      const { train: episodes } = await lab.examples({ run: bank.id });
      for (const variant of ["nearest_example", "my-model_in_context"])
        await lab.teach({ variant, episodes, historyLength: 1 });
      const variants = ["nearest_example", ...prompts];
      const { id } = await lab.evaluate({ ...known, variants, episodes: 1, seed: 300 });
      const { train } = await lab.examples({ run: id, render: "rule_based" });
      await lab.close();
      return train.map(({ variant, success, steps }) => {
        return { variant, success, actions: steps.map((step) => step.played) };
      });
    };
    try {
      const ours = await played(pair.gateway, pair.store("tensorzero"));
      expect(await played(pair.peer, pair.peerStore)).toEqual(ours);
      const actions = new Map(ours.map((episode) => [episode.variant, episode.actions]));
      expect(actions.get("nearest_example")).toEqual(actions.get("my-model_in_context"));
      expect(new Set(actions.get("nearest_example")).size).toBeGreaterThan(1);
      expect(new Set(actions.get("my-model_best_of_n"))).toEqual(new Set(["turn right"]));
      expect(new Set(actions.get("my-model_mixture_of_n"))).toEqual(new Set(["toggle"]));
    } finally {
      delete process.env.TENSORZERO_GATEWAY_URL;
      delete process.env.CLICKHOUSE_URL;
      await pair.close();
      rmSync(project, { recursive: true });
    }
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

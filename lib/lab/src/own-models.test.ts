import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "@swc/core";
import { tasks } from "babyai";
import type { ModelFunctions } from "./agents/local/own-models";
import type { ChatMessage } from "./agents/local/reading/prompt";
import { withExpertSteps } from "./analysis/simulator";
import { resultsTable } from "./analysis/tables/results-table";
import { allCharts } from "./charts/registry";
import { type Lab, type LabOptions, openLab } from "./lab";
import type { EpisodeRow } from "./queries/episodes";
import { playerHtml } from "./replay/player";
import { loadReplay } from "./replay/replay";

const root = join(__dirname, "..", "..", "..");
const project = mkdtempSync(join(tmpdir(), "own-models-"));
const task = "BabyAI-GoToObj-v0"; // 64 steps, of which "turn left" solves nothing
cpSync(join(root, "config"), join(project, "config"), { recursive: true });

const variant = (name: string, model: string, more = "") => `
[functions.act.variants.${name}]
type = "chat_completion"
model = "${model}"
system_template = "config/functions/act/baseline/system.minijinja"
user_template = "config/functions/act/baseline/user.minijinja"
json_mode = "on"
${more}
`;
const asked: (readonly ChatMessage[])[] = [];
const givenUp: AbortSignal[] = [];
const models: ModelFunctions = {
  "gpt-9": async (messages) => {
    asked.push(messages);
    const usage = { prompt_tokens: 7, completion_tokens: 3 };
    return { content: '{"action": "turn left"}', usage };
  },
  broken: () => {
    throw new Error("the weights are missing");
  },
  mute: (() => undefined) as never,
  stuck: (_, { signal }) => {
    givenUp.push(signal);
    return new Promise(() => {});
  },
};
writeFileSync(
  join(project, "own.toml"),
  variant("named_like_an_llm", "gpt-9") +
    variant("broken", "broken") +
    variant("mute", "mute") +
    variant("stuck", "stuck", "timeouts = { non_streaming.total_ms = 50 }"),
);
const options = { project, gateway: "embedded", dataDir: "store" } as const;
const configPath = ["config/tensorzero.toml", "own.toml"];

describe("models of one's own", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab({ ...options, configPath, models });
  });
  afterAll(async () => {
    await lab.close();
  });
  const play = (name: string) => lab.evaluate({ variants: [name], tasks: [task], episodes: 1 });

  test("one is asked with the variant's messages, and stored as what it is with the tokens that it says", async () => {
    const run = await play("named_like_an_llm");
    expect(run).toMatchObject({ completed: 1, spentUsd: 0 });
    expect(asked).toHaveLength(64);
    expect(asked[0]).toMatchObject([
      { role: "system", content: expect.stringContaining("Your mission") },
      { role: "user", content: expect.stringContaining("Current observation:") },
    ]);
    const result = await lab.clickhouse.query({
      query: `SELECT DISTINCT model_name, model_provider_name, input_tokens, output_tokens FROM ModelInference`,
      format: "JSONEachRow",
    });
    expect(await result.json()).toEqual([
      { model_name: "gpt-9", model_provider_name: "local", input_tokens: 7, output_tokens: 3 },
    ]);
  });

  test("no row, table, chart, plan or replay takes it for an LLM, whatever it is called", async () => {
    const names = { variants: ["named_like_an_llm", "random"], tasks: tasks.slice(0, 2) };
    const { text } = await lab.plan({ ...names, episodes: 2 });
    expect(text).toContain("named_like_an_llm: gpt-9, not an LLM.");
    const run = await lab.evaluate({ ...names, episodes: 2 });
    const rows = await lab.episodes({ run: run.id });
    const own = rows.filter((row) => row.model === "gpt-9");
    expect(own).toHaveLength(4);
    for (const row of own) expect(row).toMatchObject({ provider: "local" });
    expect(resultsTable(rows).map(({ model }) => model)).toEqual([
      "uniform random, not an LLM",
      "gpt-9, not an LLM",
    ]);
    const prices = { "gpt-9": { input: 0, output: 0, as_of: "", source: "" } };
    const charts = allCharts(withExpertSteps(rows), { prices });
    expect(Object.keys(charts).length).toBeGreaterThan(15);
    for (const spec of Object.values(charts))
      expect(JSON.stringify(spec)).toContain("gpt-9, not an LLM");
    const { episode_id } = rows.find((row) => row.model === "gpt-9") as { episode_id: string };
    const replay = await loadReplay(lab.clickhouse, episode_id);
    expect(playerHtml([replay])).toContain("named_like_an_llm (gpt-9, not an LLM)");
  });

  test.each([
    ["broken", /the weights are missing/],
    [
      "mute",
      /The model \\"mute\\" returned undefined\. It must return the answer's text, or \{ content/,
    ],
    ["stuck", /timed out/i],
  ])("%s fails the episode, with the reason", async (name, reason) => {
    const run = await play(name);
    expect(run).toMatchObject({
      completed: 0,
      failed: 1,
      lastError: expect.stringMatching(reason),
    });
  });

  test("one that nobody waits for any more hears of it", () => {
    expect(givenUp.length).toBeGreaterThan(0);
    expect(givenUp.map(({ aborted }) => aborted)).not.toContain(false);
  });
});

test("README's model of one's own is played beside a local one", async () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const [, toml = "", example = ""] =
    /beside `config\/`[^`]+```toml\n([\s\S]+?)```\s+```ts\n([\s\S]+?)```/.exec(readme) ?? [];
  writeFileSync(join(project, "mine.toml"), toml);
  const short = example.replace("episodes: 5", "episodes: 1");
  const whole = `async function play() {\n${short}\nreturn { lab, run };\n}`;
  const { code } = transformSync(whole, {
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
  });
  const open = (given: LabOptions) => openLab({ ...given, ...options });
  const { lab, run } = await new Function("openLab", `${code}\nreturn play();`)(open);
  expect(run).toMatchObject({ planned: 10, completed: 10, failed: 0, invalidAnswers: [] });
  const rows: EpisodeRow[] = await lab.episodes({ run: run.id });
  await lab.close();
  expect(new Set(rows.map((row) => `${row.variant} on ${row.model}`))).toEqual(
    new Set(["mine on mine", "random on random"]),
  );
});

test("a model that is no function, and one of a name that is taken, are refused", async () => {
  const mine = "gpt-4o" as never;
  await expect(openLab({ ...options, models: { mine } })).rejects.toMatchObject({
    name: "ModelFunctionError",
    message:
      'models.mine is "gpt-4o"; it must be a function of chat messages that returns the answer\'s text.',
  });
  await expect(openLab({ ...options, models: { random: () => "" } })).rejects.toMatchObject({
    name: "ModelFunctionError",
    message: expect.stringMatching(/^models\.random has the name of a model that ships/),
  });
  const own = { project, gateway: "embedded", configPath: ["taken.toml"] } as const;
  writeFileSync(join(project, "taken.toml"), `[models.mine]\nrouting = ["p"]`);
  await expect(openLab({ ...own, models: { mine: () => "" } })).rejects.toMatchObject({
    name: "ConfigError",
    message: expect.stringMatching(/^`models\.mine/),
  });
});

test("a remote gateway is refused, with the reason and what to do", async () => {
  const server = createServer((_, response) =>
    response.end('{"status":"ok","version":"2026.6.0"}'),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  process.env.TENSORZERO_GATEWAY_URL = `http://127.0.0.1:${port}`;
  process.env.CLICKHOUSE_URL = `http://127.0.0.1:${port}`;
  try {
    await expect(openLab({ project, configPath, models })).rejects.toMatchObject({
      name: "RemoteModelsError",
      message: expect.stringMatching(
        /^models has gpt-9, broken, mute, stuck, functions of this process, which the gateway at 127\.0\.0\.1:\d+ cannot call\. It was taken because .* gateway: "embedded"/,
      ),
    });
  } finally {
    delete process.env.TENSORZERO_GATEWAY_URL;
    delete process.env.CLICKHOUSE_URL;
    await new Promise((resolve) => server.close(resolve));
  }
});

afterAll(() => rmSync(project, { recursive: true }));

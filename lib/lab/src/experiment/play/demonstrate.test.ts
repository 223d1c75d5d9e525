import type { ClickHouseClient } from "@clickhouse/client";
import { type ActionName, Expert, make, solve, tasks } from "babyai";
import { connect, createGateway, type EmbeddedGateway } from "embedded-gateway";
import { SHIPPED_CONFIG } from "embedded-gateway/testing/shipped-config";
import { localModels } from "../../agents/local/app";
import { formatHistory, type PastTurn } from "../../agents/prompt";
import { GatewayClient, GatewayError } from "../../connection/client";
import { type DemonstrationRow, demonstrations } from "../../queries/demonstrations";
import { latestRun } from "../../queries/latest-run";
import { runStates } from "../../queries/runs/run-state";
import { SettingsError } from "../plan/settings";
import { type DemonstrateOptions, demonstrate } from "./demonstrate";

let clickhouse: ClickHouseClient;
let gateway: EmbeddedGateway;
let client: GatewayClient;

beforeAll(async () => {
  const models = localModels();
  clickhouse = await connect({ dataDir: ":memory:" });
  gateway = await createGateway({
    configPath: SHIPPED_CONFIG,
    clickhouse,
    env: {},
    fetch: async (input, init) => models.fetch(new Request(input, init)),
  });
  client = new GatewayClient({
    url: "http://embedded",
    fetch: async (input, init) => gateway.app.fetch(new Request(input, init)),
  });
});
afterAll(async () => {
  await gateway.close();
  await clickhouse.close();
});

const pictures = "none" as const;
const variants = new Map([
  ["random", { function: "act" as const, pictures }],
  ["baseline", { function: "act" as const, pictures }],
  ["reasoning", { function: "act_with_reasoning" as const, pictures }],
]);
const run = (options: Partial<DemonstrateOptions>) =>
  demonstrate({ client, variants }, { variant: "random", ...options });

/** The stored rows of one episode are the expert's play: what it saw, what it did, up to success. */
function expectExpertsPlay(rows: readonly DemonstrationRow[], task: string, seed: number) {
  const env = make(task);
  let { observation } = env.reset({ seed });
  const turns: PastTurn[] = [];
  for (const [step, row] of rows.entries()) {
    expect(row).toMatchObject({
      step,
      episode_id: rows[0]!.episode_id,
      mission: env.mission,
      observation: observation.text,
      history: formatHistory(turns, 3),
    });
    turns.push({ observation: observation.text, action: row.action! });
    ({ observation } = env.step(row.action!));
  }
  expect(env.reward).toBeGreaterThan(0);
}

test("each step of the expert's is stored as the demonstration of an inference that was asked there", async () => {
  const result = await run({ episodes: 2, seed: 300, historyLength: 3 });
  const steps = tasks.flatMap((task) => [300, 301].map((seed) => solve(task, seed)!.length));
  const total = steps.reduce((sum, length) => sum + length);
  expect(result).toEqual({
    id: expect.stringMatching(/^\d{8}-\d{6}-\w{4}$/),
    episodes: 10,
    solved: 10,
    demonstrations: total,
    unsolved: [],
  });
  await gateway.flush();
  const rows = await demonstrations(clickhouse, result.id);
  expect(rows).toHaveLength(total);
  expect(new Set(rows.map(({ inference_id }) => inference_id)).size).toBe(total);
  for (const task of tasks) {
    for (const seed of [300, 301]) {
      const own = rows.filter((row) => row.task === task && row.seed === seed);
      expectExpertsPlay(own, task, seed);
    }
  }
});

test("where the variant plays, the expert names its action in each state that the variant comes to", async () => {
  const result = await run({ play: "variant", tasks: [tasks[0]!], episodes: 3, historyLength: 1 });
  expect(result).toMatchObject({ episodes: 3, unsolved: [] });
  await gateway.flush();
  const rows = await demonstrations(clickhouse, result.id);
  expect(rows).toHaveLength(result.demonstrations);
  let solved = 0;
  let differs = 0;
  for (const seed of [100_000, 100_001, 100_002]) {
    const own = rows.filter((row) => row.seed === seed);
    const env = make(tasks[0]!);
    let { observation } = env.reset({ seed });
    const expert = new Expert(env);
    for (const [step, row] of own.entries()) {
      expect(row).toMatchObject({ step, observation: observation.text, action: expert.act() });
      const did = /You did: (.*)$/.exec(own[step + 1]?.history ?? "")?.[1];
      if (did === undefined) break; // the last action is not told
      if (did !== row.action) differs += 1;
      ({ observation } = env.step(did as ActionName));
    }
    expect(env.terminated).toBe(false);
    if (own.length < env.maxSteps) solved += 1;
  }
  expect(differs).toBeGreaterThan(0);
  expect(result.solved).toBe(solved);
});

test("demonstrations are no run of the variant's", async () => {
  await run({ tasks: [tasks[0]!], episodes: 1 });
  await gateway.flush();
  expect(await latestRun(clickhouse)).toBeNull();
  expect(await runStates(clickhouse)).toEqual([]);
});

test("where the expert finds no way nothing is asked, and that is said", async () => {
  const task = "BabyAI-GoToImpUnlock-v0";
  const result = await run({ tasks: [task], seed: 6, episodes: 1 });
  expect(result).toMatchObject({
    episodes: 0,
    demonstrations: 0,
    unsolved: [{ variant: "random", task, seed: 6 }],
  });
});

test("a variant that fails ends it, with the gateway's reason", async () => {
  // No key for OpenAI is in the gateway's environment.
  await expect(run({ variant: "baseline", episodes: 1 })).rejects.toThrow(GatewayError);
  await expect(run({ variant: "baseline", episodes: 1 })).rejects.toThrow("OPENAI_API_KEY");
});

test("an abort ends it; wrong options are refused", async () => {
  await expect(run({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  await expect(run({ variant: "expert" })).rejects.toThrow(SettingsError);
  await expect(run({ play: "nobody" as never })).rejects.toThrow('play is "nobody"');
  await expect(run({ episodes: 0 })).rejects.toThrow("episodes is 0");
});

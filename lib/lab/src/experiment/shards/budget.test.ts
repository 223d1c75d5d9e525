import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { completion, type StandIn, startStandIn } from "embedded-gateway/testing/stand-in";
import { exitCodeOf, NEEDS_CHANGE } from "../../cli/notebooks/play-shard";
import { type Lab, openLab } from "../../lab";
import { insertBeat } from "../../queries/runs/beats";
import { actConfig } from "../testing/act-config";
import { BUDGET_SLACK } from "./claim";

const project = mkdtempSync(join(tmpdir(), "shards-budget-"));
let provider: StandIn;
let lab: Lab;

beforeAll(async () => {
  provider = await startStandIn();
  provider.reply = () => completion('{"action":"turn left"}'); // 11 tokens for 7
  const files = actConfig();
  files["tensorzero.toml"] = files["tensorzero.toml"]!.replace("PROVIDER", provider.url);
  files["prices.toml"] = '["m"]\ninput = 1\noutput = 10\nas_of = "2026-11-22"\nsource = "test"\n';
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(project, "config", dirname(name)), { recursive: true });
    writeFileSync(join(project, "config", name), text);
  }
  writeFileSync(join(project, ".env"), "OPENAI_API_KEY=sk-test-0123456789\n");
  lab = await openLab({ project, gateway: "embedded", dataDir: "store" });
});
afterAll(async () => {
  await lab.close();
  await provider.close();
  rmSync(project, { recursive: true });
});

const EPISODE = (64 * (11 * 1 + 7 * 10)) / 1e6; // turning left solves nothing

async function play(shard: string, episodes: number, id = "dear") {
  const before = provider.requests.length;
  const run = await lab.evaluate({
    ...{ variants: ["retried"], tasks: ["BabyAI-MixedTrainLocal-v0/goto"], episodes: 8 },
    ...{ run: id, shard, concurrency: 1, budgetUsd: episodes * EPISODE },
  });
  return { ...run, inferences: provider.requests.length - before };
}

test("shards stop at the run's budget, whoever has spent it; a larger one lets them go on", async () => {
  const first = await play("1/2", 6.5);
  expect(first).toMatchObject({ planned: 4, completed: 4, stopped: null });
  const second = await play("2/2", 6.5);
  expect(second).toMatchObject({ planned: 4, completed: 2, stopped: "budget" });
  expect(second.spentUsd).toBeCloseTo(6 * EPISODE, 9);
  expect([first, second].map(exitCodeOf)).toEqual([0, NEEDS_CHANGE]);
  expect(second.text).toContain("For the rest: npm start -- --run dear --shard 2/2");

  // Started again, as a scheduler does: to the last cent, and then not at all.
  const again = await play("2/2", 6.5);
  expect(again).toMatchObject({ completed: 2, stopped: "budget", inferences: 32 });
  const spent = (await play("2/2", 6.5)).spentUsd;
  expect(spent).toBeCloseTo(6.5 * EPISODE, 9);
  expect(provider.requests).toHaveLength(6.5 * 64);
  const [row] = await lab.runs();
  expect(row).toMatchObject({ completed: 6, planned: 8, cut_off: 1 });
  expect(row?.cost_usd).toBeCloseTo(6.5 * EPISODE, 9);

  const more = await play("2/2", 20);
  expect(more).toMatchObject({ completed: 4, planned: 4, stopped: null, inferences: 128 });
  expect(await play("1/2", 20)).toMatchObject({ completed: 4, inferences: 0 });
});

test("two at once pass the budget by no more than a tenth of it and what was under way", async () => {
  const before = provider.requests.length;
  const parts = await Promise.all([play("1/2", 4, "both"), play("2/2", 4, "both")]);
  for (const { stopped } of parts) expect(stopped).toBe("budget");
  const inferences = provider.requests.length - before;
  expect(inferences).toBeGreaterThanOrEqual(4 * 64);
  expect(inferences).toBeLessThanOrEqual((1 + BUDGET_SLACK) * 4 * 64 + 2);
});

test("a provider's wrong key is no reason to start again; what fails for another reason, too, is", async () => {
  const reply = provider.reply;
  const refuse = (status: number) => () => new Response("no such key", { status });
  const code = async (id: string) => {
    const run = await play("1/2", 20, id);
    expect(run).toMatchObject({
      completed: 0,
      planned: 4,
      lastError: expect.stringContaining("401"),
    });
    return exitCodeOf(run);
  };
  provider.reply = refuse(401);
  expect(await code("refused")).toBe(NEEDS_CHANGE);
  let tries = 0;
  provider.reply = () => (tries++ === 0 ? refuse(500) : refuse(401))();
  expect(await code("mixed")).toBe(1);
  provider.reply = reply;
});

test("a run's cost is what its sittings have said, or its calls' where one was killed", async () => {
  const run = "told";
  const beat = { run, claim: randomUUID(), pid: 1, host: "far", machine: "far" };
  const more = { index: 2, of: 2, done: 0, planned: 1, answeredSecondsAgo: 0 };
  const told = { ...beat, ...more, spentUsd: 5, spentIsEstimated: true };
  await lab.evaluate({
    ...{ variants: ["retried"], tasks: ["BabyAI-MixedTrainLocal-v0/goto"], episodes: 1 },
    ...{ run, shard: "1/1" },
  });
  const costOf = async () => (await lab.runs()).find((row) => row.run === run);
  const exact = { cost_usd: expect.closeTo(EPISODE, 9), cost_is_estimated: false };
  expect(await costOf()).toMatchObject(exact);
  await insertBeat(lab.clickhouse, { ...told, ended: false });
  expect(await costOf()).toMatchObject(exact);
  await insertBeat(lab.clickhouse, { ...told, ended: true });
  expect(await costOf()).toMatchObject({
    cost_usd: expect.closeTo(EPISODE + 5, 9),
    ...{ cost_is_estimated: true, cost_is_at_least: false },
  });
});

test("a shard that another process has taken over ends when it learns so", async () => {
  const run = "asleep";
  const follower = { run, claim: randomUUID(), pid: 77, host: "far", machine: "far" };
  const more = { done: 0, planned: 4, spentUsd: 0, spentIsEstimated: false, ended: false };
  const takeOver = async () => {
    const shard = { index: 1, of: 2, answeredSecondsAgo: 0 };
    await insertBeat(lab.clickhouse, { ...follower, ...more, ...shard });
    // As if it had come half a minute ago, and this process had been stopped till now.
    await lab.clickhouse.command({
      query: `INSERT INTO CommentFeedback (id, target_id, target_type, value, tags)
        SELECT dateTimeToUUIDv7(now() - 30), target_id, target_type, value, tags FROM CommentFeedback WHERE value LIKE {claim:String}`,
      query_params: { claim: `%${follower.claim}%` },
    });
  };
  let taken: Promise<void> | undefined;
  const before = provider.requests.length;
  const playing = lab.evaluate({
    ...{ variants: ["retried"], tasks: ["BabyAI-MixedTrainLocal-v0/goto"], episodes: 800 },
    ...{ run, shard: "1/2", concurrency: 1, budgetUsd: 8 * EPISODE },
    onProgress: ({ answers }) => {
      if (answers > 0) taken ??= takeOver();
    },
  });
  await expect(playing).rejects.toThrow("is being played by process 77 on far, shard 1/2");
  await taken;
  expect(provider.requests.length - before).toBeLessThan(8 * 64);
});

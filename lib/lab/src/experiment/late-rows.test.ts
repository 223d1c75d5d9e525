import { inProcess } from "embedded-gateway";
import { type Harness, openHarness } from "embedded-gateway/testing/harness";
import { completion } from "embedded-gateway/testing/stand-in";
import { resultsTable } from "../analysis/tables/results-table";
import { GatewayClient } from "../connection/client";
import { episodes } from "../queries/episodes";
import { OutcomesMissingError, waitForOutcomes } from "../queries/runs/outcomes";
import { evaluate } from "./evaluate";
import { checkSettings } from "./plan/settings";
import type { Run } from "./run";
import { actConfig } from "./testing/act-config";
import { playedVariant } from "./testing/played-variant";

// TensorZero's gateway writes after it has answered: what feedback is for may not be stored yet, and rows come late.

let harness: Harness;
beforeAll(async () => {
  harness = await openHarness(actConfig(), { OPENAI_API_KEY: "sk-test-0123456789" });
  harness.provider.reply = () => completion('{"action":"turn left"}');
});
afterAll(() => harness.close());

/** Plays goto, 64 steps. @param refused whether the gateway does not know yet what the nth feedback is for, an episode */
async function play(refused: (index: number, episode: string) => boolean) {
  const answer = inProcess(harness.gateway.app);
  let feedbacks = 0;
  const fetch: typeof answer = async (url, init) => {
    if (!String(url).endsWith("/feedback")) return answer(url, init);
    const { episode_id } = JSON.parse(String(init?.body)) as { episode_id: string };
    if (!refused(feedbacks++, episode_id)) return answer(url, init);
    return Response.json({ error: `Episode ID: ${episode_id} does not exist` }, { status: 400 });
  };
  const asked = {
    variants: ["retried"],
    tasks: ["BabyAI-MixedTrainLocal-v0/goto"],
    episodes: 1,
    concurrency: 1,
  };
  const run = await evaluate(
    {
      client: new GatewayClient({ url: "http://gateway", fetch }),
      variant: () => playedVariant(),
      recordFailure: async () => {},
      patience: { limitMs: 1000, firstMs: 1, longestMs: 1 },
    },
    checkSettings(asked, ["retried"]),
    {},
  );
  await harness.gateway.flush();
  return { run, feedbacks };
}

test("feedback for what is not stored yet is sent again; the episode is whole", async () => {
  const { run, feedbacks } = await play((index) => index < 14);
  expect(run).toMatchObject({ completed: 1, failed: 0 });
  expect(feedbacks).toBe(14 + 5);
  const [row] = await episodes(harness.clickhouse, run.id);
  expect(row).toMatchObject({ success: false, episode_length: 64, error: null });
});

test("an episode that its gateway took along when it was killed is played again", async () => {
  let lost: string | undefined;
  const { run } = await play((_, episode) => {
    lost ??= episode;
    return episode === lost;
  });
  expect(run).toMatchObject({ completed: 1, failed: 0 });
  const [row] = await episodes(harness.clickhouse, run.id);
  expect(row).toMatchObject({ success: false, episode_length: 64, error: null });
  expect(row?.episode_id).not.toBe(lost);
});

test("feedback for what is never stored ends the episode with the gateway's words", async () => {
  const { run } = await play(() => true);
  expect(run).toMatchObject({ completed: 0, failed: 1 });
  expect(run.text).toContain("does not exist");
});

/** Takes a table's rows away until the function that is returned is called. */
async function holdBack(table: string): Promise<() => Promise<unknown>> {
  const command = (query: string) => harness.clickhouse.command({ query });
  await command(`CREATE TABLE Held AS ${table}`);
  await command(`INSERT INTO Held SELECT * FROM ${table}`);
  await command(`TRUNCATE TABLE ${table}`);
  return async () => {
    await command(`INSERT INTO ${table} SELECT * FROM Held`);
    await command("DROP TABLE Held");
  };
}

describe("a run is waited for until its rows are there", () => {
  let run: Run;
  beforeAll(async () => {
    ({ run } = await play(() => false));
  });
  test.each(["ModelInference", "FloatMetricFeedback", "BooleanMetricFeedback"])(
    "of %s",
    async (table) => {
      const release = await holdBack(table);
      const asked = jest.spyOn(harness.clickhouse, "query");
      let isThere = false;
      const waiting = waitForOutcomes(harness.clickhouse, run.id, 1, {
        patienceMs: 60_000,
        longestMs: 5,
      }).then(() => {
        isThere = true;
      });
      while (asked.mock.calls.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(isThere).toBe(false);
      if (table === "ModelInference") {
        expect(resultsTable(await episodes(harness.clickhouse, run.id))).toMatchObject([
          { "input tokens": "–", "generated tokens": "–" },
        ]);
      }
      await release();
      await waiting;
      asked.mockRestore();
    },
  );
});

test("rows that never come are missed, with what there is", async () => {
  const wait = waitForOutcomes(harness.clickhouse, "no-such-run", 2, {
    patienceMs: 20,
    longestMs: 5,
  });
  await expect(wait).rejects.toThrow(OutcomesMissingError);
  await expect(wait).rejects.toThrow("2 episodes of run no-such-run ended, but ClickHouse shows 0");
});

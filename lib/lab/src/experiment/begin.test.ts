import type { ClickHouseClient } from "@clickhouse/client";
import { connect } from "embedded-gateway";
import { everyRunSettings } from "../queries/runs/run-settings";
import { beginRun, RunNotBegunError } from "./begin";
import { type RunRecord, writeRecord } from "./plan/record";

const label = { name: null, note: null, helper: false };
const record: RunRecord = { label, worlds: new Map([["t", [1]]]), historyLength: 8, variants: {} };
const { signal } = new AbortController();
const quick = { limitMs: 500, firstMs: 1, longestMs: 1 };
let client: ClickHouseClient;
beforeAll(async () => {
  client = await connect({ dataDir: ":memory:" });
});
afterAll(() => client.close());

test("a store that is away for a while gets the settings once, also if it had taken them without an answer", async () => {
  const { insert } = client;
  let tries = 0;
  const away = jest.spyOn(client, "insert").mockImplementation(async (params) => {
    tries += 1;
    if (tries === 2) await insert.call(client, params as Parameters<typeof insert>[0]);
    if (tries < 3) throw new Error("connect ECONNREFUSED 127.0.0.1:8123");
    return insert.call(client, params as Parameters<typeof insert>[0]);
  });
  await beginRun(client, { run: "r", record, signal }, quick);
  away.mockRestore();
  expect(tries).toBe(3);
  expect(await everyRunSettings(client, "r")).toEqual([writeRecord(record)]);
  for (const table of ["CommentFeedback", "CommentFeedbackByTargetId", "FeedbackTag"]) {
    const query = `SELECT toFloat64(count()) AS n FROM ${table}`;
    const [row] = await (await client.query({ query, format: "JSONEachRow" })).json<{
      n: number;
    }>();
    expect([table, row?.n]).toEqual([table, table === "FeedbackTag" ? 2 : 1]);
  }
});

test("one that stays away is an error: nothing was played", async () => {
  const away = jest.spyOn(client, "insert").mockRejectedValue(new Error("connect ECONNREFUSED"));
  const begun = beginRun(client, { run: "never", record, signal }, { ...quick, limitMs: 20 });
  await expect(begun).rejects.toBeInstanceOf(RunNotBegunError);
  await expect(begun).rejects.toThrow(
    "ClickHouse does not take the settings of run never (connect ECONNREFUSED), so nothing of it was played.",
  );
  expect(away.mock.calls.length).toBeGreaterThan(1);
  away.mockRestore();
});

import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import timers from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import { connect, uuidv7 } from "embedded-gateway";
import { type Beat, insertBeat, lastBeats, spentElsewhere } from "../../queries/runs/beats";
import { parseShard } from "../plan/settings";
import { Claim, RunHeldError } from "./claim";
import { machine } from "./machine";

let client: ClickHouseClient;
beforeAll(async () => {
  client = await connect({ dataDir: ":memory:" });
});
afterAll(() => client.close());

let runs = 0;
const newRun = () => `run-${runs++}`;
const claim = (run: string, shard: string) => Claim.take(client, { run, ...parseShard(shard) });

/** A beat of another process. */
function beat(run: string, more: Partial<Beat> = {}): Beat {
  return {
    ...{ run, claim: randomUUID(), pid: process.pid, host: "far", machine: "another" },
    ...{ index: 1, of: 1, done: 0, planned: 9, spentUsd: 0, spentIsEstimated: false },
    ...{ answeredSecondsAgo: 0, ended: false },
    ...more,
  };
}

/** Beats get their time from the store, so an old one is moved there. */
async function age(run: string, seconds: number): Promise<void> {
  const beats = await client.query({
    query: "SELECT target_id, value, tags FROM CommentFeedback WHERE value LIKE {run:String}",
    query_params: { run: `%"${run}"%` },
    format: "JSONEachRow",
  });
  const rows = await beats.json<object>();
  await client.command({
    query: `ALTER TABLE CommentFeedback DELETE WHERE value LIKE '%"${run}"%' SETTINGS mutations_sync = 2`,
  });
  const id = () => uuidv7(Date.now() - seconds * 1000);
  const values = rows.map((row) => ({ ...row, target_type: "episode", id: id() }));
  await client.insert({ table: "CommentFeedback", values, format: "JSONEachRow" });
}

test("a beat that is sent again, because the store's holder was killed, is stored once", async () => {
  const run = newRun();
  const command = jest.spyOn(client, "command");
  await insertBeat(client, beat(run));
  await client.command(command.mock.calls[0]![0]);
  command.mockRestore();
  await insertBeat(client, beat(run));
  for (const table of ["CommentFeedback", "CommentFeedbackByTargetId"]) {
    const stored = await client.query({
      query: `SELECT count() AS n FROM ${table} WHERE value LIKE '%"${run}"%'`,
      format: "JSONEachRow",
    });
    expect(await stored.json<{ n: string }>()).toEqual([{ n: "2" }]);
  }
});

test.each([
  ["1/1", "1/1", true],
  ["1/1", "2/8", true],
  ["2/8", "1/1", true],
  ["2/8", "2/8", true],
  ["2/8", "2/4", true],
  ["2/8", "3/8", false],
])("a run held as %s cannot be had as %s: %p", async (first, second, isRefused) => {
  const run = newRun();
  const one = await claim(run, first);
  const other = claim(run, second);
  if (isRefused) await expect(other).rejects.toThrow(RunHeldError);
  else await (await other).end();
  await one.end();
  await (await claim(run, second)).end();
});

test("who holds it is named, with its last answer", async () => {
  const run = newRun();
  await insertBeat(client, beat(run, { pid: 77, answeredSecondsAgo: 2, index: 2, of: 8 }));
  const error: RunHeldError = await claim(run, "1/1").catch((error) => error);
  expect(error.message).toContain(
    `Run ${run} is being played by process 77 on far, shard 2/8, last answer 2 s ago. A second time,`,
  );
  expect(error.holders).toMatchObject([{ pid: 77, host: "far", index: 2, of: 8 }]);
  const beats = await lastBeats(client, run);
  expect(beats.map(({ pid }) => pid)).toEqual([77]); // the refused one left nothing
});

test("of two that come at once, one has it", async () => {
  const run = newRun();
  const claims = await Promise.allSettled([
    claim(run, "1/1"),
    claim(run, "1/1"),
    claim(run, "1/2"),
  ]);
  const taken = claims.filter((one) => one.status === "fulfilled");
  expect(taken).toHaveLength(1);
  await taken[0]?.value.end();
});

test("one that died is followed: on this machine at once, on another after a minute of silence", async () => {
  const run = newRun();
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  await insertBeat(client, beat(run, { machine, pid }));
  await insertBeat(client, beat(run, { machine })); // of this process's id, and none of its claims
  await (await claim(run, "1/1")).end();

  await insertBeat(client, beat(run));
  await expect(claim(run, "1/1")).rejects.toThrow(RunHeldError);
  await age(run, 61);
  await (await claim(run, "1/1")).end();
});

test("who was silent for a minute and goes on learns that another has taken over", async () => {
  const run = newRun();
  const sleeper = await claim(run, "1/2");
  await sleeper.watchSpending(1);
  await sleeper.spend({ usd: 0.1, isEstimated: false }); // says something
  await insertBeat(client, beat(run, { index: 2, of: 2 }));
  await sleeper.spend({ usd: 0.2, isEstimated: false });
  expect(sleeper.lost.aborted).toBe(false);
  await age(run, 61);
  await insertBeat(client, beat(run, { pid: 77, index: 1, of: 2 }));
  await new Promise((resolve) => setTimeout(resolve, 2)); // the store counts milliseconds
  await sleeper.spend({ usd: 0.3, isEstimated: false });
  expect(sleeper.lost.reason).toBeInstanceOf(RunHeldError);
  expect(sleeper.lost.reason.holders).toMatchObject([{ pid: 77 }]);
  await sleeper.end();
});

test("who begins anew, to play again what has lost rows, still has spent what it had", async () => {
  const run = newRun();
  const one = await claim(run, "1/2");
  const elsewhere = () => spentElsewhere(client, { run, claim: "" });
  one.spend({ usd: 5, isEstimated: true });
  one.beginAnew();
  expect(one.spent).toEqual({ usd: 5, isEstimated: true });
  one.spend({ usd: 0.25, isEstimated: false });
  await one.end();
  expect([await elsewhere(), one.spent?.isEstimated]).toEqual([5.25, true]);
});

test("the first of the shards writes the settings, the others wait for them", async () => {
  const run = newRun();
  const [one, two] = [await claim(run, "1/2"), await claim(run, "2/2")];
  let isThere = false;
  await one.untilBegun(async () => isThere);
  let waited = false;
  const waits = two.untilBegun(async () => {
    waited = true;
    return isThere;
  });
  while (!waited) await new Promise((resolve) => setTimeout(resolve, 1));
  isThere = true;
  await waits;
  await Promise.all([one.end(), two.end()]);
});

test.each([
  ["1/2", { ended: false }, 1],
  ["2/2", { ended: false }, 0],
  ["1/2", { ended: true }, 0],
])("shard %s of one that left %o waits for its last rows: %p", async (shard, left, waits) => {
  const run = newRun();
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  await insertBeat(client, beat(run, { ...left, machine, pid, index: 1, of: 2 }));
  const waited = jest.spyOn(timers, "setTimeout").mockResolvedValue(undefined);
  const follower = await claim(run, shard);
  await follower.untilBegun(async () => true);
  expect(waited).toHaveBeenCalledTimes(waits);
  waited.mockRestore();
  await follower.end();
});

test("what others have spent is the sum of each one's last beat", async () => {
  const run = newRun();
  const first = beat(run, { spentUsd: 1 });
  await insertBeat(client, first);
  await insertBeat(client, { ...first, spentUsd: 2 });
  await insertBeat(client, beat(run, { spentUsd: 0.5, ended: true }));
  const own = beat(run, { spentUsd: 8 });
  await insertBeat(client, own);
  expect(await spentElsewhere(client, own)).toBe(2.5);
  await insertBeat(client, beat(run, { spentUsd: null }));
  expect(await spentElsewhere(client, own)).toBeNull();
});

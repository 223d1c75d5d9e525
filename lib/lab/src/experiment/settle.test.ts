import { inProcess, uuidv7 } from "embedded-gateway";
import { type Harness, openHarness } from "embedded-gateway/testing/harness";
import { completion } from "embedded-gateway/testing/stand-in";
import { summarize } from "../analysis/summary";
import { GatewayClient } from "../connection/client";
import { episodes } from "../queries/episodes";
import { insertFailure } from "../queries/runs/failures";
import { completedEpisodes } from "../queries/runs/run-state";
import { evaluate } from "./evaluate";
import { episodeKey } from "./plan/episodes";
import { checkSettings, type EvaluateOptions, newRunId } from "./plan/settings";
import { listRuns } from "./resume";
import { RunNotStoredError, settle } from "./settle";
import { actConfig } from "./testing/act-config";
import { playedVariant } from "./testing/played-variant";

// A run in several sittings: whoever counts its failed episodes counts the same ones.

const task = "BabyAI-MixedTrainLocal-v0/goto"; // 64 steps, of which "turn left" solves nothing
const left = () => completion('{"action":"turn left"}');
const refuse = () => new Response("overloaded", { status: 500 });

let harness: Harness;
beforeAll(async () => {
  harness = await openHarness(actConfig(), { OPENAI_API_KEY: "sk-test" });
});
afterAll(() => harness.close());

const price = { input: 1, output: 1, as_of: "", source: "" };

async function sitting(id: string, options: Partial<EvaluateOptions> = {}) {
  const { clickhouse, gateway } = harness;
  const done = await completedEpisodes(clickhouse, id);
  const completed = new Set(done.completed.map(episodeKey));
  const asked = { variants: ["retried"], tasks: [task], episodes: 4, concurrency: 1, ...options };
  const run = await evaluate(
    {
      client: new GatewayClient({ url: "http://gateway", fetch: inProcess(gateway.app) }),
      variant: () => playedVariant(),
      recordFailure: (run, { variant, task, seed, episodeId, error }) =>
        insertFailure(clickhouse, {
          ...{ run, variant, task, seed, error: error?.message ?? "" },
          episodeId: episodeId ?? uuidv7(),
          feedbackId: uuidv7(),
        }),
      patience: { limitMs: 0, firstMs: 1, longestMs: 1 },
    },
    checkSettings(asked, ["retried"]),
    options,
    { run: id, completed, spent: null },
  );
  const flush = () => gateway.flush();
  await settle(run, { clickhouse, flush });
  const listed = await listRuns({ clickhouse, price: () => price, flush });
  const [summary] = summarize(await episodes(clickhouse, id));
  return { run, row: listed.find((other) => other.run === id), summary };
}

async function expectFailed(failed: number, cut_off: number, played: ReturnType<typeof sitting>) {
  const { run, row, summary } = await played;
  expect(run.failed).toBe(failed);
  expect(row).toMatchObject({ failed, cut_off, completed: run.completed });
  expect(row?.cost_is_at_least).toBe(true); // some try has failed or was cut off before
  expect(summary).toMatchObject({ failed, cut_off });
  if (failed === 0) expect(run.text).not.toContain("failed");
  else expect(run.text).toContain(`${failed} failed`);
  return run;
}

test("the failed episodes of the run's text, of the list of runs and of the table are the same", async () => {
  const id = newRunId();
  harness.provider.reply = refuse;
  const first = await expectFailed(4, 0, sitting(id));
  expect(first.text).toContain("4 failed, the last because: ");

  // Nothing is begun: all of them still stand as failed.
  harness.provider.reply = left;
  const idle = await expectFailed(4, 0, sitting(id, { drain: AbortSignal.abort() }));
  expect(idle.text).toContain("4 failed. Stopped: interrupted.");

  // One comes to its end, the next is cut off in its middle, two are not reached.
  const stop = new AbortController();
  let answers = 0;
  harness.provider.reply = () => {
    answers += 1;
    if (answers === 64 + 10) stop.abort();
    return left();
  };
  await expectFailed(2, 1, sitting(id, { signal: stop.signal }));

  // Cut off after its first inference; the other one still stands as failed.
  const atOnce = new AbortController();
  answers = 0;
  harness.provider.reply = () => {
    answers += 1;
    if (answers === 64 + 2) atOnce.abort();
    return left();
  };
  await expectFailed(1, 1, sitting(id, { signal: atOnce.signal }));

  // What was cut off fails this time, after some steps; what had failed fails again.
  answers = 0;
  harness.provider.reply = () => (answers++ < 5 ? left() : refuse());
  await expectFailed(2, 0, sitting(id));

  harness.provider.reply = left;
  const last = await expectFailed(0, 0, sitting(id));
  expect(last).toMatchObject({ completed: 4, stopped: null });
});

test("what a run has cost is known where each of its tries came to its end; a store that is away then is waited for", async () => {
  harness.provider.reply = left;
  const { run, row } = await sitting(newRunId(), { episodes: 1 });
  expect(row).toMatchObject({ completed: 1, cost_is_at_least: false });
  expect(run.spentIsAtLeast).toBe(false);

  const { clickhouse, gateway } = harness;
  const full = () => Promise.reject(new Error("the disk is full"));
  let failures = 2;
  const flush = () => (failures-- > 0 ? full() : gateway.flush());
  await settle(run, { clickhouse, flush }, { limitMs: 60_000, firstMs: 1, longestMs: 1 });
  expect(failures).toBeLessThan(0);
  const settled = settle(
    { ...run, stopped: "store" }, // which has waited already
    { clickhouse, flush: full },
    { limitMs: 60_000, firstMs: 1, longestMs: 1 },
  );
  await expect(settled).rejects.toThrow(RunNotStoredError);
  await expect(settled).rejects.toThrow("the disk is full");
});

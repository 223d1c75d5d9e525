import { longestWaitMs } from "./feedback/feedback";
import type * as Ids from "./ids";
import type * as Continue from "./store/continue-ids";
import { ACT, TEST_CONFIG } from "./testing/config";
import { type Harness, openHarness } from "./testing/harness";
import { completion } from "./testing/stand-in";

// The machine's clock is set back by two minutes, as NTP does after a suspend.

const realNow = Date.now;
let h: Harness;
let episode_id: string;
let newest: string;

beforeAll(async () => {
  h = await openHarness(TEST_CONFIG, { TEST_KEY: "sk-planted" });
  h.provider.reply = () => completion('{"action":"pick up"}');
  episode_id = (await h.post("/inference", ACT)).body.episode_id;
  jest.spyOn(Date, "now").mockImplementation(() => realNow() - 120_000);
});
afterAll(async () => {
  jest.restoreAllMocks();
  await h.close();
});

test("an episode goes on, and its rows keep their order", async () => {
  const next = await h.post("/inference", { ...ACT, episode_id });
  expect([next.status, next.body.episode_id]).toEqual([200, episode_id]);
  const given = await h.post("/feedback", { metric_name: "won", value: true, episode_id });
  expect(given.status).toBe(200);
  const inference_id = String(next.body.inference_id);
  newest = String(given.body.feedback_id);
  expect([episode_id < inference_id, inference_id < newest]).toEqual([true, true]);
});

test("a process that begins after that goes on from the store's newest row", async () => {
  await h.gateway.flush();
  await jest.isolateModulesAsync(async () => {
    const ids: typeof Ids = require("./ids");
    const { continueIds }: typeof Continue = require("./store/continue-ids");
    expect(() => ids.validateEpisodeId(episode_id)).toThrow("Timestamp is in the future");
    await continueIds(h.clickhouse);
    expect(() => ids.validateEpisodeId(episode_id)).not.toThrow();
    expect(ids.uuidv7() > newest).toBe(true);
  });
});

test("what a clock of another century wrote does not take new ids along", async () => {
  await jest.isolateModulesAsync(async () => {
    const ids: typeof Ids = require("./ids");
    ids.continueAfter(realNow() + 1e9);
    expect(ids.timeOf(ids.uuidv7())).toBeLessThan(realNow());
  });
});

test("a target of before the step is waited for as long as a new one", () => {
  const at = (ms: number) =>
    longestWaitMs(ms.toString(16).padStart(12, "0").replace(/^.{8}/, "$&-"));
  const now = realNow() - 120_000;
  jest.spyOn(Date, "now").mockReturnValue(now);
  expect([120_000, 0, -4000, -60_000].map((age) => at(now + age))).toEqual([
    6000, 6000, 2000, 1000,
  ]);
});

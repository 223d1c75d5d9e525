import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import { uuidv7 } from "embedded-gateway";
import { type Harness, openHarness } from "embedded-gateway/testing/harness";
import { completion } from "embedded-gateway/testing/stand-in";
import { holdTimeLimits, type TimeLimits } from "embedded-gateway/testing/time-limits";
import { GatewayClient } from "../connection/client";
import { progressText } from "../display/progress";
import { episodes, tries } from "../queries/episodes";
import { invalidAnswers } from "../queries/invalid-answers";
import { insertFailure } from "../queries/runs/failures";
import { evaluate } from "./evaluate";
import { checkSettings, type EvaluateOptions } from "./plan/settings";
import type { EpisodeResult } from "./play/run-episode";
import type { Progress } from "./progress/progress";
import { actConfig, IMPATIENT_MS } from "./testing/act-config";
import { playedVariant } from "./testing/played-variant";

// The model's side fails in every way it can. A provider on a real port stands in for OpenAI, behind the embedded
// gateway on a real port; what each fault leaves in the store is checked.

const KEY = "sk-planted-0123456789abcdefghijklmnop";
const task = "BabyAI-MixedTrainLocal-v0/goto";
const left = () => completion('{"action":"turn left"}');

/** Solves the task with seed 220; the third step is what an invalid answer is played as. */
const plan = ["go forward", "turn left", "go forward", "go forward", "go forward"];
const solved = { success: true, inferences: 5, episode_length: 5, error: null };

/** Plays the plan, but answers the third step so many times with a fault; an answer counts as the step's. */
function fault(reply: () => Response | Promise<Response>, times: number, isAnswer = false) {
  let step = 0;
  let faults = 0;
  harness.provider.requests.length = 0;
  harness.provider.reply = () => {
    if (step === 2 && faults < times) {
      faults += 1;
      if (isAnswer) step += 1;
      return reply();
    }
    return completion(JSON.stringify({ action: plan[step++] }));
  };
}

/** Called when nothing listens on the gateway's port. */
let onRefused = () => {};
const fetchGateway: typeof fetch = (input, init) =>
  fetch(input, init).catch((error) => {
    if (error.cause?.code === "ECONNREFUSED") onRefused();
    throw error;
  });

let harness: Harness;
let limits: TimeLimits;
let server: ServerType;
let port = 0;
const listen = (at: number) =>
  new Promise<void>((resolve) => {
    const { app } = harness.gateway;
    server = serve({ fetch: app.fetch, port: at, hostname: "127.0.0.1" }, () => resolve());
  });
const hangUp = () =>
  new Promise<void>((resolve) => {
    server.close(() => resolve());
    if ("closeAllConnections" in server) server.closeAllConnections();
  });

beforeAll(async () => {
  jest.spyOn(console, "error").mockImplementation(() => {}); // the stand-in's server tells of what it cut
  limits = holdTimeLimits(IMPATIENT_MS);
  harness = await openHarness(actConfig(), { OPENAI_API_KEY: KEY });
  await listen(0);
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  await hangUp();
  await harness.close();
  limits.restore();
});

async function play(options: Partial<EvaluateOptions> = {}, log?: (line: string) => void) {
  const { clickhouse } = harness;
  const recordFailure = (run: string, { variant, task, seed, episodeId, error }: EpisodeResult) =>
    insertFailure(clickhouse, {
      ...{ run, variant, task, seed, error: error?.message ?? "" },
      episodeId: episodeId ?? uuidv7(),
      feedbackId: uuidv7(),
    });
  const asked = { variants: ["retried"], tasks: [task], episodes: 1, seed: 220, ...options };
  const run = await evaluate(
    {
      client: new GatewayClient({ url: `http://127.0.0.1:${port}`, fetch: fetchGateway }),
      variant: () => playedVariant(),
      recordFailure,
      patience: { limitMs: 3000, firstMs: 100, longestMs: 400 },
      log,
    },
    checkSettings(asked, ["retried", "impatient"]),
    options,
  );
  await harness.gateway.flush();
  return {
    run,
    rows: await episodes(clickhouse, run.id),
    invalid: () => invalidAnswers(clickhouse, run.id),
  };
}

const refuse = (status: number, text: string, headers = {}) =>
  new Response(JSON.stringify({ error: { message: text } }), { status, headers });
/** An answer that comes after the time limit. */
const late = () => {
  limits.expire();
  return left();
};
/** A body that comes in part, and then goes on as `then` says. */
const partial = (then: (controller: ReadableStreamDefaultController) => void) => {
  let hasBegun = false;
  const pull = (controller: ReadableStreamDefaultController) => {
    if (hasBegun) then(controller);
    else controller.enqueue(new TextEncoder().encode('{"id":"1","choi'));
    hasBegun = true;
  };
  return new Response(new ReadableStream({ pull }), {
    headers: { "content-type": "application/json" },
  });
};
const cut = () => partial((body) => body.error(new Error("cut")));

interface Fault {
  reply: () => Response | Promise<Response>;
  /** Default: retried, which tries twice. */
  variant?: string;
}

// The third step's answer is the fault, for good; it ends the episode, which is stored with its error.
test.each<[string, Fault, RegExp]>([
  ["500", { reply: () => refuse(500, "overloaded") }, /overloaded/],
  ["502", { reply: () => refuse(502, "bad gateway") }, /bad gateway/],
  ["400", { reply: () => refuse(400, "no such model") }, /400 Bad Request.*no such model/],
  ["slow headers", { reply: late, variant: "impatient" }, /timed out.*123ms/],
  [
    "a slow body",
    {
      reply: () => partial(() => limits.expire()),
      variant: "impatient",
    },
    /timed out.*123ms/,
  ],
  ["a cut connection", { reply: cut }, /All retries failed/],
  ["empty choices", { reply: () => completion("", { choices: [] }) }, /number of choices: 0/],
  ["content of a wrong type", { reply: () => completion(5 as never) }, /expected a string/],
  [
    "an error with status 200",
    { reply: () => Response.json({ error: { message: "the quota is used up" } }) },
    /Error in response: .*the quota is used up/,
  ],
  [
    "HTML in place of JSON",
    {
      reply: () =>
        new Response("<script>alert(1)</script>", { headers: { "content-type": "text/html" } }),
    },
    /Error parsing JSON response/,
  ],
])(
  "%s for good fails the episode, with its error beside the two steps before",
  async (_, { reply, variant }, message) => {
    fault(reply, Number.POSITIVE_INFINITY);
    const { run, rows } = await play({ variants: [variant ?? "retried"] });
    expect(run).toMatchObject({ completed: 0, failed: 1, stopped: null });
    expect(rows).toMatchObject([
      { seed: 220, success: null, episode_return: null, invalid_actions: null, inferences: 2 },
    ]);
    expect(rows[0]?.error).toMatch(message);
    expect(rows[0]?.error).toBe(run.lastError);
  },
);

// The fault comes once, and the gateway's one retry makes good for it: nothing of it is in the outcome.
test.each<[string, () => Response]>([
  ["500", () => refuse(500, "overloaded")],
  ["a cut connection", cut],
  ["empty choices", () => completion("", { choices: [] })],
])("%s once is made good by the gateway's retry", async (_, reply) => {
  fault(reply, 1);
  const { rows } = await play();
  expect(rows).toMatchObject([{ ...solved, invalid_actions: 0 }]);
  expect(harness.provider.requests).toHaveLength(6);
});

test.each([
  ["with retry-after", { "retry-after": "1" }],
  ["without retry-after", {}],
])("429 %s, more often than the gateway retries, only slows the run", async (_, headers) => {
  fault(() => refuse(429, "slow down", headers), 6);
  const { run, rows } = await play();
  expect(run).toMatchObject({ completed: 1, failed: 0 });
  expect(rows).toMatchObject([{ ...solved, invalid_actions: 0 }]);
  expect(harness.provider.requests).toHaveLength(5 + 6);
});

// One answer that is no valid action: played as "go forward", counted, and listed to its last character.
const message = (fields: object, finish_reason = "stop") =>
  completion("", {
    choices: [{ index: 0, message: { role: "assistant", ...fields }, finish_reason }],
  });
test.each<[string, () => Response, string | null, string]>([
  ["content null", () => completion(null), null, "empty"],
  ["a refusal", () => message({ content: null, refusal: "I can't help." }), null, "empty"],
  [
    "finish_reason length",
    () => message({ content: '{"thinking":"the ball is' }, "length"),
    '{"thinking":"the ball is',
    "cut off by the token limit",
  ],
  [
    "JSON in a code fence",
    () => completion('```json\n{"action":"toggle"}\n```'),
    '```json\n{"action":"toggle"}\n```',
    "not JSON",
  ],
  [
    "prose round JSON",
    () => completion('Sure! {"action":"toggle"} Good luck.'),
    'Sure! {"action":"toggle"} Good luck.',
    "not JSON",
  ],
  ["wrong case", () => completion('{"action":"Toggle"}'), '{"action":"Toggle"}', "unknown action"],
  ["spaces", () => completion('{"action":" toggle "}'), '{"action":" toggle "}', "unknown action"],
  ["an unknown action", () => completion('{"action":"fly"}'), '{"action":"fly"}', "unknown action"],
  ["no action", () => completion('{"thinking":"hm"}'), '{"thinking":"hm"}', "no action"],
  ["a list", () => completion('["toggle"]'), '["toggle"]', "no action"],
])("%s is an invalid action that can be listed", async (_, reply, answer, reason) => {
  fault(reply, 1, true);
  const { run, rows, invalid } = await play();
  expect(run).toMatchObject({ completed: 1, failed: 0 });
  expect(rows).toMatchObject([{ ...solved, invalid_actions: 1 }]);
  expect(await invalid()).toMatchObject([
    { variant: "retried", task, seed: 220, step: 2, answer, reason },
  ]);
});

test("a model that is asked in the wrong way shows in warning, progress and text", async () => {
  const log = jest.fn();
  harness.provider.reply = () => completion('```json\n{"action":"\u001b[31mtoggle"}\n```');
  const seen: Progress[] = [];
  const { run } = await play({ episodes: 2, onProgress: (progress) => seen.push(progress) }, log);
  const fact = (count: string) =>
    `${count} answers of retried were no valid action: not JSON, e.g. "\`\`\`json {"action":" [31mtoggle"} \`\`\`"`;
  expect(log.mock.calls).toEqual([[expect.stringContaining(fact("20 of 20"))]]);
  expect(run.text).toContain(`${fact("128 of 128")}.`);
  expect(run).toMatchObject({ completed: 2, failed: 0 });
  expect(progressText(seen.at(-1)!)).toContain(fact("128 of 128"));
});

test.each([
  ["extra keys", '{"action":"go forward","confidence":0.9}'],
  ["1 MB of thinking", JSON.stringify({ thinking: "x".repeat(1e6), action: "go forward" })],
])("%s beside a valid action leave it valid", async (_, answer) => {
  fault(() => completion(answer), 1, true);
  const { rows, invalid } = await play();
  expect(rows).toMatchObject([{ ...solved, invalid_actions: 0 }]);
  expect(await invalid()).toEqual([]);
});

test("JSON under a wrong content type is read", async () => {
  harness.provider.reply = () =>
    new Response(
      JSON.stringify({ choices: [{ message: { content: '{"action":"turn left"}' } }] }),
      {
        headers: { "content-type": "text/html" },
      },
    );
  expect((await play()).rows).toMatchObject([{ invalid_actions: 0, inferences: 64 }]);
});

test("an inference and an episode have time limits of their own", async () => {
  const seconds = IMPATIENT_MS / 1000;
  fault(late, Number.POSITIVE_INFINITY);
  const slow = await play({ inferenceSeconds: seconds });
  expect(slow.run).toMatchObject({ failed: 1 });
  expect(slow.rows[0]?.error).toMatch(/^no answer from the gateway/);
  fault(late, Number.POSITIVE_INFINITY);
  // An episode's limit counts down from inference to inference: with the clock at a stand it is the same in all.
  const clock = jest.spyOn(performance, "now").mockReturnValue(performance.now());
  const long = await play({ episodeSeconds: seconds });
  clock.mockRestore();
  expect(long.rows[0]?.error).toBe("the episode took longer than episodeSeconds, 0.123 s");
  expect(long.rows[0]?.inferences).toBeGreaterThan(1);
});

test("a gateway that restarts in the middle loses no episode; those it cut are kept, and replaced", async () => {
  harness.provider.requests.length = 0;
  let restarted: Promise<void> | undefined;
  harness.provider.reply = async (_body, index) => {
    if (index === 40) {
      restarted = hangUp()
        .then(() => new Promise<void>((resolve) => (onRefused = resolve)))
        .then(() => listen(port));
    }
    return left();
  };
  const { run, rows } = await play({ episodes: 3, concurrency: 2 });
  await restarted;
  expect(run).toMatchObject({ completed: 3, failed: 0, stopped: null });
  expect(rows).toHaveLength(3);
  for (const row of rows) expect(row).toMatchObject({ inferences: 64, error: null });
  const replaced = (await tries(harness.clickhouse, run.id)).filter((row) => row.replaced);
  expect(replaced.length).toBeGreaterThan(0);
  for (const row of replaced) expect(row.error).toMatch(/no answer from the gateway/);
});

test("the provider's key is nowhere in what these runs have left", async () => {
  expect(harness.provider.headers.at(-1)?.authorization).toBe(`Bearer ${KEY}`);
  harness.provider.reply = (_body) => refuse(401, `Incorrect API key provided: ${KEY}`);
  const { run } = await play();
  const { name: database } = (
    await harness.rows<{ name: string }>("SELECT currentDatabase() AS name")
  )[0]!;
  const stored = await harness.rows<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = '${database}' AND total_rows > 0`,
  );
  const texts = [run.text, run.lastError ?? ""];
  for (const { name } of stored) {
    texts.push(JSON.stringify(await harness.rows(`SELECT * FROM ${name} LIMIT 100000`)));
  }

  const all = texts.join();
  expect(all).toContain("Incorrect API key provided");
  for (const part of [KEY, KEY.slice(3, 15), KEY.slice(-12)])
    expect(all.includes(part)).toBe(false);
});

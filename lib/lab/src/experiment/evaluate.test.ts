import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import { Hono } from "hono";
import { GatewayClient } from "../connection/client";
import { type Before, type EvaluateContext, evaluate } from "./evaluate";
import { episodeKey } from "./plan/episodes";
import { checkSettings, type EvaluateOptions } from "./plan/settings";
import type { EpisodeResult } from "./play/run-episode";
import { ServerAwayError } from "./play/server-away";
import type { Progress } from "./progress/progress";
import { playedVariant } from "./testing/played-variant";

/** What the stand-in gateway was asked, and how it is to answer. */
interface Asked {
  inferences: Record<string, unknown>[];
  feedback: Record<string, unknown>[];
}
const PRICE = { input: 1, output: 10, as_of: "", source: "" };
let asked: Asked;
type Answer = string | { status: 408 | 500; error: string };
let answer: (body: Record<string, unknown>) => Answer | Promise<Answer>;
let server: ServerType;
let client: GatewayClient;

beforeAll(async () => {
  const app = new Hono();
  app.post("/openai/v1/chat/completions", async (c) => {
    const body = (await c.req.json()) as Record<string, unknown>;
    asked.inferences.push(body);
    const said = await answer(body);
    if (typeof said !== "string") return c.json({ error: { message: said.error } }, said.status);
    return c.json({
      id: "01900000-0000-7000-8000-000000000001",
      episode_id: body["tensorzero::episode_id"] ?? `episode-${asked.inferences.length}`,
      model: `tensorzero::function_name::act::variant_name::${body["tensorzero::variant_name"]}`,
      choices: [{ index: 0, message: { role: "assistant", content: said } }],
      usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
    });
  });
  app.post("/feedback", async (c) => {
    asked.feedback.push((await c.req.json()) as Record<string, unknown>);
    return c.json({ feedback_id: "01900000-0000-7000-8000-000000000002" });
  });
  await new Promise<void>((resolve) => {
    server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, () => resolve());
  });
  client = new GatewayClient({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fetch: (input, init) => fetch(input, init).catch(rethrow),
  });
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  asked = { inferences: [], feedback: [] };
});

/** Throws an error that is one in Jest's realm, too: by its name the openai package knows a time-out. */
function rethrow({ name, message, cause }: Error): never {
  throw Object.assign(new Error(message, { cause }), { name });
}

async function run(
  options: Partial<EvaluateOptions>,
  context: Partial<EvaluateContext> = {},
  before?: Before,
) {
  const failures: EpisodeResult[] = [];
  const progress: Progress[] = [];
  const result = await evaluate(
    {
      client,
      variant: () => playedVariant({ price: PRICE }), // 0.0002 $ an inference
      recordFailure: async (_, failure) => {
        failures.push(failure);
      },
      patience: { limitMs: 1000, firstMs: 1, longestMs: 5 },
      ...context,
    },
    checkSettings(
      { variants: ["a"], tasks: ["BabyAI-MixedTrainLocal-v0/goto"], episodes: 2, ...options },
      ["a", "b"],
    ),
    { onProgress: (at) => progress.push(at), ...options },
    before,
  );
  return { result, failures, progress };
}

test("an episode is inferences of one episode id, then five metrics, success last", async () => {
  answer = () => '{"action":"turn left"}';
  const { result, progress } = await run({ episodes: 1 });
  expect(result).toMatchObject({ planned: 1, completed: 1, failed: 0, stopped: null });
  expect(result.spentUsd).toBeCloseTo(64 * 0.0002, 9);
  expect(asked.inferences).toHaveLength(64); // the step limit of goto
  const [first, second] = asked.inferences;
  expect(first).not.toHaveProperty("tensorzero::episode_id");
  expect(second?.["tensorzero::episode_id"]).toBe("episode-1");
  expect(second?.["tensorzero::variant_name"]).toBe("a");
  expect(second?.["tensorzero::tags"]).toEqual({
    run: result.id,
    task: "BabyAI-MixedTrainLocal-v0/goto",
    seed: "200",
    step: "1",
  });
  expect(asked.feedback.map(({ metric_name, value }) => [metric_name, value]).sort()).toEqual([
    ["episode_length", 64],
    ["episode_return", 0],
    ["invalid_actions", 0],
    ["progression", 0],
    ["success", false],
  ]);
  expect(asked.feedback.at(-1)).toMatchObject({
    metric_name: "success",
    episode_id: "episode-1",
    tags: { run: result.id, task: "BabyAI-MixedTrainLocal-v0/goto", seed: "200" },
  });
  expect(progress.at(-1)).toMatchObject({ done: 1, total: 1, answers: 64, state: "finished" });
});

test("an answer that is no action is counted and played as go forward", async () => {
  answer = () => "I would go left.";
  const log = jest.fn();
  await run({ episodes: 1 }, { log });
  expect(log).toHaveBeenCalledTimes(1);
  const invalid = asked.feedback.find(({ metric_name }) => metric_name === "invalid_actions");
  expect(invalid?.value).toBe(64);
  const user = JSON.stringify(asked.inferences.at(-1)?.messages);
  expect(user).toContain("You did: go forward");
});

test("a failed inference ends its episode, is recorded, and stops no other", async () => {
  answer = (body) =>
    JSON.stringify(body["tensorzero::tags"]).includes('"seed":"200"')
      ? { status: 500, error: "All model providers failed" }
      : '{"action":"turn left"}';
  const { result, failures } = await run({ episodes: 3, concurrency: 1 });
  expect(result).toMatchObject({ completed: 2, failed: 1, stopped: null });
  expect(result.text).toContain("1 failed, the last because: 500 All model providers failed.");
  expect(failures).toMatchObject([
    { seed: 200, episodeId: null, success: null, error: { status: 500 } },
  ]);
  expect(asked.feedback.some(({ tags }) => (tags as { seed: string }).seed === "200")).toBe(false);
});

test("a model that does not answer in time: the error names its server, the limit and the cure", async () => {
  answer = () => new Promise(() => {});
  const ours = await run({ episodes: 1, inferenceSeconds: 0.05 });
  expect(ours.result).toMatchObject({ failed: 1 });
  expect(ours.result.lastError).toBe(
    "m at http://m/v1/ did not answer in time: inferenceSeconds, 0.05 s, was up. If the server is slow, raise it (-p inferenceSeconds=…), " +
      "or play fewer episodes at a time (-p concurrency=…); if it hangs, restart it.",
  );
  const error = "Variant `a` timed out due to configured `non_streaming.total_ms` timeout (110s)";
  answer = () => ({ status: 408, error });
  const gateways = await run({ episodes: 1 });
  expect(gateways.result.lastError).toBe(
    `m at http://m/v1/ did not answer in time: a limit of the gateway's was up (408 ${error}). If the server is slow, ` +
      "raise `timeouts` of the variant in config/, and inferenceSeconds above it (-p inferenceSeconds=…), " +
      "or play fewer episodes at a time (-p concurrency=…); if it hangs, restart it.",
  );
});

test("a server that is away: the error names its address, the reason and the cure", async () => {
  const away = (url: string, why: string) =>
    `All model providers failed to infer with errors: p: Error from openai client: Error sending request: error sending request for url (${url}chat/completions)${why}`;
  const why = ": connect ECONNREFUSED 127.0.0.1:11434";
  for (const [server, reason, message] of [
    [
      "http://localhost:11434/v1/",
      why,
      "no server answers at http://localhost:11434/v1/, where m is served (connect ECONNREFUSED 127.0.0.1:11434). Start it, or correct its address in config/.",
    ],
    [
      "https://api.openai.com/v1/",
      "",
      "no server answers at https://api.openai.com/v1/, where m is served. Check the network, and HTTPS_PROXY if there is a proxy.",
    ],
  ] as const) {
    answer = () => ({ status: 500, error: away(server, reason) });
    const variant = () => playedVariant({ servers: [server] });
    const { result, failures } = await run({ episodes: 1 }, { variant });
    expect(result.lastError).toBe(message);
    expect(failures[0]?.error).toBeInstanceOf(ServerAwayError);
  }
});

test("ten failures in a row stop the run", async () => {
  answer = () => ({ status: 500, error: "API key missing" });
  const { result, failures } = await run({ episodes: 40, concurrency: 1 });
  expect(result).toMatchObject({ completed: 0, failed: 10, stopped: "failing" });
  expect(result.text).toContain("10 episodes in a row failed");
  expect(failures).toHaveLength(10);
});

test("the budget stops the run before an episode that it cannot pay", async () => {
  answer = () => '{"action":"turn left"}';
  // An episode costs 64 × 0.0002 = 0.0128 $.
  const { result, failures } = await run({ episodes: 10, concurrency: 1, budgetUsd: 0.03 });
  expect(result).toMatchObject({ completed: 2, failed: 0, stopped: "budget" });
  expect(result.spentUsd).toBeCloseTo(0.0256, 9); // a third episode would not have come to its end
  expect(failures).toEqual([]);
});

test("episodes that turn out too dear are cut off, and count as neither completed nor failed", async () => {
  answer = () => '{"action":"turn left"}';
  const { result, failures } = await run({ episodes: 2, concurrency: 2, budgetUsd: 0.01 });
  expect(result).toMatchObject({ completed: 0, failed: 0, stopped: "budget" });
  expect(result.spentUsd).toBeCloseTo(0.01, 3);
  expect(failures).toEqual([]);
});

test("a signal stops the run at once", async () => {
  const interrupt = new AbortController();
  answer = () => {
    if (asked.inferences.length === 70) interrupt.abort();
    return '{"action":"turn left"}';
  };
  const { result, progress } = await run({
    episodes: 10,
    concurrency: 1,
    signal: interrupt.signal,
  });
  expect(result).toMatchObject({ completed: 1, failed: 0, stopped: "interrupted" });
  expect(asked.inferences).toHaveLength(70);
  expect(progress.at(-1)?.state).toBe("stopped");
});

test("draining brings the episodes under way to their end and begins no other", async () => {
  const drain = new AbortController();
  answer = () => {
    if (asked.inferences.length === 70) drain.abort();
    return '{"action":"turn left"}';
  };
  const { result } = await run({ episodes: 10, concurrency: 2, drain: drain.signal });
  expect(result).toMatchObject({ completed: 2, failed: 0, stopped: "interrupted" });
  expect(result.text).toContain(`For the rest: npm start -- --resume ${result.id}`);
  expect(asked.inferences).toHaveLength(2 * 64);
});

test("a resumed run plays what is missing, and its budget counts what was spent before", async () => {
  answer = () => '{"action":"turn left"}';
  const task = "BabyAI-MixedTrainLocal-v0/goto";
  const completed = new Set([200, 202].map((seed) => episodeKey({ variant: "a", task, seed })));
  const before = { run: "earlier", completed, spent: { usd: 0.0128, isEstimated: false } };
  const { result, progress } = await run({ episodes: 4 }, {}, before);
  expect(result).toMatchObject({ id: "earlier", planned: 4, completed: 4, completedBefore: 2 });
  expect(result.spentUsd).toBeCloseTo(0.0128 * 3, 9);
  expect(progress.at(-1)).toMatchObject({ done: 2, total: 2 });
  const seeds = asked.inferences.map((body) => (body["tensorzero::tags"] as { seed: string }).seed);
  expect([...new Set(seeds)].sort()).toEqual(["201", "203"]);

  const options = { episodes: 4, budgetUsd: 0.0128 * 1.5, concurrency: 1 };
  expect((await run(options, {}, before)).result).toMatchObject({ stopped: "budget" });
});

test("a progress callback that throws fails no episode, and is told of once", async () => {
  answer = () => '{"action":"turn left"}';
  const log = jest.fn();
  const onProgress = () => {
    throw new Error("Socket is busy writing");
  };
  const { result } = await run({ episodes: 3, onProgress }, { log });
  expect(result).toMatchObject({ completed: 3, failed: 0 });
  expect(log.mock.calls).toEqual([
    ["The run goes on, but its onProgress failed: Socket is busy writing"],
  ]);
});

test("a failure whose record is refused for a moment is recorded", async () => {
  answer = () => ({ status: 500, error: "down" });
  let tries = 0;
  const recordFailure = async () => {
    tries += 1;
    if (tries % 3) throw new Error("ClickHouse is away");
  };
  const { result } = await run({ episodes: 2, concurrency: 1 }, { recordFailure });
  expect(result).toMatchObject({ completed: 0, failed: 2, stopped: null });
  expect(tries).toBe(6);
});

test("a failure that cannot be recorded stops the run, with the command that resumes it", async () => {
  answer = () => ({ status: 500, error: "down" });
  const recordFailure = () => Promise.reject(new Error("ClickHouse is down"));
  const { result } = await run({ episodes: 10 }, { recordFailure });
  expect(result).toMatchObject({ completed: 0, failed: 0, stopped: "store" });
  expect(result.text).toMatch(
    /Stopped: ClickHouse takes no rows \(ClickHouse is down\)\. For the rest: npm start -- --resume \S+$/,
  );
});

test("of a long error the run's text has the beginning, its record the whole", async () => {
  const error = `All retries failed with errors: ${"Error from openai server: overloaded\n".repeat(50)}`;
  answer = () => ({ status: 500, error });
  const { result, failures } = await run({ episodes: 1 });
  expect(failures[0]?.error?.message).toContain(error.trim());
  expect(result.lastError).toContain(error.trim());
  expect(result.text).toContain("All retries failed");
  expect(result.text.length).toBeLessThan(700);
});

test("no gateway there: the error names its address", async () => {
  const nowhere = new GatewayClient({ url: "http://127.0.0.1:9" });
  const { result } = await run({ episodes: 1 }, { client: nowhere });
  expect(result.lastError).toContain("no answer from the gateway at http://127.0.0.1:9");
});

test("seeds are played in order, each with all tasks and variants", async () => {
  answer = () => '{"action":"turn left"}';
  const tasks = ["BabyAI-MixedTrainLocal-v0/goto", "BabyAI-MixedTrainLocal-v0/pickup"];
  await run({ variants: ["b", "a"], tasks, concurrency: 1, seed: 7 });
  const order = asked.inferences.map((body) => {
    const { task, seed } = body["tensorzero::tags"] as { task: string; seed: string };
    return `${seed} ${task.split("/")[1]} ${body["tensorzero::variant_name"]}`;
  });
  expect([...new Set(order)]).toEqual([
    "7 goto b",
    "7 goto a",
    "7 pickup b",
    "7 pickup a",
    "8 goto b",
    "8 goto a",
    "8 pickup b",
    "8 pickup a",
  ]);
});

import { buffer } from "node:stream/consumers";
import { actions } from "babyai";
import { uuidv7 } from "embedded-gateway";
import { type Harness, openHarness } from "embedded-gateway/testing/harness";
import { completion } from "embedded-gateway/testing/stand-in";
import fc from "fast-check";
import { answerIn, readFormAnswer } from "./agents/balrog-like/answer";
import { type Form, forms } from "./agents/balrog-like/forms";
import { type Answer, DEFAULT_ACTION, parseAnswer } from "./agents/parse";
import { CHAT_FUNCTION } from "./agents/prompt";
import { anyAction, anyAnswer, wildText } from "./agents/testing/any-answer";
import { GatewayClient, type InferenceRequest } from "./connection/client";
import { evaluate } from "./experiment/evaluate";
import { checkSettings } from "./experiment/plan/settings";
import { actConfig } from "./experiment/testing/act-config";
import { playedVariant } from "./experiment/testing/played-variant";
import { demonstrations } from "./queries/demonstrations";
import { episodes } from "./queries/episodes";
import { exportRows } from "./queries/export";
import { invalidAnswers } from "./queries/invalid-answers";
import { playedActions } from "./queries/played";
import { storedEpisode } from "./queries/steps";
import { loadReplay } from "./replay";
import { whatWentWrong } from "./replay/what-went-wrong";

// Whatever a model answers, everything reads back what was played.

const TASK = "BabyAI-MixedTrainLocal-v0/goto";
let harness: Harness;
beforeAll(async () => {
  harness = await openHarness(actConfig(), { OPENAI_API_KEY: "sk-test-0123456789" });
});
afterAll(() => harness.close());

const reply = fc.record({
  content: anyAnswer,
  finish_reason: fc.constantFrom("stop", "length", "content_filter", null),
});

interface Read extends Answer {
  answer: string | null;
}

/** What every reader of a run says of it, by inference: it is `played`. */
async function expectPlayed(run: string, played: ReadonlyMap<string, Read>): Promise<void> {
  const { clickhouse } = harness;
  const invalid = await invalidAnswers(clickhouse, run);
  expect(new Map(invalid.map((row) => [row.inference_id, [row.answer, row.reason]]))).toEqual(
    new Map(
      [...played].flatMap(([id, { answer, invalid }]) =>
        invalid ? [[id, [answer, invalid]]] : [],
      ),
    ),
  );
  const exported = JSON.parse(
    (
      await buffer(await exportRows(clickhouse, { run, table: "steps", format: "json" }))
    ).toString(),
  ) as { inference_id: string; answer: string; action: string; thinking: string }[];
  const text = (value: string | null) => value?.toWellFormed() ?? null;
  expect(
    new Map(
      exported.map(({ inference_id, answer, action, thinking }) => [
        inference_id,
        { answer, action, thinking },
      ]),
    ),
  ).toEqual(
    new Map(
      [...played].map(([id, { answer, action, thinking }]) => [
        id,
        { answer: text(answer), action, thinking: text(thinking) },
      ]),
    ),
  );
  const rows = await playedActions(clickhouse, run);
  let steps = 0;
  for (const { episode_id, actions: indices } of rows) {
    const stored = await storedEpisode(clickhouse, episode_id);
    steps += stored.steps.length;
    for (const { inference_id, answer, action, thinking, invalid } of stored.steps) {
      expect({ answer, action, thinking, invalid }).toEqual(played.get(inference_id));
    }
    expect(indices).toEqual(
      stored.steps.map(({ action }) => (action === null ? -1 : actions.indexOf(action))),
    );
  }
  expect(steps).toBe(played.size);
}

/** Plays episodes on these replies; what the run itself made of each, by inference. */
async function play(
  replies: { content: string | null; finish_reason: string | null }[],
  form: Form | null = null,
  count = 2,
) {
  let sent = 0;
  harness.provider.reply = () => {
    const { content, finish_reason } = replies[sent++ % replies.length]!;
    return completion(null, {
      choices: [{ index: 0, message: { role: "assistant", content }, finish_reason }],
    });
  };
  const client = new GatewayClient({
    url: "http://embedded",
    fetch: async (input, init) => harness.gateway.app.fetch(new Request(input, init)),
  });
  const played = new Map<string, Read>();
  const infer = client.infer.bind(client);
  client.infer = async (request: InferenceRequest, limits) => {
    const inference = await infer(request, limits);
    const answer = inference.content;
    const isCutOff = inference.finishReason === "length";
    if (form === null)
      played.set(inference.inferenceId, { answer, ...parseAnswer(answer, isCutOff) });
    else {
      const { candidate: _, ...read } = readFormAnswer(form, answer, isCutOff);
      played.set(inference.inferenceId, { answer, ...read });
    }
    return inference;
  };
  const run = await evaluate(
    {
      client,
      variant: () => playedVariant(form === null ? {} : { function: CHAT_FUNCTION, form }),
      recordFailure: async () => {},
    },
    checkSettings(
      { variants: [form ?? "retried"], tasks: [TASK], episodes: count, concurrency: 2 },
      ["retried", ...forms],
    ),
    {},
  );
  expect(run.failed).toBe(0);
  await harness.gateway.flush();
  return { id: run.id, played, client };
}

test("run, episode, invalid answers, played actions, export and replay agree on any answer", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(reply, { minLength: 384, maxLength: 384 }), async (replies) => {
      await expectAgreement(await play(replies, null, 6), 6);
    }),
    { numRuns: 1, seed: 7, endOnFailure: true },
  );
});

test.each(["naive", "cot", "robust_naive", "robust_cot"] as const)(
  "and on any answer in a conversation: %s",
  async (form) => {
    const content = fc.oneof(
      anyAnswer,
      fc.tuple(anyAction, wildText).map(([action, text]) => answerIn(form, action, text)),
      fc.tuple(anyAction, wildText).map(([action, text]) => `${action}${text.slice(0, 1)}`),
    );
    const replies = fc.array(
      fc.record({ content, finish_reason: fc.constantFrom("stop", "length") }),
      {
        minLength: 128,
        maxLength: 128,
      },
    );
    await fc.assert(
      fc.asyncProperty(replies, async (some) => expectAgreement(await play(some, form))),
      { numRuns: 1, seed: 7, endOnFailure: true },
    );
  },
);

/** All that reads a run tells the same of it. */
async function expectAgreement(
  { id, played }: Awaited<ReturnType<typeof play>>,
  count = 2,
): Promise<void> {
  await expectPlayed(id, played);
  const rows = await episodes(harness.clickhouse, id);
  expect(rows).toHaveLength(count);
  for (const { episode_id, invalid_actions } of rows) {
    const { frames, mismatches } = await loadReplay(harness.clickhouse, episode_id);
    expect(mismatches).toEqual([]);
    for (const { action, stored, patterns } of frames.slice(0, -1)) {
      const read = played.get(stored!.inference_id)!;
      expect(action).toBe(read.action ?? DEFAULT_ACTION);
      expect(patterns.includes("invalid answer")).toBe(read.invalid !== null);
    }
    const invalid = frames.filter(({ stored }) => stored !== null && stored.invalid !== null);
    expect(invalid).toHaveLength(invalid_actions!);
  }
  expect((await whatWentWrong(harness.clickhouse, id)).mismatches).toEqual([]);
}

test("so do rows that others have stored, whatever their output says", async () => {
  const output = fc.oneof(
    anyAnswer.map((raw) => JSON.stringify({ raw, parsed: null })),
    anyAnswer.map((raw) => JSON.stringify({ parsed: { action: "drop" }, raw })),
    anyAnswer.map((raw) => `{"raw":"first","raw":${JSON.stringify(raw)},"parsed":1e999}`),
    anyAnswer.map((text) => (text ?? "null").toWellFormed()),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(output, { minLength: 384, maxLength: 384 }), async (outputs) => {
      const run = uuidv7();
      const episode_id = uuidv7();
      const rows = outputs.map((output, step) => ({
        id: uuidv7(),
        function_name: "act",
        variant_name: "old",
        episode_id,
        input: "{}",
        output,
        tags: { run, task: TASK, seed: "1", step: String(step) },
      }));
      await harness.clickhouse.insert({
        table: "JsonInference",
        format: "JSONEachRow",
        values: rows,
      });
      const raw = (output: string) => {
        try {
          const { raw } = { ...JSON.parse(output) };
          return typeof raw === "string" ? raw : null;
        } catch {
          return output;
        }
      };
      const played = rows.map(({ id, output }) => {
        const answer = raw(output);
        return [id, { answer, ...parseAnswer(answer) }] as const;
      });
      await expectPlayed(run, new Map(played));
    }),
    { numRuns: 1, seed: 7, endOnFailure: true },
  );
});

test("a demonstration is the action that was demonstrated; what is no action is refused", async () => {
  const { played, client } = await play([{ content: "{}", finish_reason: "stop" }]);
  const run = uuidv7();
  const texts = fc.sample(
    fc.oneof(
      anyAction,
      wildText.map((text) => text.toWellFormed()),
    ),
    { numRuns: 30, seed: 7 },
  );
  const given = new Map([...played.keys()].slice(0, 30).map((id, i) => [id, texts[i]!]));
  const isAction = (text: string) => (actions as readonly string[]).includes(text);
  for (const [inferenceId, text] of given) {
    const sent = client.feedback({
      metricName: "demonstration",
      value: { action: text },
      inferenceId,
      tags: { run, task: TASK, seed: "200" },
    });
    if (isAction(text)) await sent;
    else await expect(sent).rejects.toThrow("Demonstration does not fit function output schema");
  }
  await harness.gateway.flush();
  const rows = await demonstrations(harness.clickhouse, run);
  expect(new Map(rows.map(({ inference_id, action }) => [inference_id, action]))).toEqual(
    new Map([...given].filter(([, text]) => isAction(text))),
  );
});

test("the token limit is the reason of the answer that it cut, and of no other", async () => {
  const run = uuidv7();
  const episode_id = uuidv7();
  const text = (of: string) => ({ type: "text", text: of });
  const thought = { type: "thought", text: "I see" };
  const call = { type: "tool_call", id: "1", name: "respond", arguments: '{"act' };
  const broken = text('{"act');
  const cases: [
    raw: string | null,
    calls: [blocks: object[], reason: string][],
    invalid: string | null,
  ][] = [
    [broken.text, [[[broken], "length"]], "cut off by the token limit"],
    [broken.text, [[[broken], "stop"]], "not JSON"],
    [broken.text, [[[thought, call], "length"]], "cut off by the token limit"],
    // The chosen one of several candidates.
    [
      broken.text,
      [
        [[text("{")], "length"],
        [[broken], "stop"],
      ],
      "not JSON",
    ],
    [
      broken.text,
      [
        [[text("{}")], "stop"],
        [[broken], "length"],
      ],
      "cut off by the token limit",
    ],
    [null, [[[thought], "length"]], "cut off by the token limit"],
    ["", [[[], "stop"]], "empty"],
    ["{}", [[[text("{}")], "length"]], "no action"],
    ['{"action":"drop"}', [[[text('{"action":"drop"}')], "length"]], null],
  ];
  const ids = cases.map(() => uuidv7());
  const insert = (table: string, values: object[]) =>
    harness.clickhouse.insert({ table, format: "JSONEachRow", values });
  await insert(
    "JsonInference",
    cases.map(([raw], step) => ({
      id: ids[step],
      function_name: "act",
      variant_name: "best",
      episode_id,
      input: "{}",
      output: JSON.stringify({ raw, parsed: null }),
      tags: { run, task: TASK, seed: "1", step: String(step) },
    })),
  );
  await insert(
    "ModelInference",
    cases.flatMap(([, calls], step) =>
      calls.map(([blocks, finish_reason]) => ({
        id: uuidv7(),
        inference_id: ids[step],
        output: JSON.stringify(blocks),
        finish_reason,
      })),
    ),
  );
  const { steps } = await storedEpisode(harness.clickhouse, episode_id);
  expect(steps.map(({ invalid }) => invalid)).toEqual(cases.map(([, , invalid]) => invalid));
  const found = await invalidAnswers(harness.clickhouse, run);
  expect(found.map(({ step, reason }) => [step, reason])).toEqual(
    cases.flatMap(([, , invalid], step) => (invalid === null ? [] : [[step, invalid]])),
  );
});

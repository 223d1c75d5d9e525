import { type Harness, openHarness } from "embedded-gateway/testing/harness";
import { completion } from "embedded-gateway/testing/stand-in";
import { actConfig } from "../experiment/testing/act-config";
import { storedEpisode } from "./steps";

let harness: Harness;

beforeAll(async () => {
  harness = await openHarness(actConfig(), { OPENAI_API_KEY: "sk-test-0123456789" });
});
afterAll(() => harness.close());

const ANSWER = '{"action":"drop"}';

test.each([
  ["in a field of its own", { content: ANSWER, reasoning_content: "A wall." }],
  ["in OpenRouter's field", { content: ANSWER, reasoning: "A wall." }],
  ["as a part", { content: [{ type: "thinking", thinking: "A wall." }, ANSWER] }],
  ["before </think>", { content: `<think>\nA wall.\n</think>\n\n${ANSWER}` }],
])(
  "what a model thinks %s is the step's thinking, and no prose round its answer",
  async (_, message) => {
    harness.provider.reply = () => {
      const choices = [
        { index: 0, message: { role: "assistant", ...message }, finish_reason: "stop" },
      ];
      return completion(null, { choices });
    };
    const { body } = await harness.post("/inference", {
      function_name: "act",
      variant_name: "retried",
      input: {
        system: { mission: "drop the ball" },
        messages: [
          {
            role: "user",
            content: [
              { type: "template", name: "user", arguments: { observation: "a wall 1 step left" } },
            ],
          },
        ],
      },
      tags: { run: "r", task: "t", seed: "1", step: "0" },
    });
    await harness.gateway.flush();
    const { steps } = await storedEpisode(harness.clickhouse, body.episode_id);
    expect(steps).toMatchObject([{ action: "drop", thinking: "A wall.", invalid: null }]);
  },
);

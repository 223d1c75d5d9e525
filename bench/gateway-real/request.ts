/** A model's answer, as OpenAI's API gives it. */
export const ANSWER = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 0,
  model: "random",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: '{"action":"go forward"}' },
      finish_reason: "stop",
    },
  ],
  usage: { prompt_tokens: 300, completion_tokens: 6, total_tokens: 306 },
});

/** A request like those of a run: prompt arguments with a few lines, an episode, tags. */
export const BODY = JSON.stringify({
  model: "tensorzero::function_name::act",
  messages: [
    {
      role: "system",
      content: [
        {
          type: "tensorzero::template",
          name: "system",
          arguments: { mission: "go to the red ball" },
        },
      ],
    },
    {
      role: "user",
      content: [
        {
          type: "tensorzero::template",
          name: "user",
          arguments: {
            observation: "a wall 2 steps forward\na red ball 1 step left and 3 steps forward",
            history: "",
          },
        },
      ],
    },
  ],
  "tensorzero::variant_name": "random",
  "tensorzero::tags": {
    run: "bench",
    task: "BabyAI-MixedTrainLocal-v0/goto",
    seed: "1",
    step: "3",
  },
});

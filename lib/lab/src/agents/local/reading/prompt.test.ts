import { readPrompt } from "./prompt";
import { UnreadablePrompt } from "./prompt-error";

const system = {
  role: "system",
  content: "Some world.\nYour mission: go to the red ball.\n\nRules.",
};
const user = (content: string) => ({ role: "user", content });

test("reads mission and observation; no history is not an empty history", () => {
  const prompt = readPrompt([
    system,
    user("Current observation:\na wall 1 step left\n\nYour action, as JSON:"),
  ]);
  expect(prompt).toEqual({
    mission: { kind: "go to", target: { kind: "ball", color: "red" } },
    observation: { walls: { left: 1 }, sightings: [] },
    wantsThinking: false,
    asks: "JSON",
  });
  const first = user("This is your first turn.\n\nCurrent observation:\na wall 1 step left\n");
  expect(readPrompt([system, first]).turns).toEqual([]);
});

test("reads past turns, oldest first, also with empty observations", () => {
  const content = [
    "Turn 12. You saw:\na wall 2 steps forward\na wall 1 step left\nYou did: go forward",
    "Turn 13. You saw:\n\nYou did: turn left",
    'Current observation:\n\n\nYour reasoning, as JSON with a "thinking" field:',
  ].join("\n\n");
  expect(readPrompt([system, user(content)])).toMatchObject({
    observation: { walls: {}, sightings: [] },
    turns: [
      { observation: { walls: { forward: 2, left: 1 }, sightings: [] }, action: "go forward" },
      { observation: { walls: {}, sightings: [] }, action: "turn left" },
    ],
    wantsThinking: true,
  });
});

test("reads a prompt without headings: an observation, and a last action, which is no history", () => {
  for (const before of ["", "You did: go forward\n"]) {
    const read = readPrompt([system, user(`${before}a wall 1 step left`)]);
    expect(read.observation).toEqual({ walls: { left: 1 }, sightings: [] });
    expect(read.turns).toBeUndefined();
  }
});

test.each([
  ["no mission", [user("Current observation:\na wall 1 step left")], /No mission found/],
  ["no observation", [system], /No observation found/],
  [
    "an unknown past action",
    [system, user("Turn 1. You saw:\na wall 1 step left\nYou did: jump\n\nCurrent observation:\n")],
    /past action "jump"/,
  ],
])("refuses a prompt with %s", (_, messages, expected) => {
  expect(() => readPrompt(messages)).toThrow(UnreadablePrompt);
  expect(() => readPrompt(messages)).toThrow(expected);
});

import { readConversation } from "./conversation";
import type { ChatMessage } from "./prompt";
import { UnreadablePrompt } from "./prompt-error";

const user = (content: string): ChatMessage => ({ role: "user", content });
const assistant = (content: string): ChatMessage => ({ role: "assistant", content });
const RULES = user("You control an agent.\n\nYour mission: go to the red ball.");
const current = (text: string, asked = "Answer with one of the six actions.") =>
  user(`Current observation:\n${text}\n\n${asked}`);
const PLAYED =
  'Your last answer was none of the six actions. "go forward" was played in its place.';
const wall = (forward: number) => ({ walls: { forward }, sightings: [] });

test("turns, what was played in place of an invalid answer, and what is seen now", () => {
  const { turns, observation, mission } = readConversation([
    RULES,
    assistant("turn left"), // its observation is out of the window
    user("Observation:\na wall 4 steps forward"),
    assistant("I would go"),
    user(`Observation:\n${PLAYED}\n\nObservation:\na wall 3 steps forward`),
    assistant("Your plan before:\nI turn.\nACTION: turn right"),
    user("Observation:\n"),
    current(`${PLAYED}\n\nObservation:\na wall 2 steps forward`),
  ]);
  expect(mission).toMatchObject({ kind: "go to" });
  expect(turns).toEqual([
    { observation: wall(4), action: "go forward" },
    { observation: wall(3), action: "turn right" },
    { observation: { walls: {}, sightings: [] }, action: "go forward" },
  ]);
  expect(observation).toEqual(wall(2));
});

test("before an observation that is not shown nothing is known, and an example is not one's own past", () => {
  const seen = user("Observation:\na wall 4 steps forward");
  const forgotten = [RULES, seen, assistant("drop"), user("Observation:"), current("")];
  expect(() => readConversation([RULES, seen, current("")])).toThrow(UnreadablePrompt);
  expect(readConversation(forgotten)).toMatchObject({
    turns: [],
    observation: { sightings: [] },
  });
  const shown = [
    ...[RULES, user("=== Example 1 begins ==="), seen, assistant("drop"), seen],
    ...[user("=== Example 1 ends ==="), user("=== Now you play ===")],
    current("a wall 1 step forward"),
  ];
  expect(readConversation(shown)).toMatchObject({ turns: [], observation: wall(1) });
});

test.each([
  ["Answer with one of the six actions.", "action", false],
  ["Begin with your thinking. End with a line: ACTION: <action>", "line", true],
  ["Answer between two tags: <|ACTION|>action<|END|>", "tags", false],
  ["Begin with your thinking: where? Then <|ACTION|>action<|END|>", "tags", true],
])("%s", (asked, asks, wantsThinking) => {
  const prompt = readConversation([RULES, current("a wall 1 step forward", asked)]);
  expect(prompt).toMatchObject({ asks, wantsThinking });
});

test("what cannot be read is refused, and says what was expected", () => {
  expect(() => readConversation([RULES, user("What now?")])).toThrow(
    'Expected a last message that begins with "Current observation:"',
  );
  expect(() => readConversation([user("Hello."), current("")])).toThrow("No mission found.");
  expect(() => readConversation([RULES, current("a dragon")])).toThrow('line "a dragon"');
});

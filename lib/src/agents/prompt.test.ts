import { actArguments, formatHistory } from "./prompt";

const turns = [
  { observation: "a wall 1 step forward", action: "turn left" },
  { observation: "a red ball 2 steps forward\na wall 3 steps left", action: "go forward" },
  { observation: "a red ball 1 step forward", action: "pick up" },
];

test("history is the last turns, oldest first, numbered from the episode's start", () => {
  expect(formatHistory(turns, 2)).toBe(
    "Turn 2. You saw:\na red ball 2 steps forward\na wall 3 steps left\nYou did: go forward\n\n" +
      "Turn 3. You saw:\na red ball 1 step forward\nYou did: pick up",
  );
});

test("history is empty at the first step, and with length 0", () => {
  expect(formatHistory([], 8)).toBe("");
  expect(formatHistory(turns, 0)).toBe("");
});

test("arguments have the shape of the schemas in config/functions/act", () => {
  expect(actArguments("go to the red ball", "You carry a grey key", [], 8)).toEqual({
    system: { mission: "go to the red ball" },
    user: { observation: "You carry a grey key", history: "" },
  });
});

import { actArguments, formatHistory, longestHistory } from "./prompt";

const turns = [
  { observation: "a wall 1 step forward", action: "turn left" },
  { observation: "a red ball 2 steps forward\na wall 3 steps left", action: "go forward" },
  { observation: "a red ball 1 step forward", action: "pick up" },
];

test("history is the last turns, oldest first, numbered from the episode's start", () => {
  expect(formatHistory(turns.slice(0, 2), 1)).toBe(
    "Turn 2. You saw:\na red ball 2 steps forward\na wall 3 steps left\nYou did: go forward",
  );
  expect(formatHistory(turns, 3)).toBe(
    "Turn 1. You saw:\na wall 1 step forward\nYou did: turn left\n\n" +
      "Turn 2. You saw:\na red ball 2 steps forward\na wall 3 steps left\nYou did: go forward\n\n" +
      "Turn 3. You saw:\na red ball 1 step forward\nYou did: pick up",
  );
});

test("history drops its turns a whole length at a time", () => {
  const shown = Array.from({ length: 14 }, (_, n) => {
    const past = Array.from({ length: n }, () => ({ observation: "", action: "drop" }));
    return formatHistory(past, 4).match(/^Turn \d+/gm)?.length ?? 0;
  });
  expect(shown).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5]);
});

test("the longest history of an episode is found", () => {
  for (const length of [0, 1, 3, 8]) {
    for (let most = 0; most < 40; most++) {
      const sizes = Array.from({ length: most + 1 }, (_, n) => {
        const past = Array.from({ length: n }, () => ({ observation: "", action: "drop" }));
        return formatHistory(past, length).length;
      });
      expect(sizes[longestHistory(most, length)]).toBe(Math.max(...sizes));
    }
  }
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

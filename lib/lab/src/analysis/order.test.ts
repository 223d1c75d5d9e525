import fc from "fast-check";
import { compareText, taskOrder, variantOrder } from "./order";

const names = [
  "random",
  "reasoning",
  "baseline",
  "rule_based_history",
  "z",
  "Z",
  "a",
  "é",
  "10",
  "9",
];
const shuffled = fc.shuffledSubarray(names, { minLength: names.length });

test("variants: the project's in its own order, then the others by code unit; tasks by code unit", () => {
  const others = ["10", "9", "Z", "a", "z", "é"];
  fc.assert(
    fc.property(shuffled, (given) => {
      const rows = given.map((name) => ({ variant: name, task: name }));
      const known = ["random", "baseline", "reasoning", "rule_based_history"];
      expect(variantOrder([...rows, ...rows])).toEqual([...known, ...others]);
      const tasks = [
        ...others.slice(0, 4),
        "baseline",
        "random",
        "reasoning",
        "rule_based_history",
      ];
      expect(taskOrder([...rows, ...rows])).toEqual([...tasks, "z", "é"]);
    }),
  );
});

test("texts compare both ways", () => {
  expect([compareText("a", "b"), compareText("b", "a"), compareText("a", "a")]).toEqual([-1, 1, 0]);
});

import fc from "fast-check";
import { randomAction } from "./random";
import { actions } from "./reading/prompt";

const message = (content: string) => ({ role: "user", content });
const messages = (content: string) => [message(content)];

test("the same prompt gets the same action, whatever came before", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.option(fc.nat(), { nil: undefined }),
      (one, other, seed) => {
        const before = randomAction(messages(one), seed);
        randomAction(messages(other));
        expect(randomAction(messages(one), seed)).toBe(before);
      },
    ),
  );
});

test.each([
  ["prompts", (i: number) => randomAction(messages(`a wall ${i} steps forward`))],
  ["seeds", (i: number) => randomAction(messages("a wall 1 step forward"), i)],
])("is uniform over %s", (_, choose) => {
  const n = 60_000;
  const chosen = Array.from({ length: n }, (_, i) => choose(i));
  const counts = actions.map((action) => chosen.filter((each) => each === action).length);
  const expected = n / actions.length;
  const chiSquared = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  expect(chiSquared).toBeLessThan(20.5); // 99.9 % point with 5 degrees of freedom
});

test("every part of the prompt counts", () => {
  const differ = (change: (i: number) => ReturnType<typeof messages>) =>
    Array.from({ length: 50 }, (_, i) => randomAction(change(i)));
  for (const change of [
    (i: number) => [{ role: `role ${i}`, content: "x" }],
    (i: number) => [{ role: "user", content: `${i}` }, ...messages("y")],
    (i: number) => Array.from({ length: i + 1 }, () => message("z")),
  ]) {
    expect(new Set(differ(change)).size).toBe(actions.length);
  }
});

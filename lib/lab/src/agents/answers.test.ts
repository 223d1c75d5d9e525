import { Answers, describeInvalid } from "./answers";

const warn = jest.fn<void, [string]>();
let answers: Answers;
beforeEach(() => {
  warn.mockClear();
  answers = new Answers(warn);
});
const valid = (times: number) => {
  for (let i = 0; i < times; i++) answers.add("a", '{"action":"drop"}', null);
};
const fenced = (times: number) => {
  for (let i = 0; i < times; i++) answers.add("a", "```json\n{}\n```", "not JSON");
};

test("valid answers are nothing to tell of", () => {
  valid(100);
  expect(answers.invalid).toEqual([]);
  expect(warn).not.toHaveBeenCalled();
});

test("the commonest reason is told, with its first example, of the worst variant first", () => {
  answers.add("b", null, "empty");
  valid(5);
  answers.add("a", '{"action":"fly"}', "unknown action");
  fenced(2);
  answers.add("a", "later", "not JSON");
  expect(answers.invalid.map(describeInvalid)).toEqual([
    "1 of 1 answers of b were no valid action: empty",
    '4 of 9 answers of a were no valid action: mostly not JSON, e.g. "```json {} ```"',
  ]);
});

test.each([
  ["19 answers", () => fenced(19), 0],
  ["20 answers", () => fenced(20), 1],
  ["more", () => fenced(200), 1],
  ["half of 20", () => [fenced(10), valid(10)], 0],
  ["more than half of 20", () => [valid(9), fenced(11)], 1],
  ["a good beginning", () => [valid(20), fenced(100)], 0],
])("%s of a variant: warnings", (_, play, times) => {
  play();
  expect(warn).toHaveBeenCalledTimes(times);
});

test("the warning says what is wrong, what was expected and what to do", () => {
  fenced(20);
  expect(warn.mock.calls[0]?.[0]).toBe(
    '20 of 20 answers of a were no valid action: not JSON, e.g. "```json {} ```". Each was played as "go forward". ' +
      'Expected is a JSON object, without anything around it, such as {"action": "turn left"}. ' +
      'Under config/, give a json_mode = "strict" (if it has that, its server ignores it) or a template that asks for just this.',
  );
});

test("of an agent of BALROG's form the form is expected, and no JSON", () => {
  for (let i = 0; i < 20; i++) answers.add("a", "I go", "not an action alone");
  expect(warn.mock.calls[0]?.[0]).toMatch(
    /Expected is one of the six actions, .* counts against it/,
  );
  expect(warn.mock.calls[0]?.[0]).not.toContain("JSON");
});

test("an answer that the token limit cut off needs more tokens", () => {
  for (let i = 0; i < 20; i++) answers.add("a", '{"thinking":"', "cut off by the token limit");
  expect(warn.mock.calls[0]?.[0]).toMatch(/Give a a larger max_tokens under config\/\.$/);
});

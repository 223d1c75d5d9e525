import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import type { Progress } from "../experiment/progress/progress";
import { RunHeldError } from "../experiment/shards/claim";
import { OutcomesMissingError } from "../queries/runs/outcomes";
import { progressMime } from "./progress";
import { TerminalListener } from "./terminal";

const counts = {
  ...{ before: 0, total: 10, done: 2, success: 1, failed: 0 },
  ...{ answers: 40, invalid: 0, inputTokens: 900, outputTokens: 100 },
};
const progress: Progress = {
  ...counts,
  ...{
    answersPerSecond: 0,
    spentUsd: 0,
    spentIsEstimated: false,
    spentIsAtLeast: false,
    invalidAnswers: [],
  },
  variants: ["a", "b"].map((variant) => ({ ...counts, variant, total: 5 })),
  ...{ seconds: 1, secondsLeft: 4, state: "running" },
};
const shown = (change: Partial<Progress>) => ({ [progressMime]: { ...progress, ...change } });

let written = "";
const { isTTY, columns, rows } = process.stderr;
function terminal(settings: object) {
  Object.assign(process.stderr, settings);
  return new TerminalListener({ headings: false });
}
beforeEach(() => {
  written = "";
  jest.spyOn(process.stderr, "write").mockImplementation((text) => {
    written += text;
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  Object.assign(process.stderr, { isTTY, columns, rows });
});

test("of an error that a user can mend the message is shown, and a mistake with its stack", () => {
  const listener = terminal({ isTTY: false });
  const frames =
    "\n    at checkVariants (settings.js:98:15)\n    at evalmachine.<anonymous>:33:32\n";
  const shown = (text: string) => {
    written = "";
    listener.stream("stderr", text);
    return written;
  };
  expect(shown(`TypeError: x is not a function${frames}`)).toContain("settings.js:98:15");
  expect(shown(`Error: of a library${frames}`)).toContain("settings.js:98:15");
  // What no cell waited for is not why one failed.
  const lost = "UnhandledPromiseRejection: ";
  expect(shown(`${lost}SettingsError: Unknown variant "a".${frames}`)).toBe(
    `${lost}Unknown variant "a".\n`,
  );
  expect(shown(`${lost}TypeError: x is not a function${frames}`)).toContain("settings.js:98:15");
  expect(listener.hasSaidWhy).toBe(false);
  expect(shown(`SettingsError: Unknown variant "a".\nMore.${frames}`)).toBe(
    'Unknown variant "a".\nMore.\n',
  );
  expect(listener.hasSaidWhy).toBe(true);
  expect(shown("Error: boom\n    at evalmachine.<anonymous>:2:7\n    at a (b.js:1:1)\n")).toBe(
    "Error: boom\n",
  );
  const thrown = "evalmachine.<anonymous>:2\nthrow new Error(cause);\n^\n\n";
  expect(shown(`${thrown}Error: boom\n    at evalmachine.<anonymous>:2:7\n`)).toBe("Error: boom\n");
  expect(shown("MyError: written by hand\n")).toBe("MyError: written by hand\n");
});

test("so it is of an error with fields and a cause, under the name of another class, and of a file's", () => {
  const listener = terminal({ isTTY: false });
  const shown = (error: unknown) => {
    written = "";
    listener.stream("stderr", `${inspect(error)}\n`);
    return written;
  };
  const holder = { pid: 7, host: "h", secondsAgo: 2, index: 1, of: 1 };
  const held = new RunHeldError("a-run", [holder]);
  expect(shown(held)).toBe(`${held.message}\n`);
  const cause = Object.assign(new Error("inner\n\n  more"), { cause: held });
  const lost = new OutcomesMissingError("Rows\nare missing.", null, { cause });
  expect(shown(lost)).toBe("Rows\nare missing.\n");
  class Renamed extends Error {
    override name = "OtherError";
  }
  expect(shown(new Renamed("boom", { cause }))).toBe("boom\n");
  expect(shown(new AggregateError([held, lost], "two"))).toBe("two\n");
  const read = () => readFileSync("/nowhere/x");
  expect(read).toThrow();
  try {
    read();
  } catch (error) {
    expect(shown(error)).toBe("ENOENT: no such file or directory, open '/nowhere/x'\n");
  }
  const mistake = Object.assign(new TypeError("x is not a function"), { code: "ERR" });
  for (const error of [mistake, Object.assign(new Error("of a library"), { code: 7 })])
    expect(shown(error)).toContain("terminal.test.ts");
});

test("a terminal's lines are redrawn in place, broken to its width; what a cell writes goes above", () => {
  const listener = terminal({ isTTY: true, columns: 64, rows: 20 });
  listener.display(shown({}));
  const bar = `${"█".repeat(4)}${"░".repeat(20)} 2 of 10 episodes · 4.0 s left`;
  const lines = [
    `${bar}\n    1 solved (10–90 % of all) · 40 answers · 1,000 tokens`,
    "  a  2 of 5 episodes · 1 solved (20–80 % of all) · 40 answers",
    "  b  2 of 5 episodes · 1 solved (20–80 % of all) · 40 answers",
  ].join("\n");
  expect(written).toBe(lines);
  written = "";
  listener.stream("stderr", "hello\n");
  expect(written).toBe(`\r\x1b[3A\x1b[Jhello\n${lines}`);
  written = "";
  listener.display(shown({ secondsLeft: 5 }));
  expect(written).toBe(`\r\x1b[3A\x1b[J${lines.replace("4.0 s", "5.0 s")}`);
});

test.each([
  [0, 4],
  [3, 2],
])("a terminal of %p rows shows %p lines", (height, count) => {
  terminal({ isTTY: true, columns: 0, rows: height }).display(shown({}));
  expect(written.split("\n")).toHaveLength(count);
});

test("a log gets a line at the beginning, after the first answer of each variant, for a tenth, each minute, and at the end", () => {
  let now = 0;
  jest.spyOn(performance, "now").mockImplementation(() => now);
  const listener = terminal({ isTTY: false });
  const lines = (change: Partial<Progress>) => {
    written = "";
    const { answers = 0 } = change;
    const [a] = progress.variants;
    listener.display(shown({ variants: [{ ...a!, answers }], ...change }));
    return written.split("\n").length - 1;
  };
  expect(lines({ done: 0, answers: 0 })).toBe(1);
  expect(lines({ done: 0, answers: 0 })).toBe(0);
  expect(lines({ done: 0, answers: 1 })).toBe(1);
  expect(lines({ done: 0, answers: 2 })).toBe(0);
  expect(lines({ done: 1, answers: 3 })).toBe(1);
  now = 59_000;
  expect(lines({ done: 1, answers: 4 })).toBe(0);
  now = 60_000;
  expect(lines({ done: 1, answers: 4 })).toBe(1);
  expect(lines({ done: 1, answers: 4, state: "stopped" })).toBe(1);
});

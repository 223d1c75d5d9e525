import { differences, ResumeError, type RunRecord, readRecord, recordOf } from "./record";
import { checkSettings } from "./settings";

const settings = checkSettings({ variants: ["a", "b"], episodes: 3 }, ["a", "b"]);
const record = recordOf(settings, (name) => ({ model: `"m-${name}"`, user_template: "sha256:1" }));

test("a record is the same after a trip through JSON, and in any order of variants and tasks", () => {
  expect(readRecord(JSON.stringify(record), "r")).toEqual(record);
  const shuffled: RunRecord = {
    ...record,
    tasks: [...record.tasks].reverse(),
    variants: Object.fromEntries(Object.entries(record.variants).reverse()),
  };
  expect(differences(record, shuffled)).toEqual([]);
});

test("each difference is a line that says what was and what is", () => {
  const other: RunRecord = {
    ...record,
    seed: 7,
    variants: { a: { model: '"m-a2"', user_template: "sha256:2", temperature: "0" }, c: {} },
  };
  expect(differences(record, other)).toEqual([
    "seed was 200, is 7",
    "variants was a, b, is a, c",
    'a\'s model was "m-a", is "m-a2"',
    "a's user_template was sha256:1, is sha256:2",
    "a's temperature was not set, is 0",
  ]);
});

test.each([
  ["{", "The settings of run r in the store: no JSON ("],
  ["[]", "The settings of run r in the store: it must be an object"],
  [JSON.stringify({ ...record, seed: "200" }), '`seed` is "200"; it must be a whole number'],
  [JSON.stringify({ ...record, tasks: "goto" }), '`tasks` is "goto"; it must be an array of'],
  [JSON.stringify({ ...record, episodes: undefined }), "`episodes` is missing."],
  [JSON.stringify({ ...record, variants: { a: 1 } }), "`variants.a` is 1; it must be a table."],
  [JSON.stringify({ ...record, variants: { a: { model: 1 } } }), "`variants.a.model` is 1; it"],
])("a stored record that is none, %p, is refused with key and value", (text, problem) => {
  expect(() => readRecord(text, "r")).toThrow(ResumeError);
  expect(() => readRecord(text, "r")).toThrow(problem);
});

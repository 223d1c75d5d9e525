import { differences, type RunRecord, recordOf } from "./record";
import { checkSettings } from "./settings";

const settings = checkSettings({ variants: ["a", "b"], episodes: 3 }, ["a", "b"]);
const record = recordOf(settings, (name) => ({ model: `"m-${name}"`, user_template: "sha256:1" }));

test("a record is the same after a trip through JSON, and in any order of variants and tasks", () => {
  expect(differences(JSON.parse(JSON.stringify(record)), record)).toEqual([]);
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

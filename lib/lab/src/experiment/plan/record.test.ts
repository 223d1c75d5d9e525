import fc from "fast-check";
import {
  differences,
  ResumeError,
  type RunRecord,
  readRecord,
  recordOf,
  writeRecord,
} from "./record";
import { checkSettings } from "./settings";
import { inTurn, worldsOf } from "./worlds";

const settings = checkSettings({ variants: ["a", "b"], episodes: 3 }, ["a", "b"]);
const record = recordOf(settings, (name) => ({ model: `"m-${name}"`, user_template: "sha256:1" }));
const stored = JSON.parse(writeRecord(record));

test("a record is the same after a trip through the store, and in any order of variants and worlds", () => {
  expect(readRecord(writeRecord(record), "r")).toEqual(record);
  const shuffled: RunRecord = {
    ...record,
    worlds: worldsOf([...inTurn(record.worlds)].reverse()),
    variants: Object.fromEntries(Object.entries(record.variants).reverse()),
  };
  expect(differences(record, shuffled)).toEqual([]);
  expect(differences(shuffled, record)).toEqual([]);
});

test("so is what people know a run by, and it is no difference", () => {
  const label = { name: 'with "hints"', note: "a\nb", helper: true };
  expect(readRecord(writeRecord({ ...record, label }), "r")).toEqual({ ...record, label });
  expect(differences(record, { ...record, label })).toEqual([]);
});

test.each([
  [{ name: " " }, 'name is " ": it must be a text of at most 80 characters'],
  [{ name: "a\nb" }, "it must be one line"],
  [
    { name: "x".repeat(81) },
    "name is 81 characters long: it must be a text of at most 80 characters",
  ],
  [{ note: "" }, "at most 10,000 characters"],
])("%p is refused", (options, message) => {
  expect(() => checkSettings({ variants: ["a"], ...options }, ["a"])).toThrow(message);
});

test("so is any list of worlds; what a grid had is kept as it was", () => {
  const seeds = fc.uniqueArray(fc.maxSafeNat(), { minLength: 1, maxLength: 5 });
  const lists = fc.dictionary(fc.string(), seeds, { minKeys: 1, maxKeys: 4 });
  fc.assert(
    fc.property(lists, (list) => {
      const worlds = new Map(Object.entries(list));
      expect(readRecord(writeRecord({ ...record, worlds }), "r").worlds).toEqual(worlds);
    }),
  );
  expect(stored).toMatchObject({ seed: 200, episodes: 3 });
});

test("each difference is a line that says what was and what is; what a run grows by is none", () => {
  const [first, ...others] = record.worlds.keys();
  const other: RunRecord = {
    ...record,
    worlds: new Map<string, number[]>([
      [first!, [7, 200, 202]],
      ...others.map((task): [string, number[]] => [task, [200]]),
    ]),
    variants: { a: { model: '"m-a2"', user_template: "sha256:2", temperature: "0" }, c: {} },
  };
  expect(differences(record, other)).toEqual([
    "9 worlds of 5 tasks of its 5 tasks × seeds 200 to 202 left out",
    "variants left out: b",
    'a\'s model was "m-a", is "m-a2"',
    "a's user_template was sha256:1, is sha256:2",
    "a's temperature was not set, is 0",
  ]);
  const more = checkSettings({ variants: ["b", "c", "a"], episodes: 30, seed: 190 }, [
    "a",
    "b",
    "c",
  ]);
  const grown = recordOf(more, (name) => record.variants[name] ?? {});
  expect(differences(record, grown)).toEqual([]);
  expect(differences(record, { ...grown, historyLength: 4 })).toEqual([
    "historyLength was 8, is 4",
  ]);
});

test.each([
  ["{", "The settings of run r in the store: no JSON ("],
  ["[]", "The settings of run r in the store: it must be an object"],
  [JSON.stringify({ ...stored, seed: "200" }), '`seed` is "200"; it must be a whole number'],
  [JSON.stringify({ ...stored, tasks: "goto" }), '`tasks` is "goto"; it must be an array of'],
  [JSON.stringify({ ...stored, episodes: undefined }), "`episodes` is missing."],
  [JSON.stringify({ ...stored, worlds: { t: [1, "2"] } }), '`worlds.t` is [1,"2"]; it must be a'],
  [JSON.stringify({ ...stored, variants: { a: 1 } }), "`variants.a` is 1; it must be a table."],
  [JSON.stringify({ ...stored, variants: { a: { model: 1 } } }), "`variants.a.model` is 1; it"],
])("a stored record that is none, %p, is refused with key and value", (text, problem) => {
  expect(() => readRecord(text, "r")).toThrow(ResumeError);
  expect(() => readRecord(text, "r")).toThrow(problem);
});

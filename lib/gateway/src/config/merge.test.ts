import { mergeConfig } from "./merge";

const merge = (...tables: Record<string, unknown>[]) =>
  mergeConfig(tables.map((table, i) => ({ path: `/config/${i}/x.toml`, table })));

test("tables are merged, and each key is relative to the file that gives it", () => {
  const { values, folderOf } = merge(
    { functions: { act: { variants: { "a b": { user_template: "u" } } } } },
    { functions: { act: { output_schema: "o", variants: { c: {} } } }, metrics: {} },
  );
  expect(values).toEqual({
    functions: {
      act: { output_schema: "o", variants: { "a b": { user_template: "u" }, c: {} } },
    },
    metrics: {},
  });
  expect(folderOf('functions.act.variants."a b".user_template')).toBe("/config/0");
  expect(folderOf("functions.act.output_schema")).toBe("/config/1");
});

test.each([
  ["a value twice, even the same", { m: { routing: ["p"] } }, { m: { routing: ["p"] } }],
  ["a table where a value is", { m: { routing: ["p"] } }, { m: { routing: { p: 1 } } }],
  ["a value where a table is", { m: { routing: { p: 1 } } }, { m: { routing: 1 } }],
])("refused: %s", (_, a, b) => {
  expect(() => merge(a, b)).toThrow(
    "`m.routing` is given twice, in /config/0/x.toml and in /config/1/x.toml. Remove or rename one of them.",
  );
});

test("neither source is changed, and a key called __proto__ is no prototype", () => {
  const a = { models: { x: { routing: ["p"] } } };
  const b = { models: JSON.parse('{ "__proto__": { "routing": ["q"] } }') };
  const { values } = merge(a, b);
  expect(a).toEqual({ models: { x: { routing: ["p"] } } });
  expect(Object.keys(values.models as object)).toEqual(["x", "__proto__"]);
});

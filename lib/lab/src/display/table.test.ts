import { showTable, textTable } from "./table";

const rows = [
  { variant: "random", success: 0.12, note: null },
  { variant: "rule_based", success: 1, note: "a & b" },
];

test("plain text aligns columns, numbers to the right", () => {
  expect(textTable(rows)).toBe(
    [
      "variant     success  note",
      "──────────  ───────  ─────",
      "random         0.12",
      "rule_based        1  a & b",
    ].join("\n"),
  );
  expect(textTable([])).toBe("(no rows)");
});

test("outside a notebook the table goes to stdout", () => {
  const write = jest.spyOn(process.stdout, "write").mockReturnValue(true);
  showTable(rows);
  expect(write.mock.calls).toEqual([[`${textTable(rows)}\n`]]);
  write.mockRestore();
});

test("in a notebook an interval stays in one line, a long text does not", () => {
  const shown: { data: Record<string, string> }[] = [];
  const publish = (content: { data: Record<string, string> }) => shown.push(content);
  Object.assign(globalThis, { __tslab__: { require: () => ({ lastWriteDisplayData: publish }) } });
  showTable([{ rate: "75.0 % [19.4, 99.4]", thought: "word ".repeat(20) }]);
  Reflect.deleteProperty(globalThis, "__tslab__");
  const html = shown[0]?.data["text/html"];
  expect(html).toContain(
    '<td align="left" nowrap style="text-align:left;white-space:nowrap">75.0 % [19.4, 99.4]</td>',
  );
  expect(html).toContain('<td align="left" style="text-align:left">word ');
});

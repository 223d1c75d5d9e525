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

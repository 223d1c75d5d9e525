import fc from "fast-check";
import { codeCell, formatNotebook, type Notebook, parseNotebook } from "./nbformat";

const old = JSON.stringify({
  nbformat: 4,
  nbformat_minor: 2,
  metadata: {},
  cells: [
    { cell_type: "markdown", metadata: {}, source: ["# A\n", "b"] },
    {
      cell_type: "code",
      metadata: {},
      source: "1\n2\n",
      execution_count: 1,
      outputs: [{ output_type: "stream", name: "stdout", text: ["a\n", "b"] }],
    },
  ],
});

test("an older notebook gets cell ids, the same each time", () => {
  const notebook = parseNotebook(old, "old.ipynb");
  expect(notebook.nbformat_minor).toBe(5);
  expect(notebook.cells.map(({ source }) => source)).toEqual(["# A\nb", "1\n2\n"]);
  expect(notebook.cells.map(({ id }) => id)).toEqual(
    parseNotebook(old, "again").cells.map(({ id }) => id),
  );
  for (const { id } of notebook.cells) expect(id).toMatch(/^[\w-]{1,64}$/);
});

test("texts are written as lists of lines, keys sorted, and read back the same", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "é", "\n", "\r", " ")), (characters) => {
      const text = characters.join("");
      const cell = codeCell(text);
      cell.outputs = [
        { output_type: "stream", name: "stderr", text },
        {
          output_type: "display_data",
          data: {
            "text/html": text,
            "image/png": "aGk=",
            "application/x+json": { b: [1], a: text },
          },
          metadata: {},
        },
      ];
      const notebook: Notebook = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] };
      const written = formatNotebook(notebook);
      expect(parseNotebook(written, "x")).toEqual(notebook);
      const [stored] = JSON.parse(written).cells;
      expect(stored.source).toEqual(text.split(/(?<=\n)/).filter(Boolean));
      expect(Object.keys(stored)).toEqual([...Object.keys(stored)].sort());
      expect(written.endsWith("}\n")).toBe(true);
    }),
  );
});

test.each([
  ["no JSON", "it is not JSON"],
  ["null", "not a notebook of format 4"],
  ['{"nbformat": 3, "worksheets": []}', "nbformat: 3"],
  [
    '{"nbformat": 4, "cells": [{"cell_type": "heading", "source": ""}]}',
    'cell 1: cell_type is "heading"',
  ],
])("%s is refused", (text, message) => {
  expect(() => parseNotebook(text, "x.ipynb")).toThrow(message);
});

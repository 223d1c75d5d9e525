import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type CodeCell, readNotebook } from "../runner/nbformat";
import { root } from "./root";

const folder = join(root, "notebooks");
const names = readdirSync(folder).filter((name) => name.endsWith(".ipynb"));

const codeCells = (name: string) =>
  readNotebook(join(folder, name)).cells.filter(
    (cell): cell is CodeCell => cell.cell_type === "code",
  );

test.each(names)("%s is at most 1 MB", (name) => {
  expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(1_000_000);
});

test.each(names)("%s was run from top to bottom, and no cell failed", (name) => {
  const cells = codeCells(name);
  expect(cells.map((cell) => cell.execution_count)).toEqual(cells.map((_, index) => index + 1));
  const errors = cells.flatMap(({ outputs }) =>
    outputs.filter(({ output_type }) => output_type === "error"),
  );
  expect(errors).toEqual([]);
});

test.each(names)("%s has each picture in a form that an untrusted notebook shows", (name) => {
  for (const { outputs } of codeCells(name)) {
    for (const output of outputs) {
      const formats = "data" in output ? Object.keys(output.data) : [];
      if (formats.includes("image/svg+xml")) expect(formats).toContain("image/png");
    }
  }
});

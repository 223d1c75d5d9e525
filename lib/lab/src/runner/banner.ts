import { randomUUID } from "node:crypto";
import { stripVTControlCharacters } from "node:util";
import type { Cell, CodeCell, Notebook, TextCell } from "./nbformat";

// A notebook that did not run to its end says so at its top, as papermill's do, and where it stopped.

const tag = "error-banner";

/** What stopped a run, as a banner tells it. */
interface Stopped {
  reason: string;
  cell?: CodeCell;
  message: string;
}

/** A copy without the banners of an earlier run. */
export function withoutBanners(notebook: Notebook): Notebook {
  const isBanner = (cell: Cell) => (cell.metadata.tags ?? []).includes(tag);
  return { ...notebook, cells: notebook.cells.filter((cell) => !isBanner(cell)) };
}

/** A copy with a banner at the top and one before the cell that the run stopped at. */
export function withBanners(notebook: Notebook, { reason, cell, message }: Stopped): Notebook {
  if (cell === undefined) return notebook;
  const lines = stripVTControlCharacters(message).split("\n");
  const first = lines.find((line) => /^\w*Error: /.test(line)) ?? lines[0] ?? "";
  const number = cell.execution_count ?? "*";
  const what = reason === "error" ? "failed" : `was stopped (${reason})`;
  const cells = notebook.cells.flatMap((each) =>
    each === cell
      ? [banner(`<span id="stopped-here"></span>**This cell ${what}:**`), each]
      : [each],
  );
  const text = `**Cell [${number}] ${what}, and none after it has run:** [see there](#stopped-here)\n\n\`${first.replaceAll("`", "'")}\``;
  return { ...notebook, cells: [banner(text), ...cells] };
}

function banner(source: string): TextCell {
  const id = randomUUID().slice(0, 8);
  return { cell_type: "markdown", id, metadata: { tags: [tag] }, source };
}

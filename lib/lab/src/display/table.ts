import { printable } from "embedded-gateway";
import { at } from "../basics/at";
import { escapeHtml, show } from "./display";

function texts(objects: readonly object[]): {
  columns: string[];
  body: string[][];
  isNumeric: boolean[];
} {
  const rows = objects as readonly Readonly<Record<string, unknown>>[];
  const columns = Object.keys(rows[0] ?? {});
  const body = rows.map((row) => columns.map((column) => inCell(row[column])));
  const isNumeric = columns.map((column) =>
    rows.every((row) => row[column] == null || typeof row[column] === "number"),
  );
  return { columns, body, isNumeric };
}

/** A cell is one line. */
function inCell(value: unknown): string {
  return printable(String(value ?? "")).replace(/[\t\n]+/g, " ");
}

const noRows = "(no rows)";

/**
 * The rows as plain text: the first one's keys as heading, columns aligned, numbers to the right.
 *
 * @example
 * textTable([{ variant: "random", solved: 3 }]); // "variant  solved\n───────  ──────\nrandom        3"
 */
export function textTable(rows: readonly object[]): string {
  if (rows.length === 0) return noRows;
  const { columns, body, isNumeric } = texts(rows);
  const widths = columns.map((name, i) =>
    Math.max(name.length, ...body.map((row) => at(row, i).length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((text, i) => (isNumeric[i] ? text.padStart(at(widths, i)) : text.padEnd(at(widths, i))))
      .join("  ")
      .trimEnd();
  return [columns, widths.map((width) => "─".repeat(width)), ...body].map(line).join("\n");
}

/** Characters of a text that stays in one line: numbers with their intervals are not torn apart. */
const LINE = 40;

/**
 * Shows rows as a table below the running cell: one column for each key of the first row.
 *
 * @example
 * showTable([{ variant: "random", solved: 3 }]);
 */
export function showTable(rows: readonly object[]): void {
  if (rows.length === 0) {
    show({ "text/plain": noRows });
    return;
  }
  const { columns, body, isNumeric } = texts(rows);
  const cells = (tag: "th" | "td", row: readonly string[]) =>
    row
      .map((text, i) => {
        const align = isNumeric[i] ? "right" : "left";
        // An attribute, too, since GitHub takes no styles.
        const [attribute, style] =
          text.length <= LINE ? [" nowrap", ";white-space:nowrap"] : ["", ""];
        return `<${tag} align="${align}"${attribute} style="text-align:${align}${style}">${escapeHtml(text)}</${tag}>`;
      })
      .join("");
  const html = [
    `<table><thead><tr>${cells("th", columns)}</tr></thead><tbody>`,
    ...body.map((row) => `<tr>${cells("td", row)}</tr>`),
    "</tbody></table>",
  ].join("\n");
  show({ "text/html": html, "text/plain": textTable(rows) });
}

/** Characters that a spreadsheet begins a formula at, or drops before one; the full-width ones, too. */
const FORMULA = "[=+\\-@\\t\\r\\n＝＋－＠]";

/**
 * A text's column as an expression whose cells no spreadsheet runs: one that would be a formula has `'` before it, as OWASP
 * advises. So has one that begins with `'` and then such a character, so that {@link readCsvCell} gives every text back.
 *
 * @param column of type String or Nullable(String)
 */
export function asCsvText(column: string): string {
  return `if(match(${column}, '^\\'*${FORMULA.replaceAll("\\", "\\\\")}'), concat('\\'', ${column}), ${column})`;
}

/**
 * What a text cell of an exported CSV file stands for: without the `'` that keeps a spreadsheet from running it.
 *
 * @example
 * readCsvCell("'=1+1"); // "=1+1"
 */
export function readCsvCell(cell: string): string {
  return cell.replace(new RegExp(`^'(?='*${FORMULA})`), "");
}

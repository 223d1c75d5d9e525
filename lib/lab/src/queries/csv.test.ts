import type { ClickHouseClient } from "@clickhouse/client";
import { connect } from "embedded-gateway";
import fc from "fast-check";
import { asCsvText, readCsvCell } from "./csv";

let clickhouse: ClickHouseClient;
beforeAll(async () => {
  clickhouse = await connect({ dataDir: ":memory:" });
});
afterAll(() => clickhouse.close());

/** The cells that ClickHouse makes of texts. */
async function cells(texts: string[]): Promise<string[]> {
  const written = texts.map((text) => JSON.stringify({ text: text.toWellFormed() })).join("\n");
  const result = await clickhouse.query({
    query: `SELECT ${asCsvText("text")} AS text
      FROM (SELECT JSONExtractString(arrayJoin(splitByChar('\\n', {written:String})), 'text') AS text)`,
    query_params: { written },
    format: "JSONEachRow",
  });
  return (await result.json<{ text: string }>()).map(({ text }) => text);
}

test.each([
  ['=HYPERLINK("http://evil.invalid")', `'=HYPERLINK("http://evil.invalid")`],
  ["+1", "'+1"],
  ["-1+cmd", "'-1+cmd"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["\t=1", "'\t=1"],
  ["\r=1", "'\r=1"],
  ["\n=1", "'\n=1"],
  ["＝1", "'＝1"],
  ["'=1", "''=1"],
  ["''@", "'''@"],
  ["'tis", "'tis"],
  ["a=1", "a=1"],
  ["", ""],
])("%j is the cell %j", async (text, cell) => {
  expect(await cells([text])).toEqual([cell]);
  expect(readCsvCell(cell)).toBe(text);
});

test("every text is read back as it was, and no cell begins with what a spreadsheet runs", async () => {
  const letter = fc.oneof(fc.constantFrom(..."'=+-@\t\r\n＝a1"), fc.string({ maxLength: 1 }));
  const texts = fc.sample(fc.string({ unit: letter, maxLength: 6 }), 2000);
  const written = await cells(texts);
  expect(written.map(readCsvCell)).toEqual(texts);
  for (const cell of written) expect(cell).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/);
});

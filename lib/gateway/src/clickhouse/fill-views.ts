import type { ClickHouseClient } from "@clickhouse/client";
import { TABLES } from "./schema-tables";
import { VIEWS, type View } from "./schema-views";

/** In the order of the tables: what is added to one may reach a later one by a view of its own. */
const TARGETS = Object.keys(TABLES)
  .map((table) => ({ table, views: Object.values(VIEWS).filter(({ target }) => target === table) }))
  .filter(({ views }) => views.length > 0);

/** A table that views fill, and what it adds up to: rows, or for rows that are sums one of their totals. */
export interface ViewsTable {
  table: string;
  has: number;
  /** What its views would give of the main tables as they are. */
  given: number;
}

/**
 * Gives the tables that views fill what they lack of the main ones: a process that is killed while it inserts leaves rows
 * there that not all views have seen, and a part of a view's table may be broken. Rows are added; only a table whose rows
 * are sums is made anew. Nothing may be inserted meanwhile. A store that lacks nothing costs one query.
 */
export async function fillViews(client: ClickHouseClient): Promise<void> {
  // Twice, because a table that was filled may have given rows to another one a second time.
  for (let round = 0; round < 2; round++) {
    const different = await differentTables(client);
    if (different.length === 0) return;
    for (const { table, views } of TARGETS) {
      const found = different.filter((row) => row.table === table);
      const isSums = views.some(({ key }) => key === undefined);
      // Where a main table has lost rows, its views' tables still have them.
      if (!found.some(({ has, given }) => isSums || has < given)) continue;
      if (isSums) await client.command({ query: `TRUNCATE TABLE ${table}` });
      for (const view of views) await fill(client, view);
    }
  }
}

async function fill(client: ClickHouseClient, { target, query, key }: View): Promise<void> {
  const result = await client.query({ query: `DESCRIBE (${query})`, format: "JSONEachRow" });
  const columns = (await result.json<{ name: string }>()).map(({ name }) => name).join(", ");
  const isNew = key === undefined ? "true" : `(${key}) NOT IN (SELECT ${key} FROM ${target})`;
  await client.command({
    query: `INSERT INTO ${target} (${columns}) SELECT * FROM (${query}) WHERE ${isNew}`,
  });
}

/** The tables that views fill and that have more or less than their views would give. */
export async function differentTables(client: ClickHouseClient): Promise<ViewsTable[]> {
  const totalOf = ({ total = "count()" }: View) => total;
  const comparisons = TARGETS.flatMap(({ table, views }) =>
    [...new Set(views.map(totalOf))].map((total) => {
      const given = views
        .filter((view) => totalOf(view) === total)
        .map(({ query }) => `(SELECT ${total} FROM (${query}))`);
      return `SELECT '${table}' AS table, toFloat64((SELECT ${total} FROM ${table})) AS has,
        toFloat64(${given.join(" + ")}) AS given`;
    }),
  );
  const result = await client.query({
    query: `SELECT * FROM (${comparisons.join(" UNION ALL ")}) WHERE has != given`,
    format: "JSONEachRow",
  });
  return result.json<ViewsTable>();
}

import { ClickHouseHttpError } from "./error";

/** Data that a request brings along as a file of its form, and that its query reads like a table. */
export interface ExternalTable {
  name: string;
  /** Columns as in CREATE TABLE, e.g. `id UInt64, name String`. */
  structure: string;
  /** ClickHouse's name of the data's format. */
  format: string;
  bytes: Buffer;
}

/**
 * Reads one, and takes what describes it out of the parameters: `NAME_structure`, or `NAME_types` for columns `_1`, `_2`, …,
 * and `NAME_format` (default TabSeparated).
 *
 * @throws ClickHouseHttpError its columns are not described, or it has no name that a table can have
 */
export async function takeExternalTable(
  name: string,
  file: Blob,
  parameters: [string, string][],
): Promise<ExternalTable> {
  const take = (what: string) => {
    const at = parameters.findIndex(([key]) => key === `${name}_${what}`);
    return at < 0 ? undefined : parameters.splice(at, 1)[0]?.[1];
  };
  const [types, format = "TabSeparated"] = [take("types"), take("format")];
  const structure =
    take("structure") ??
    types
      ?.split(",")
      .map((type, i) => `_${i + 1} ${type}`)
      .join();
  if (!/^[A-Za-z_]\w*$/.test(name) || structure === undefined || !/^\w+$/.test(format)) {
    throw new ClickHouseHttpError(
      36,
      "BAD_ARGUMENTS",
      `The external table ${JSON.stringify(name)} needs a name of letters, digits and _, its columns as ${name}_structure ` +
        `or ${name}_types, and a format's name in ${name}_format, if any`,
    );
  }
  return { name, structure, format, bytes: Buffer.from(await file.arrayBuffer()) };
}

/**
 * Has the tables in a session while `run` runs in it.
 *
 * @param send sends a statement of the session, and the rows of an INSERT
 */
export async function withExternalTables<T>(
  tables: readonly ExternalTable[],
  send: (statement: string, rows?: Buffer) => Promise<unknown>,
  run: () => Promise<T>,
): Promise<T> {
  const made: string[] = [];
  try {
    for (const { name, structure, format, bytes } of tables) {
      await send(`CREATE TEMPORARY TABLE ${name} (${structure})`);
      made.push(name);
      await send(`INSERT INTO ${name} FORMAT ${format}`, bytes);
    }
    return await run();
  } finally {
    for (const name of made) await send(`DROP TEMPORARY TABLE ${name}`);
  }
}

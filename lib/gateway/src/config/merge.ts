import { dirname } from "node:path";
import { ConfigError, isTable, pathOf } from "./table";

type TomlTable = Record<string, unknown>;

/** One file of a configuration, parsed. */
export interface ConfigSource {
  path: string;
  table: TomlTable;
}

/** A configuration of one file or several. */
export interface MergedConfig {
  values: TomlTable;
  /** The file that gives a key, or the first key of a table. @param key e.g. `functions.act.output_schema` */
  fileOf(key: string): string | undefined;
  /** The folder of the file that gives a key, which paths in it are relative to. */
  folderOf(key: string): string;
}

/**
 * Merges the files of a configuration as TensorZero's gateway does: tables into each other, and no other key twice.
 *
 * @throws ConfigError two files give the same key
 */
export function mergeConfig(sources: readonly ConfigSource[]): MergedConfig {
  const givenBy = new Map<string, string>();
  const values: TomlTable = Object.create(null); // subtle: `__proto__` is a key like any other
  for (const { path, table } of sources) mergeTable(values, table, "", path, givenBy);
  const fileOf = (key: string) => givenBy.get(key);
  return { values, fileOf, folderOf: (key) => dirname(fileOf(key) ?? sources[0]?.path ?? "") };
}

function mergeTable(
  target: TomlTable,
  source: TomlTable,
  at: string,
  file: string,
  givenBy: Map<string, string>,
): void {
  for (const [name, value] of Object.entries(source)) {
    const key = pathOf(at, name);
    const other = givenBy.get(key);
    const isNew = other === undefined;
    if (isNew) givenBy.set(key, file);
    if (isTable(value) && (isNew || isTable(target[name]))) {
      if (isNew) target[name] = Object.create(null);
      mergeTable(target[name] as TomlTable, value, key, file, givenBy);
    } else if (isNew) {
      target[name] = value;
    } else {
      throw new ConfigError(
        `\`${key}\` is given twice, in ${other} and in ${file}. Remove or rename one of them.`,
      );
    }
  }
}

import { dirname, join, relative, resolve, sep } from "node:path";
import { Environment } from "minijinja-js";
import { messageOf } from "../basics/message-of";
import { readTextFile } from "../basics/text-file";
import { templateError } from "../errors";
import { JsonSchema } from "./schema";
import { ConfigError, type Table } from "./table";
import type { Templates } from "./types";

/** The files that a configuration refers to, each read once. */
export class ConfigFiles {
  private readonly contents = new Map<string, string>();
  private readonly templates = new Set<string>();

  /** @param folderOf the folder of the toml file that gives a key */
  constructor(private readonly folderOf: (key: string) => string) {}

  /** The text of the file that a key names, relative to the toml file that gives the key. */
  read(table: Table, key: string): { path: string; text: string } | undefined {
    const given = table.string(key);
    if (given === undefined) return undefined;
    const path = resolve(this.folderOf(table.at(key)), given);
    let text = this.contents.get(path);
    if (text === undefined) {
      try {
        text = readTextFile(path);
      } catch (cause) {
        throw new ConfigError(`\`${table.at(key)}\`: cannot read ${path} (${message(cause)}).`, {
          cause,
        });
      }
      this.contents.set(path, text);
    }
    return { path, text };
  }

  schema(table: Table, key: string): JsonSchema | undefined {
    const file = this.read(table, key);
    if (file === undefined) return undefined;
    try {
      return new JsonSchema(JSON.parse(file.text));
    } catch (cause) {
      throw new ConfigError(
        `\`${table.at(key)}\`: ${file.path} is no JSON Schema (${message(cause)}).`,
        { cause },
      );
    }
  }

  /** The path of a template's file; it becomes the template's key once all files are known. */
  template(table: Table, key: string): string | undefined {
    const file = this.read(table, key);
    if (file !== undefined) this.templates.add(file.path);
    return file?.path;
  }

  /** Everything read so far, for the configuration's hash. */
  texts(): string[] {
    return [...this.contents].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
  }

  /**
   * Compiles all templates. A template's key, which shows in error texts and serves `{% include %}`, is its path with the
   * folder that all referenced files share taken off.
   *
   * @param includes absolute path of a folder of further files that templates may include by their path below it;
   * undefined: none.
   */
  compile(includes: string | undefined): { templates: Templates; keyOf: (path: string) => string } {
    const base = commonFolder([...this.contents.keys()]);
    const keyOf = (path: string) => relative(base, path).split(sep).join("/");
    const environment = new Environment();
    environment.undefinedBehavior = "strict";
    const sources = new Map(
      [...this.templates].map((path) => [keyOf(path), this.contents.get(path) ?? ""]),
    );
    if (includes !== undefined) this.addIncluded(sources, includes);
    for (const [key, source] of sources) {
      try {
        environment.addTemplate(key, source);
      } catch (cause) {
        throw new ConfigError(`Template ${key} cannot be compiled: ${message(cause)}`, { cause });
      }
    }
    const render = (key: string, context: unknown): string => {
      try {
        return environment.renderTemplate(key, context);
      } catch (cause) {
        throw templateError(key, message(cause));
      }
    };
    return { templates: { render }, keyOf };
  }

  /** Adds what the templates include, and what that includes; the Map grows while it is walked over. */
  private addIncluded(sources: Map<string, string>, folder: string): void {
    for (const [key, source] of sources) {
      for (const [, name] of source.matchAll(INCLUDE)) {
        if (name === undefined || sources.has(name)) continue;
        const path = join(folder, name);
        if (relative(folder, path).startsWith("..")) {
          throw new ConfigError(
            `Template ${key} includes "${name}", which is outside of ${folder}.`,
          );
        }
        try {
          sources.set(name, readTextFile(path));
        } catch (cause) {
          throw new ConfigError(
            `Template ${key} includes "${name}", which cannot be read (${message(cause)}).`,
            { cause },
          );
        }
        this.contents.set(path, sources.get(name) ?? "");
      }
    }
  }
}

/** `{% include "name" %}` and its like with a name that is written out. */
const INCLUDE = /\{%-?\s*(?:include|extends|import|from)\s+["']([^"']+)["']/g;

function commonFolder(paths: string[]): string {
  let common = dirname(paths[0] ?? "");
  for (const path of paths) {
    while (relative(common, path).startsWith("..")) common = dirname(common);
  }
  return common;
}

/** The first line: the engine adds the source's lines and its variables below it. */
function message(cause: unknown): string {
  return messageOf(cause).split("\n", 1)[0] ?? "";
}

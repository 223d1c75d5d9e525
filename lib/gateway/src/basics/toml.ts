import { messageOf } from "./message-of";
import { readTextFile } from "./text-file";

// subtle: smol-toml ships CommonJS, but its types speak of its ES module only.
const smol = require("smol-toml") as { parse(text: string): Record<string, unknown> };

/** TOML as plain objects. @throws when the text is not TOML; the message says where */
export const parseToml = smol.parse;

/** A TOML file as plain objects. @throws when there is no such file, or it is not TOML; the message says where */
export function readToml(path: string): Record<string, unknown> {
  const text = readTextFile(path);
  try {
    return parseToml(text);
  } catch (cause) {
    throw new SyntaxError(`${path}: ${messageOf(cause)}`, { cause });
  }
}

import { messageOf } from "./message-of";
import { readTextFile } from "./text-file";

// subtle: smol-toml ships CommonJS, but its types speak of its ES module only.
const { parse } = require("smol-toml") as { parse(text: string): Record<string, unknown> };

/** A TOML file as plain objects. @throws when there is no such file, or it is no TOML; the message says where */
export function readToml(path: string): Record<string, unknown> {
  const text = readTextFile(path);
  try {
    return parse(text);
  } catch (cause) {
    throw new SyntaxError(`${path}: ${messageOf(cause)}`, { cause });
  }
}

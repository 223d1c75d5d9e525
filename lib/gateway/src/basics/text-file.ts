import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";

/** A file that should hold text is not UTF-8. */
export class TextFileError extends Error {
  override readonly name = "TextFileError";
}

const ADVICE =
  'Save it as UTF-8: editors offer that under "Save as" or "Save with encoding", PowerShell 5 by `Out-File -Encoding utf8` ' +
  "(its `>` writes UTF-16).";

/**
 * The text of a file that people edit, the same whatever editor or checkout wrote it: without a byte order mark, and with
 * LF at the ends of lines.
 *
 * @throws TextFileError the file is UTF-16 or otherwise not UTF-8
 * @throws Error as `readFileSync` does, when it cannot be read
 */
export function readTextFile(path: string): string {
  const bytes = readFileSync(path);
  // subtle: all text has line ends or ASCII, so UTF-16 without a mark shows by its zero bytes.
  if (/^(?:\xff\xfe|\xfe\xff)/.test(bytes.toString("latin1", 0, 2)) || bytes.includes(0))
    throw new TextFileError(`${path} is saved as UTF-16. ${ADVICE}`);
  if (!isUtf8(bytes)) throw new TextFileError(`${path} is not UTF-8. ${ADVICE}`);
  return bytes
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .replace(/\r\n?/g, "\n");
}

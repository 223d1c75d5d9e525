import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { readTextFile } from "embedded-gateway";

/** The process's environment variables, and those of the project's .env that it does not set itself. @throws TextFileError */
export function readEnvironment(root: string): Record<string, string | undefined> {
  const file = join(root, ".env");
  return { ...(existsSync(file) ? parseEnv(readTextFile(file)) : {}), ...process.env };
}

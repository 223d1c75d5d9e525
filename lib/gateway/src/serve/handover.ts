import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isAlive } from "../basics/is-alive";
import { statusPid } from "../clickhouse/folder/data-folder";

/** How this user's own processes reach a running `npm run up`: addresses with user and password. */
export interface Handover {
  pid: number;
  gateway: string;
  clickhouse: string;
}

/** The file stands beside the store's folder, which is the engine's own. */
const pathFor = (dataDir: string) => join(dirname(dataDir), "up.json");

/** Writes the file, which only this user can read. @returns what removes it, unless another process has written it since */
export function handOver(dataDir: string, handover: Handover): () => Promise<void> {
  const path = pathFor(dataDir);
  const text = `${JSON.stringify(handover, null, 2)}\n`;
  const temporary = `${path}.${process.pid}`;
  rmSync(temporary, { force: true });
  // subtle: "wx" makes the file anew, so that it has this mode whatever stood there.
  writeFileSync(temporary, text, { mode: 0o600, flag: "wx" });
  renameSync(temporary, path);
  return async () => {
    if (readHandover(dataDir)?.pid === handover.pid) rmSync(path, { force: true });
  };
}

/** What the `npm run up` on this folder has left; undefined without one, or when its process has ended. */
export function readHandover(dataDir: string): Handover | undefined {
  try {
    const { pid, gateway, clickhouse } = JSON.parse(readFileSync(pathFor(dataDir), "utf8"));
    const handover = { pid: Number(pid), gateway: String(gateway), clickhouse: String(clickhouse) };
    // subtle: one that was killed leaves its file, and its number may be another process's now.
    return isAlive(handover.pid) && statusPid(dataDir) === handover.pid ? handover : undefined;
  } catch {
    return undefined; // none, or not whole: then there is no one to reach by it
  }
}

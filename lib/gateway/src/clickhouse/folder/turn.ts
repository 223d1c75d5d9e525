import { lstatSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { isAlive } from "../../basics/is-alive";
import { turnPath } from "./socket";

/** A turn that lasts longer is one of a process that was killed, and whose number is another's now. */
const LONGEST_MS = 10 * 60_000;

/**
 * Takes the turn to open or to close a store. Others wait meanwhile, and the engine's own lock, which it reports with a stack
 * trace, is met by nobody. Where the file system has no links there are no turns, and that lock decides.
 *
 * @returns what ends the turn; undefined: it is another process's
 */
export function takeTurn(store: string): (() => void) | undefined {
  const path = turnPath(store);
  const end = () => rmSync(path, { force: true });
  for (;;) {
    try {
      symlinkSync(String(process.pid), path);
      return end;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") return () => {};
      if (hasTurn(store) !== undefined) return undefined;
      end();
    }
  }
}

/** The process that opens or closes the store now. */
export function hasTurn(store: string): number | undefined {
  try {
    const path = turnPath(store);
    const pid = Number(readlinkSync(path));
    const isOld = Date.now() - lstatSync(path).mtimeMs > LONGEST_MS;
    return isAlive(pid) && !isOld ? pid : undefined;
  } catch {
    return undefined; // it is over
  }
}

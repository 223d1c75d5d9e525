import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { oneLine } from "../../basics/one-line";
import { StoreOpenError } from "./connect-error";

/** What stands in place of a folder for a store that ends with its client. */
export const MEMORY = ":memory:";

export function assertWritable(path: string): void {
  if (basename(path) === MEMORY)
    throw new StoreOpenError(
      "not_writable",
      `The store's folder cannot be ${path}: ${MEMORY} is no folder, and what is stored here is to outlive its process. Name a folder; a temporary one for what is to be thrown away.`,
    );
  const probe = join(path, `.write-test-${process.pid}`);
  try {
    mkdirSync(path, { recursive: true });
    writeFileSync(probe, "x");
    rmSync(probe);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (code === "ENOSPC" || code === "EDQUOT") {
      throw new StoreOpenError(
        "disk_full",
        `The disk that holds the store is full: ${path}. Free some space, or choose another folder.`,
        { cause },
      );
    }
    throw new StoreOpenError(
      "not_writable",
      `The store's folder cannot be written: ${path} (${code}). Make it writable for this user, or choose another folder.`,
      { cause },
    );
  }
}

/** The engine would notice too, but prints a stack trace first; where /proc exists, look there before. */
export function assertNotHeld(path: string): void {
  const pid = statusPid(path);
  if (pid === undefined || pid === process.pid) return;
  let files: string[];
  try {
    files = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return; // ended, not ours to see, or no /proc here: the engine's own lock decides
  }
  const status = join(path, "status");
  if (files.some((fd) => linkTarget(`/proc/${pid}/fd/${fd}`) === status)) throw heldBy(path, pid);
}

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined; // closed since it was listed
  }
}

/** The process that the engine's own `status` file names; it is removed when the folder is closed. */
export function statusPid(path: string): number | undefined {
  try {
    const pid = /^PID: (\d+)/m.exec(readFileSync(join(path, "status"), "utf8"))?.[1];
    return pid === undefined ? undefined : Number(pid);
  } catch {
    return undefined;
  }
}

export function heldBy(path: string, pid: number, cause?: unknown): StoreOpenError {
  return new StoreOpenError(
    "held",
    `The store's folder ${path} is held by ${describeProcess(pid)}, which does not share it: it ends just now, its version of this ` +
      "library is another, or the folder's file system has no sockets. Close that one, or try again.",
    { cause },
  );
}

/** A process by its number and its command line. */
export function describeProcess(pid: number | undefined): string {
  return pid === undefined ? "another process" : `process ${pid}${commandOf(pid)}`;
}

function commandOf(pid: number): string {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    // A kernel's command line holds code, which tells a reader nothing.
    const isCode = (word: string) => word === "--import" || word.startsWith("data:");
    const command = words
      .filter((word) => !isCode(word))
      .join(" ")
      .trim();
    return command === "" ? "" : ` (${oneLine(command, 80)})`;
  } catch {
    return "";
  }
}

import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What is for this user alone, in a store's folder. */
const privateFolder = (store: string) => join(store, ".shared");

const NAME = "socket";

/** Where the process that holds a store serves it to others. */
export const socketPath = (store: string) => join(privateFolder(store), NAME);

/** While a process opens or closes a store, a link here names it: see `takeTurn`. */
export const turnPath = (store: string) => join(privateFolder(store), "turn");

/** An address of a socket has no more room, in bytes: 108 on Linux, 104 on macOS, with the zero at its end. */
const MAX_ADDRESS = 103;

/** Makes the folder that no other user can enter, if it can be made: see `isPrivate`. */
export function makePrivate(store: string): void {
  const folder = privateFolder(store);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!isPrivate(store)) chmodSync(folder, 0o700);
  } catch {} // it is another user's, or the disk is full
}

/** True where that folder is this user's alone, so that what listens in it is a process of this user. */
export function isPrivate(store: string): boolean {
  const { uid, mode } = lstatSync(privateFolder(store));
  return uid === process.getuid?.() && (mode & 0o077) === 0;
}

/**
 * Gives a path to a file in that folder that is short enough for a socket's address: a long one leads through a link in the
 * system's folder for temporary files.
 *
 * @returns the path, and what removes the link once it has been used
 */
export function shortPath(store: string, name = NAME): { path: string; done: () => void } {
  const path = join(privateFolder(store), name);
  if (Buffer.byteLength(path) <= MAX_ADDRESS) return { path, done: () => {} };
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  symlinkSync(privateFolder(store), join(folder, "at"));
  const done = () => rmSync(folder, { recursive: true, force: true });
  return { path: join(folder, "at", name), done };
}

/** A connection to the process that holds the store. */
export function connectTo(store: string): Socket {
  const { path, done } = shortPath(store);
  return connect(path).once("connect", done).once("close", done);
}

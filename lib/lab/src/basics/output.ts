import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * A file, or with a folder's form files in it, cannot be written where they were asked for.
 *
 * @example
 * try {
 *   await saveChart(successRate(rows), "success.jpg");
 * } catch (error) {
 *   error instanceof OutputError; // true
 * }
 */
export class OutputError extends Error {
  override readonly name = "OutputError";
}

/**
 * Does the work that ends in a file, once the file can be written: what took an hour is not lost to a wrong path. Folders that were
 * made for it go where nothing comes of the work.
 *
 * @throws OutputError the file cannot be written; it is as it was, and nothing was done
 */
export async function withOutput<T>(path: string, work: () => Promise<T>): Promise<T> {
  const file = resolve(path);
  const made = tryOutput(file, path);
  try {
    return await work();
  } finally {
    for (let folder = dirname(file); made !== undefined; folder = dirname(folder)) {
      try {
        rmdirSync(folder);
      } catch {
        break; // there is something in it
      }
      if (folder === made) break;
    }
  }
}

/** As `mkdirSync` with `recursive`, which never returns where a file system such as /proc takes no folder. @returns the outermost that was made */
function makeFolder(folder: string): string | undefined {
  if (existsSync(folder)) return undefined;
  const outermost = makeFolder(dirname(folder));
  mkdirSync(folder);
  return outermost ?? folder;
}

/** @returns the outermost folder that was made for it */
function tryOutput(file: string, path: string): string | undefined {
  try {
    const made = makeFolder(dirname(file));
    const there = statSync(file, { throwIfNoEntry: false });
    if (there?.isDirectory()) throw new OutputError(`${path} is a folder: name a file.`);
    if (there) accessSync(file, constants.W_OK);
    // What replaces a file stands beside it until it is whole, so that its folder has to take one.
    const beside = `${file}.${process.pid}.partial`;
    writeFileSync(beside, "");
    rmSync(beside);
    return made;
  } catch (cause) {
    if (cause instanceof OutputError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new OutputError(`${path} cannot be written (${code ?? message}): name another path.`, {
      cause,
    });
  }
}

import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where fonts lie on Linux, macOS and in a user's folder. */
const FOLDERS = [
  "/usr/share/fonts",
  "/usr/local/share/fonts",
  "/System/Library/Fonts",
  "/Library/Fonts",
  ...[".fonts", ".local/share/fonts", "Library/Fonts"].map((folder) => join(homedir(), folder)),
];

/** Fonts of this machine that have the characters, each as a file's bytes, and the characters that none of them has. */
export interface Found {
  fonts: Uint8Array[];
  missing: ReadonlySet<number>;
}

let index: { path: string; covers: (codePoint: number) => boolean }[] | undefined;

/** @param codePoints of characters that the charts' typeface lacks */
export function findFonts(codePoints: Iterable<number>): Found {
  index ??= FOLDERS.flatMap(fontFiles).flatMap((path) => {
    const ranges = readRanges(path);
    const covers = (codePoint: number) =>
      ranges.some(([first, last]) => codePoint >= first && codePoint <= last);
    return ranges.length === 0 ? [] : [{ path, covers }];
  });
  const missing = new Set(codePoints);
  const fonts: Uint8Array[] = [];
  for (const { path, covers } of index) {
    const covered = [...missing].filter(covers);
    if (covered.length === 0) continue;
    fonts.push(readFileSync(path));
    for (const codePoint of covered) missing.delete(codePoint);
  }
  return { fonts, missing };
}

/** Upright sans serif faces first, since the charts' own is one. */
function fontFiles(folder: string): string[] {
  const rank = (path: string) =>
    Number(/serif|mono/i.test(path)) + Number(/bold|italic|oblique|light|thin/i.test(path));
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(ttf|otf|ttc)$/i.test(name))
      .map((name) => join(folder, name))
      .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  } catch {
    return []; // no such folder
  }
}

type Range = readonly [first: number, last: number];

/**
 * The code points that a font has, of a collection its first font; none where the file is not read. Source of the format:
 * OpenType 1.9.1, "cmap", subtables 4 and 12. Format 4 may hold a few that the font maps to nothing.
 */
function readRanges(path: string): Range[] {
  try {
    const file = openSync(path, "r");
    try {
      const read = (at: number, length: number) => {
        const bytes = Buffer.alloc(length);
        readSync(file, bytes, 0, length, at);
        return bytes;
      };
      const start = read(0, 4).toString("latin1") === "ttcf" ? read(12, 4).readUInt32BE(0) : 0;
      const tables = read(start + 12, 16 * read(start + 4, 2).readUInt16BE(0));
      for (let at = 0; at < tables.length; at += 16) {
        if (tables.toString("latin1", at, at + 4) !== "cmap") continue;
        return cmapRanges(read(tables.readUInt32BE(at + 8), tables.readUInt32BE(at + 12)));
      }
      return [];
    } finally {
      closeSync(file);
    }
  } catch {
    return []; // no font, or one that is cut off
  }
}

function cmapRanges(cmap: Buffer): Range[] {
  const ranges: Range[] = [];
  for (let table = 0; table < cmap.readUInt16BE(2); table++) {
    const at = cmap.readUInt32BE(8 + 8 * table);
    const format = cmap.readUInt16BE(at);
    if (format === 4) {
      const double = cmap.readUInt16BE(at + 6);
      for (let i = 0; i < double; i += 2) {
        const last = cmap.readUInt16BE(at + 14 + i);
        if (last < 0xffff) ranges.push([cmap.readUInt16BE(at + 16 + double + i), last]);
      }
    } else if (format === 12) {
      for (let group = 0; group < cmap.readUInt32BE(at + 12); group++) {
        const place = at + 16 + 12 * group;
        ranges.push([cmap.readUInt32BE(place), cmap.readUInt32BE(place + 4)]);
      }
    }
  }
  return ranges;
}

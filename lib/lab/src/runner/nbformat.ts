import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { readTextFile } from "embedded-gateway";

// The notebook file format, version 4.5: https://nbformat.readthedocs.io/en/latest/format_description.html
// In memory every text is one string; in the file it is a list of lines, as Jupyter writes it.

/** One content in several formats: MIME type → text, base64 or, for `…+json` types, a JSON value. */
export type MimeBundle = Record<string, unknown>;

export interface StreamOutput {
  output_type: "stream";
  name: "stdout" | "stderr";
  text: string;
}

export interface DisplayOutput {
  output_type: "display_data";
  data: MimeBundle;
  metadata: Record<string, unknown>;
}

export interface ResultOutput {
  output_type: "execute_result";
  data: MimeBundle;
  metadata: Record<string, unknown>;
  execution_count: number | null;
}

export interface ErrorOutput {
  output_type: "error";
  ename: string;
  evalue: string;
  traceback: string[];
}

export type Output = StreamOutput | DisplayOutput | ResultOutput | ErrorOutput;

export interface CellMetadata {
  tags?: string[];
  [key: string]: unknown;
}

export interface CodeCell {
  cell_type: "code";
  id: string;
  metadata: CellMetadata;
  source: string;
  execution_count: number | null;
  outputs: Output[];
}

export interface TextCell {
  cell_type: "markdown" | "raw";
  id: string;
  metadata: CellMetadata;
  source: string;
  attachments?: Record<string, MimeBundle>;
}

export type Cell = CodeCell | TextCell;

export interface Notebook {
  nbformat: 4;
  nbformat_minor: number;
  metadata: {
    kernelspec?: { name: string; display_name: string; language?: string };
    language_info?: { name: string; [key: string]: unknown };
    [key: string]: unknown;
  };
  cells: Cell[];
}

/** A file that is not a notebook of format 4, or that cannot be read or written. */
export class NotebookFileError extends Error {
  override readonly name = "NotebookFileError";
}

function join(text: string | string[]): string {
  return Array.isArray(text) ? text.join("") : text;
}

function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** True for the MIME types whose text Jupyter stores as a list of lines. */
function isText(mime: string): boolean {
  return mime.startsWith("text/") || ["image/svg+xml", "application/javascript"].includes(mime);
}

function mapTexts(data: MimeBundle, change: (text: never) => unknown): MimeBundle {
  return Object.fromEntries(
    Object.entries(data).map(([mime, value]) => [
      mime,
      isText(mime) ? change(value as never) : value,
    ]),
  );
}

function readOutput(output: Output): Output {
  if (output.output_type === "stream") return { ...output, text: join(output.text) };
  if ("data" in output) return { ...output, data: mapTexts(output.data, join) };
  return output;
}

function fileOutput(output: Output): object {
  if (output.output_type === "stream") return { ...output, text: splitLines(output.text) };
  if ("data" in output) return { ...output, data: mapTexts(output.data, splitLines) };
  return output;
}

/** Notebooks before 4.5 have no cell ids; derived from place and text, they stay the same on every run. */
function derivedId(cell: Cell, index: number): string {
  return createHash("sha256").update(`${index}\n${cell.source}`).digest("hex").slice(0, 8);
}

/**
 * Parses the text of an .ipynb file of format 4.x and brings it up to 4.5.
 *
 * @param name what the error's message calls the file
 * @throws NotebookFileError the text is anything else
 */
export function parseNotebook(text: string, name: string): Notebook {
  let file: Notebook;
  try {
    file = JSON.parse(text);
  } catch (cause) {
    throw new NotebookFileError(`${name} is not a notebook: it is not JSON.`, { cause });
  }
  if (file?.nbformat !== 4 || !Array.isArray(file.cells)) {
    throw new NotebookFileError(
      `${name} is not a notebook of format 4 (nbformat: ${file?.nbformat}); save it with a current Jupyter.`,
    );
  }
  const cells = file.cells.map((stored, index): Cell => {
    const cell = { ...stored, source: join(stored.source) };
    if (!["code", "markdown", "raw"].includes(cell.cell_type)) {
      throw new NotebookFileError(
        `${name}, cell ${index + 1}: cell_type is "${cell.cell_type}"; valid are code, markdown and raw.`,
      );
    }
    cell.id ??= derivedId(cell, index);
    cell.metadata ??= {};
    if (cell.cell_type === "code") cell.outputs = (cell.outputs ?? []).map(readOutput);
    return cell;
  });
  return {
    ...file,
    nbformat_minor: Math.max(5, file.nbformat_minor),
    metadata: file.metadata ?? {},
    cells,
  };
}

function sortKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The text of the .ipynb file, laid out as Jupyter saves it: sorted keys, one space of indent. */
export function formatNotebook(notebook: Notebook): string {
  const cells = notebook.cells.map((cell) => ({
    ...cell,
    source: splitLines(cell.source),
    ...(cell.cell_type === "code" && { outputs: cell.outputs.map(fileOutput) }),
  }));
  return `${JSON.stringify({ ...notebook, cells }, sortKeys, 1)}\n`;
}

/** Reads an .ipynb file. */
export function readNotebook(path: string): Notebook {
  let text: string;
  try {
    text = readTextFile(path);
  } catch (cause) {
    throw new NotebookFileError(`Cannot read the notebook ${path}: ${cause}`, { cause });
  }
  return parseNotebook(text, path);
}

/** Writes an .ipynb file and its folders; a reader never sees half of it. */
export function writeNotebook(path: string, notebook: Notebook): void {
  const partial = `${path}.${process.pid}.partial`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(partial, formatNotebook(notebook));
    renameSync(partial, path);
  } catch (cause) {
    throw new NotebookFileError(`Cannot write the notebook ${path}: ${cause}`, { cause });
  }
}

/** A code cell that has not run. */
export function codeCell(source: string, tags: string[] = []): CodeCell {
  return {
    cell_type: "code",
    id: randomUUID().slice(0, 8),
    metadata: tags.length > 0 ? { tags } : {},
    source,
    execution_count: null,
    outputs: [],
  };
}

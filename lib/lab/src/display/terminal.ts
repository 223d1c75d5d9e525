import { printable } from "embedded-gateway";
import { isMistake } from "../basics/mistake";
import type { Progress } from "../experiment/progress/progress";
import type { CodeCell, MimeBundle } from "../runner/nbformat";
import type { RunListener } from "../runner/runner";
import { progressMime, progressText, type RunReport, reportMime, variantTexts } from "./progress";

const barWidth = 24;
/** A log gets a line at least this often, as a sign of life while models are slow. */
const logEveryMs = 60_000;

/**
 * Shows a running notebook in the terminal: the text that cells write as it comes, progress as a bar
 * on stderr that is redrawn in place. When stderr is no terminal, it gets the progress as lines: at the beginning, after the
 * first answer of each variant, for every tenth, every minute, and at the end.
 */
export class TerminalListener implements RunListener {
  /** The last report that the notebook published. */
  report: RunReport | undefined;
  /** Whether an episode has come to its end. */
  hasPlayed = false;
  /** Whether an error was shown whose message is all that there is to say of it. */
  #hasExplained = false;
  /** The lines that are redrawn in place. */
  #bar: readonly string[] = [];
  #logged = { answering: -1, tenth: -1, at: Number.NEGATIVE_INFINITY };

  /** `headings`: also name each cell, with its time. */
  constructor(private readonly options: { headings: boolean }) {}

  /** Whether who runs the notebook without looking into it has been told all. */
  get hasSaidWhy(): boolean {
    return this.#hasExplained && !this.options.headings;
  }

  /** Writes a line of the command's own. */
  note(text: string): void {
    this.#above(() => process.stderr.write(`${withColors(text)}\n`));
  }

  /** Leaves the bar as it stands; what follows goes below it. */
  endBar(): void {
    if (this.#bar.length > 0) process.stderr.write("\n");
    this.#bar = [];
  }

  cellFinished(cell: CodeCell, index: number, count: number, seconds: number): void {
    this.endBar();
    if (!this.options.headings) return;
    const [line = ""] = cell.source.split("\n").filter((text) => text.trim() !== "");
    this.note(`[${index + 1}/${count}] ${line.slice(0, 60).padEnd(60)} ${seconds.toFixed(1)} s`);
  }

  stream(name: "stdout" | "stderr", text: string): void {
    const shown = name === "stderr" ? this.#withoutStack(text) : text;
    this.#above(() => process[name].write(withColors(shown)));
  }

  display(data: MimeBundle): void {
    if (progressMime in data) this.#progress(data[progressMime] as Progress);
    if (reportMime in data) this.report = data[reportMime] as RunReport;
  }

  /** Of an error that a user can mend the message; a program's mistake is shown with its stack. */
  #withoutStack(text: string): string {
    const [unawaited = ""] = UNAWAITED.exec(text) ?? [];
    const [, name = "", message, frame = "", fields = ""] =
      ERROR.exec(text.slice(unawaited.length)) ?? [];
    const isOfCell = name === "Error" && frame.startsWith("evalmachine.");
    const isExplained = name !== "Error" || isOfCell || /\n {2}syscall: /.test(fields);
    if (message === undefined || isMistake(name) || !isExplained) return text;
    // It ends no cell.
    if (unawaited === "") this.#hasExplained = true;
    return `${unawaited}${isOfCell ? "Error: " : ""}${message}\n`;
  }

  #progress(progress: Progress): void {
    if (progress.done > 0) this.hasPlayed = true;
    const share = progress.total === 0 ? 1 : progress.done / progress.total;
    const full = Math.floor(share * barWidth);
    const bar = `${"█".repeat(full)}${"░".repeat(barWidth - full)}`;
    const lines = [`${bar} ${progressText(progress)}`, ...variantTexts(progress).map(indented)].map(
      printable,
    );
    const isFinal = progress.state !== "running";
    if (process.stderr.isTTY) {
      // A terminal that does not know its size says 0.
      const columns = process.stderr.columns || 80;
      const rows = process.stderr.rows || 24;
      process.stderr.write(this.#clear());
      const fitting = lines.flatMap((line) => wrapped(line, columns - 1));
      this.#bar = fitting.slice(0, rows - 1).map((line) => line.slice(0, columns - 1));
      process.stderr.write(this.#bar.join("\n"));
      if (isFinal) this.endBar();
    } else if (isFinal || this.#isWorthALine(progress, Math.floor(share * 10))) {
      process.stderr.write(`${lines.join("\n")}\n`);
    }
  }

  #isWorthALine({ variants }: Progress, tenth: number): boolean {
    const { answering: before, tenth: passed, at } = this.#logged;
    const answering = variants.filter(({ answers }) => answers > 0).length;
    const now = performance.now();
    if (answering <= before && tenth <= passed && now - at < logEveryMs) return false;
    this.#logged = { answering, tenth, at: now };
    return true;
  }

  /** Writes above the bar: removes it, writes, and draws it again. */
  #above(write: () => void): void {
    if (this.#bar.length === 0) return void write();
    process.stderr.write(this.#clear());
    write();
    process.stderr.write(this.#bar.join("\n"));
  }

  /** Escape codes that erase the bar and put the cursor back where it began. */
  #clear(): string {
    const up = this.#bar.length > 1 ? `\x1b[${this.#bar.length - 1}A` : "";
    return this.#bar.length === 0 ? "" : `\r${up}\x1b[J`;
  }
}

/** Before an error that no cell waited for. */
const UNAWAITED = /^(?:UnhandledPromiseRejection|UncaughtException): /;

/**
 * An error as a kernel prints it, behind the line that threw it, if it is the cell's own: name, as of its class or its code, message,
 * the first line of its stack, and below the stack its fields and its cause.
 */
const ERROR = new RegExp(
  [
    /^(?:evalmachine\.\S+\n[\s\S]*?\n\n)?/,
    /(?:\w+ \[)?(\w*Error)(?: \[\w+\])?\]?: ([\s\S]+?)/,
    /\n {4}at (.+)(?:\n {4}(?:at|\.{3} \d+ lines matching) .+)*/,
    /(?: (\{\n(?: {2}.*\n|\n)*\}))?\s*$/,
  ]
    .map(({ source }) => source)
    .join(""),
);

/** Broken before a " · " where it is too long; what follows is indented. */
function wrapped(line: string, width: number): string[] {
  const lines: string[] = [];
  for (const part of line.split(" · ")) {
    const last = lines.at(-1);
    if (last === undefined) lines.push(part);
    else if (last.length + 3 + part.length <= width) lines.push(`${lines.pop()} · ${part}`);
    else lines.push(`    ${part}`);
  }
  return lines;
}

/** As `printable`, with the colors of a kernel's errors. */
function withColors(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colors are
  const parts = text.split(/(\x1b\[[\d;]*m)/);
  return parts.map((part, i) => (i % 2 === 0 ? printable(part) : part)).join("");
}

function indented(line: string): string {
  return `  ${line}`;
}

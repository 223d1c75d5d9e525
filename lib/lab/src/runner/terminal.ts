import { progressMime, progressText, type RunReport, reportMime } from "../display/progress";
import type { Progress } from "../experiment/plan/settings";
import type { CodeCell, MimeBundle } from "./nbformat";
import type { RunListener } from "./runner";

const barWidth = 24;
const clearLine = "\r\x1b[2K";

/**
 * Shows a running notebook in the terminal: the text that cells write as it comes, progress as a bar
 * on stderr that is redrawn in place (a line for every tenth when stderr is no terminal).
 */
export class TerminalListener implements RunListener {
  /** The last report that the notebook published. */
  report: RunReport | undefined;
  #bar = "";
  #tenth = -1;

  /** `headings`: also name each cell, with its time. */
  constructor(private readonly options: { headings: boolean }) {}

  /** Writes a line of the command's own. */
  note(text: string): void {
    this.#above(() => process.stderr.write(`${text}\n`));
  }

  /** Leaves the bar as it stands; what follows goes below it. */
  endBar(): void {
    if (this.#bar !== "") process.stderr.write("\n");
    this.#bar = "";
  }

  cellFinished(cell: CodeCell, index: number, count: number, seconds: number): void {
    this.endBar();
    if (!this.options.headings) return;
    const [line = ""] = cell.source.split("\n").filter((text) => text.trim() !== "");
    this.note(`[${index + 1}/${count}] ${line.slice(0, 60).padEnd(60)} ${seconds.toFixed(1)} s`);
  }

  stream(name: "stdout" | "stderr", text: string): void {
    this.#above(() => process[name].write(text));
  }

  display(data: MimeBundle): void {
    if (progressMime in data) this.#progress(data[progressMime] as Progress);
    if (reportMime in data) this.report = data[reportMime] as RunReport;
  }

  #progress(progress: Progress): void {
    const share = progress.total === 0 ? 1 : progress.done / progress.total;
    const full = Math.floor(share * barWidth);
    const line = `${"█".repeat(full)}${"░".repeat(barWidth - full)} ${progressText(progress)}`;
    const isFinal = progress.state !== "running";
    if (process.stderr.isTTY) {
      this.#bar = line.slice(0, process.stderr.columns - 1);
      process.stderr.write(`${clearLine}${this.#bar}`);
      if (isFinal) this.endBar();
    } else if (isFinal || Math.floor(share * 10) > this.#tenth) {
      this.#tenth = Math.floor(share * 10);
      process.stderr.write(`${line}\n`);
    }
  }

  /** Writes above the bar: without it, and then draws it again. */
  #above(write: () => void): void {
    if (this.#bar === "") return void write();
    process.stderr.write(clearLine);
    write();
    process.stderr.write(this.#bar);
  }
}

import type { CodeCell, DisplayOutput, MimeBundle, ResultOutput, StreamOutput } from "./nbformat";
import type { Message } from "./wire";

interface StreamContent {
  name: StreamOutput["name"];
  text: string;
}

interface DisplayContent {
  data: MimeBundle;
  metadata: Record<string, unknown>;
  transient?: { display_id?: string };
  execution_count?: number;
}

interface ErrorContent {
  ename: string;
  evalue: string;
  traceback: string[];
}

/**
 * Turns the messages of a kernel's iopub channel into the outputs of cells, by the rules that
 * notebook front ends follow: consecutive texts of one stream become one output, an update replaces
 * every output of its display id, in whichever cell it stands.
 */
export class OutputCollector {
  readonly #displays = new Map<string, Set<DisplayOutput | ResultOutput>>();
  /** Cells whose `clear_output(wait=True)` waits for the next output. */
  readonly #clearBeforeNext = new Set<CodeCell>();

  /** Applies one message to the cell whose request it answers. */
  apply(cell: CodeCell, { header, content }: Message): void {
    switch (header.msg_type) {
      case "stream":
        this.#stream(cell, content as unknown as StreamContent);
        break;
      case "display_data":
      case "execute_result":
        this.#display(cell, header.msg_type, content as unknown as DisplayContent);
        break;
      case "update_display_data":
        this.#update(content as unknown as DisplayContent);
        break;
      case "error": {
        const { ename, evalue, traceback } = content as unknown as ErrorContent;
        this.#push(cell, { output_type: "error", ename, evalue, traceback });
        break;
      }
      case "clear_output":
        if (content.wait) this.#clearBeforeNext.add(cell);
        else cell.outputs = [];
        break;
    }
  }

  #push(cell: CodeCell, output: CodeCell["outputs"][number]): void {
    if (this.#clearBeforeNext.delete(cell)) cell.outputs = [];
    cell.outputs.push(output);
  }

  #stream(cell: CodeCell, { name, text }: StreamContent): void {
    const last = cell.outputs.at(-1);
    const merges =
      last?.output_type === "stream" && last.name === name && !this.#clearBeforeNext.has(cell);
    if (merges) last.text += text;
    else this.#push(cell, { output_type: "stream", name, text });
  }

  #display(
    cell: CodeCell,
    type: "display_data" | "execute_result",
    { data, metadata, transient, execution_count }: DisplayContent,
  ): void {
    const output: DisplayOutput | ResultOutput =
      type === "display_data"
        ? { output_type: type, data, metadata }
        : { output_type: type, data, metadata, execution_count: execution_count ?? null };
    this.#push(cell, output);
    const id = transient?.display_id;
    if (id === undefined) return;
    if (!this.#displays.has(id)) this.#displays.set(id, new Set());
    this.#displays.get(id)!.add(output);
  }

  #update({ data, metadata, transient }: DisplayContent): void {
    for (const output of this.#displays.get(transient?.display_id ?? "") ?? []) {
      output.data = data;
      output.metadata = metadata;
    }
  }
}

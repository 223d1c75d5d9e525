import {
  type ChunkBlock,
  type FinishReason,
  type OutputBlock,
  type ProviderChunk,
  thoughtChunk,
  type Usage,
} from "./providers/types";

/** Puts a streamed answer together again. */
export class Collector {
  private readonly blocks = new Map<string, OutputBlock>();
  private readonly raws: string[] = [];
  usage: Usage = { inputTokens: null, outputTokens: null, cost: null };
  finishReason: FinishReason | undefined;

  add({ blocks, usage, finishReason, raw }: ProviderChunk): void {
    for (const block of blocks) this.addBlock(block);
    if (usage !== undefined) this.usage = largest(this.usage, usage);
    this.finishReason = finishReason ?? this.finishReason;
    this.raws.push(raw);
  }

  get output(): OutputBlock[] {
    return [...this.blocks.values()];
  }

  /** The events as received, one a line. */
  get rawResponse(): string {
    return this.raws.join("\n");
  }

  private addBlock(block: ChunkBlock): void {
    const key = `${block.type} ${block.id}`;
    const known = this.blocks.get(key);
    if (block.type === "tool_call") {
      if (known?.type === "tool_call") {
        known.name += block.raw_name;
        known.arguments += block.raw_arguments;
      } else {
        this.blocks.set(key, {
          type: "tool_call",
          id: block.id,
          name: block.raw_name,
          arguments: block.raw_arguments,
        });
      }
    } else if (known?.type === block.type) known.text += block.text;
    else if (block.type === "text") this.blocks.set(key, { type: "text", text: block.text });
    else {
      const { type, text, provider_type } = block;
      this.blocks.set(key, { type, text, provider_type });
    }
  }
}

/** Providers that report in several events report totals so far, so the largest counts. */
function largest(a: Usage, b: Usage): Usage {
  const max = (x: number | null, y: number | null) =>
    x === null || y === null ? (x ?? y) : Math.max(x, y);
  const cacheRead = max(a.cacheReadInputTokens ?? null, b.cacheReadInputTokens ?? null);
  return {
    inputTokens: max(a.inputTokens, b.inputTokens),
    outputTokens: max(a.outputTokens, b.outputTokens),
    ...(cacheRead === null ? {} : { cacheReadInputTokens: cacheRead }),
    cost: max(a.cost, b.cost),
  };
}

/** A whole answer as the one piece of a stream, for what was not streamed: cached answers and chosen candidates. */
export function asChunk(
  output: OutputBlock[],
  usage: Usage,
  finishReason: FinishReason | undefined,
): ProviderChunk {
  const blocks = output.map(
    (block, index): ChunkBlock =>
      block.type === "tool_call"
        ? { type: "tool_call", id: block.id, raw_name: block.name, raw_arguments: block.arguments }
        : block.type === "text"
          ? { type: "text", text: block.text, id: String(index) }
          : thoughtChunk(block.text, String(index)),
  );
  return { blocks, usage, finishReason, raw: "" };
}

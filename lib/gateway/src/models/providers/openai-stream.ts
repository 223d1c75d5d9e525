import { isRecord } from "../../basics/reader";
import type { ProviderConfig } from "../../config/types";
import type { Exchange } from "./exchange";
import { errorIn, finishReason, parseJson, readMessage, usageOf } from "./openai-answer";
import { type ChunkBlock, type ProviderChunk, thoughtChunk } from "./types";

/** The pieces of a streamed chat completion, up to `[DONE]` or the body's end. @throws GatewayError */
export async function* readChunks(
  body: ReadableStream<Uint8Array>,
  provider: ProviderConfig,
  exchange: Exchange,
): AsyncGenerator<ProviderChunk> {
  const toolIds = new ToolIds();
  const halves = new Halves();
  for await (const raw of exchange.events(body)) {
    if (raw.trim() === "[DONE]") return;
    yield toChunk(raw, provider, exchange, { toolIds, halves });
  }
}

/** Ids of a stream's tool calls: only a call's first piece has one. */
class ToolIds {
  private readonly byIndex = new Map<unknown, string>();
  private latest: string | undefined;

  /** The id of the call that a piece belongs to. An empty id does not count, unless the call has no other. */
  of({ id, index }: Record<string, unknown>): string | undefined {
    const known = index === undefined ? this.latest : this.byIndex.get(index);
    if (typeof id !== "string" || (id === "" && known !== undefined)) return known;
    this.byIndex.set(index, id);
    this.latest = id;
    return id;
  }
}

/**
 * Puts characters together whose halves come in two pieces, as servers send them that cut text by UTF-16 units. A half
 * whose other does not follow becomes U+FFFD, or is left out at a stream's end.
 */
class Halves {
  private readonly held = new Map<string, string>();

  join(key: string, piece: string): string {
    const text = (this.held.get(key) ?? "") + piece;
    const whole = text.replace(/[\ud800-\udbff]$/, "");
    this.held.set(key, text.slice(whole.length));
    return whole.toWellFormed();
  }
}

function toChunk(
  raw: string,
  provider: ProviderConfig,
  exchange: Exchange,
  { toolIds, halves }: { toolIds: ToolIds; halves: Halves },
): ProviderChunk {
  const unreadable = (problem: string) =>
    exchange.serverError(`Error parsing chunk. Error: ${problem}`, raw);
  const body = parseJson(raw, unreadable);
  const error = errorIn(body);
  if (error !== undefined) throw exchange.serverError(`Error in stream: ${error}`, raw);
  const { choices } = body;
  if (!Array.isArray(choices)) throw unreadable("missing field `choices`");
  if (choices.length > 1) {
    const problem = `Response has invalid number of choices: ${choices.length}. Expected 1.`;
    throw exchange.serverError(problem, raw);
  }
  const choice: unknown = choices[0];
  const delta = isRecord(choice) && isRecord(choice.delta) ? choice.delta : {};
  const { thought, text, toolCalls } = readMessage(delta, unreadable);
  const blocks: ChunkBlock[] = [];
  if (thought !== undefined) blocks.push(thoughtChunk(halves.join("thought", thought), "1"));
  if (text !== undefined) blocks.push({ type: "text", text: halves.join("text", text), id: "0" });
  for (const call of toolCalls) {
    if (!isRecord(call)) throw unreadable("invalid tool call");
    const id = toolIds.of(call)?.toWellFormed();
    if (id === undefined)
      throw exchange.serverError(
        "Tool call index out of bounds (meaning we haven't seen this many ids in the stream)",
        raw,
      );
    const fn = isRecord(call.function) ? call.function : {};
    blocks.push({
      type: "tool_call",
      id,
      raw_name: typeof fn.name === "string" ? halves.join(`${id} name`, fn.name) : "",
      raw_arguments:
        typeof fn.arguments === "string" ? halves.join(`${id} arguments`, fn.arguments) : "",
    });
  }
  return {
    blocks,
    usage: isRecord(body.usage) ? usageOf(body, provider) : undefined,
    finishReason: isRecord(choice) ? finishReason(choice.finish_reason || null) : undefined,
    raw,
  };
}

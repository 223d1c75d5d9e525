import type { ChatParams, JsonMode, ToolChoice } from "../../config/chat-params";
import type { ExtraBody, ExtraHeader } from "../../config/extra";
import type { FileBlock } from "../../files/file-block";

/** A block of a message as a model sees it: templates are rendered. */
export type ModelBlock =
  | FileBlock
  | { type: "text"; text: string }
  | { type: "tool_call"; id: string; name: string; arguments: string }
  | { type: "tool_result"; name: string; result: string; id: string }
  | Thought;

/** A thought; an answer's has a text. */
export interface Thought {
  type: "thought";
  text?: string;
  signature?: string;
  summary?: unknown;
  provider_type?: string;
  extra_data?: unknown;
}

export interface ModelMessage {
  role: "user" | "assistant";
  content: ModelBlock[];
}

export interface DynamicTool {
  name: string;
  description: string;
  parameters: unknown;
  strict: boolean;
}

/** A change of the provider's request that holds for the named variant or model only, or for all. */
export type Filtered<T> = T & { variantName?: string; modelName?: string; providerName?: string };

/** What a model is asked, whichever provider serves it. */
export interface ModelRequest {
  system: string | undefined;
  messages: ModelMessage[];
  params: Omit<ChatParams, "json_mode">;
  jsonMode: Exclude<JsonMode, "tool">;
  outputSchema: unknown;
  tools:
    | {
        tools: DynamicTool[];
        /** The names of those that may be called; undefined: all. */
        allowed: string[] | undefined;
        choice: ToolChoice;
        parallel: boolean | undefined;
      }
    | undefined;
  /** The variant's changes of what the provider is sent, and those of the request. */
  variantExtra: { body: ExtraBody[]; headers: ExtraHeader[] };
  requestExtra: { body: Filtered<ExtraBody>[]; headers: Filtered<ExtraHeader>[] };
  /** Sets requests apart in the cache that are otherwise alike. */
  extraCacheKey: string | undefined;
}

/** A model's request as one of its providers gets it. */
export interface ProviderRequest extends ModelRequest {
  /** All changes, in the order in which they are made. */
  extraBody: ExtraBody[];
  extraHeaders: ExtraHeader[];
}

export type OutputBlock =
  | { type: "text"; text: string }
  | { type: "tool_call"; id: string; name: string; arguments: string }
  | { type: "thought"; text: string; provider_type?: string };

export type FinishReason =
  | "stop"
  | "stop_sequence"
  | "length"
  | "tool_call"
  | "content_filter"
  | "unknown";

/** Tokens of one model call or of several; null where a provider did not say. */
export interface Usage {
  inputTokens: number | null;
  outputTokens: number | null;
  cacheReadInputTokens?: number;
  /** US dollars; null without a cost configuration. */
  cost: number | null;
}

/** What a provider answered. */
export interface ProviderResponse {
  output: OutputBlock[];
  usage: Usage;
  finishReason: FinishReason | undefined;
  rawRequest: string;
  rawResponse: string;
}

/** A piece of a streamed answer. */
export interface ProviderChunk {
  blocks: ChunkBlock[];
  usage: Usage | undefined;
  finishReason: FinishReason | undefined;
  /** The event as received. */
  raw: string;
}

export type ChunkBlock =
  | { type: "text"; text: string; id: string }
  | { type: "tool_call"; id: string; raw_name: string; raw_arguments: string }
  | ThoughtChunk;

export interface ThoughtChunk {
  type: "thought";
  text: string;
  id: string;
  signature: null;
  summary_id: null;
  summary_text: null;
  provider_type: string;
}

/** A piece of a thought, with what other providers of TensorZero's than OpenAI's say besides. */
export function thoughtChunk(text: string, id: string): ThoughtChunk {
  const others = { signature: null, summary_id: null, summary_text: null };
  return { type: "thought", text, id, ...others, provider_type: "openai" };
}

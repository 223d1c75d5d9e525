import type { ChatParams, ToolChoice } from "../config/chat-params";
import type { ExtraBody, ExtraHeader } from "../config/extra";
import type { FileBlock, ReceivedFile } from "../files/file-block";
import type { CacheOptions } from "../models/cache";
import type { DynamicTool, Filtered, Thought } from "../models/providers/types";

export type Role = "user" | "assistant";

/** A block of an input message, in the form in which it is stored. */
export type InputBlock = PlainBlock | FileBlock;

/** A block as a request brings it. */
export type ReceivedBlock = PlainBlock | ReceivedFile;

type PlainBlock =
  | { type: "text"; text: string }
  | { type: "template"; name: string; arguments: Record<string, unknown> }
  | { type: "raw_text"; value: string }
  | { type: "tool_call"; id: string; name: string; arguments: string }
  | { type: "tool_result"; name: string; result: string; id: string }
  | Thought;

export interface InputMessage<Block = InputBlock> {
  role: Role;
  content: Block[];
}

export interface Input<Block = InputBlock> {
  /** Plain text, or arguments of the system template. */
  system?: string | Record<string, unknown>;
  messages: InputMessage<Block>[];
}

export interface DynamicTools {
  allowedTools: string[] | undefined;
  additionalTools: DynamicTool[] | undefined;
  toolChoice: ToolChoice | undefined;
  parallelToolCalls: boolean | undefined;
}

/** One inference, however it was asked for. */
export interface InferenceRequest {
  functionName: string | undefined;
  modelName: string | undefined;
  variantName: string | undefined;
  episodeId: string | undefined;
  input: Input<ReceivedBlock>;
  params: ChatParams;
  stream: boolean;
  dryrun: boolean;
  internal: boolean;
  tags: Record<string, string>;
  /** A JSON Schema in place of the function's. */
  outputSchema: unknown;
  cache: CacheOptions;
  credentials: Record<string, string>;
  tools: DynamicTools;
  extraBody: Filtered<ExtraBody>[];
  extraHeaders: Filtered<ExtraHeader>[];
  includeRawResponse: boolean;
  includeRawUsage: boolean;
}

/** One whose files are there, with their bytes. */
export type ReadyRequest = Omit<InferenceRequest, "input"> & { input: Input };

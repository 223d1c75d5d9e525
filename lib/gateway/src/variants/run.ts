import type { ChatParams } from "../config/chat-params";
import type { JsonSchema } from "../config/schema";
import type { Table } from "../config/table";
import type { FunctionConfig, VariantBase, VariantConfig } from "../config/types";
import type { VariantContext } from "../config/variants";
import type { ToolSet } from "../functions/tools";
import type { CallContext, ModelResult } from "../models/model";
import type { FinishReason, OutputBlock, ProviderChunk } from "../models/providers/types";
import type { ReadyRequest } from "../requests/types";

/** What a variant is run with. */
export interface Run {
  fn: FunctionConfig;
  request: ReadyRequest;
  /** The request's schema in place of the function's. */
  outputSchema: JsonSchema | undefined;
  /** Tools that the model may call; chat functions only. */
  tools: ToolSet | undefined;
  call: CallContext;
  /** Parameters of the request; those of the variant fill the gaps. */
  params: ChatParams;
  extraCacheKey?: string;
  /** Runs another variant of the function, a candidate. */
  infer(variant: VariantConfig, run: Run): Promise<VariantResult>;
}

/** What a variant answered. */
export interface VariantResult {
  output: OutputBlock[];
  /** Every call that was made for it, in the order in which they are stored. */
  calls: ModelResult[];
  finishReason: FinishReason | undefined;
  /** The parameters in force, as they are stored. */
  params: ChatParams;
}

/** A variant's answer on its way. */
export interface VariantStream {
  chunks: AsyncGenerator<ProviderChunk>;
  /** What has come so far. */
  result(): VariantResult;
  /** Calls that were over before the stream began. */
  previous: ModelResult[];
  /** The streaming call. */
  call: Pick<ModelResult, "id" | "failed">;
}

/** What defines a type of variant. */
export interface VariantType<C extends VariantConfig = VariantConfig> {
  /** Reads its own keys of a variant's table; `base` has those that all types share. @throws ConfigError */
  read(table: Table, base: VariantBase, context: VariantContext): C;
  /** @throws GatewayError */
  infer(variant: C, run: Run): Promise<VariantResult>;
  /** Resolves when the first piece of the answer is there. @throws GatewayError */
  stream(variant: C, run: Run): Promise<VariantStream>;
}

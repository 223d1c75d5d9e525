import type { ChatParams } from "../config/chat-params";
import type { JsonSchema } from "../config/schema";
import type { ChatBlock, JsonOutput } from "../functions/output";
import type { ToolSet } from "../functions/tools";
import type { ModelResult } from "../models/model";
import type { DynamicTool, OutputBlock } from "../models/providers/types";
import type { ReadyRequest } from "../requests/types";

/** What the rows of one inference share. */
export interface InferenceFacts {
  inferenceId: string;
  episodeId: string;
  functionName: string;
  variantName: string;
  request: ReadyRequest;
  params: ChatParams;
  tags: Record<string, string>;
  processingTimeMs: number;
  ttftMs: number | undefined;
  snapshotHash: string;
}

function inferenceRow(facts: InferenceFacts) {
  return {
    id: facts.inferenceId,
    function_name: facts.functionName,
    variant_name: facts.variantName,
    episode_id: facts.episodeId,
    input: JSON.stringify(facts.request.input),
    inference_params: JSON.stringify({ chat_completion: facts.params }),
    processing_time_ms: facts.processingTimeMs,
    ttft_ms: facts.ttftMs ?? null,
    tags: facts.tags,
    extra_body: JSON.stringify(
      facts.request.extraBody.map(({ variantName, modelName, providerName, ...change }) => ({
        ...(variantName === undefined ? {} : { variant_name: variantName }),
        ...(modelName === undefined
          ? {}
          : { model_name: modelName, provider_name: providerName ?? null }),
        ...change,
      })),
    ),
    snapshot_hash: facts.snapshotHash,
  };
}

/** A row of JsonInference. */
export function jsonInferenceRow(
  facts: InferenceFacts,
  output: JsonOutput,
  schema: JsonSchema,
  auxiliary: OutputBlock[],
) {
  return {
    ...inferenceRow(facts),
    output: JSON.stringify(output),
    output_schema: schema.text,
    auxiliary_content: JSON.stringify(auxiliary),
  };
}

/** A row of ChatInference. */
export function chatInferenceRow(
  facts: InferenceFacts,
  content: ChatBlock[],
  tools: ToolSet | undefined,
) {
  return { ...inferenceRow(facts), output: JSON.stringify(content), ...toolColumns(tools) };
}

function toolColumns(tools: ToolSet | undefined): Record<string, unknown> {
  if (tools === undefined) return { tool_params: "" };
  const inOrder = ({ description, parameters, name, strict }: DynamicTool) => ({
    description,
    parameters,
    name,
    strict,
  });
  const available = [...tools.configured, ...tools.dynamic];
  const { choice, parallel } = tools;
  return {
    // The older form, with all tools; the newer one is the columns after it.
    tool_params: JSON.stringify({
      tools_available: available.map(inOrder),
      tool_choice: choice,
      parallel_tool_calls: parallel ?? null,
    }),
    dynamic_tools: tools.dynamic.map((tool) =>
      JSON.stringify({ type: "function", ...inOrder(tool) }),
    ),
    dynamic_provider_tools: [],
    allowed_tools: JSON.stringify({
      tools: tools.allowed ?? available.map(({ name }) => name),
      choice: tools.allowed === undefined ? "function_default" : "explicit",
    }),
    tool_choice: typeof choice === "string" ? choice : JSON.stringify(choice),
    parallel_tool_calls: parallel ?? null,
  };
}

/** A row of ModelInference: one call of a model. */
export function modelInferenceRow(call: ModelResult, facts: InferenceFacts) {
  const { usage } = call;
  return {
    id: call.id,
    inference_id: facts.inferenceId,
    raw_request: call.rawRequest,
    raw_response: call.rawResponse,
    model_name: call.modelName,
    model_provider_name: call.providerName,
    // A model always uses at least one token, so a count of 0 is the provider's mistake and is left out of sums.
    input_tokens: usage.inputTokens || null,
    output_tokens: usage.outputTokens || null,
    response_time_ms: call.responseTimeMs,
    ttft_ms: call.ttftMs ?? null,
    system: call.system ?? null,
    input_messages: JSON.stringify(call.messages),
    output: JSON.stringify(call.output),
    cached: call.cached,
    finish_reason: call.finishReason ?? null,
    cost: call.cached ? 0 : usage.cost,
    provider_cache_read_input_tokens: usage.cacheReadInputTokens ?? null,
    function_name: facts.functionName,
    variant_name: facts.variantName,
    snapshot_hash: facts.snapshotHash,
  };
}

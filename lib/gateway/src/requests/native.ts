import { readToolChoice } from "../config/chat-params";
import { unsupported } from "../errors";
import { Fields } from "./fields";
import {
  readCacheOptions,
  readDynamicTool,
  readExtraBodies,
  readExtraHeaders,
  readInput,
  readParams,
} from "./parts";
import type { InferenceRequest } from "./types";

/** Reads the body of POST /inference. @throws GatewayError 400 */
export function readInferenceRequest(body: unknown): InferenceRequest {
  const fields = new Fields(body, "", "struct Params");
  refuseLacking(fields, [
    "namespace",
    "internal_dynamic_variant_config",
    "include_aggregated_response",
  ]);
  if (fields.array("provider_tools")?.length) throw unsupported("`provider_tools`");
  const request: InferenceRequest = {
    functionName: fields.string("function_name"),
    modelName: fields.string("model_name"),
    variantName: fields.string("variant_name"),
    episodeId: fields.uuid("episode_id"),
    input: readInput(fields, "input"),
    params: readParams(fields, "params"),
    stream: fields.boolean("stream") ?? false,
    dryrun: fields.boolean("dryrun") ?? false,
    internal: fields.boolean("internal") ?? false,
    tags: { ...fields.stringMap("tags") },
    outputSchema: fields.raw("output_schema") ?? undefined,
    cache: readCacheOptions(fields, "cache_options"),
    credentials: fields.secretMap("credentials"),
    tools: {
      allowedTools: fields.strings("allowed_tools"),
      additionalTools: fields
        .array("additional_tools")
        ?.map((tool, i) => readDynamicTool(tool, `additional_tools[${i}]`)),
      toolChoice: readToolChoice(
        fields,
        'expected "none", "auto", "required" or { "specific": name }',
      ),
      parallelToolCalls: fields.boolean("parallel_tool_calls"),
    },
    extraBody: readExtraBodies(fields, "extra_body"),
    extraHeaders: readExtraHeaders(fields, "extra_headers"),
    includeOriginalResponse: fields.boolean("include_original_response") ?? false,
    includeRawResponse: fields.boolean("include_raw_response") ?? false,
    includeRawUsage: fields.boolean("include_raw_usage") ?? false,
  };
  fields.end({ bare: true });
  return request;
}

/** Keys that TensorZero knows and the embedded gateway does not: refused, unless they ask for nothing. */
export function refuseLacking(fields: Fields, keys: string[]): void {
  for (const key of keys) {
    const value = fields.raw(key);
    if (value !== undefined && value !== null && value !== false) throw unsupported(`\`${key}\``);
  }
}

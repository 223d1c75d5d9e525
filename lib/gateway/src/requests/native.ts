import { readToolChoice } from "../config/chat-params";
import { Fields } from "./fields";
import { readDynamicTool, readInput, readParams, readShared, refuseLacking } from "./parts";
import type { InferenceRequest } from "./types";

/** Reads the body of POST /inference. @throws GatewayError 400 */
export function readInferenceRequest(body: unknown): InferenceRequest {
  const fields = new Fields(body, "", "struct Params");
  const shared = readShared(fields, "");
  refuseLacking(fields, ["include_aggregated_response"]);
  const request: InferenceRequest = {
    ...shared,
    functionName: fields.string("function_name"),
    modelName: fields.string("model_name"),
    input: readInput(fields, "input"),
    params: readParams(fields, "params"),
    stream: fields.boolean("stream") ?? false,
    internal: fields.boolean("internal") ?? false,
    outputSchema: fields.raw("output_schema") ?? undefined,
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
  };
  fields.end({ bare: true });
  return request;
}

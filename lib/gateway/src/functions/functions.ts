import { JsonSchema } from "../config/schema";
import type { FunctionConfig } from "../config/types";
import { NO_TIMEOUTS } from "../config/variants";
import { invalidRequest } from "../errors";
import type { InferenceRequest } from "../requests/types";

/** The name that calls of a model without a function are stored under. */
export const DEFAULT_FUNCTION = "tensorzero::default";

/** A chat function may be made to answer in a schema by a tool; then it can have no tools of its own. */
export function checkJsonModeTool(
  fn: FunctionConfig,
  { params, outputSchema, tools }: InferenceRequest,
): void {
  if (fn.type !== "chat" || params.json_mode !== "tool") return;
  if (fn.tools.length > 0)
    throw invalidRequest("JSON mode `tool` is not supported with other tools configured.");
  if (fn.toolChoice !== "auto") {
    throw invalidRequest(
      "JSON mode `tool` is not supported with `tool_choice` configured in the function.",
    );
  }
  if (fn.parallelToolCalls !== undefined) {
    throw invalidRequest(
      "JSON mode `tool` is not supported with `parallel_tool_calls` configured in the function.",
    );
  }
  if (outputSchema === undefined)
    throw invalidRequest("JSON mode `tool` requires `output_schema`.");
  const passed = {
    allowed_tools: tools.allowedTools,
    additional_tools: tools.additionalTools,
    parallel_tool_calls: tools.parallelToolCalls,
    tool_choice: tools.toolChoice,
  };
  for (const [key, value] of Object.entries(passed)) {
    if (value !== undefined)
      throw invalidRequest(`Cannot pass \`${key}\` when using JSON mode \`tool\`.`);
  }
}

export function emptyFunction(): FunctionConfig {
  return {
    name: DEFAULT_FUNCTION,
    type: "chat",
    description: undefined,
    schemas: new Map(),
    outputSchema: JsonSchema.ANY,
    templateNames: new Set(),
    variants: new Map(),
    sampling: { type: "uniform" },
    tools: [],
    toolChoice: "auto",
    parallelToolCalls: undefined,
  };
}

/** The function that a call of a bare model is: chat, with one variant named after the model. */
export function modelFunction(model: string): FunctionConfig {
  const variant = {
    name: model,
    type: "chat_completion" as const,
    weight: undefined,
    timeouts: NO_TIMEOUTS,
    model,
    templates: new Map(),
    params: {},
    jsonMode: undefined,
    retries: { numRetries: 0, maxDelayS: 10 },
    extraBody: [],
    extraHeaders: [],
  };
  return { ...emptyFunction(), variants: new Map([[model, variant]]) };
}

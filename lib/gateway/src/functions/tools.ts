import type { ToolChoice } from "../config/chat-params";
import { JsonSchema } from "../config/schema";
import type { FunctionConfig, ToolConfig } from "../config/types";
import { GatewayError, invalidRequest } from "../errors";
import type { DynamicTool } from "../models/providers/types";
import type { DynamicTools } from "../requests/types";

/** The tools of one inference. */
export interface ToolSet {
  /** From the configuration; their names are stored. */
  configured: DynamicTool[];
  /** From the request; they are stored whole. */
  dynamic: DynamicTool[];
  allowed: string[] | undefined;
  choice: ToolChoice;
  parallel: boolean | undefined;
}

/**
 * The function's tools and those of the request. Those that the request allows are in `allowed`, and the model is told which
 * they are. Undefined if there are none.
 *
 * @throws GatewayError 400 a JSON function got tools, a name is not there or there twice
 */
export function prepareTools(
  fn: FunctionConfig,
  tools: Map<string, ToolConfig>,
  dynamic: DynamicTools,
): ToolSet | undefined {
  if (fn.type === "json") {
    if (dynamic.allowedTools !== undefined)
      throw invalidRequest("Cannot pass `allowed_tools` to a JSON function.");
    if (dynamic.additionalTools !== undefined)
      throw invalidRequest("Cannot pass `additional_tools` to a JSON function.");
    if (dynamic.toolChoice !== undefined)
      throw invalidRequest("Cannot pass `tool_choice` to a JSON function");
    if (dynamic.parallelToolCalls !== undefined)
      throw invalidRequest("Cannot pass `parallel_tool_calls` to a JSON function");
    return undefined;
  }
  const additional = dynamic.additionalTools ?? [];
  const isAdditional = (name: string) => additional.some((tool) => tool.name === name);
  const allowed = dynamic.allowedTools ?? [];
  const configured = [
    ...new Set([...fn.tools, ...allowed.filter((name) => !isAdditional(name))]),
  ].map((name) => {
    const tool = tools.get(name);
    if (tool === undefined)
      throw new GatewayError(400, `Tool not found: ${name}`, { kind: "ToolNotFound" });
    const { description, parameters, strict } = tool;
    return { name: tool.name, description, parameters: parameters.value, strict };
  });
  const names = [...configured, ...additional].map((tool) => tool.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new GatewayError(400, `Duplicate tool name: ${twice}. Tool names must be unique.`, {
      kind: "DuplicateTool",
    });
  }
  if (names.length === 0) return undefined;
  const choice = dynamic.toolChoice ?? fn.toolChoice;
  if (typeof choice === "object" && !names.includes(choice.specific)) {
    throw new GatewayError(400, `Tool not found: ${choice.specific}`, { kind: "ToolNotFound" });
  }
  return {
    configured,
    dynamic: additional,
    allowed: dynamic.allowedTools,
    choice,
    parallel: dynamic.parallelToolCalls ?? fn.parallelToolCalls,
  };
}

/** A tool call as a chat function answers it: name and arguments are null where the model got them wrong. */
export interface CheckedToolCall {
  type: "tool_call";
  id: string;
  raw_name: string;
  raw_arguments: string;
  name: string | null;
  arguments: unknown;
}

export function checkToolCall(
  call: { id: string; name: string; arguments: string },
  tools: ToolSet | undefined,
): CheckedToolCall {
  const tool = [...(tools?.configured ?? []), ...(tools?.dynamic ?? [])].find(
    ({ name }) => name === call.name,
  );
  return {
    type: "tool_call",
    id: call.id,
    raw_name: call.name,
    raw_arguments: call.arguments,
    name: tool?.name ?? null,
    arguments: tool === undefined ? null : validArguments(call.arguments, tool.parameters),
  };
}

function validArguments(text: string, schema: unknown): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return new JsonSchema(schema).problem(parsed) === undefined ? parsed : null;
  } catch {
    return null;
  }
}

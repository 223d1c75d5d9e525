import type { ChatCompletionConfig, ChatParams, JsonMode } from "../config/types";
import { invalidRequest } from "../errors";
import { callModel, findModel } from "../model";
import type { ExtraBody, ExtraHeader } from "../providers/extra";
import type { ModelMessage, ModelRequest } from "../providers/types";
import type { Filtered } from "../request/types";
import { withRetries } from "../retries";
import { renderMessage, renderSystem } from "./prompt";
import type { Run, VariantResult } from "./run";

/** The name of the tool by which JSON mode "tool" makes a model answer in a schema. */
const RESPOND = "respond";

/** Renders the input with the variant's templates and asks its model. @throws GatewayError */
export async function inferChat(variant: ChatCompletionConfig, run: Run): Promise<VariantResult> {
  const { templates } = run.call.config;
  return askModel(variant, run, {
    system: renderSystem(run.request.input.system, variant.templates.get("system"), templates),
    messages: run.request.input.messages.map((message) =>
      renderMessage(message, variant.templates, templates),
    ),
  });
}

export interface Prompt {
  system: string | undefined;
  messages: ModelMessage[];
}

/** Asks the variant's model with a prompt that is ready, trying again as the variant says. */
export async function askModel(
  variant: ChatCompletionConfig,
  run: Run,
  prompt: Prompt,
): Promise<VariantResult> {
  const params = effectiveParams(variant, run);
  const request = toModelRequest(variant, run, prompt, params);
  const model = findModel(run.call.config.models, variant.model, run.call.env);
  const result = await withRetries(variant.retries, run.call.signal, () =>
    callModel(model, request, run.call),
  );
  return { output: result.output, calls: [result], params };
}

/** The request's parameters, and the variant's where the request has none. The variant's JSON mode is not stored. */
export function effectiveParams(variant: ChatCompletionConfig, run: Run): ChatParams {
  return { ...variant.params, ...run.params };
}

export function toModelRequest(
  variant: ChatCompletionConfig,
  run: Run,
  prompt: Prompt,
  { json_mode: _, ...params }: ChatParams,
): ModelRequest {
  const { fn, request } = run;
  const jsonMode: JsonMode =
    run.params.json_mode ?? variant.jsonMode ?? (fn.type === "json" ? "strict" : "off");
  const outputSchema =
    run.outputSchema?.value ?? (fn.type === "json" ? fn.outputSchema.value : undefined);
  const only = <T extends ExtraBody | ExtraHeader>(changes: Filtered<T>[]) =>
    changes.filter(({ variantName, modelName }) => {
      if (variantName !== undefined && variantName !== variant.name) return false;
      return modelName === undefined || modelName === variant.model;
    });
  return {
    ...prompt,
    params,
    jsonMode: jsonMode === "tool" ? "off" : jsonMode,
    outputSchema,
    tools: jsonMode === "tool" ? respondTool(outputSchema) : modelTools(run),
    extraBody: [...variant.extraBody, ...only(request.extraBody)],
    extraHeaders: [...variant.extraHeaders, ...only(request.extraHeaders)],
    extraCacheKey: run.extraCacheKey,
  };
}

function modelTools({ tools }: Run): ModelRequest["tools"] {
  if (tools === undefined) return undefined;
  return {
    tools: [...tools.configured, ...tools.dynamic],
    choice: tools.choice,
    parallel: tools.parallel,
  };
}

function respondTool(schema: unknown): ModelRequest["tools"] {
  if (schema === undefined) {
    throw invalidRequest(
      "JSON mode `tool` requires `output_schema` to be provided at inference time.",
    );
  }
  const tool = {
    name: RESPOND,
    description: "Respond to the user using the output schema provided.",
    parameters: schema,
    strict: false,
  };
  return { tools: [tool], choice: { specific: RESPOND }, parallel: undefined };
}

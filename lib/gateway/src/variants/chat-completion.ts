import type { ChatParams, JsonMode } from "../config/chat-params";
import type { ExtraBody, ExtraHeader } from "../config/extra";
import type { ChatCompletionConfig } from "../config/types";
import { readChat } from "../config/variants";
import { invalidRequest } from "../errors";
import { callModel, findModel, type ModelResult } from "../models/model";
import { streamModel } from "../models/model-stream";
import type { Filtered, ModelMessage, ModelRequest } from "../models/providers/types";
import { withRetries } from "../models/retries";
import { renderMessage, renderSystem } from "./prompt";
import type { Run, VariantResult, VariantStream, VariantType } from "./run";

/** The name of the tool by which JSON mode "tool" makes a model answer in a schema. */
const RESPOND = "respond";

/** Renders the input with the variant's templates and asks its model. */
export const chatCompletion: VariantType<ChatCompletionConfig> = {
  read: (table, base, context) => ({
    ...readChat(table, context),
    ...base,
    type: "chat_completion",
  }),
  infer: (variant, run) => askModel(variant, run, renderPrompt(variant, run)),
  stream: (variant, run) => streamFromModel(variant, run, renderPrompt(variant, run)),
};

export function renderPrompt(variant: ChatCompletionConfig, { call, request }: Run): Prompt {
  const { templates } = call.config;
  return {
    system: renderSystem(request.input.system, variant.templates.get("system"), templates),
    messages: request.input.messages.map((message) =>
      renderMessage(message, variant.templates, templates),
    ),
  };
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
  const { model, request, params } = prepareCall(variant, run, prompt);
  const result = await withRetries(variant.retries, run.call.signal, (errors) =>
    callModel(model, request, run.call, errors),
  );
  return toResult(result, params);
}

export async function streamFromModel(
  variant: ChatCompletionConfig,
  run: Run,
  prompt: Prompt,
): Promise<VariantStream> {
  const { model, request, params } = prepareCall(variant, run, prompt);
  const stream = await withRetries(variant.retries, run.call.signal, (errors) =>
    streamModel(model, request, run.call, errors),
  );
  const result = () => toResult(stream.result(), params);
  return { chunks: stream.chunks, result, previous: [], call: stream.result() };
}

function prepareCall(variant: ChatCompletionConfig, run: Run, prompt: Prompt) {
  const params = effectiveParams(variant, run);
  const request = toModelRequest(variant, run, prompt, params);
  return { model: findModel(run.call.config.models, variant.model, run.call.env), request, params };
}

function toResult(call: ModelResult, params: ChatParams): VariantResult {
  const { output, finishReason } = call;
  return { output, calls: [call], params, finishReason };
}

/** The request's parameters, and the variant's where the request has none. The variant's JSON mode is not stored. */
function effectiveParams(variant: ChatCompletionConfig, run: Run): ChatParams {
  return { ...variant.params, ...run.params };
}

function toModelRequest(
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
    variantExtra: { body: variant.extraBody, headers: variant.extraHeaders },
    requestExtra: { body: only(request.extraBody), headers: only(request.extraHeaders) },
    extraCacheKey: run.extraCacheKey,
  };
}

function modelTools({ tools }: Run): ModelRequest["tools"] {
  if (tools === undefined) return undefined;
  return {
    tools: [...tools.configured, ...tools.dynamic],
    allowed: tools.allowed,
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
  return { tools: [tool], allowed: undefined, choice: { specific: RESPOND }, parallel: undefined };
}

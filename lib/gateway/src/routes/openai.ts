import type { Context } from "hono";
import { asGatewayError } from "../errors";
import type { ChatBlock } from "../functions/output";
import type { Answer, Engine, StreamedAnswer } from "../inference/engine";
import type { ChunkBlock, FinishReason, Usage } from "../models/providers/types";
import { type OpenAIRequest, readOpenAIRequest } from "../requests/openai";
import { readJson } from "./body";
import { errorResponse, openAIBody } from "./errors";
import { hasContent, rawText } from "./inference";
import { type RawFields, rawBeforeStream, rawOfAnswer, rawOfChunk, rawOfStreamError } from "./raw";
import { eventStream, type StreamParts } from "./sse";

/** POST /openai/v1/chat/completions: the same inference in OpenAI's words. */
export async function postChatCompletions(
  c: Context,
  engine: Engine,
  errorJson: boolean,
): Promise<Response> {
  const request = readOpenAIRequest(await readJson(c));
  const { inference } = request;
  try {
    const { signal } = c.req.raw;
    if (inference.stream) {
      const client = new AbortController();
      const answer = await engine.stream(inference, AbortSignal.any([signal, client.signal]));
      return streamed(answer, request, { client, errorJson });
    }
    return c.json(toBody(await engine.infer(inference, signal), request));
  } catch (error) {
    return errorResponse(c, asGatewayError(error), errorJson, inference.includeRawResponse);
  }
}

function streamed(
  answer: StreamedAnswer,
  { inference, modelPrefix, includeUsage }: OpenAIRequest,
  { client, errorJson }: StreamParts,
): Response {
  const { functionType } = answer;
  const toDelta = deltas(functionType);
  let first = true;
  return eventStream(client, async (send) => {
    const emit = (delta: object, finishReason: string | null, more: object) => {
      const role = first ? { role: "assistant" } : {};
      first = false;
      send({
        id: answer.inferenceId,
        episode_id: answer.episodeId,
        choices: [
          { index: 0, finish_reason: finishReason, logprobs: null, delta: { ...role, ...delta } },
        ],
        created: Math.floor(Date.now() / 1000),
        model: modelPrefix + answer.variantName,
        system_fingerprint: "",
        service_tier: null,
        object: "chat.completion.chunk",
        usage: null,
        ...more,
      });
    };
    for (const fields of rawBeforeStream(answer, inference))
      emit(toDelta([]), null, prefixed(fields));
    const whole = await answer.pump({
      chunk: ({ blocks, raw }) => {
        const extra = prefixed(rawOfChunk(raw, answer, inference));
        if (hasContent(blocks, functionType) || Object.keys(extra).length > 0)
          emit(toDelta(blocks), null, extra);
      },
      error: (error) =>
        send({
          ...openAIBody(error, errorJson),
          ...prefixed(rawOfStreamError(error, inference)),
        }),
    });
    const finishReason =
      whole.finishReason === undefined ? null : finishReasonBody(whole.finishReason);
    emit(toDelta([]), finishReason, includeUsage ? { usage: usageBody(whole.usage) } : {});
  });
}

function prefixed(fields: RawFields): object {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [`tensorzero_${key}`, value]),
  );
}

/** Turns blocks into deltas. Tool calls are numbered in the order in which they begin; only their first piece has the id. */
function deltas(functionType: "chat" | "json"): (blocks: ChunkBlock[]) => object {
  const tools = new Map<string, number>();
  const places = new Map<string, number>();
  const place = (key: string) => {
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, places.size);
    return places.size - 1;
  };
  return (blocks) => {
    if (functionType === "json") return { content: rawText(blocks) };
    const texts: string[] = [];
    const calls: object[] = [];
    const extra: object[] = [];
    for (const block of blocks) {
      const insertIndex = place(`${block.type} ${block.id}`);
      if (block.type === "text") texts.push(block.text);
      else if (block.type === "thought") extra.push({ insert_index: insertIndex, ...block });
      else {
        const known = tools.get(block.id);
        const index = known ?? tools.size;
        tools.set(block.id, index);
        calls.push({
          id: known === undefined ? block.id : null,
          index,
          type: "function",
          function: { name: block.raw_name, arguments: block.raw_arguments },
        });
      }
    }
    return {
      ...(texts.length === 0 ? {} : { content: texts.join("") }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
      ...(extra.length === 0 ? {} : { tensorzero_extra_content: extra }),
    };
  };
}

function toBody(answer: Answer, { modelPrefix, inference }: OpenAIRequest): object {
  const { raw_usage, raw_response } = rawOfAnswer(answer, inference);
  return {
    id: answer.inferenceId,
    episode_id: answer.episodeId,
    choices: [
      {
        index: 0,
        finish_reason: finishReasonBody(answer.finishReason),
        message: messageBody(answer),
      },
    ],
    created: Math.floor(Date.now() / 1000),
    model: modelPrefix + answer.variantName,
    system_fingerprint: "",
    service_tier: null,
    object: "chat.completion",
    usage: usageBody(answer.usage),
    ...(raw_usage === undefined ? {} : { tensorzero_raw_usage: raw_usage }),
    ...(raw_response === undefined ? {} : { tensorzero_raw_response: raw_response }),
  };
}

/** A JSON function's message is the raw answer, so the client has to parse and check it. */
function messageBody({ result }: Answer): object {
  if (result.type === "json") return { role: "assistant", content: result.output.raw };
  const texts = result.content.flatMap((block) => (block.type === "text" ? [block.text] : []));
  const calls = result.content.flatMap((block) => (block.type === "tool_call" ? [block] : []));
  const extra = result.content.flatMap((block: ChatBlock, insert_index) =>
    block.type === "thought" ? [{ ...block, insert_index }] : [],
  );
  return {
    role: "assistant",
    content: texts.length === 0 ? null : texts.join("\n"),
    ...(calls.length === 0
      ? {}
      : {
          tool_calls: calls.map((call) => ({
            id: call.id,
            type: "function",
            function: { name: call.raw_name, arguments: call.raw_arguments },
          })),
        }),
    ...(extra.length === 0 ? {} : { tensorzero_extra_content: extra }),
  };
}

export function finishReasonBody(reason: FinishReason | undefined): string {
  switch (reason) {
    case "length":
    case "content_filter":
      return reason;
    case "tool_call":
      return "tool_calls";
    default:
      return "stop";
  }
}

export function usageBody({
  inputTokens,
  outputTokens,
  cacheReadInputTokens,
  cost,
}: Usage): object {
  return {
    ...(inputTokens === null ? {} : { prompt_tokens: inputTokens }),
    ...(outputTokens === null ? {} : { completion_tokens: outputTokens }),
    ...(inputTokens === null || outputTokens === null
      ? {}
      : { total_tokens: inputTokens + outputTokens }),
    ...(cacheReadInputTokens === undefined
      ? {}
      : { prompt_tokens_details: { cached_tokens: cacheReadInputTokens } }),
    tensorzero_cost: cost,
  };
}

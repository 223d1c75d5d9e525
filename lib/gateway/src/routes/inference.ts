import type { Context } from "hono";
import { asGatewayError } from "../errors";
import type { Answer, Engine, StreamedAnswer } from "../inference/engine";
import type { ChunkBlock, Usage } from "../models/providers/types";
import { readInferenceRequest } from "../requests/native";
import type { InferenceRequest } from "../requests/types";
import { readJson } from "./body";
import { errorResponse, nativeBody } from "./errors";
import { rawBeforeStream, rawOfAnswer, rawOfChunk, rawOfStreamError } from "./raw";
import { eventStream, type StreamParts } from "./sse";

/** POST /inference: TensorZero's own call. */
export async function postInference(
  c: Context,
  engine: Engine,
  errorJson: boolean,
): Promise<Response> {
  const request = readInferenceRequest(await readJson(c));
  try {
    const { signal } = c.req.raw;
    if (request.stream) {
      const client = new AbortController();
      const answer = await engine.stream(request, AbortSignal.any([signal, client.signal]));
      return streamed(answer, request, { client, errorJson });
    }
    return c.json(toBody(await engine.infer(request, signal), request));
  } catch (error) {
    return errorResponse(c, asGatewayError(error), errorJson, request.includeRawResponse);
  }
}

/** Pieces as they come; tokens and finish reason in one last piece of ours. */
function streamed(
  answer: StreamedAnswer,
  request: InferenceRequest,
  { client, errorJson }: StreamParts,
): Response {
  const { functionType } = answer;
  const base = {
    inference_id: answer.inferenceId,
    episode_id: answer.episodeId,
    variant_name: answer.variantName,
  };
  const content = (blocks: ChunkBlock[]) =>
    functionType === "json" ? { raw: rawText(blocks) } : { content: blocks };
  return eventStream(client, async (send) => {
    for (const fields of rawBeforeStream(answer, request))
      send({ ...base, ...content([]), ...fields });
    const whole = await answer.pump({
      chunk: ({ blocks, raw }) => {
        const extra = rawOfChunk(raw, answer, request);
        if (hasContent(blocks, functionType) || Object.keys(extra).length > 0) {
          send({ ...base, ...content(blocks), ...extra });
        }
      },
      error: (error) =>
        send({ ...nativeBody(error, errorJson), ...rawOfStreamError(error, request) }),
    });
    const { usage, finishReason } = whole;
    send({
      ...base,
      ...content([]),
      usage: usageBody(usage),
      ...(finishReason === undefined ? {} : { finish_reason: finishReason }),
    });
  });
}

/** A JSON function's answer is text, or the arguments of the tool that stands for it; its thoughts are not shown. */
export function rawText(blocks: ChunkBlock[]): string {
  return blocks
    .map((block) =>
      block.type === "tool_call" ? block.raw_arguments : block.type === "text" ? block.text : "",
    )
    .join("");
}

export function hasContent(blocks: ChunkBlock[], functionType: "chat" | "json"): boolean {
  return functionType === "json" ? rawText(blocks) !== "" : blocks.length > 0;
}

function toBody(answer: Answer, request: InferenceRequest): object {
  const { result } = answer;
  const { raw_usage, raw_response } = rawOfAnswer(answer, request);
  return {
    inference_id: answer.inferenceId,
    episode_id: answer.episodeId,
    variant_name: answer.variantName,
    ...(result.type === "json" ? { output: result.output } : { content: result.content }),
    usage: usageBody(answer.usage),
    ...(raw_usage === undefined ? {} : { raw_usage }),
    ...(raw_response === undefined ? {} : { raw_response }),
    ...(answer.finishReason === undefined ? {} : { finish_reason: answer.finishReason }),
  };
}

export function usageBody(usage: Usage): object {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    ...(usage.cacheReadInputTokens === undefined
      ? {}
      : { provider_cache_read_input_tokens: usage.cacheReadInputTokens }),
    cost: usage.cost,
  };
}

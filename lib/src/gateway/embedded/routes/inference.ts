import type { Context } from "hono";
import type { Answer, Engine, StreamedAnswer } from "../engine";
import type { ChunkBlock, Usage } from "../providers/types";
import { readInferenceRequest } from "../request/native";
import type { InferenceRequest } from "../request/types";
import { readJson } from "./body";
import { nativeBody } from "./errors";
import { eventStream } from "./sse";

/** POST /inference: TensorZero's own call. */
export async function postInference(
  c: Context,
  engine: Engine,
  errorJson: boolean,
): Promise<Response> {
  const request = readInferenceRequest(await readJson(c));
  if (request.stream) return streamed(await engine.stream(request), request, errorJson);
  return c.json(toBody(await engine.infer(request), request));
}

/** Pieces as they come; tokens and finish reason in one last piece of ours. */
function streamed(answer: StreamedAnswer, request: InferenceRequest, errorJson: boolean): Response {
  const { functionType } = answer;
  const base = {
    inference_id: answer.inferenceId,
    episode_id: answer.episodeId,
    variant_name: answer.variantName,
  };
  const content = (blocks: ChunkBlock[]) =>
    functionType === "json" ? { raw: rawText(blocks) } : { content: blocks };
  return eventStream(async (send) => {
    const before = answer.previous.filter(({ cached }) => !cached);
    if (request.includeRawResponse && before.length > 0) {
      send({ ...base, ...content([]), raw_response: rawResponses({ calls: before }) });
    }
    const whole = await answer.pump({
      chunk: ({ blocks, raw }) => {
        const extra = rawChunk(raw, request);
        if (hasContent(blocks, functionType) || Object.keys(extra).length > 0) {
          send({ ...base, ...content(blocks), ...extra });
        }
      },
      error: (error) => send(nativeBody(error, errorJson)),
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
  return functionType === "json"
    ? blocks.some(({ type }) => type !== "thought")
    : blocks.length > 0;
}

function rawChunk(
  raw: string,
  { includeOriginalResponse, includeRawResponse }: InferenceRequest,
): object {
  if (raw === "") return {};
  return {
    ...(includeOriginalResponse ? { original_chunk: raw } : {}),
    ...(includeRawResponse ? { raw_chunk: raw } : {}),
  };
}

function toBody(answer: Answer, request: InferenceRequest): object {
  const { result } = answer;
  return {
    inference_id: answer.inferenceId,
    episode_id: answer.episodeId,
    variant_name: answer.variantName,
    ...(result.type === "json" ? { output: result.output } : { content: result.content }),
    usage: usageBody(answer.usage),
    ...(request.includeOriginalResponse ? { original_response: answer.originalResponse } : {}),
    ...(request.includeRawResponse ? { raw_response: rawResponses(answer) } : {}),
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

/** What each provider answered, word for word; cached answers are left out, as nobody answered. */
export function rawResponses({ calls }: Pick<Answer, "calls">): object[] {
  return calls
    .filter((call) => !call.cached)
    .map((call) => ({
      model_inference_id: call.id,
      provider_type: "openai",
      api_type: "chat_completions",
      data: call.rawResponse,
    }));
}

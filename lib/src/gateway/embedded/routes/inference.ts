import type { Context } from "hono";
import type { Answer, Engine } from "../engine";
import type { Usage } from "../providers/types";
import { readInferenceRequest } from "../request/native";
import type { InferenceRequest } from "../request/types";
import { readJson } from "./body";

/** POST /inference: TensorZero's own call. */
export async function postInference(c: Context, engine: Engine): Promise<Response> {
  const request = readInferenceRequest(await readJson(c));
  return c.json(toBody(await engine.infer(request), request));
}

function toBody(answer: Answer, request: InferenceRequest): object {
  const { result } = answer;
  return {
    inference_id: answer.inferenceId,
    episode_id: answer.episodeId,
    variant_name: answer.variantName,
    ...(result.type === "json" ? { output: result.output } : { content: result.content }),
    usage: usageBody(answer.usage),
    ...(request.includeOriginalResponse
      ? { original_response: answer.calls.at(-1)?.rawResponse }
      : {}),
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

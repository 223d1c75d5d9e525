import type { Context } from "hono";
import type { Answer, Engine } from "../engine";
import type { ChatBlock } from "../output";
import type { FinishReason, Usage } from "../providers/types";
import { type OpenAIRequest, readOpenAIRequest } from "../request/openai";
import { readJson } from "./body";
import { rawResponses } from "./inference";

/** POST /openai/v1/chat/completions: the same inference in OpenAI's words. */
export async function postChatCompletions(c: Context, engine: Engine): Promise<Response> {
  const request = readOpenAIRequest(await readJson(c));
  return c.json(toBody(await engine.infer(request.inference), request));
}

function toBody(answer: Answer, { modelPrefix, inference }: OpenAIRequest): object {
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
    ...(inference.includeOriginalResponse
      ? { tensorzero_original_response: answer.calls.at(-1)?.rawResponse }
      : {}),
    ...(inference.includeRawResponse ? { tensorzero_raw_response: rawResponses(answer) } : {}),
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
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens === null || outputTokens === null ? null : inputTokens + outputTokens,
    ...(cacheReadInputTokens === undefined
      ? {}
      : { prompt_tokens_details: { cached_tokens: cacheReadInputTokens } }),
    tensorzero_cost: cost,
  };
}

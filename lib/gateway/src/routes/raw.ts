import { isRecord } from "../basics/reader";
import type { GatewayError } from "../errors";
import type { Answer, StreamedAnswer } from "../inference/engine";
import type { ModelResult } from "../models/model";
import type { InferenceRequest } from "../requests/types";

/** What a response has besides TensorZero's own fields; each route puts its prefix before the keys. */
export interface RawFields {
  raw_usage?: object[];
  raw_response?: object[];
  raw_chunk?: string;
}

/** What the providers counted and answered, word for word, as far as it was asked for. */
export function rawOfAnswer(
  { calls, failed }: Pick<Answer, "calls" | "failed">,
  request: InferenceRequest,
): RawFields {
  return {
    ...(request.includeRawUsage ? { raw_usage: usageOfCalls(calls) } : {}),
    ...(request.includeRawResponse
      ? { raw_response: [...ofFailed(failed), ...calls.flatMap(responsesOfCall)] }
      : {}),
  };
}

/** What a stream's own pieces do not show: each of these becomes a piece before them. */
export function rawBeforeStream(
  { failed, call, previous }: StreamedAnswer,
  { includeRawUsage, includeRawResponse }: InferenceRequest,
): RawFields[] {
  const pieces: RawFields[] = [];
  const tell = (wanted: boolean, key: "raw_usage" | "raw_response", entries: object[]) => {
    if (wanted && entries.length > 0) pieces.push({ [key]: entries });
  };
  tell(includeRawResponse, "raw_response", ofFailed(failed));
  tell(includeRawUsage, "raw_usage", usageOfCalls(previous));
  tell(includeRawResponse, "raw_response", ofFailed(call.failed));
  tell(includeRawResponse, "raw_response", previous.flatMap(responsesOfCall));
  return pieces;
}

/** What belongs to one piece of a stream. */
export function rawOfChunk(
  raw: string,
  { call }: StreamedAnswer,
  { includeRawUsage, includeRawResponse }: InferenceRequest,
): RawFields {
  const usage = includeRawUsage ? usageIn(raw, { ...call, apiType: undefined }) : [];
  return {
    ...(usage.length > 0 ? { raw_usage: usage } : {}),
    ...(includeRawResponse && raw !== "" ? { raw_chunk: raw } : {}),
  };
}

/** What providers answered to an inference that failed. */
export function rawOfError(error: GatewayError, includeRawResponse: boolean): RawFields {
  const entries = includeRawResponse ? ofFailed(error.rawResponses) : [];
  return entries.length === 0 ? {} : { raw_response: entries };
}

/** The event that a stream broke off at. */
export function rawOfStreamError(
  { options }: GatewayError,
  { includeRawResponse }: InferenceRequest,
): RawFields {
  const { rawResponse } = options;
  return includeRawResponse && rawResponse !== undefined ? { raw_chunk: rawResponse } : {};
}

type Call = Pick<ModelResult, "id" | "apiType">;

const labels = (apiType: ModelResult["apiType"]) => ({
  provider_type: "openai",
  api_type: apiType ?? "chat_completions",
});

/** A failed try belongs to no stored call, so it has no id. */
function ofFailed(failed: string[]): object[] {
  return failed.map((data) => ({ ...labels(undefined), data }));
}

/** Where the cache answered, no provider did. */
function responsesOfCall({ id, apiType, cached, rawResponse, failed }: ModelResult): object[] {
  const answered = { model_inference_id: id, ...labels(apiType), data: rawResponse };
  return [...ofFailed(failed), ...(cached ? [] : [answered])];
}

function usageOfCalls(calls: ModelResult[]): object[] {
  return calls.flatMap((call) => (call.cached ? [] : usageIn(call.rawResponse, call)));
}

function usageIn(raw: string, { id, apiType }: Call): object[] {
  const usage = parseUsage(raw);
  return usage === undefined ? [] : [{ model_inference_id: id, ...labels(apiType), data: usage }];
}

function parseUsage(raw: string): unknown {
  try {
    const body: unknown = JSON.parse(raw);
    return isRecord(body) ? (body.usage ?? undefined) : undefined;
  } catch {
    return undefined; // the pieces of a replayed stream have no events
  }
}

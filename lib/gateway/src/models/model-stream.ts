import { performance } from "node:perf_hooks";
import type { ModelConfig, ProviderConfig } from "../config/types";
import {
  type GatewayError,
  modelTimeout,
  providerServer,
  providerTimeout,
  rawResponsesOf,
} from "../errors";
import { uuidv7 } from "../ids";
import { asChunk, Collector } from "./collector";
import { type CallContext, eachProvider, forProvider, type ModelResult } from "./model";
import { stream } from "./providers/openai";
import type { ChunkBlock, ModelRequest, ProviderChunk } from "./providers/types";
import type { Limit } from "./timeouts";

/** An answer on its way. Its first piece has arrived. */
export interface ModelStream {
  chunks: AsyncGenerator<ProviderChunk>;
  /** What has come so far, as it is stored. */
  result(): ModelResult;
}

/**
 * Asks the model's providers in turn until one begins to answer.
 *
 * @param before errors of earlier tries
 * @throws GatewayError
 */
export async function streamModel(
  model: ModelConfig,
  request: ModelRequest,
  context: CallContext,
  before: readonly GatewayError[] = [],
): Promise<ModelStream> {
  return eachProvider(model, context, "ttftMs", async (provider, transport, errors) => {
    const started = performance.now();
    const elapsed = () => Math.floor(performance.now() - started);
    const { cache, cacheOptions } = context;
    const adapted = forProvider(request, provider);
    const base = {
      id: uuidv7(),
      modelName: model.name,
      providerName: provider.name,
      system: request.system,
      messages: request.messages,
      failed: rawResponsesOf(before, errors),
    };
    const key =
      cacheOptions.enabled === "off"
        ? undefined
        : cache.key(model.name, provider.name, adapted, true);
    if (key !== undefined && cacheOptions.enabled !== "write_only") {
      const hit = await cache.lookStream(key, cacheOptions.maxAgeS);
      if (hit !== undefined) {
        const { pieces, ...response } = hit;
        return replay({ ...base, ...response, cached: true, responseTimeMs: 0, ttftMs: 0 }, pieces);
      }
    }
    const over = new AbortController();
    const signal = AbortSignal.any([transport.signal, context.client, over.signal]);
    const { rawRequest, chunks } = await stream(provider, adapted, { ...transport, signal });
    const first = await chunks.next();
    if (first.done)
      throw providerServer("Stream ended before first chunk", undefined, provider.name);
    const ttftMs = elapsed();
    const collector = new Collector();
    const result = (): ModelResult => ({
      ...base,
      output: collector.output,
      usage: collector.usage,
      finishReason: collector.finishReason,
      rawRequest,
      rawResponse: collector.rawResponse,
      cached: false,
      responseTimeMs: elapsed(),
      ttftMs,
    });
    const isKept = key !== undefined && cacheOptions.enabled !== "read_only";
    const pieces: ChunkBlock[][] = [];
    async function* collected(): AsyncGenerator<ProviderChunk> {
      const limits = totalLimits(provider, model, context);
      for await (const chunk of limited(first, chunks, limits, { elapsed, over })) {
        collector.add(chunk);
        if (isKept) pieces.push(chunk.blocks);
        yield chunk;
      }
      if (isKept) {
        cache.storeStream(key, {
          ...result(),
          pieces: pieces.filter((blocks) => blocks.length > 0),
        });
      }
    }
    return { chunks: collected(), result };
  });
}

/** An answer that is there already as a stream: in the pieces given, else in one. What was cached cost nothing. */
export function replay(result: ModelResult, pieces?: ChunkBlock[][]): ModelStream {
  const usage = result.cached ? { inputTokens: 0, outputTokens: 0, cost: 0 } : result.usage;
  async function* chunks(): AsyncGenerator<ProviderChunk> {
    const { blocks, ...last } = asChunk(result.output, usage, result.finishReason);
    for (const piece of pieces ?? [blocks])
      yield { blocks: piece, usage: undefined, finishReason: undefined, raw: "" };
    yield { ...last, blocks: [] };
  }
  return { chunks: chunks(), result: () => result };
}

function totalLimits(
  provider: ProviderConfig,
  model: ModelConfig,
  { variantLimit }: CallContext,
): Limit[] {
  return [
    {
      ms: provider.timeouts.streamingMs,
      error: (ms) => providerTimeout(provider.name, "streaming.total_ms", ms),
    },
    {
      ms: model.timeouts.streamingMs,
      error: (ms) => modelTimeout(model.name, "streaming.total_ms", ms),
    },
    ...(variantLimit === undefined ? [] : [variantLimit]),
  ];
}

/** Passes the pieces on until the first of the limits, counted from the call's start, is up; `over` then ends the call. */
async function* limited(
  first: IteratorResult<ProviderChunk>,
  rest: AsyncGenerator<ProviderChunk>,
  limits: Limit[],
  { elapsed, over }: { elapsed: () => number; over: AbortController },
): AsyncGenerator<ProviderChunk> {
  const [soonest] = limits
    .filter(({ ms }) => ms !== undefined)
    .sort((a, b) => (a.ms ?? 0) - (b.ms ?? 0));
  const { ms } = soonest ?? {};
  let timer: NodeJS.Timeout | undefined;
  let expired: GatewayError | undefined;
  let giveUp: (error: GatewayError) => void = () => {};
  if (soonest !== undefined && ms !== undefined) {
    const expire = () => {
      expired = soonest.error(ms);
      giveUp(expired);
    };
    timer = setTimeout(expire, Math.max(0, ms - elapsed()));
  }
  // subtle: a race against one promise for the whole stream would keep every piece until the stream's end.
  const nextPiece = () =>
    new Promise<IteratorResult<ProviderChunk>>((resolve, reject) => {
      giveUp = reject;
      if (expired !== undefined)
        reject(expired); // while nobody waited for a piece
      else rest.next().then(resolve, reject);
    });
  try {
    for (let next = first; !next.done; next = await nextPiece()) yield next.value;
  } finally {
    clearTimeout(timer);
    over.abort(); // a piece that is waited for would keep the generator from returning
    rest.return(undefined).catch(() => {});
  }
}

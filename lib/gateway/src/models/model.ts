import { performance } from "node:perf_hooks";
import { shorthandModel } from "../config/models";
import type { GatewayConfig, ModelConfig, ProviderConfig } from "../config/types";
import {
  allProvidersFailed,
  apiKeyMissing,
  asGatewayError,
  type GatewayError,
  modelTimeout,
  providerTimeout,
  rawResponsesOf,
  unknownModel,
} from "../errors";
import { uuidv7 } from "../ids";
import type { Cache, CacheOptions } from "./cache";
import type { Examples } from "./examples";
import { findApiKey } from "./providers/credentials";
import type { Fetch, Transport } from "./providers/exchange";
import { complete } from "./providers/openai";
import type {
  Filtered,
  ModelMessage,
  ModelRequest,
  ProviderRequest,
  ProviderResponse,
} from "./providers/types";
import { type Limit, outboundSignal, within } from "./timeouts";

/** What every call of a model needs besides its request. */
export interface CallContext {
  config: GatewayConfig;
  fetch: Fetch;
  env: NodeJS.ProcessEnv;
  credentials: Record<string, string>;
  cache: Cache;
  examples: Examples;
  cacheOptions: CacheOptions;
  /** Aborted when the client has gone: a streamed answer ends with it, whose first limits are over by then. */
  client: AbortSignal;
  /** Aborted when the client has gone, or a limit around the call is up. */
  signal: AbortSignal;
  /** How long a streamed answer of the variant may take in all. */
  variantLimit?: Limit;
}

/** One call of a model, as it is stored. */
export interface ModelResult extends ProviderResponse {
  /** Its row's id. */
  id: string;
  modelName: string;
  providerName: string;
  system: string | undefined;
  messages: ModelMessage[];
  cached: boolean;
  responseTimeMs: number;
  ttftMs: number | undefined;
  /** Undefined: chat completions. */
  apiType?: "embeddings";
  /** What providers answered in the tries before it, which failed. Not stored. */
  failed: string[];
}

/** The configured model, or the one that a shorthand stands for. @throws GatewayError 400 the shorthand's key is not set */
export function findModel(
  models: Map<string, ModelConfig>,
  name: string,
  env: NodeJS.ProcessEnv,
): ModelConfig {
  const configured = models.get(name);
  if (configured !== undefined) return configured;
  const shorthand = shorthandModel(name);
  if (shorthand === undefined) throw unknownModel(name);
  for (const { apiKey } of shorthand.providers) {
    if (apiKey.kind === "env" && env[apiKey.name] === undefined) {
      throw apiKeyMissing(`Environment variable \`${apiKey.name}\` is missing`);
    }
  }
  return shorthand;
}

/**
 * Asks the model's providers in turn until one answers.
 *
 * @param before errors of earlier tries
 * @throws GatewayError
 */
export async function callModel(
  model: ModelConfig,
  request: ModelRequest,
  context: CallContext,
  before: readonly GatewayError[] = [],
): Promise<ModelResult> {
  return eachProvider(model, context, "nonStreamingMs", async (provider, transport, errors) => {
    const adapted = forProvider(request, provider);
    const { cache, cacheOptions } = context;
    const key =
      cacheOptions.enabled === "off" ? undefined : cache.key(model.name, provider.name, adapted);
    const base = {
      id: uuidv7(),
      modelName: model.name,
      providerName: provider.name,
      system: request.system,
      messages: request.messages,
      failed: rawResponsesOf(before, errors),
    };
    if (key !== undefined && cacheOptions.enabled !== "write_only") {
      const hit = await cache.look(key, cacheOptions.maxAgeS);
      if (hit !== undefined)
        return { ...base, ...hit, cached: true, responseTimeMs: 0, ttftMs: undefined };
    }
    const started = performance.now();
    const response = await complete(provider, adapted, transport);
    const responseTimeMs = Math.floor(performance.now() - started);
    if (key !== undefined && cacheOptions.enabled !== "read_only") cache.store(key, response);
    return { ...base, ...response, cached: false, responseTimeMs, ttftMs: undefined };
  });
}

/** Runs `call` with one provider after the other, within the limits of provider and model. */
export async function eachProvider<T>(
  model: ModelConfig,
  context: CallContext,
  limit: "nonStreamingMs" | "ttftMs",
  call: (
    provider: ProviderConfig,
    transport: Transport,
    errors: readonly GatewayError[],
  ) => Promise<T>,
): Promise<T> {
  const kind = limit === "ttftMs" ? "streaming.ttft_ms" : "non_streaming.total_ms";
  const modelMs = model.timeouts[limit];
  const onModelTimeout = () => modelTimeout(model.name, kind, modelMs ?? 0);
  return within(context.signal, modelMs, onModelTimeout, async (signal) => {
    const errors = new Map<string, GatewayError>();
    for (const provider of model.providers) {
      const { outboundTimeoutMs } = context.config.gateway;
      const providerMs = provider.timeouts[limit];
      const onTimeout = () => providerTimeout(provider.name, kind, providerMs ?? 0);
      try {
        return await within(signal, providerMs, onTimeout, async (inner) => {
          const apiKey = findApiKey(provider.apiKey, context.env, context.credentials);
          let signal: AbortSignal | undefined;
          const transport = {
            fetch: context.fetch,
            apiKey,
            // subtle: joined only on demand, because that is expensive; the models in this process never need it.
            get signal() {
              signal ??= outboundSignal(outboundTimeoutMs, inner);
              return signal;
            },
          };
          return call(provider, transport, errors.size === 0 ? [] : [...errors.values()]);
        });
      } catch (error) {
        signal.throwIfAborted();
        errors.set(provider.name, asGatewayError(error));
      }
    }
    throw allProvidersFailed(errors);
  });
}

/** Puts the provider's own changes between the variant's and the request's, so that the request's win. */
export function forProvider(request: ModelRequest, provider: ProviderConfig): ProviderRequest {
  const { variantExtra, requestExtra } = request;
  const join = <T>(variant: T[], own: T[], filtered: Filtered<T>[]): T[] => {
    if (variant.length + own.length + filtered.length === 0) return variant;
    const applies = filtered.filter(
      ({ providerName = provider.name }) => providerName === provider.name,
    );
    return [...variant, ...own, ...applies];
  };
  return {
    ...request,
    extraBody: join(variantExtra.body, provider.extraBody, requestExtra.body),
    extraHeaders: join(variantExtra.headers, provider.extraHeaders, requestExtra.headers),
  };
}

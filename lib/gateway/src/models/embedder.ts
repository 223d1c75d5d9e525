import { performance } from "node:perf_hooks";
import type { ModelConfig } from "../config/types";
import { rawResponsesOf } from "../errors";
import { uuidv7 } from "../ids";
import { type CallContext, eachProvider, type ModelResult } from "./model";
import { type EmbeddingRequest, embed } from "./providers/openai";
import type { ProviderResponse } from "./providers/types";

/** What a model of `[embedding_models]` answered. */
export interface Embedded
  extends ProviderResponse,
    Pick<ModelResult, "id" | "providerName" | "responseTimeMs" | "failed"> {
  /** One for each text, in their order. */
  embeddings: (number[] | string)[];
}

/** Asks an embedding model's providers in turn until one answers. @throws GatewayError */
export function callEmbedder(
  model: ModelConfig,
  request: EmbeddingRequest,
  context: CallContext,
): Promise<Embedded> {
  return eachProvider(model, context, "nonStreamingMs", async (provider, transport, errors) => {
    const started = performance.now();
    const response = await embed(provider, request, transport);
    const responseTimeMs = Math.floor(performance.now() - started);
    return {
      ...{ ...response, id: uuidv7(), providerName: provider.name, responseTimeMs },
      failed: rawResponsesOf(errors),
    };
  });
}

import type { Context } from "hono";
import { asGatewayError } from "../errors";
import type { Engine } from "../inference/engine";
import { EMBEDDING_MODEL, readEmbeddingsRequest } from "../requests/embeddings";
import { readJson } from "./body";
import { errorResponse } from "./errors";

/** POST /openai/v1/embeddings: texts as vectors, by a model of `[embedding_models]`. Nothing is stored. */
export async function postEmbeddings(
  c: Context,
  engine: Engine,
  errorJson: boolean,
): Promise<Response> {
  const request = readEmbeddingsRequest(await readJson(c));
  try {
    const { embeddings, usage } = await engine.embed(request, c.req.raw.signal);
    return c.json({
      object: "list",
      data: embeddings.map((embedding, index) => ({ object: "embedding", embedding, index })),
      model: EMBEDDING_MODEL + request.modelName,
      usage: {
        prompt_tokens: usage.inputTokens,
        total_tokens: usage.inputTokens,
        tensorzero_cost: usage.cost,
      },
    });
  } catch (error) {
    return errorResponse(c, asGatewayError(error), errorJson);
  }
}

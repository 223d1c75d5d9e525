import { invalidRequest, unsupported } from "../errors";
import { Fields } from "./fields";
import { refuseLacking } from "./parts";

/** One call of POST /openai/v1/embeddings. */
export interface EmbeddingsRequest {
  modelName: string;
  input: string | string[];
  dimensions?: number;
  encodingFormat: "float" | "base64";
  credentials: Record<string, string>;
}

/** What answers name a model by, and requests should. */
export const EMBEDDING_MODEL = "tensorzero::embedding_model_name::";

/** Reads the body of POST /openai/v1/embeddings. Fields that TensorZero does not know change nothing. @throws GatewayError */
export function readEmbeddingsRequest(body: unknown): EmbeddingsRequest {
  const fields = new Fields(body, "", "struct OpenAICompatibleEmbeddingParams");
  const input = readTexts(fields);
  const model = fields.requiredString("model");
  const dimensions = fields.integer("dimensions");
  const encodingFormat = fields.oneOf("encoding_format", ["float", "base64"] as const);
  refuseLacking(fields, ["tensorzero::cache_options", "tensorzero::include_raw_response"]);
  fields.boolean("tensorzero::dryrun"); // nothing is stored in any case
  if (input.length === 0 && Array.isArray(input)) throw invalidRequest("Input cannot be empty");
  return {
    modelName: model.startsWith(EMBEDDING_MODEL) ? model.slice(EMBEDDING_MODEL.length) : model,
    input,
    ...(dimensions !== undefined && { dimensions }),
    encodingFormat: encodingFormat ?? "float",
    credentials: fields.secretMap("tensorzero::credentials"),
  };
}

function readTexts(fields: Fields): string | string[] {
  const input = fields.raw("input") ?? fields.missing("input");
  if (typeof input === "string") return input;
  if (Array.isArray(input) && input.every((text) => typeof text === "string")) return input;
  if (Array.isArray(input) && input.flat().every(Number.isInteger))
    throw unsupported("embeddings of tokens");
  return fields.fail("input", "data did not match any variant of untagged enum EmbeddingInput");
}

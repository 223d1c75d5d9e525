import { HASHED_WORDS, hashedWords, SIZE } from "./hashed-words";
import { readObject, refuse, unknownModel } from "./request";
import { tokenCounter } from "./tokens";

/**
 * Answers POST /v1/embeddings of OpenAI's API with the one embedding model there is, `hashed_words`.
 *
 * @throws RefusedRequest
 */
export async function embeddings(body: string) {
  const { model, input, dimensions, encoding_format: format } = readObject(body);
  if (typeof model !== "string") refuse("model", "must be a string", model);
  if (model !== HASHED_WORDS) throw unknownModel(model, [HASHED_WORDS]);
  const texts: unknown[] = [input].flat();
  if (!texts.every((text) => typeof text === "string") || texts.length === 0)
    refuse("input", "must be a string or a non-empty array of strings", input);
  if (dimensions != null && dimensions !== SIZE)
    refuse("dimensions", `must be ${SIZE}`, dimensions);
  if (format != null && format !== "float" && format !== "base64")
    refuse("encoding_format", 'must be "float" or "base64"', format);
  const count = await tokenCounter();
  const tokens = texts.reduce((sum: number, text) => sum + count(text as string), 0);
  const vectors = texts.map((text) => hashedWords(text as string));
  return {
    object: "list",
    data: vectors.map((vector, index) => ({
      ...{ object: "embedding", index },
      embedding:
        format === "base64" ? Buffer.from(vector.buffer).toString("base64") : Array.from(vector),
    })),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

import { type Order, order } from "./provider";

/** One request of the list that both gateways get. */
export interface Probe {
  name: string;
  method: "GET" | "POST";
  path: string;
  /**
   * Sent as JSON, or as it is if it is a string. `$inference{name}` and `$episode{name}` stand for the ids that the probe of
   * that name made.
   */
  body?: unknown;
  /** It needs what an earlier inference left in the store, or is listed behind it. */
  late?: true;
}

const post =
  (path: string) =>
  (name: string, body: unknown, more: Partial<Probe> = {}): Probe => ({
    name,
    method: "POST",
    path,
    body,
    ...more,
  });

export const infer = post("/inference");
export const chat = post("/openai/v1/chat/completions");
export const embeddings = post("/openai/v1/embeddings");
export const feedback = post("/feedback");
export const list = post("/v1/inferences/list_inferences");
export const get = post("/v1/inferences/get_inferences");

/** The input of one message, which orders the provider's answer. */
export const ordering = (answer: Order) => ({
  messages: [{ role: "user", content: order(answer) }],
});

/** A native call of a probes' function that orders this. */
export const ask = (function_name: string, variant_name: string, answer: Order = {}) => ({
  function_name,
  variant_name,
  input: ordering(answer),
});

/** The same over OpenAI's route. */
export const askOpenAI = (
  function_name: string,
  variant_name: string | undefined,
  answer: Order = {},
) => ({
  model: `tensorzero::function_name::${function_name}`,
  messages: ordering(answer).messages,
  ...(variant_name === undefined ? {} : { "tensorzero::variant_name": variant_name }),
});

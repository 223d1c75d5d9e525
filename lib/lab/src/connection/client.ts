import {
  messageOf,
  parseHttpUrl,
  patientFetch,
  printable,
  RedirectError,
  redactKeys,
  Secrets,
  secretsIn,
  splitCredentials,
} from "embedded-gateway";
import OpenAI, { APIError } from "openai";
import type { ChatCompletion, ChatCompletionCreateParamsNonStreaming } from "openai/resources";
import { isNotConnected } from "./unreachable";

export interface GatewayClientOptions {
  /** The gateway's address, e.g. `http://localhost:3000`. A user and a password in it are sent as HTTP's Basic ones. */
  url: string;
  /** Sent as bearer token with every request, in place of a user and a password in `url`. Default: none. */
  apiKey?: string;
  /** How requests are sent; an embedded gateway is reached with its app's `fetch`. Default: `patientFetch`, which follows no redirect. */
  fetch?: (url: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** Milliseconds until a request is given up. Default 120,000. */
  timeoutMs?: number;
}

/** One call of a TensorZero function: with the arguments of its templates `system` and `user`, or with a conversation. */
export type InferenceRequest = {
  functionName: string;
  variantName: string;
  /** Left out at an episode's first inference: the gateway then makes one and answers it. */
  episodeId?: string;
  /**
   * Pictures of the latest observations, oldest first, the last of the current one. They come behind the last message's text,
   * each behind a caption, by the variant's template `past_picture` or `picture`, whose argument is the turn.
   */
  pictures?: readonly Picture[];
  tags?: Record<string, string>;
} & ({ system: object; user: object } | { messages: readonly InputMessage[] });

/** A message of a conversation: a text, or one of the variant's templates and its arguments. */
export interface InputMessage {
  role: "user" | "assistant";
  content: string | { template: string; arguments: object };
}

/** A picture of what the agent saw. */
export interface Picture {
  /** From 1. */
  turn: number;
  /** A PNG file. */
  png: Uint8Array;
}

export interface Inference extends TokenUsage {
  inferenceId: string;
  episodeId: string;
  variantName: string;
  /** The model's answer as it gave it; null if it gave none. */
  content: string | null;
  /** Why the model stopped: "length" at its token limit. subtle: in words of our own, since a cell would read all of openai's types. */
  finishReason: "stop" | "length" | "tool_calls" | "content_filter" | "function_call";
}

/** Tokens of an inference's model calls as the response states them: 0 on a cache hit, of which ClickHouse keeps the true ones. */
export interface TokenUsage {
  /** Null: a provider did not count those of each call. */
  inputTokens: number | null;
  outputTokens: number | null;
  /** Of the input tokens, those that the providers say they had in their own cache. */
  cachedInputTokens: number;
}

/** About an episode, or about one inference. */
export type FeedbackRequest = {
  metricName: string;
  /** A demonstration's is what the function should have answered. */
  value: boolean | number | string | Readonly<Record<string, unknown>>;
  tags?: Record<string, string>;
} & (
  | { episodeId: string; inferenceId?: undefined }
  | { inferenceId: string; episodeId?: undefined }
);

/** How long an inference may take, and who may give it up. */
export interface InferenceLimits {
  /** Aborting it gives the inference up; the gateway may still carry it out and store it. */
  signal?: AbortSignal;
  /** Milliseconds. Default: the client's. */
  timeoutMs?: number;
}

/** What `GET /status` answers, and whether the gateway is this project's own. */
export interface GatewayStatus {
  version: string;
  server: "TensorZero" | "babyai-lab";
}

/**
 * The gateway refused a request, failed, or could not be reached (`status` is null then). Without an answer it is not
 * known whether the gateway has carried the request out, unless `sent` is false.
 *
 * @example
 * const request = { functionName: "act", variantName: "nobody", system: {}, user: {} };
 * try {
 *   await lab.gateway.infer(request);
 * } catch (error) {
 *   error instanceof GatewayError && error.status; // 400
 * }
 */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  constructor(
    message: string,
    readonly status: number | null,
    { headers, ...options }: ErrorOptions & { headers?: Headers } = {},
  ) {
    super(printable(redactKeys(message)), options);
    this.retryAfterMs = retryAfterMs(headers);
  }

  /** Milliseconds after which the answer's `retry-after` asks to try again; null without one. */
  readonly retryAfterMs: number | null;

  /** False when no connection was made, so that the request cannot have had an effect. */
  get sent(): boolean {
    return !isNotConnected(this.cause);
  }
}

/** @returns null: the answer has no `retry-after`, or neither seconds nor a date there */
function retryAfterMs(headers: Headers | undefined): number | null {
  const value = headers?.get("retry-after");
  if (!value) return null;
  const seconds = Number(value);
  // A time is one of the server's clock.
  const sent = Date.parse(headers?.get("date") ?? "") || Date.now();
  const ms = Number.isNaN(seconds) ? Date.parse(value) - sent : seconds * 1000;
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

/** TensorZero's fields beside OpenAI's own, which the openai package's types lack. */
interface TensorZeroParams extends ChatCompletionCreateParamsNonStreaming {
  "tensorzero::variant_name": string;
  "tensorzero::episode_id"?: string;
  "tensorzero::tags"?: Record<string, string>;
}
type TensorZeroCompletion = Omit<ChatCompletion, "usage"> & {
  episode_id: string;
  usage?: Partial<TensorZeroUsage> | null;
};
interface TensorZeroUsage {
  prompt_tokens: number | null;
  completion_tokens: number | null;
  prompt_tokens_details: { cached_tokens?: number | null } | null;
  /** 0 on a cache hit; null where the config has no costs. */
  tensorzero_cost: number | null;
}

/**
 * A TensorZero Gateway through the `openai` package, with the calls that package lacks. The package's own retries are
 * off: the variant's retries in tensorzero.toml are the only ones, so that a failure counts once.
 */
export class GatewayClient {
  /** The gateway's address, without user and password. */
  readonly url: string;
  private readonly headers: Record<string, string>;
  private readonly secrets: Secrets;
  private readonly openai: OpenAI;
  private readonly fetch: NonNullable<GatewayClientOptions["fetch"]>;
  private readonly timeoutMs: number;

  /** @throws HttpUrlError */
  constructor({ url, apiKey, fetch = patientFetch, timeoutMs = 120_000 }: GatewayClientOptions) {
    const address = splitCredentials(parseHttpUrl(url));
    this.url = address.url.replace(/\/+$/, "");
    this.headers = apiKey ? { authorization: `Bearer ${apiKey}` } : address.headers;
    this.secrets = new Secrets(secretsIn(this.headers));
    this.fetch = fetch;
    this.timeoutMs = timeoutMs;
    this.openai = new OpenAI({
      baseURL: `${this.url}/openai/v1`,
      apiKey: "the gateway holds the keys",
      defaultHeaders: this.headers,
      maxRetries: 0,
      timeout: timeoutMs,
      fetch,
    });
  }

  /** @throws GatewayError */
  async infer(request: InferenceRequest, limits: InferenceLimits = {}): Promise<Inference> {
    const params: TensorZeroParams = {
      model: `tensorzero::function_name::${request.functionName}`,
      messages: withPictures(messagesOf(request), request.pictures ?? []),
      "tensorzero::variant_name": request.variantName,
      "tensorzero::episode_id": request.episodeId,
      "tensorzero::tags": request.tags,
    };
    let completion: TensorZeroCompletion;
    try {
      completion = (await this.openai.chat.completions.create(params, {
        signal: limits.signal,
        timeout: limits.timeoutMs ?? this.timeoutMs,
      })) as TensorZeroCompletion;
    } catch (error) {
      throw this.asGatewayError(error);
    }
    const choice = completion.choices?.[0];
    if (!choice || typeof completion.episode_id !== "string") {
      throw new GatewayError(
        `${this.url} answered without ${choice ? "an episode_id: is it a TensorZero Gateway?" : "a choice"}`,
        200,
      );
    }
    return {
      inferenceId: completion.id,
      episodeId: completion.episode_id,
      variantName: completion.model.split("::variant_name::")[1] ?? request.variantName,
      content: choice.message.content,
      finishReason: choice.finish_reason,
      ...usageOf(completion.usage),
    };
  }

  /**
   * Sends a metric, a comment (`metricName: "comment"`) or, for an inference, what it should have answered
   * (`metricName: "demonstration"`).
   *
   * @returns the feedback's id
   * @throws GatewayError
   */
  async feedback({ metricName, value, tags, ...target }: FeedbackRequest): Promise<string> {
    const { body } = await this.request("/feedback", {
      metric_name: metricName,
      value,
      episode_id: target.episodeId,
      inference_id: target.inferenceId,
      tags,
    });
    return (body as { feedback_id: string }).feedback_id;
  }

  /**
   * Texts as vectors.
   *
   * @param model one of `[embedding_models]`, or a shorthand
   * @returns one for each text, in their order
   * @throws GatewayError
   */
  async embed(model: string, texts: readonly string[]): Promise<number[][]> {
    const { body } = await this.request("/openai/v1/embeddings", {
      model: `tensorzero::embedding_model_name::${model}`,
      input: texts,
      encoding_format: "float",
    });
    const { data } = body as { data: { embedding: number[] }[] };
    const refuse = (what: string) => new GatewayError(`${model} gave ${what}`, 200);
    if (data.length !== texts.length)
      throw refuse(`${data.length} embeddings for ${texts.length} texts`);
    const embeddings = data.map(({ embedding }) => embedding);
    const size = embeddings[0]?.length ?? 0;
    for (const [i, embedding] of embeddings.entries()) {
      if (!Array.isArray(embedding) || embedding.length === 0 || !embedding.every(Number.isFinite))
        throw refuse(
          `${JSON.stringify(embedding)?.slice(0, 80)} as the embedding of text ${i + 1} of ${texts.length}: it must be a list of finite numbers, at least one. Is it an embedding model?`,
        );
      if (embedding.length !== size)
        throw refuse(
          `embeddings of ${size} and of ${embedding.length} numbers: all must have as many, to be compared. Is it one model?`,
        );
    }
    return embeddings;
  }

  /**
   * Has a model generate one token, which costs a dozen tokens and stores nothing.
   *
   * @throws GatewayError the model cannot be called; the message says why
   */
  async tryModel(model: string, timeoutMs = this.timeoutMs): Promise<void> {
    const request = {
      model_name: model,
      dryrun: true,
      input: { messages: [{ role: "user", content: "1" }] },
      params: { chat_completion: { max_tokens: 1 } },
    };
    await this.request("/inference", request, timeoutMs);
  }

  /** @throws GatewayError */
  async status(): Promise<GatewayStatus> {
    const { body, headers } = await this.request("/status");
    const own = headers.get("server") === "babyai-lab";
    return {
      version: (body as { version: string }).version,
      server: own ? "babyai-lab" : "TensorZero",
    };
  }

  /**
   * Whether the gateway takes this client's key: TensorZero's says its status to everybody.
   *
   * @throws GatewayError 401: it does not
   */
  async checkKey(): Promise<void> {
    const nothing = { ids: [], output_source: "inference" };
    await this.request("/v1/inferences/get_inferences", nothing).catch((error) => {
      if (error instanceof GatewayError && error.status === 401) throw error;
    });
  }

  /** GETs, or with a body POSTs it. */
  private async request(path: string, sent?: object, timeoutMs = this.timeoutMs) {
    let response: Response;
    let text: string;
    try {
      response = await this.fetch(this.url + path, {
        ...(sent && { method: "POST", body: JSON.stringify(sent) }),
        headers: { "content-type": "application/json", ...this.headers },
        signal: AbortSignal.timeout(timeoutMs),
      });
      text = await response.text();
    } catch (error) {
      throw this.asGatewayError(error);
    }
    if (!response.ok)
      throw new GatewayError(
        this.explain(response.status, this.secrets.redactError(`${response.status} ${text}`)),
        response.status,
      );
    try {
      return { body: JSON.parse(text) as unknown, headers: response.headers };
    } catch (cause) {
      throw new GatewayError(`${this.url}${path} answered no JSON`, response.status, { cause });
    }
  }

  private explain(status: number, message: string): string {
    return status === 401 ? `${refusedKeyText(this.url)} (${message})` : message;
  }

  private asGatewayError(error: unknown): GatewayError {
    // The openai package calls it "Connection error.".
    const redirect =
      error instanceof Error && error.cause instanceof RedirectError ? error.cause : null;
    const message = this.secrets.redactError(messageOf(redirect ?? error));
    if (error instanceof APIError && error.status !== undefined) {
      // Without the cause, which has all that the gateway said.
      const { status, headers } = error;
      return new GatewayError(this.explain(status, message), status, { headers });
    }
    return new GatewayError(`no answer from the gateway at ${this.url}: ${message}`, null, {
      cause: error,
    });
  }
}

/** What a 401 of a gateway means: a provider's comes as another status. */
export function refusedKeyText(url: string): string {
  return `Wrong or missing key for the gateway at ${url}: correct TENSORZERO_API_KEY, or the password in TENSORZERO_GATEWAY_URL (http://user:password@host:port)`;
}

/** A model always reads a token: 0 of them is a cache hit, which costs 0, or else a provider that does not count. */
function usageOf(usage: TensorZeroCompletion["usage"]): TokenUsage {
  const isCounted = Boolean(usage?.prompt_tokens) || usage?.tensorzero_cost === 0;
  return {
    inputTokens: isCounted ? (usage?.prompt_tokens ?? null) : null,
    outputTokens: isCounted ? (usage?.completion_tokens ?? null) : null,
    cachedInputTokens: usage?.prompt_tokens_details?.cached_tokens ?? 0,
  };
}

function messagesOf(request: InferenceRequest): OpenAI.ChatCompletionMessageParam[] {
  if ("messages" in request) {
    return request.messages.map(({ role, content }) =>
      typeof content === "string"
        ? { role, content }
        : { role, content: [template(content.template, content.arguments)] },
    );
  }
  return [
    { role: "system", content: [template("system", request.system)] },
    { role: "user", content: [template("user", request.user)] },
  ];
}

/** The last message with each picture behind its caption. */
function withPictures(
  messages: OpenAI.ChatCompletionMessageParam[],
  pictures: readonly Picture[],
): OpenAI.ChatCompletionMessageParam[] {
  const last = messages.at(-1);
  if (pictures.length === 0 || last?.role !== "user") return messages;
  const { content } = last;
  const told = typeof content === "string" ? [{ type: "text" as const, text: content }] : content;
  const shown = pictures.flatMap(({ turn, png }, index) => {
    const isCurrent = index === pictures.length - 1;
    const url = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
    return [
      template(isCurrent ? "picture" : "past_picture", { turn }),
      { type: "image_url" as const, image_url: { url } },
    ];
  });
  return [...messages.slice(0, -1), { role: "user", content: [...told, ...shown] }];
}

/** TensorZero's own content block. The openai package knows no such type, so it passes for a text block. */
function template(name: string, args: object) {
  const block = { type: "tensorzero::template", name, arguments: args };
  return block as unknown as OpenAI.ChatCompletionContentPartText;
}

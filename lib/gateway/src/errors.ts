import { messageOf } from "./basics/message-of";
/** An error with the status and the text that TensorZero answers with. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  constructor(
    readonly status: number,
    message: string,
    readonly options: {
      /** Key of the error in `error_json`, TensorZero's own name of it. */
      kind: string;
      /** False: trying again is pointless, and retries do not. */
      retryable?: boolean;
      cause?: unknown;
      /** What the provider answered, word for word. */
      rawResponse?: string;
      /** The errors that this one sums up. */
      errors?: readonly GatewayError[];
    },
  ) {
    super(message, { cause: options.cause });
  }

  /** What providers answered, in this error and in those that it sums up. */
  get rawResponses(): string[] {
    const { rawResponse, errors = [] } = this.options;
    const below = rawResponsesOf(errors);
    return rawResponse === undefined ? below : [rawResponse, ...below];
  }

  get retryable(): boolean {
    return this.options.retryable ?? true;
  }
}

const make =
  <A extends unknown[]>(kind: string, status: number, text: (...args: A) => string) =>
  (...args: A): GatewayError =>
    new GatewayError(status, text(...args), { kind });

export const invalidJson = make("JsonRequest", 400, (message: string) => message);
export const invalidRequest = make("InvalidRequest", 400, (message: string) => message);
export const invalidMessage = make("InvalidMessage", 400, (message: string) => message);
export const invalidTarget = make(
  "InvalidInferenceTarget",
  400,
  (message: string) => `Invalid inference target: ${message}`,
);
export const invalidOpenAI = make(
  "InvalidOpenAICompatibleRequest",
  400,
  (message: string) => `Invalid request to OpenAI-compatible endpoint: ${message}`,
);
export const invalidUuid = make(
  "InvalidUuid",
  400,
  (id: string) => `Failed to parse UUID as v7: ${id}`,
);
export const invalidId = make(
  "InvalidTensorzeroUuid",
  400,
  (kind: string, problem: string) => `Invalid ${kind} ID: ${problem}`,
);
export const workflowRunNotFound = make(
  "InvalidWorkflowEvaluationRun",
  400,
  (id: string) => `Workflow evaluation run not found for episode id: ${id}`,
);
export const unknownFunction = make(
  "UnknownFunction",
  404,
  (name: string) => `Unknown function: ${name}`,
);
export const unknownVariant = make(
  "UnknownVariant",
  404,
  (name: string) => `Unknown variant: ${name}`,
);
export const unknownMetric = make(
  "UnknownMetric",
  404,
  (name: string) => `Unknown metric: ${name}`,
);
export const unknownModel = make("UnknownModel", 500, (name: string) => `Unknown model: ${name}`);
export const modelNotFound = make(
  "ModelNotFound",
  404,
  (name: string) => `Model not found: ${name}`,
);
export const routeNotFound = make(
  "RouteNotFound",
  404,
  (method: string, path: string) => `Route not found: ${method} ${path}`,
);
export const noVariantsLeft = make(
  "NoFallbackVariantsRemaining",
  502,
  () => "No fallback variants remaining.",
);
export const inference = make("Inference", 500, (message: string) => message);
export const unsupported = make(
  "NotImplemented",
  501,
  (what: string) => `The embedded gateway lacks ${what}. Use the TensorZero Gateway itself.`,
);
export const invalidFile = make(
  "InvalidMessage",
  400,
  (at: string, problem: string) => `${at}: ${problem}`,
);
export const objectStoreUnconfigured = make(
  "ObjectStoreUnconfigured",
  500,
  () =>
    "Object storage is not configured. You must configure `[object_storage]` before making requests containing a `file` " +
    'content block. If you don\'t want to use object storage, you can explicitly set `object_storage.type = "disabled"` ' +
    "in your configuration.",
);
export const extraBody = make(
  "ExtraBodyReplacement",
  400,
  (problem: string, pointer: string) =>
    `Error replacing extra body: \`${problem}\` with pointer: \`${pointer}\``,
);
export const templateError = make(
  "MiniJinjaTemplateRender",
  500,
  (key: string, problem: string) =>
    `Error rendering template ${key}: Could not render template: ${problem}`,
);
export const apiKeyMissing = make(
  "ApiKeyMissing",
  400,
  (problem: string) => `API key missing for provider OpenAI: ${problem}`,
);

/** A file's address gave no file. */
export function badFileFetch(url: string, problem: string, cause: unknown): GatewayError {
  const kind = "BadFileFetch";
  return new GatewayError(500, `Error fetching file from ${url}: ${problem}`, { kind, cause });
}

/** What a schema refused. The data is shown in debug mode only, as it may be private. */
export function schemaValidation(
  messages: string[],
  schema: unknown,
  data: unknown,
  debug: boolean,
): GatewayError {
  const shown = debug ? `\n\nData:\n${JSON.stringify(data)}` : "";
  return new GatewayError(
    400,
    `JSON Schema validation failed:\n${messages.join("\n")}${shown}\n\nSchema:\n${JSON.stringify(schema)}`,
    { kind: "JsonSchemaValidation" },
  );
}

/** The provider refused the request (400, 401, 403, 429) or could not be reached (no status). */
export function providerClient(
  status: { code: number; text: string } | undefined,
  message: string,
  rawResponse?: string,
): GatewayError {
  const shown = status === undefined ? "" : ` ${status.code} ${status.text}`;
  return new GatewayError(status?.code ?? 500, `Error${shown} from openai client: ${message}`, {
    kind: "InferenceClient",
    rawResponse,
  });
}

/** The provider refused to begin a stream, or could not be reached. */
export function streamNotBegun(message: string, rawResponse?: string): GatewayError {
  return new GatewayError(
    500,
    `Inference stream closed due to error from openai server: ${message}`,
    { kind: "FatalStreamError", rawResponse },
  );
}

/** The gateway's own limit on any request to a provider. */
export function outboundTimeout(): GatewayError {
  return providerClient(
    undefined,
    "Request timed out due to `gateway.global_outbound_http_timeout_ms`. Consider increasing this value in your " +
      "configuration if you expect inferences to take longer to complete.",
  );
}

/** The provider failed, or answered what cannot be read. */
export function providerServer(
  message: string,
  rawResponse?: string,
  provider = "openai",
): GatewayError {
  return new GatewayError(500, `Error from ${provider} server: ${message}`, {
    kind: "InferenceServer",
    rawResponse,
  });
}

export type TimeoutKind = "non_streaming.total_ms" | "streaming.ttft_ms" | "streaming.total_ms";

export const providerTimeout = timeout("ModelProviderTimeout", (name) => `Model provider ${name}`);
export const modelTimeout = timeout("ModelTimeout", (name) => `Model ${name}`);
export const variantTimeout = timeout("VariantTimeout", (name) => `Variant \`${name}\``);

function timeout(kind: string, subject: (name: string) => string) {
  return (name: string, limit: TimeoutKind, ms: number): GatewayError =>
    new GatewayError(
      408,
      `${subject(name)} timed out due to configured \`${limit}\` timeout (${duration(ms)})`,
      { kind },
    );
}

/** As Rust prints a duration: 400ms, 1s, 1.5s. */
function duration(ms: number): string {
  return ms < 1000 ? `${ms}ms` : `${ms / 1000}s`;
}

function listed(errors: Map<string, GatewayError>, separator: string): string {
  return [...errors].map(([name, error]) => `${name}: ${error.message}`).join(separator);
}

export function allProvidersFailed(errors: Map<string, GatewayError>): GatewayError {
  return new GatewayError(
    500,
    `All model providers failed to infer with errors: ${listed(errors, ", ")}`,
    {
      kind: "AllModelProvidersFailed",
      retryable: [...errors.values()].some((error) => error.retryable),
      ...summed([...errors.values()]),
    },
  );
}

export function allRetriesFailed(errors: GatewayError[]): GatewayError {
  return new GatewayError(
    errors.at(-1)?.status ?? 500,
    `All retries failed with errors: ${errors.map((error) => error.message).join(", ")}`,
    { kind: "AllRetriesFailed", retryable: false, ...summed(errors) },
  );
}

export function allVariantsFailed(errors: Map<string, GatewayError>): GatewayError {
  return new GatewayError(502, `All variants failed with errors: ${listed(errors, "\n")}`, {
    kind: "AllVariantsFailed",
    ...summed([...errors.values()]),
  });
}

export function allCandidatesFailed(errors: Map<string, GatewayError>): GatewayError {
  return new GatewayError(502, `All candidates failed with errors: ${listed(errors, "\n")}`, {
    kind: "AllCandidatesFailed",
    ...summed([...errors.values()]),
  });
}

/** What providers answered in all of them, in order. */
export function rawResponsesOf(...lists: (readonly GatewayError[])[]): string[] {
  return lists.flatMap((errors) => errors.flatMap((error) => error.rawResponses));
}

function summed(errors: GatewayError[]) {
  return { errors, cause: errors.at(-1) };
}

/** What was thrown, as an error that can be answered with. */
export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const message = messageOf(error);
  return new GatewayError(500, message, { kind: "InternalError", cause: error });
}

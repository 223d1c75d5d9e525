import type { ChatParams, JsonMode, ToolChoice } from "./chat-params";
import type { ExtraBody, ExtraHeader } from "./extra";
import type { JsonSchema } from "./schema";

/** The whole of a configuration, read and checked. */
export interface GatewayConfig {
  /** Decimal text of a 256-bit hash over its files and all that they refer to; `/status` shows it. */
  hash: string;
  gateway: GatewaySettings;
  /** Undefined: the configuration has no `[object_storage]`, and files are refused. */
  storage: StorageKind | undefined;
  functions: Map<string, FunctionConfig>;
  models: Map<string, ModelConfig>;
  embeddingModels: Map<string, ModelConfig>;
  metrics: Map<string, MetricConfig>;
  tools: Map<string, ToolConfig>;
  templates: Templates;
}

export interface GatewaySettings {
  /** Folder that templates may include files from. */
  includes: string | undefined;
  basePath: string;
  /** Adds the refused data to schema errors. */
  debug: boolean;
  observability: boolean;
  /** `error_json` beside each error's text. */
  errorJson: boolean;
  validateFeedbackTargets: boolean;
  /** `fetch_and_encode_input_files_before_inference`: a model is sent a file's bytes, not its address. */
  encodeUrls: boolean;
  /** Longest that any request to a provider may take, in milliseconds. */
  outboundTimeoutMs: number;
  flushIntervalMs: number;
  maxBatchRows: number;
}

/** Where files are kept; disabled: nowhere, of each its hash alone is stored. */
export type StorageKind = { type: "filesystem"; path: string } | { type: "disabled" };

/** Renders templates by their key. */
export interface Templates {
  /** @throws GatewayError an undefined variable or another error of the template. */
  render(key: string, context: unknown): string;
}

export interface FunctionConfig {
  name: string;
  type: "chat" | "json";
  description: string | undefined;
  /** By name: `system`, `user`, `assistant`, or one's own. */
  schemas: Map<string, JsonSchema>;
  /** JSON functions only. */
  outputSchema: JsonSchema;
  /** Names of the templates that take arguments, over all variants. */
  templateNames: Set<string>;
  variants: Map<string, VariantConfig>;
  sampling: Sampling;
  tools: string[];
  toolChoice: ToolChoice;
  parallelToolCalls: boolean | undefined;
}

/**
 * How a variant is drawn: candidates by weight first, then the fallbacks in order. Undefined: all with equal chances.
 */
export type Sampling =
  | { type: "uniform" }
  | { type: "static"; candidates: Map<string, number>; fallbacks: string[] };

export interface Template {
  /** The file's path below the folder that all templates share. */
  key: string;
  /** `user_template = "…"` and its like, which plain text is rendered by; not `templates.user.path`. */
  legacy: boolean;
  schema: JsonSchema | undefined;
}

export interface RetryConfig {
  numRetries: number;
  maxDelayS: number;
}

export interface Timeouts {
  nonStreamingMs: number | undefined;
  ttftMs: number | undefined;
  streamingMs: number | undefined;
}

export interface VariantBase {
  name: string;
  weight: number | undefined;
  timeouts: Timeouts;
}

export interface ChatCompletionConfig extends VariantBase {
  type: "chat_completion";
  model: string;
  templates: Map<string, Template>;
  params: Omit<ChatParams, "json_mode">;
  jsonMode: JsonMode | undefined;
  retries: RetryConfig;
  extraBody: ExtraBody[];
  extraHeaders: ExtraHeader[];
}

export interface BestOfNConfig extends VariantBase {
  type: "experimental_best_of_n_sampling";
  candidates: string[];
  evaluator: ChatCompletionConfig;
}

export interface MixtureOfNConfig extends VariantBase {
  type: "experimental_mixture_of_n";
  candidates: string[];
  fuser: ChatCompletionConfig;
}

export interface DiclConfig extends VariantBase {
  type: "experimental_dynamic_in_context_learning";
  embeddingModel: string;
  k: number;
  maxDistance: number | undefined;
  systemInstructions: string;
  /** Model, parameters and retries of the call itself; it has no templates. */
  chat: ChatCompletionConfig;
}

export type VariantConfig = ChatCompletionConfig | BestOfNConfig | MixtureOfNConfig | DiclConfig;

export interface ModelConfig {
  name: string;
  /** Providers in the order in which they are tried. */
  providers: ProviderConfig[];
  timeouts: Timeouts;
}

export interface ProviderConfig {
  name: string;
  modelName: string;
  /** Ends with a slash. */
  apiBase: string;
  apiKey: ApiKeyLocation;
  timeouts: Timeouts;
  extraBody: ExtraBody[];
  extraHeaders: ExtraHeader[];
  cost: CostEntry[] | undefined;
}

export type ApiKeyLocation =
  | { kind: "none" }
  | { kind: "env"; name: string }
  | { kind: "path"; path: string }
  | { kind: "dynamic"; name: string }
  | { kind: "fallback"; first: ApiKeyLocation; second: ApiKeyLocation };

/** One term of a call's cost: what a JSON pointer finds in the raw response, times a rate. */
export interface CostEntry {
  pointer: string;
  perUnit: number;
  required: boolean;
}

export interface MetricConfig {
  type: "boolean" | "float";
  optimize: "min" | "max";
  level: "inference" | "episode";
  description: string | undefined;
}

export interface ToolConfig {
  /** The name sent to the model. */
  name: string;
  description: string;
  parameters: JsonSchema;
  strict: boolean;
}

import { readExtraBody, readExtraHeaders } from "./extra";
import type { ConfigFiles } from "./files";
import type { JsonSchema } from "./schema";
import { ConfigError, type Table } from "./table";
import type { ChatCompletionConfig, JsonMode, Template, Timeouts, VariantConfig } from "./types";

const TYPES = [
  "chat_completion",
  "experimental_best_of_n_sampling",
  "experimental_mixture_of_n",
  "experimental_dynamic_in_context_learning",
  "experimental_chain_of_thought",
] as const;

export const SERVICE_TIERS = ["auto", "default", "priority", "flex"] as const;

/** What TensorZero tells a model about the examples of in-context learning, in our words. */
const DICL_INSTRUCTIONS =
  "You are given examples of inputs and the outputs that were right for them. Learn the pattern from the examples, then " +
  "answer the last input with an output of the same form. Answer with the output alone.";

/** What a variant's table is read with. */
export interface VariantContext {
  name: string;
  type: "chat" | "json";
  schemas: Map<string, JsonSchema>;
  files: ConfigFiles;
}

/** Reads one `[functions.<f>.variants.<v>]`. Template keys are still file paths here. */
export function readVariant(table: Table, context: VariantContext): VariantConfig {
  const type = table.requiredOneOf("type", TYPES);
  const base = {
    name: context.name,
    weight: table.number("weight", 0),
    timeouts: readTimeouts(table),
  };
  table.lacks("namespace");
  const variant = readByType(type, base, table, context);
  table.end();
  return variant;
}

function readByType(
  type: (typeof TYPES)[number],
  base: Pick<VariantConfig, "name" | "weight" | "timeouts">,
  table: Table,
  context: VariantContext,
): VariantConfig {
  switch (type) {
    case "experimental_chain_of_thought":
      if (context.type !== "json")
        throw new ConfigError(`\`${table.path}\`: chain of thought is for JSON functions only.`);
      return { ...readChat(table, context), ...base, type };
    case "chat_completion":
      return { ...readChat(table, context), ...base, type };
    case "experimental_best_of_n_sampling":
      return {
        ...base,
        type,
        candidates: readCandidates(table),
        evaluator: readNested(table, "evaluator", context),
      };
    case "experimental_mixture_of_n":
      return {
        ...base,
        type,
        candidates: readCandidates(table),
        fuser: readNested(table, "fuser", context),
      };
    case "experimental_dynamic_in_context_learning":
      return {
        ...base,
        type,
        embeddingModel: table.requiredString("embedding_model"),
        k: table.integer("k", 1) ?? table.missing("k"),
        maxDistance: table.number("max_distance", 0),
        systemInstructions:
          context.files.read(table, "system_instructions")?.text ?? DICL_INSTRUCTIONS,
        chat: { ...readChat(table, context, false), ...base, type: "chat_completion" },
      };
  }
}

function readCandidates(table: Table): string[] {
  table.lacks("timeout_s");
  const candidates = table.strings("candidates") ?? table.missing("candidates");
  return candidates.length > 0
    ? candidates
    : table.fail("candidates", "is empty; name at least one variant");
}

function readNested(table: Table, key: string, context: VariantContext): ChatCompletionConfig {
  const nested = table.table(key) ?? table.missing(key);
  const weight = nested.number("weight", 0); // it may carry that of the variant that it was copied from
  const chat = readChat(nested, context);
  nested.end();
  return { ...chat, name: key, weight, timeouts: NO_TIMEOUTS, type: "chat_completion" };
}

/** @param templated false for in-context learning, which has neither templates nor service tiers. */
function readChat(
  table: Table,
  context: VariantContext,
  templated = true,
): Omit<ChatCompletionConfig, "name" | "weight" | "timeouts" | "type"> {
  const retries = table.table("retries");
  const numRetries = retries?.integer("num_retries") ?? 0;
  const maxDelayS = retries?.number("max_delay_s", 0) ?? 10;
  retries?.end();
  table.lacks("input_wrappers");
  return {
    model: table.requiredString("model"),
    templates: templated ? readTemplates(table, context) : new Map(),
    params: defined({
      temperature: table.number("temperature"),
      max_tokens: table.integer("max_tokens"),
      seed: table.integer("seed"),
      top_p: table.number("top_p"),
      presence_penalty: table.number("presence_penalty"),
      frequency_penalty: table.number("frequency_penalty"),
      stop_sequences: table.strings("stop_sequences"),
      reasoning_effort: table.string("reasoning_effort"),
      service_tier: templated ? table.oneOf("service_tier", SERVICE_TIERS) : undefined,
      thinking_budget_tokens: table.integer("thinking_budget_tokens"),
      verbosity: table.string("verbosity"),
    }),
    jsonMode: readJsonMode(table),
    retries: { numRetries, maxDelayS },
    extraBody: readExtraBody(table),
    extraHeaders: readExtraHeaders(table),
  };
}

function readJsonMode(table: Table): JsonMode | undefined {
  const mode = table.oneOf("json_mode", ["off", "on", "strict", "tool", "implicit_tool"]);
  return mode === "implicit_tool" ? "tool" : mode;
}

const ROLES = ["system", "user", "assistant"];

function readTemplates(
  table: Table,
  { type: _, schemas, files, name }: VariantContext,
): Map<string, Template> {
  const templates = new Map<string, Template>();
  for (const role of ROLES) {
    const key = files.template(table, `${role}_template`);
    if (key !== undefined) templates.set(role, { key, legacy: true, schema: schemas.get(role) });
  }
  for (const [role, entry] of table.tables("templates")) {
    if (templates.has(role))
      entry.fail("path", `clashes with \`${role}_template\`; give one of them`);
    const key = files.template(entry, "path") ?? entry.missing("path");
    entry.end();
    templates.set(role, { key, legacy: false, schema: schemas.get(role) });
  }
  for (const role of schemas.keys()) {
    if (templates.has(role)) continue;
    const key = ROLES.includes(role) ? `${role}_template` : `templates.${role}.path`;
    throw new ConfigError(
      `\`${table.path}\`: variant ${name} has no template "${role}", for which the function has a schema. Give it ${key}.`,
    );
  }
  return templates;
}

/** The chat completion that a variant is, judges with, fuses with, or shows its examples to. */
export function chatOf(variant: VariantConfig): ChatCompletionConfig {
  if ("evaluator" in variant) return variant.evaluator;
  if ("fuser" in variant) return variant.fuser;
  return "chat" in variant ? variant.chat : variant;
}

export const NO_TIMEOUTS: Timeouts = {
  nonStreamingMs: undefined,
  ttftMs: undefined,
  streamingMs: undefined,
};

export function readTimeouts(table: Table): Timeouts {
  const timeouts = table.table("timeouts");
  const nonStreaming = timeouts?.table("non_streaming");
  const streaming = timeouts?.table("streaming");
  const read = {
    nonStreamingMs: nonStreaming?.integer("total_ms"),
    ttftMs: streaming?.integer("ttft_ms"),
    streamingMs: streaming?.integer("total_ms"),
  };
  for (const part of [nonStreaming, streaming, timeouts]) part?.end();
  return read;
}

/** The entries that have a value. */
export function defined<T extends object>(
  record: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

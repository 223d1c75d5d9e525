import { readChatParams, readJsonMode } from "./chat-params";
import { readExtraBody, readExtraHeaders } from "./extra";
import type { ConfigFiles } from "./files";
import type { JsonSchema } from "./schema";
import { ConfigError, type Table } from "./table";
import type { ChatCompletionConfig, Template, Timeouts, VariantBase, VariantConfig } from "./types";

/** What a variant's table is read with. */
export interface VariantContext {
  name: string;
  type: "chat" | "json";
  schemas: Map<string, JsonSchema>;
  files: ConfigFiles;
}

/** How the variants of each type are read. */
export type VariantReaders = Readonly<
  Record<
    VariantConfig["type"],
    { read(table: Table, base: VariantBase, context: VariantContext): VariantConfig }
  >
>;

const CHAIN_OF_THOUGHT = "experimental_chain_of_thought";

/** Reads one `[functions.<f>.variants.<v>]`. Template keys are still file paths here. */
export function readVariant(
  table: Table,
  context: VariantContext,
  types: VariantReaders,
): VariantConfig {
  const type = table.requiredOneOf("type", [
    ...(Object.keys(types) as VariantConfig["type"][]),
    CHAIN_OF_THOUGHT,
  ]);
  if (type === CHAIN_OF_THOUGHT)
    return table.fail(
      "type",
      `is "${type}", which the embedded gateway lacks, and which TensorZero has deprecated. Use "chat_completion", with thoughts in ` +
        "the prompt and the output schema, or a model that thinks",
    );
  const weight = table.number("weight", 0);
  const base = { name: context.name, weight, timeouts: readTimeouts(table) };
  table.lacks("namespace");
  const variant = types[type].read(table, base, context);
  table.end();
  return variant;
}

export function readCandidates(table: Table): string[] {
  table.lacks("timeout_s");
  const candidates = table.strings("candidates") ?? table.missing("candidates");
  return candidates.length > 0
    ? candidates
    : table.fail("candidates", "is empty; name at least one variant");
}

export function readNested(
  table: Table,
  key: string,
  context: VariantContext,
): ChatCompletionConfig {
  const nested = table.table(key) ?? table.missing(key);
  const weight = nested.number("weight", 0); // it may carry that of the variant that it was copied from
  const chat = readChat(nested, context);
  nested.end();
  return { ...chat, name: key, weight, timeouts: NO_TIMEOUTS, type: "chat_completion" };
}

/** @param templated false for in-context learning, which has neither templates nor service tiers. */
export function readChat(
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
    params: readChatParams(table, "json_mode", ...(templated ? [] : (["service_tier"] as const))),
    jsonMode: readJsonMode(table),
    retries: { numRetries, maxDelayS },
    extraBody: readExtraBody(table),
    extraHeaders: readExtraHeaders(table),
  };
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

/** The chat completion of a variant: itself, its evaluator, its fuser, or the one that sees its examples. */
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

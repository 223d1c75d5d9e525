import { readToolChoice } from "./chat-params";
import type { ConfigFiles } from "./files";
import { JsonSchema } from "./schema";
import { ConfigError, type Table } from "./table";
import type { FunctionConfig, MetricConfig, Sampling, ToolConfig, VariantConfig } from "./types";
import { chatOf, readVariant, type VariantReaders } from "./variants";

/** Reads one `[functions.<f>]`. */
export function readFunction(
  table: Table,
  name: string,
  files: ConfigFiles,
  types: VariantReaders,
): FunctionConfig {
  refuseReserved(table, name);
  const type = table.requiredOneOf("type", ["chat", "json"]);
  const schemas = readSchemas(table, files);
  const outputSchema =
    (type === "json" ? files.schema(table, "output_schema") : undefined) ?? JsonSchema.ANY;
  const variants = new Map<string, VariantConfig>();
  for (const [variant, entry] of table.tables("variants")) {
    refuseReserved(entry, variant);
    variants.set(variant, readVariant(entry, { name: variant, type, schemas, files }, types));
  }
  checkCandidates(table, variants);
  const chat = type === "chat" ? table : undefined;
  const config: FunctionConfig = {
    name,
    type,
    description: table.string("description"),
    schemas,
    outputSchema,
    templateNames: templateNames(variants),
    variants,
    sampling: weightsOf(variants),
    tools: chat?.strings("tools") ?? [],
    toolChoice:
      (chat &&
        readToolChoice(chat, 'must be "none", "auto", "required" or { specific = "name" }')) ??
      "auto",
    parallelToolCalls: chat?.boolean("parallel_tool_calls"),
  };
  table.lacks("evaluators", "experimentation");
  table.end();
  return config;
}

function refuseReserved(table: Table, name: string): void {
  if (name.startsWith("tensorzero::")) {
    throw new ConfigError(`\`${table.path}\`: names that start with "tensorzero::" are reserved.`);
  }
}

function readSchemas(table: Table, files: ConfigFiles): Map<string, JsonSchema> {
  const schemas = new Map<string, JsonSchema>();
  for (const role of ["system", "user", "assistant"]) {
    const schema = files.schema(table, `${role}_schema`);
    if (schema !== undefined) schemas.set(role, schema);
  }
  for (const [role, entry] of table.tables("schemas")) {
    if (schemas.has(role)) entry.fail("path", `clashes with \`${role}_schema\`; give one of them`);
    schemas.set(role, files.schema(entry, "path") ?? entry.missing("path"));
    entry.end();
  }
  return schemas;
}

/** A template of the older form without a schema takes plain text only, so no arguments can be sent to it. */
function templateNames(variants: Map<string, VariantConfig>): Set<string> {
  const names = new Set<string>();
  for (const variant of variants.values()) {
    for (const [name, template] of chatOf(variant).templates) {
      if (!template.legacy || template.schema !== undefined) names.add(name);
    }
  }
  return names;
}

function checkCandidates(table: Table, variants: Map<string, VariantConfig>): void {
  for (const [name, variant] of variants) {
    if (!("candidates" in variant)) continue;
    for (const candidate of variant.candidates) {
      const found = variants.get(candidate);
      if (found === undefined)
        throw new ConfigError(
          `\`${table.path}.variants.${name}.candidates\` names "${candidate}", which is no variant of the function.`,
        );
      if ("candidates" in found)
        throw new ConfigError(
          `\`${table.path}.variants.${name}.candidates\` names "${candidate}", which has candidates itself.`,
        );
    }
  }
}

/** The weights of the variants; without any, all have equal chances. */
function weightsOf(variants: Map<string, VariantConfig>): Sampling {
  const weights = new Map<string, number>();
  for (const [name, { weight }] of variants) if (weight !== undefined) weights.set(name, weight);
  if (weights.size === 0) return { type: "uniform" };
  const fallbacks = [...variants.keys()].filter((name) => !weights.has(name)).sort();
  return { type: "static", candidates: weights, fallbacks };
}

/** Reads one `[metrics.<m>]`. */
export function readMetric(table: Table, name: string): MetricConfig {
  if (name === "comment" || name === "demonstration" || name.startsWith("tensorzero::")) {
    throw new ConfigError(`\`${table.path}\`: the metric name "${name}" is reserved.`);
  }
  const metric: MetricConfig = {
    type: table.requiredOneOf("type", ["boolean", "float"]),
    optimize: table.requiredOneOf("optimize", ["min", "max"]),
    level: table.requiredOneOf("level", ["inference", "episode"]),
    description: table.string("description"),
  };
  table.end();
  return metric;
}

/** Reads one `[tools.<t>]`. */
export function readTool(table: Table, name: string, files: ConfigFiles): ToolConfig {
  const tool: ToolConfig = {
    name: table.string("name") ?? name,
    description: table.requiredString("description"),
    parameters: files.schema(table, "parameters") ?? table.missing("parameters"),
    strict: table.boolean("strict") ?? false,
  };
  table.end();
  return tool;
}

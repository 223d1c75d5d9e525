import { createHash } from "node:crypto";
import type { ClickHouseClient } from "@clickhouse/client";
import { SettingsError } from "../experiment/plan/settings";
import type { VariantInfo } from "../experiment/variants/variants";
import { ExamplesError } from "./examples-error";

/** The stored examples of a variant of in-context learning. */
export interface Bank {
  /** Hashes of their input and output. */
  known: Set<string>;
  /** How many numbers each embedding has; null without examples. */
  size: number | null;
}

/** @throws ExamplesError embeddings of several sizes, which no input can be compared with */
export async function bankOf(
  clickhouse: ClickHouseClient,
  functionName: string,
  variantName: string,
): Promise<Bank> {
  const result = await clickhouse.query({
    query: `SELECT lower(hex(MD5(concat(input, '\n', output)))) AS hash, length(embedding) AS size FROM DynamicInContextLearningExample
      WHERE function_name = {functionName:String} AND variant_name = {variantName:String}`,
    query_params: { functionName, variantName },
    format: "JSONEachRow",
  });
  const rows = await result.json<{ hash: string; size: number | string }>();
  const sizes = [...new Set(rows.map(({ size }) => Number(size)))].sort((a, b) => a - b);
  if (sizes.length > 1 || sizes[0] === 0)
    throw new ExamplesError(
      `The examples of ${variantName} have embeddings of ${sizes.join(" and ")} numbers: all must have as many, and at least one, to be compared with an input. ${removal(functionName, variantName)}`,
    );
  return { known: new Set(rows.map(({ hash }) => hash)), size: sizes[0] ?? null };
}

/** How a bank is emptied. */
export function removal(functionName: string, variantName: string): string {
  const where = `function_name = '${functionName}' AND variant_name = '${variantName}'`;
  return `Take away what is there, and teach anew: await lab.clickhouse.command({ query: "DELETE FROM DynamicInContextLearningExample WHERE ${where}" })`;
}

export function hashOf(...texts: readonly string[]): string {
  return createHash("md5").update(texts.join("\n")).digest("hex");
}

/**
 * What those of the variants that are shown examples have: "4392, md5:…", the same for the same examples.
 *
 * @throws SettingsError one has none; ExamplesError one's cannot be compared
 */
export async function describeBanks(
  clickhouse: ClickHouseClient,
  variants: ReadonlyMap<string, VariantInfo>,
  names: readonly string[],
): Promise<Map<string, string>> {
  const banks = new Map<string, string>();
  for (const name of names) {
    const info = variants.get(name);
    if (info === undefined || info.embeddingModel === null) continue;
    const { known } = await bankOf(clickhouse, info.function, name);
    if (known.size === 0)
      throw new SettingsError(
        `${name} has no examples to be shown: lab.teach stores some for it, of episodes that lab.examples has chosen.`,
      );
    banks.set(name, describeBank(known));
  }
  return banks;
}

function describeBank(known: ReadonlySet<string>): string {
  return `${known.size}, md5:${hashOf(...[...known].sort()).slice(0, 16)}`;
}

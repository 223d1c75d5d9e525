import { createHash } from "node:crypto";
import type { ClickHouseClient } from "@clickhouse/client";
import { SettingsError } from "../experiment/plan/settings";
import type { VariantInfo } from "../experiment/variants/variants";

/** The stored examples of a variant of in-context learning, by the hashes of their input and output. */
export async function bankOf(
  clickhouse: ClickHouseClient,
  functionName: string,
  variantName: string,
): Promise<Set<string>> {
  const result = await clickhouse.query({
    query: `SELECT lower(hex(MD5(concat(input, '\n', output)))) AS hash FROM DynamicInContextLearningExample
      WHERE function_name = {functionName:String} AND variant_name = {variantName:String}`,
    query_params: { functionName, variantName },
    format: "JSONEachRow",
  });
  return new Set((await result.json<{ hash: string }>()).map(({ hash }) => hash));
}

export function hashOf(...texts: readonly string[]): string {
  return createHash("md5").update(texts.join("\n")).digest("hex");
}

/**
 * What those of the variants that are shown examples have: "4392, md5:…", the same for the same examples.
 *
 * @throws SettingsError one has none
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
    const bank = await bankOf(clickhouse, info.function, name);
    if (bank.size === 0)
      throw new SettingsError(
        `${name} has no examples to be shown: lab.teach stores some for it, of episodes that lab.examples has chosen.`,
      );
    banks.set(name, describeBank(bank));
  }
  return banks;
}

function describeBank(bank: ReadonlySet<string>): string {
  return `${bank.size}, md5:${hashOf(...[...bank].sort()).slice(0, 16)}`;
}

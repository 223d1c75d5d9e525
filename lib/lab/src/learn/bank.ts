import { createHash } from "node:crypto";
import type { ClickHouseClient } from "@clickhouse/client";

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

/** "4392, md5:…": the same for the same examples. */
export function describeBank(bank: ReadonlySet<string>): string {
  return `${bank.size}, md5:${hashOf(...[...bank].sort()).slice(0, 16)}`;
}

import type { ClickHouseClient } from "@clickhouse/client";

/** A stored input and the output that was right for it, both as JSON text. */
export interface Example {
  input: string;
  output: string;
  /** Cosine distance to what was looked for: 0 the same direction, 2 the opposite one. */
  distance: number;
}

/** The table DynamicInContextLearningExample. */
export class Examples {
  constructor(private readonly client: ClickHouseClient) {}

  /** The `k` examples of a variant that are nearest to a vector, the nearest first. */
  async nearest(
    functionName: string,
    variantName: string,
    vector: number[],
    k: number,
  ): Promise<Example[]> {
    const result = await this.client.query({
      query: `SELECT input, output, cosineDistance(embedding, {vector:Array(Float32)}) AS distance
        FROM DynamicInContextLearningExample
        WHERE function_name = {functionName:String} AND variant_name = {variantName:String}
        ORDER BY distance ASC LIMIT {k:UInt32}`,
      query_params: { functionName, variantName, vector, k },
      format: "JSONEachRow",
    });
    return result.json<Example>();
  }
}

import { performance } from "node:perf_hooks";
import type { ClickHouseClient } from "@clickhouse/client";

/** A stored input and the output that was right for it, both as JSON text. */
export interface Example {
  input: string;
  output: string;
  /** Cosine distance to what was looked for: 0 the same direction, 2 the opposite one. */
  distance: number;
}

/** What was read of a variant's examples. */
interface Read {
  /** How many there were, and the newest: while both stay, so do all. */
  state: string;
  examples: { input: string; output: string; unit: Float32Array }[];
}

/** ClickHouse is asked this often whether there are others, in milliseconds. A question for each inference would hold up a run. */
const FRESH_MS = 1000;

/**
 * The table DynamicInContextLearningExample. A variant's examples are kept in memory: to find the nearest of 4,000 with
 * 256 numbers each takes a millisecond here, and a query takes ClickHouse ten times as long.
 */
export class Examples {
  private readonly read = new Map<string, { at: number; reading: Promise<Read> }>();

  constructor(private readonly client: ClickHouseClient) {}

  /** The `k` examples of a variant that are nearest to a vector, the nearest first. */
  async nearest(
    functionName: string,
    variantName: string,
    vector: number[],
    k: number,
  ): Promise<Example[]> {
    const { examples } = await this.examplesOf(functionName, variantName);
    const wanted = unitOf(vector);
    const odd = examples.find(({ unit }) => unit.length !== wanted.length)?.unit.length;
    if (odd !== undefined)
      throw new RangeError(
        `An example of ${functionName}::${variantName} has an embedding of ${odd} numbers, and the input one of ${wanted.length}: both must be of the same model.`,
      );
    // The k best so far, the nearest first: to sort all of them would take longer than to compare them.
    const best: Example[] = [];
    for (const { unit, input, output } of examples) {
      const distance = 1 - dot(unit, wanted);
      if (best.length === k && distance >= (best[k - 1]?.distance ?? 0)) continue;
      const place = best.findIndex((other) => other.distance > distance);
      best.splice(place < 0 ? best.length : place, 0, { input, output, distance });
      if (best.length > k) best.pop();
    }
    return best;
  }

  /** One reads for all who ask within {@link FRESH_MS}. What cannot be read is asked for again. */
  private examplesOf(functionName: string, variantName: string): Promise<Read> {
    const key = JSON.stringify([functionName, variantName]);
    const last = this.read.get(key);
    if (last !== undefined && performance.now() - last.at < FRESH_MS) return last.reading;
    const reading = this.readAgain({ functionName, variantName }, last?.reading);
    this.read.set(key, { at: performance.now(), reading });
    reading.catch(() => this.read.delete(key));
    return reading;
  }

  private async readAgain(
    query_params: { functionName: string; variantName: string },
    last: Promise<Read> | undefined,
  ): Promise<Read> {
    const select = async <Row>(columns: string, order = "") => {
      const result = await this.client.query({
        query: `SELECT ${columns} FROM DynamicInContextLearningExample
          WHERE function_name = {functionName:String} AND variant_name = {variantName:String} ${order}`,
        query_params,
        format: "JSONEachRow",
      });
      return result.json<Row>();
    };
    const known = await last?.catch(() => undefined);
    const [row] = await select<{ state: string }>(
      "concat(toString(count()), ' ', toString(max(toString(id)))) AS state",
    );
    const state = row?.state ?? "";
    if (state === known?.state) return known;
    const rows = await select<Example & { embedding: number[] }>(
      "input, output, embedding",
      "ORDER BY toString(id)",
    );
    return {
      state,
      examples: rows.map(({ input, output, embedding }) => ({
        ...{ input, output, unit: unitOf(embedding) },
      })),
    };
  }
}

/** A vector of length 1 in the same direction; one without a direction stays as it is. */
function unitOf(vector: readonly number[]): Float32Array {
  const length = Math.hypot(...vector) || 1;
  return Float32Array.from(vector, (value) => value / length);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  const { length } = a;
  for (let i = 0; i < length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

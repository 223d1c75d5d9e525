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
  examples: { input: string; output: string }[];
  /** Their embeddings at length 1, one behind the other: there is nothing faster to go through. */
  units: Float32Array;
  /** How many numbers embeddings have: one count, unless different models made them. */
  sizes: number[];
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
    const { examples, units, sizes } = await this.examplesOf(functionName, variantName);
    const wanted = unitOf(vector);
    const odd = sizes.find((size) => size !== wanted.length);
    if (odd !== undefined)
      throw new RangeError(
        `An example of ${functionName}::${variantName} has an embedding of ${odd} numbers, and the input one of ${wanted.length}: both must be of the same model.`,
      );
    // The k best so far, the nearest first: to sort all of them would take longer than to compare them.
    const best: Example[] = [];
    for (const [i, { input, output }] of examples.entries()) {
      const distance = 1 - dot(units, i * wanted.length, wanted);
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
    const sizes = [...new Set(rows.map(({ embedding }) => embedding.length))];
    const [size = 0] = sizes;
    const units = new Float32Array(sizes.length === 1 ? rows.length * size : 0);
    if (units.length > 0)
      for (const [i, { embedding }] of rows.entries()) units.set(unitOf(embedding), i * size);
    return { state, examples: rows.map(({ input, output }) => ({ input, output })), units, sizes };
  }
}

/** A vector of length 1 in the same direction; one without a direction stays as it is. */
function unitOf(vector: readonly number[]): Float32Array {
  const length = Math.hypot(...vector) || 1;
  return Float32Array.from(vector, (value) => value / length);
}

/** Of a vector and the one that begins at `start`. subtle: four sums, since one would have to wait for itself at each step. */
function dot(a: Float32Array, start: number, b: Float32Array): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const { length } = b;
  let i = 0;
  for (let j = start; i + 3 < length; i += 4, j += 4) {
    s0 += (a[j] as number) * (b[i] as number);
    s1 += (a[j + 1] as number) * (b[i + 1] as number);
    s2 += (a[j + 2] as number) * (b[i + 2] as number);
    s3 += (a[j + 3] as number) * (b[i + 3] as number);
  }
  for (; i < length; i++) s0 += (a[start + i] as number) * (b[i] as number);
  return s0 + s1 + s2 + s3;
}

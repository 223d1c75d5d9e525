import { createHash } from "node:crypto";
import type { ClickHouseClient } from "@clickhouse/client";
import type { RowWriter } from "../store/insert";
import { Recent } from "../store/recent";
import { Collector } from "./collector";
import type {
  ChunkBlock,
  FinishReason,
  OutputBlock,
  ProviderRequest,
  ProviderResponse,
} from "./providers/types";

export interface CacheOptions {
  enabled: "on" | "off" | "read_only" | "write_only";
  maxAgeS: number | undefined;
}

export interface CacheKey {
  /** The long key's first eight bytes, as a number. */
  short: string;
  /** SHA-256 in hex. TensorZero uses BLAKE3 over its own form of the request, so the keys of the two never meet. */
  long: string;
}

/** An answer and the pieces in which it came. */
export interface StreamedResponse extends ProviderResponse {
  pieces: ChunkBlock[][];
}

interface CacheRow {
  output: string;
  raw_request: string;
  raw_response: string;
  input_tokens: number | null;
  output_tokens: number | null;
  finish_reason: FinishReason | null;
}

/** Longer than an entry waits to be inserted. */
const KEEP_MS = 5_000;

/** Answers of models, kept in the table ModelInferenceCache. Rows never expire; `max_age_s` decides when reading. */
export class Cache {
  /** What was stored a moment ago and may not be in the table yet. */
  private readonly recent = new Recent<{ row: CacheRow; at: number }>({ ms: KEEP_MS });

  constructor(
    private readonly client: ClickHouseClient,
    private readonly writer: RowWriter,
  ) {}

  /** Everything that decides the answer: model, provider and the whole request. */
  key(modelName: string, providerName: string, request: ProviderRequest, stream = false): CacheKey {
    const hash = createHash("sha256");
    hash.update(`${modelName}\0${providerName}\0${stream}\0${JSON.stringify(request)}`);
    const digest = hash.digest();
    return { short: digest.readBigUInt64LE(0).toString(), long: digest.toString("hex") };
  }

  async look(key: CacheKey, maxAgeS: number | undefined): Promise<ProviderResponse | undefined> {
    const row = await this.find(key, maxAgeS);
    return row === undefined ? undefined : toResponse(row, JSON.parse(row.output) as OutputBlock[]);
  }

  /** As `look`, for an answer that was streamed: with the pieces in which it came. */
  async lookStream(
    key: CacheKey,
    maxAgeS: number | undefined,
  ): Promise<StreamedResponse | undefined> {
    const row = await this.find(key, maxAgeS);
    if (row === undefined) return undefined;
    const pieces = JSON.parse(row.output) as ChunkBlock[][];
    const collector = new Collector();
    for (const blocks of pieces)
      collector.add({ blocks, usage: undefined, finishReason: undefined, raw: "" });
    return { ...toResponse(row, collector.output), pieces };
  }

  private async find(key: CacheKey, maxAgeS: number | undefined): Promise<CacheRow | undefined> {
    const recent = this.recent.get(key.long);
    if (
      recent !== undefined &&
      (maxAgeS === undefined || performance.now() - recent.at < maxAgeS * 1000)
    ) {
      return recent.row;
    }
    const result = await this.client.query({
      query: `SELECT output, raw_request, raw_response, input_tokens, output_tokens, finish_reason
        FROM ModelInferenceCache
        WHERE short_cache_key = {short:UInt64} AND long_cache_key = {long:String} AND NOT is_deleted
          ${maxAgeS === undefined ? "" : "AND dateDiff('second', timestamp, now()) < {age:UInt32}"}
        ORDER BY timestamp DESC LIMIT 1`,
      query_params: {
        short: key.short,
        long: key.long,
        ...(maxAgeS === undefined ? {} : { age: maxAgeS }),
      },
      format: "JSONEachRow",
    });
    const [row] = await result.json<CacheRow>();
    return row;
  }

  store(key: CacheKey, response: ProviderResponse): void {
    if (isWorthKeeping(response)) this.write(key, response, response.output);
  }

  storeStream(key: CacheKey, { pieces, ...response }: StreamedResponse): void {
    if (isWorthKeeping(response)) this.write(key, response, pieces);
  }

  private write(key: CacheKey, response: ProviderResponse, output: object): void {
    const row: CacheRow = {
      output: JSON.stringify(output),
      raw_request: response.rawRequest,
      raw_response: response.rawResponse,
      input_tokens: response.usage.inputTokens,
      output_tokens: response.usage.outputTokens,
      finish_reason: response.finishReason ?? null,
    };
    this.writer.write("ModelInferenceCache", {
      short_cache_key: key.short,
      long_cache_key: key.long,
      ...row,
    });
    this.recent.set(key.long, { row, at: performance.now() });
  }
}

function toResponse(row: CacheRow, output: OutputBlock[]): ProviderResponse {
  return {
    output,
    usage: { inputTokens: row.input_tokens, outputTokens: row.output_tokens, cost: 0 },
    finishReason: row.finish_reason ?? undefined,
    rawRequest: row.raw_request,
    rawResponse: row.raw_response,
  };
}

/** A tool call whose arguments are not JSON would fail again each time; plain text is kept whatever it holds. */
function isWorthKeeping({ output }: ProviderResponse): boolean {
  return output.every((block) => block.type !== "tool_call" || isJson(block.arguments));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

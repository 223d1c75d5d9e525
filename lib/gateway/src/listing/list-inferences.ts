import type { ClickHouseClient } from "@clickhouse/client";
import type { GatewayConfig } from "../config/types";
import type { RowWriter } from "../store/insert";
import { listQuery } from "./query";
import type { ListRequest } from "./request";

/** One row as the query gives it: JSON values as text. */
interface StoredRow {
  type: "json" | "chat";
  timestamp: string;
  episode_id: string;
  function_name: string;
  inference_id: string;
  input: string;
  output: string;
  dispreferred_outputs: string[];
  output_schema: string;
  tags: Record<string, string>;
  dynamic_tools: string[];
  allowed_tools: string | null;
  tool_choice: string | null;
  parallel_tool_calls: boolean | null;
  variant_name: string;
  extra_body: string | null;
  inference_params: string;
  processing_time_ms: number | null;
  ttft_ms: number | null;
  snapshot_hash: string | null;
}

/** Stored inferences, complete. Those answered a moment ago are included. */
export async function listInferences(
  request: ListRequest,
  {
    config,
    client,
    writer,
  }: { config: GatewayConfig; client: ClickHouseClient; writer: RowWriter },
): Promise<{ inferences: object[] }> {
  if (request.ids?.length === 0) return { inferences: [] };
  const { query, params } = listQuery(request, config);
  await writer.flush();
  const result = await client.query({ query, query_params: params, format: "JSONEachRow" });
  const rows = await result.json<StoredRow>();
  if (request.after !== undefined) rows.reverse();
  return { inferences: rows.map(toInference) };
}

function toInference(row: StoredRow): object {
  return {
    type: row.type,
    function_name: row.function_name,
    variant_name: row.variant_name,
    input: JSON.parse(row.input),
    ...(row.output === "" ? {} : { output: JSON.parse(row.output) }),
    dispreferred_outputs: row.dispreferred_outputs.map((output) => JSON.parse(output)),
    timestamp: row.timestamp,
    episode_id: row.episode_id,
    inference_id: row.inference_id,
    ...(row.type === "json" ? { output_schema: JSON.parse(row.output_schema) } : toolFields(row)),
    tags: row.tags,
    extra_body: JSON.parse(row.extra_body ?? "[]"),
    inference_params: JSON.parse(row.inference_params),
    processing_time_ms: row.processing_time_ms,
    ttft_ms: row.ttft_ms,
    ...(row.snapshot_hash === null ? {} : { snapshot_hash: row.snapshot_hash }),
  };
}

function toolFields({
  dynamic_tools,
  allowed_tools,
  tool_choice,
  parallel_tool_calls,
}: StoredRow): object {
  const allowed =
    allowed_tools === null
      ? undefined
      : (JSON.parse(allowed_tools) as { tools: string[]; choice: string });
  return {
    ...(allowed?.choice === "explicit" ? { allowed_tools: allowed.tools } : {}),
    ...(dynamic_tools.length === 0
      ? {}
      : { additional_tools: dynamic_tools.map((tool) => JSON.parse(tool)) }),
    ...(tool_choice === null
      ? {}
      : { tool_choice: tool_choice.startsWith("{") ? JSON.parse(tool_choice) : tool_choice }),
    ...(parallel_tool_calls === null ? {} : { parallel_tool_calls }),
    provider_tools: [],
  };
}

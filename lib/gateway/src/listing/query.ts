import type { GatewayConfig } from "../config/types";
import { GatewayError, invalidRequest, unknownFunction } from "../errors";
import type { Filter, ListRequest } from "./request";

export interface ListQuery {
  query: string;
  params: Record<string, unknown>;
}

type Table = "JsonInference" | "ChatInference";

/** The SQL of a list: the function's table, or both. Every value of the request is a bound parameter. @throws GatewayError */
export function listQuery(request: ListRequest, config: GatewayConfig): ListQuery {
  const fn =
    request.functionName === undefined ? undefined : config.functions.get(request.functionName);
  if (request.functionName !== undefined && fn === undefined)
    throw unknownFunction(request.functionName);
  const byMetric = request.orderBy.find(({ metric }) => metric !== undefined)?.metric;
  if (fn === undefined && byMetric !== undefined) {
    throw invalidRequest(
      `ORDER BY metric '${byMetric}' is not supported when querying without function_name`,
    );
  }
  const tables: Table[] =
    fn === undefined
      ? ["JsonInference", "ChatInference"]
      : [fn.type === "json" ? "JsonInference" : "ChatInference"];
  const builder = new Builder(request, config);
  const parts = tables.map((table) => builder.select(table));
  const order = builder.order();
  return {
    query: `SELECT * EXCEPT (${builder.hidden.join(", ")}) FROM (${parts.join("\nUNION ALL\n")})
      ORDER BY ${order.join(", ")} LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
    params: { ...builder.params, limit: request.limit, offset: request.offset },
  };
}

class Builder {
  readonly params: Record<string, unknown> = {};
  /** Columns that rows are ordered by and that are not shown. */
  readonly hidden = ["id_uint"];
  private readonly orderColumns: string[] = [];

  constructor(
    private readonly request: ListRequest,
    private readonly config: GatewayConfig,
  ) {
    request.orderBy.forEach(({ metric }, index) => {
      if (metric !== undefined) this.hidden.push(`order_${index}`);
      this.orderColumns.push(metric === undefined ? "timestamp" : `order_${index}`);
    });
  }

  select(table: Table): string {
    const joins = new Joins(this.config, (value, type) => this.bind(value, type));
    const conditions = this.conditions(joins);
    const { output, from } = this.output();
    const columns = [
      `'${table === "JsonInference" ? "json" : "chat"}' AS type`,
      "formatDateTime(i.timestamp, '%Y-%m-%dT%H:%i:%SZ', 'UTC') AS timestamp",
      "toUInt128(i.id) AS id_uint",
      "toString(i.episode_id) AS episode_id",
      "i.function_name AS function_name",
      "toString(i.id) AS inference_id",
      "i.input AS input",
      ...output,
      table === "JsonInference" ? "i.output_schema AS output_schema" : "'' AS output_schema",
      "i.tags AS tags",
      ...(table === "JsonInference"
        ? [
            "CAST([], 'Array(String)') AS dynamic_tools",
            "CAST(NULL, 'Nullable(String)') AS allowed_tools",
            "CAST(NULL, 'Nullable(String)') AS tool_choice",
            "CAST(NULL, 'Nullable(Bool)') AS parallel_tool_calls",
          ]
        : [
            "i.dynamic_tools AS dynamic_tools",
            "i.allowed_tools AS allowed_tools",
            "i.tool_choice AS tool_choice",
            "i.parallel_tool_calls AS parallel_tool_calls",
          ]),
      "i.variant_name AS variant_name",
      "i.extra_body AS extra_body",
      "i.inference_params AS inference_params",
      "i.processing_time_ms AS processing_time_ms",
      "i.ttft_ms AS ttft_ms",
      "toString(i.snapshot_hash) AS snapshot_hash",
    ];
    this.request.orderBy.forEach(({ metric }, index) => {
      if (metric !== undefined) columns.push(`${joins.value(metric)} AS order_${index}`);
    });
    return `SELECT ${columns.join(", ")} FROM ${table} AS i ${from} ${joins.clauses.join(" ")} WHERE ${conditions.join(" AND ")}`;
  }

  /** What comes first. Going forward from an id, rows are taken in rising order; the caller turns them round. */
  order(): string[] {
    const forward = this.request.after !== undefined;
    const order = this.request.orderBy.map(({ direction }, index) => {
      const rising = (direction === "ascending") !== forward;
      return `${this.orderColumns[index]} ${rising ? "ASC" : "DESC"} NULLS LAST`;
    });
    return [...order, `id_uint ${forward ? "ASC" : "DESC"}`];
  }

  private conditions(joins: Joins): string[] {
    const { ids, functionName, variantName, episodeId, before, after, filter } = this.request;
    const conditions = ["1"];
    if (ids !== undefined) conditions.push(`i.id IN ${this.bind(ids, "Array(UUID)")}`);
    if (functionName !== undefined)
      conditions.push(`i.function_name = ${this.bind(functionName, "String")}`);
    if (variantName !== undefined)
      conditions.push(`i.variant_name = ${this.bind(variantName, "String")}`);
    if (episodeId !== undefined) conditions.push(`i.episode_id = ${this.bind(episodeId, "UUID")}`);
    if (before !== undefined)
      conditions.push(`toUInt128(i.id) < toUInt128(${this.bind(before, "UUID")})`);
    if (after !== undefined)
      conditions.push(`toUInt128(i.id) > toUInt128(${this.bind(after, "UUID")})`);
    if (filter !== undefined) conditions.push(this.filter(filter, joins));
    return conditions;
  }

  private filter(filter: Filter, joins: Joins): string {
    switch (filter.type) {
      case "float_metric":
        // As text: a JavaScript number is exact only up to 2^53.
        return `${joins.value(filter.metricName, "float")} ${filter.operator} ${this.bind(String(filter.value), "Float64")}`;
      case "boolean_metric":
        return `${joins.value(filter.metricName, "boolean")} = ${this.bind(filter.value ? 1 : 0, "Bool")}`;
      case "demonstration_feedback":
        return `i.id ${filter.hasDemonstration ? "IN" : "NOT IN"} (SELECT DISTINCT inference_id FROM DemonstrationFeedback)`;
      case "tag": {
        const key = this.bind(filter.key, "String");
        return `(mapContains(i.tags, ${key}) AND i.tags[${key}] ${filter.operator} ${this.bind(filter.value, "String")})`;
      }
      case "time":
        return `i.timestamp ${filter.operator} parseDateTimeBestEffort(${this.bind(filter.time, "String")})`;
      case "and":
      case "or": {
        const children = filter.children.map(
          (child) => `COALESCE(${this.filter(child, joins)}, 0)`,
        );
        if (children.length === 0) return filter.type === "and" ? "TRUE" : "FALSE";
        return `(${children.join(filter.type === "and" ? " AND " : " OR ")})`;
      }
      case "not":
        return `NOT (COALESCE(${this.filter(filter.child, joins)}, 1))`;
    }
  }

  private output(): { output: string[]; from: string } {
    const none = "CAST([], 'Array(String)') AS dispreferred_outputs";
    if (this.request.outputSource === "none") return { output: ["'' AS output", none], from: "" };
    if (this.request.outputSource === "inference")
      return { output: ["i.output AS output", none], from: "" };
    return {
      output: ["demonstration.value AS output", "[i.output] AS dispreferred_outputs"],
      from: `JOIN (SELECT inference_id, argMax(value, timestamp) AS value FROM DemonstrationFeedback GROUP BY inference_id)
        AS demonstration ON i.id = demonstration.inference_id`,
    };
  }

  private bind(value: unknown, type: string): string {
    const name = `p${Object.keys(this.params).length}`;
    this.params[name] = value;
    return `{${name}:${type}}`;
  }
}

/** The latest value of each metric asked for, joined once. */
class Joins {
  readonly clauses: string[] = [];
  private readonly aliases = new Map<string, string>();

  constructor(
    private readonly config: GatewayConfig,
    private readonly bind: (value: unknown, type: string) => string,
  ) {}

  /**
   * @param kind what the value is looked for as. Default: the metric's own type.
   * @throws GatewayError 400 no such metric
   */
  value(metricName: string, kind?: "float" | "boolean"): string {
    const metric = this.config.metrics.get(metricName);
    if (metric === undefined) {
      throw new GatewayError(400, `Invalid metric name: ${metricName}`, {
        kind: "InvalidMetricName",
      });
    }
    const type = kind ?? metric.type;
    const known = this.aliases.get(`${type} ${metricName}`);
    if (known !== undefined) return `${known}.value`;
    const alias = `m${this.aliases.size}`;
    this.aliases.set(`${type} ${metricName}`, alias);
    const table = type === "float" ? "FloatMetricFeedback" : "BooleanMetricFeedback";
    // subtle: nullable, or an inference without feedback would count as one with the value 0.
    this.clauses.push(`LEFT JOIN (
        SELECT target_id, toNullable(argMax(value, timestamp)) AS value
        FROM ${table} WHERE metric_name = ${this.bind(metricName, "String")} GROUP BY target_id
      ) AS ${alias} ON i.${metric.level === "episode" ? "episode_id" : "id"} = ${alias}.target_id`);
    return `${alias}.value`;
  }
}

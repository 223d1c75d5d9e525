import { invalidRequest, unsupported } from "../errors";
import { Fields, unknownVariant } from "../requests/fields";

export type Comparison = "<" | "<=" | "=" | ">" | ">=" | "!=";
const COMPARISONS = ["<", "<=", "=", ">", ">=", "!="] as const;

/** Which inferences are listed. A filter on what an inference lacks is not passed, `not` included. */
export type Filter =
  | { type: "float_metric"; metricName: string; value: number; operator: Comparison }
  | { type: "boolean_metric"; metricName: string; value: boolean }
  | { type: "demonstration_feedback"; hasDemonstration: boolean }
  | { type: "tag"; key: string; value: string; operator: "=" | "!=" }
  | { type: "time"; time: string; operator: Comparison }
  | { type: "and" | "or"; children: Filter[] }
  | { type: "not"; child: Filter };

export interface Order {
  /** A metric's name; undefined: the time. */
  metric: string | undefined;
  direction: "ascending" | "descending";
}

export interface ListRequest {
  ids: string[] | undefined;
  functionName: string | undefined;
  variantName: string | undefined;
  episodeId: string | undefined;
  outputSource: "none" | "inference" | "demonstration";
  limit: number;
  offset: number;
  before: string | undefined;
  after: string | undefined;
  filter: Filter | undefined;
  orderBy: Order[];
}

const OUTPUT_SOURCES = ["none", "inference", "demonstration"] as const;

/** Reads the body of POST /v1/inferences/list_inferences. Unknown keys are ignored, as in TensorZero. @throws GatewayError 400 */
export function readListRequest(body: unknown): ListRequest {
  const fields = new Fields(body, "", "struct ListInferencesRequest");
  if (fields.has("search_query_experimental")) throw unsupported("`search_query_experimental`");
  const offset = fields.integer("offset");
  const filter = fields.raw("filters") ?? fields.raw("filter") ?? undefined;
  const request: ListRequest = {
    ids: undefined,
    functionName: fields.string("function_name"),
    variantName: fields.string("variant_name"),
    episodeId: fields.uuid("episode_id"),
    outputSource: fields.oneOf("output_source", OUTPUT_SOURCES) ?? "inference",
    limit: fields.integer("limit") ?? 20,
    offset: offset ?? 0,
    before: fields.uuid("before"),
    after: fields.uuid("after"),
    filter: filter === undefined ? undefined : readFilter(filter, "filters"),
    orderBy: (fields.array("order_by") ?? []).map((order, index) =>
      readOrder(order, `order_by[${index}]`),
    ),
  };
  const { before, after } = request;
  if (before !== undefined && after !== undefined)
    throw invalidRequest("Cannot specify both 'before' and 'after' parameters");
  if ((before ?? after) !== undefined && offset !== undefined) {
    throw invalidRequest("Cannot use 'offset' with cursor pagination ('before' or 'after')");
  }
  return request;
}

/** Reads the body of POST /v1/inferences/get_inferences. @throws GatewayError 400 */
export function readGetRequest(body: unknown): ListRequest {
  const fields = new Fields(body, "", "struct GetInferencesRequest");
  const ids = fields.array("ids") ?? fields.missing("ids");
  const uuids = ids.map(
    (_, index) =>
      new Fields({ id: ids[index] }, `ids[${index}]`).uuid("id") ??
      fields.fail("ids", "invalid type: null"),
  );
  return {
    ids: uuids,
    functionName: fields.string("function_name"),
    variantName: undefined,
    episodeId: undefined,
    outputSource: fields.oneOf("output_source", OUTPUT_SOURCES) ?? "inference",
    limit: uuids.length,
    offset: 0,
    before: undefined,
    after: undefined,
    filter: undefined,
    orderBy: [],
  };
}

const FILTERS = [
  "float_metric",
  "boolean_metric",
  "demonstration_feedback",
  "tag",
  "time",
  "and",
  "or",
  "not",
] as const;

/** How deep filters may be nested: deeper ones would exhaust the stack. */
const MAX_DEPTH = 50;

function readFilter(value: unknown, path: string, depth = 0): Filter {
  if (depth > MAX_DEPTH) throw invalidRequest(`Filters can be nested ${MAX_DEPTH} deep at most`);
  const fields = new Fields(value, path);
  const type = fields.requiredString("type");
  switch (type) {
    case "float_metric": {
      const metricName = fields.requiredString("metric_name");
      const number = fields.number("value") ?? fields.missing("value");
      return { type, metricName, value: number, operator: readOperator(fields) };
    }
    case "boolean_metric":
      return {
        type,
        metricName: fields.requiredString("metric_name"),
        value: fields.boolean("value") ?? fields.missing("value"),
      };
    case "demonstration_feedback":
      return {
        type,
        hasDemonstration:
          fields.boolean("has_demonstration") ?? fields.missing("has_demonstration"),
      };
    case "tag": {
      const operator =
        fields.oneOf("comparison_operator", ["=", "!="]) ?? fields.missing("comparison_operator");
      return {
        type,
        key: fields.requiredString("key"),
        value: fields.requiredString("value"),
        operator,
      };
    }
    case "time": {
      const time = fields.requiredString("time");
      if (Number.isNaN(Date.parse(time))) fields.fail("time", "input contains invalid characters");
      // JavaScript would read a time without an offset in this machine's time zone.
      if (!/(?:Z|[+-]\d\d:?\d\d)$/i.test(time)) fields.fail("time", "premature end of input");
      return { type, time: new Date(time).toISOString(), operator: readOperator(fields) };
    }
    case "and":
    case "or": {
      const children = fields.array("children") ?? fields.missing("children");
      return {
        type,
        children: children.map((child, index) =>
          readFilter(child, `${path}.children[${index}]`, depth + 1),
        ),
      };
    }
    case "not":
      return {
        type,
        child: readFilter(
          fields.raw("child") ?? fields.missing("child"),
          `${path}.child`,
          depth + 1,
        ),
      };
    default:
      return fields.fail("type", unknownVariant(type, FILTERS));
  }
}

function readOperator(fields: Fields): Comparison {
  return fields.oneOf("comparison_operator", COMPARISONS) ?? fields.missing("comparison_operator");
}

function readOrder(value: unknown, path: string): Order {
  const fields = new Fields(value, path);
  const by =
    fields.oneOf("by", ["timestamp", "metric", "search_relevance"]) ?? fields.missing("by");
  if (by === "search_relevance") {
    throw invalidRequest("ORDER BY relevance requires search_query_experimental in the request");
  }
  const direction =
    fields.oneOf("direction", ["ascending", "descending"]) ?? fields.missing("direction");
  return { metric: by === "metric" ? fields.requiredString("name") : undefined, direction };
}

import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import { JsonSchema } from "../config/schema";
import type { FunctionConfig, GatewayConfig } from "../config/types";
import { invalidRequest, invalidUuid, unknownFunction, unknownMetric } from "../errors";
import { type Answerable, readDemonstration } from "../functions/demonstration";
import { DEFAULT_FUNCTION, emptyFunction } from "../functions/functions";
import type { ToolSet } from "../functions/tools";
import { timeOf, uuidv7 } from "../ids";
import type { InferenceTarget, RecentTargets } from "../inference/targets";
import { Fields, isSingle } from "../requests/fields";
import { refuseReservedTags } from "../requests/tags";
import type { RowWriter, WritableTable } from "../store/insert";

type Level = "inference" | "episode";

export interface FeedbackRequest {
  metricName: string;
  value: unknown;
  inferenceId: string | undefined;
  episodeId: string | undefined;
  tags: Record<string, string>;
  internal: boolean;
  dryrun: boolean;
}

/** Reads the body of POST /feedback. @throws GatewayError 400 */
export function readFeedbackRequest(body: unknown): FeedbackRequest {
  const fields = new Fields(body, "", "struct Params");
  const request = {
    episodeId: fields.uuid("episode_id"),
    inferenceId: fields.uuid("inference_id"),
    metricName: fields.requiredString("metric_name"),
    value: fields.raw("value"),
    internal: fields.boolean("internal") ?? false,
    tags: { ...fields.stringMap("tags") },
    dryrun: fields.boolean("dryrun") ?? false,
  };
  if (request.value === undefined) fields.missing("value");
  fields.end();
  return request;
}

export interface FeedbackParts {
  config: GatewayConfig;
  client: ClickHouseClient;
  writer: RowWriter;
  targets: RecentTargets;
  /** Inferences under way: their rows may be about to come. */
  inFlight: () => number;
}

/** How long a target that is not there yet is waited for: until its id is this old, and at least the minimum. */
const COOLDOWN_MS = 6000;
const MINIMUM_WAIT_MS = 1000;
const POLL_MS = 100;

/** How long a target is waited for. An id that is ahead of the clock, which may have been set back, is as a new one. */
export function longestWaitMs(id: string): number {
  const left = timeOf(id) + COOLDOWN_MS - Date.now();
  return Math.min(COOLDOWN_MS, Math.max(MINIMUM_WAIT_MS, left));
}

/** Checks feedback and stores it. */
export class Feedback {
  constructor(private readonly parts: FeedbackParts) {}

  /** @returns the feedback's id @throws GatewayError */
  async give(request: FeedbackRequest): Promise<string> {
    const { config } = this.parts;
    if (!request.internal) refuseReservedTags(request.tags);
    else request.tags["tensorzero::internal"] = "true";
    if (!config.gateway.observability) {
      throw invalidRequest(
        "Feedback requires observability to be enabled (`gateway.observability.enabled` must not be `false`).",
      );
    }
    const { type, level, targetId } = this.readTarget(request);
    const id = uuidv7();
    const row = await this.row(type, level, targetId, request);
    if (!request.dryrun) {
      this.parts.writer.write(row.table, {
        id,
        ...row.columns,
        tags: request.tags,
        snapshot_hash: config.hash,
      });
    }
    return id;
  }

  private readTarget({ metricName, inferenceId, episodeId }: FeedbackRequest) {
    if (inferenceId !== undefined && episodeId !== undefined) {
      throw invalidRequest("Both episode_id and inference_id cannot be provided");
    }
    const metric = this.parts.config.metrics.get(metricName);
    if (metric === undefined && metricName !== "comment" && metricName !== "demonstration")
      throw unknownMetric(metricName);
    const level =
      metric?.level ??
      (metricName === "demonstration" ? "inference" : commentLevel(inferenceId, episodeId));
    const targetId = level === "inference" ? inferenceId : episodeId;
    if (targetId === undefined)
      throw invalidRequest(`Correct ID was not provided for feedback level "${level}".`);
    return { type: metric?.type ?? (metricName as "comment" | "demonstration"), level, targetId };
  }

  private async row(
    type: "boolean" | "float" | "comment" | "demonstration",
    level: Level,
    targetId: string,
    { value, metricName }: FeedbackRequest,
  ): Promise<{ table: WritableTable; columns: object }> {
    if (type === "demonstration") {
      const target = await this.waitForTarget(level, targetId);
      const stored = JSON.stringify(await this.demonstration(targetId, target, value));
      return {
        table: "DemonstrationFeedback",
        columns: { inference_id: targetId, value: stored },
      };
    }
    // The target's existence is checked before the value's type, as in TensorZero.
    if (this.parts.config.gateway.validateFeedbackTargets)
      await this.waitForTarget(level, targetId);
    switch (type) {
      case "boolean":
        if (typeof value !== "boolean")
          throw invalidRequest(`Feedback value for metric \`${metricName}\` must be a boolean`);
        return {
          table: "BooleanMetricFeedback",
          columns: { target_id: targetId, metric_name: metricName, value },
        };
      case "float":
        if (typeof value !== "number")
          throw invalidRequest(`Feedback value for metric \`${metricName}\` must be a number`);
        if (!isSingle(value)) {
          throw invalidRequest(
            `Feedback value for metric \`${metricName}\` is out of range: ${value}. Its column holds single precision, up to 3.4e38 either way.`,
          );
        }
        return {
          table: "FloatMetricFeedback",
          columns: { target_id: targetId, metric_name: metricName, value },
        };
      case "comment":
        if (typeof value !== "string")
          throw invalidRequest("Feedback value for a comment must be a string");
        return {
          table: "CommentFeedback",
          columns: { target_id: targetId, target_type: level, value },
        };
    }
  }

  private async waitForTarget(level: Level, id: string): Promise<InferenceTarget> {
    const version = id.charAt(14);
    if (version !== "7") throw invalidUuid(id);
    const deadline = performance.now() + longestWaitMs(id);
    for (;;) {
      // subtle: an inference under way may be the target; once none is left, what is not stored will not come.
      const mayCome = this.parts.inFlight() > 0;
      const found = await this.findTarget(level, id);
      if (found !== undefined) return found;
      if (!mayCome || performance.now() >= deadline) {
        throw invalidRequest(
          `${level === "inference" ? "Inference" : "Episode"} ID: ${id} does not exist`,
        );
      }
      await sleep(POLL_MS);
    }
  }

  private async findTarget(level: Level, id: string): Promise<InferenceTarget | undefined> {
    const recent = this.parts.targets.find(level, id);
    if (recent !== undefined) return recent;
    await this.parts.writer.flush();
    const source =
      level === "inference"
        ? "FROM InferenceById WHERE id_uint = toUInt128({id:UUID})"
        : "FROM InferenceByEpisodeId WHERE episode_id_uint = toUInt128({id:UUID})";
    const result = await this.parts.client.query({
      query: `SELECT function_name AS functionName, variant_name AS variantName ${source} LIMIT 1`,
      query_params: { id },
      format: "JSONEachRow",
    });
    return (await result.json<InferenceTarget>())[0];
  }

  private async demonstration(
    inferenceId: string,
    { functionName, answerable }: InferenceTarget,
    value: unknown,
  ): Promise<object> {
    const fn =
      functionName === DEFAULT_FUNCTION
        ? emptyFunction()
        : this.parts.config.functions.get(functionName);
    if (fn === undefined) throw unknownFunction(functionName);
    const facts = answerable ?? (await this.storedAnswerable(inferenceId, fn));
    return readDemonstration(fn, value, facts);
  }

  /** What the inference could have answered, from its row: its own schema and tools. */
  private async storedAnswerable(inferenceId: string, fn: FunctionConfig): Promise<Answerable> {
    const { client, writer } = this.parts;
    await writer.flush();
    const column = fn.type === "json" ? "output_schema" : "tool_params";
    const result = await client.query({
      query: `SELECT ${column} AS facts FROM ${fn.type === "json" ? "JsonInference" : "ChatInference"}
        WHERE function_name = {functionName:String} AND id = {inferenceId:UUID} LIMIT 1`,
      query_params: { functionName: fn.name, inferenceId },
      format: "JSONEachRow",
    });
    const facts = (await result.json<{ facts: string }>())[0]?.facts ?? "";
    if (fn.type === "json")
      return { outputSchema: new JsonSchema(JSON.parse(facts || "{}")), tools: undefined };
    return { outputSchema: JsonSchema.ANY, tools: facts === "" ? undefined : storedTools(facts) };
  }
}

function commentLevel(inferenceId: string | undefined, episodeId: string | undefined): Level {
  if (inferenceId !== undefined) return "inference";
  if (episodeId !== undefined) return "episode";
  throw invalidRequest("Exactly one of inference_id or episode_id must be provided");
}

function storedTools(text: string): ToolSet {
  const { tools_available, tool_choice } = JSON.parse(text) as {
    tools_available: ToolSet["configured"];
    tool_choice: ToolSet["choice"];
  };
  return {
    configured: tools_available,
    dynamic: [],
    allowed: undefined,
    choice: tool_choice,
    parallel: undefined,
  };
}

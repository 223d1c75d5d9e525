import { performance } from "node:perf_hooks";
import { messageOf } from "../basics/message-of";
import { shorthandModel } from "../config/models";
import { JsonSchema } from "../config/schema";
import type { FunctionConfig, GatewayConfig } from "../config/types";
import { GatewayError, invalidTarget, unknownFunction, unknownVariant } from "../errors";
import { resolveFile } from "../files/resolve";
import {
  checkJsonModeTool,
  DEFAULT_FUNCTION,
  emptyFunction,
  modelFunction,
} from "../functions/functions";
import { validateInput } from "../functions/input";
import { prepareTools } from "../functions/tools";
import { uuidv7, validateEpisodeId } from "../ids";
import type { Cache, CacheOptions } from "../models/cache";
import type { Examples } from "../models/examples";
import { type CallContext, findModel } from "../models/model";
import type { Fetch } from "../models/providers/exchange";
import { refuseReservedTags } from "../requests/tags";
import type { InferenceRequest, Input, InputBlock, ReceivedBlock } from "../requests/types";
import { inferVariant } from "../variants/infer";
import type { Run } from "../variants/run";

/** What calls of models work with. */
export interface CallParts {
  config: GatewayConfig;
  cache: Cache;
  examples: Examples;
  fetch: Fetch;
  env: NodeJS.ProcessEnv;
}

/** A request whose every check has passed, ready to be run. */
export interface Prepared {
  inferenceId: string;
  episodeId: string;
  started: number;
  fn: FunctionConfig;
  pinned: string | undefined;
  tags: Record<string, string>;
  run: Run;
}

/**
 * The checks, in TensorZero's order. The last are those of files, which may have to be fetched.
 *
 * @param client aborted when nobody waits for the answer any more
 * @throws GatewayError
 */
export async function prepare(
  request: InferenceRequest,
  parts: CallParts,
  client: AbortSignal,
): Promise<Prepared> {
  const started = performance.now();
  const inferenceId = uuidv7();
  const tags = { ...request.tags };
  if (!request.internal) refuseReservedTags(tags);
  else tags["tensorzero::internal"] = "true";
  if (request.episodeId !== undefined) validateEpisodeId(request.episodeId);
  const episodeId = request.episodeId ?? uuidv7();
  const fn = findFunction(request, parts.config);
  if (fn.variants.size === 0) {
    throw new GatewayError(500, `Function \`${fn.name}\` has no variants`, {
      kind: "InvalidFunctionVariants",
    });
  }
  const { config } = parts;
  checkJsonModeTool(fn, request);
  validateInput(fn, request.input, config.gateway.debug);
  checkFilters(fn, request, parts);
  const tools = prepareTools(fn, config.tools, request.tools);
  if (request.variantName !== undefined) {
    if (!fn.variants.has(request.variantName)) throw unknownVariant(request.variantName);
    tags["tensorzero::variant_pinned"] = request.variantName;
  }
  const call: CallContext = {
    config,
    fetch: parts.fetch,
    env: parts.env,
    credentials: request.credentials,
    cache: parts.cache,
    examples: parts.examples,
    cacheOptions: effectiveCache(request),
    client,
    signal: client,
  };
  const outputSchema = dynamicSchema(request.outputSchema);
  const run = {
    fn,
    request: { ...request, input: await withFiles(request.input, parts, client) },
    outputSchema,
    tools,
    call,
    params: request.params,
    infer: inferVariant,
  };
  return { inferenceId, episodeId, started, fn, pinned: request.variantName, tags, run };
}

/** The input with the bytes of its files. @throws GatewayError */
async function withFiles(
  { messages, ...input }: Input<ReceivedBlock>,
  { config, fetch }: CallParts,
  signal: AbortSignal,
): Promise<Input> {
  const resolved: Input["messages"] = [];
  for (const { role, content } of messages) {
    const blocks: InputBlock[] = [];
    for (const block of content)
      blocks.push(block.type === "file" ? await resolveFile(block, config, fetch, signal) : block);
    resolved.push({ role, content: blocks });
  }
  return { ...input, messages: resolved };
}

function findFunction(
  { functionName, modelName, variantName }: InferenceRequest,
  config: GatewayConfig,
): FunctionConfig {
  if (functionName !== undefined && modelName !== undefined) {
    throw invalidTarget("Only one of `function_name` or `model_name` can be provided");
  }
  if (functionName !== undefined) {
    if (functionName === DEFAULT_FUNCTION) return emptyFunction();
    const fn = config.functions.get(functionName);
    if (fn === undefined) throw unknownFunction(functionName);
    return fn;
  }
  if (modelName === undefined)
    throw invalidTarget("Either `function_name` or `model_name` must be provided");
  if (variantName !== undefined)
    throw invalidTarget("`variant_name` cannot be provided when using `model_name`");
  if (!config.models.has(modelName) && shorthandModel(modelName) === undefined) {
    throw invalidTarget(`Invalid model name: Model name '${modelName}' not found in model table`);
  }
  return modelFunction(modelName);
}

/** Changes of what the provider is sent may be for one variant or model: it must be there. @throws GatewayError 400, 404 */
function checkFilters(
  fn: FunctionConfig,
  { extraBody, extraHeaders }: InferenceRequest,
  { config, env }: CallParts,
): void {
  for (const { variantName, modelName, providerName } of [...extraBody, ...extraHeaders]) {
    if (variantName !== undefined && !fn.variants.has(variantName))
      throw unknownVariant(variantName);
    if (modelName === undefined) continue;
    if (!config.models.has(modelName) && shorthandModel(modelName) === undefined)
      throw invalidTarget(`Invalid model provider filter: model \`${modelName}\` does not exist.`);
    const { providers } = findModel(config.models, modelName, env);
    if (providerName !== undefined && !providers.some(({ name }) => name === providerName))
      throw invalidTarget(
        `Invalid model provider filter: provider \`${providerName}\` not found in model \`${modelName}\`.`,
      );
  }
}

function effectiveCache({ cache, dryrun }: InferenceRequest): CacheOptions {
  if (!dryrun) return cache;
  const enabled =
    cache.enabled === "on" ? "read_only" : cache.enabled === "write_only" ? "off" : cache.enabled;
  return { ...cache, enabled };
}

function dynamicSchema(schema: unknown): JsonSchema | undefined {
  if (schema === undefined) return undefined;
  try {
    return new JsonSchema(schema);
  } catch (cause) {
    const problem = messageOf(cause);
    throw new GatewayError(400, `Error in compiling client-provided JSON schema: ${problem}`, {
      kind: "DynamicJsonSchema",
      cause,
    });
  }
}

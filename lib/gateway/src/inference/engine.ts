import { performance } from "node:perf_hooks";
import { shorthandModel } from "../config/models";
import {
  allVariantsFailed,
  asGatewayError,
  type GatewayError,
  modelNotFound,
  noVariantsLeft,
  rawResponsesOf,
  unknownVariant,
} from "../errors";
import type { ObjectStore } from "../files/object-store";
import type { Answerable } from "../functions/demonstration";
import { type ChatBlock, chatContent, type JsonOutput, jsonOutput } from "../functions/output";
import { drawVariant, episodeFraction } from "../functions/sampling";
import { callEmbedder, type Embedded } from "../models/embedder";
import { findModel, type ModelResult } from "../models/model";
import type {
  ChunkBlock,
  FinishReason,
  OutputBlock,
  ProviderChunk,
  Usage,
} from "../models/providers/types";
import type { EmbeddingsRequest } from "../requests/embeddings";
import type { InferenceRequest } from "../requests/types";
import type { RowWriter } from "../store/insert";
import { inferVariant, streamVariant } from "../variants/infer";
import type { Run, VariantResult, VariantStream } from "../variants/run";
import { type CallParts, type Prepared, prepare } from "./prepare";
import { chatInferenceRow, type InferenceFacts, jsonInferenceRow, modelInferenceRow } from "./rows";
import type { RecentTargets } from "./targets";
import { sumUsage } from "./usage";

/** What the gateway works with. */
export interface EngineParts extends CallParts {
  writer: RowWriter;
  files: ObjectStore;
  targets: RecentTargets;
}

/** An inference that succeeded, before a route puts it into its own words. */
export interface Answer {
  inferenceId: string;
  episodeId: string;
  variantName: string;
  result: { type: "json"; output: JsonOutput } | { type: "chat"; content: ChatBlock[] };
  usage: Usage;
  finishReason: FinishReason | undefined;
  calls: ModelResult[];
  /** What providers answered to variants that were drawn before this one and failed. */
  failed: string[];
}

/** Who listens to a streamed answer. */
export interface StreamListener {
  chunk(chunk: ProviderChunk): void;
  /** The answer broke off; nothing comes after it. */
  error(error: GatewayError): void;
}

/** An answer whose first piece has arrived. */
export interface StreamedAnswer {
  inferenceId: string;
  episodeId: string;
  variantName: string;
  functionType: "chat" | "json";
  /** What providers answered to variants that were drawn before this one and failed. */
  failed: string[];
  /** The call that streams, and those that were over before it began. */
  call: Pick<ModelResult, "id" | "failed">;
  previous: ModelResult[];
  /** Call it once. Resolves with the whole answer. */
  pump(listener: StreamListener): Promise<Answer>;
}

/** Runs inferences: checks, draws a variant, asks models, stores rows. */
export class Engine {
  private running = 0;
  private whenIdle: (() => void)[] = [];

  constructor(private readonly parts: EngineParts) {}

  /** Inferences under way. */
  get inFlight(): number {
    return this.running;
  }

  /** Resolves once nothing is under way. */
  async idle(): Promise<void> {
    if (this.running > 0) await new Promise<void>((resolve) => this.whenIdle.push(resolve));
  }

  /**
   * @param client aborted when nobody waits for the answer any more: the provider's request then ends, and nothing is
   * stored
   * @throws GatewayError
   */
  async infer(request: InferenceRequest, client: AbortSignal): Promise<Answer> {
    this.begin();
    try {
      await this.parts.writer.room();
      const prepared = await prepare(request, this.parts, client);
      return await this.withVariant(prepared, async (variantName, failed) => {
        const variant = prepared.fn.variants.get(variantName);
        if (variant === undefined) throw unknownVariant(variantName);
        const result = await inferVariant(variant, prepared.run);
        return this.finish(prepared, variantName, result, { failed });
      });
    } finally {
      this.end();
    }
  }

  /**
   * As `infer`, in pieces. Resolves when the first piece has arrived; `pump` then hands them on to the end and stores the
   * inference, of one that was given up what had come.
   *
   * @throws GatewayError
   */
  async stream(request: InferenceRequest, client: AbortSignal): Promise<StreamedAnswer> {
    this.begin();
    try {
      await this.parts.writer.room();
      const prepared = await prepare(request, this.parts, client);
      return await this.withVariant(prepared, async (variantName, failed) => {
        const variant = prepared.fn.variants.get(variantName);
        if (variant === undefined) throw unknownVariant(variantName);
        const stream = await streamVariant(variant, prepared.run);
        const { inferenceId, episodeId, fn } = prepared;
        const pump = (emit: StreamListener) => this.pump(prepared, variantName, stream, emit);
        return {
          inferenceId,
          episodeId,
          variantName,
          functionType: fn.type,
          failed,
          call: stream.call,
          previous: stream.previous,
          pump,
        };
      });
    } catch (error) {
      this.end();
      throw error;
    }
  }

  /** Texts as vectors. Nothing is stored. @throws GatewayError */
  async embed(
    { modelName, credentials, ...request }: EmbeddingsRequest,
    client: AbortSignal,
  ): Promise<Embedded> {
    this.begin();
    try {
      const { config, env } = this.parts;
      if (!config.embeddingModels.has(modelName) && shorthandModel(modelName) === undefined)
        throw modelNotFound(modelName);
      const model = findModel(config.embeddingModels, modelName, env);
      const cacheOptions = { enabled: "off", maxAgeS: undefined } as const;
      const call = { ...this.parts, credentials, cacheOptions, client, signal: client };
      return await callEmbedder(model, request, call);
    } finally {
      this.end();
    }
  }

  private async pump(
    prepared: Prepared,
    variantName: string,
    stream: VariantStream,
    listener: StreamListener,
  ): Promise<Answer> {
    let ttftMs: number | undefined;
    try {
      for await (const chunk of stream.chunks) {
        ttftMs ??= Math.floor(performance.now() - prepared.started);
        listener.chunk({ ...chunk, blocks: asAnswerChunk(chunk.blocks, prepared.run) });
      }
    } catch (error) {
      listener.error(asGatewayError(error));
    }
    try {
      return this.finish(prepared, variantName, stream.result(), { failed: [], ttftMs });
    } finally {
      this.end();
    }
  }

  private begin(): void {
    this.running++;
  }

  private end(): void {
    this.running--;
    if (this.running === 0) for (const resolve of this.whenIdle.splice(0)) resolve();
  }

  /** The pinned variant; otherwise variants are drawn until one succeeds. */
  private async withVariant<T>(
    { fn, pinned, episodeId, run }: Prepared,
    attempt: (variantName: string, failed: string[]) => Promise<T>,
  ): Promise<T> {
    const [only] = fn.variants.keys();
    if (pinned !== undefined) return attempt(pinned, []);
    // A call of a model has one variant, named after the model; it is still drawn, so its failure is wrapped.
    const active = new Set(fn.variants.keys());
    const fraction = episodeFraction(fn.name, episodeId);
    const errors = new Map<string, GatewayError>();
    while (active.size > 0) {
      const name =
        run.request.modelName === undefined ? drawVariant(fn.sampling, active, fraction) : only;
      if (name === undefined) break;
      try {
        return await attempt(name, rawResponsesOf([...errors.values()]));
      } catch (error) {
        run.call.signal.throwIfAborted();
        errors.set(name, asGatewayError(error));
        active.delete(name);
      }
    }
    throw errors.size === 0 ? noVariantsLeft() : allVariantsFailed(errors);
  }

  /** Checks the output and stores the rows. */
  private finish(
    prepared: Prepared,
    variantName: string,
    result: VariantResult,
    { failed, ttftMs }: { failed: string[]; ttftMs?: number },
  ): Answer {
    const { fn, run, inferenceId, episodeId } = prepared;
    const facts: InferenceFacts = {
      inferenceId,
      episodeId,
      functionName: fn.name,
      variantName,
      request: run.request,
      params: result.params,
      tags: prepared.tags,
      processingTimeMs: Math.floor(performance.now() - prepared.started),
      ttftMs,
      snapshotHash: this.parts.config.hash,
    };
    const answer = {
      inferenceId,
      episodeId,
      variantName,
      usage: sumUsage(result.calls),
      finishReason: result.finishReason,
      calls: result.calls,
      failed,
    };
    if (fn.type === "chat") {
      const content = chatContent(asAnswer(result.output, run), run.tools);
      const answerable = { outputSchema: fn.outputSchema, tools: run.tools };
      this.store(facts, result, answerable, "ChatInference", () =>
        chatInferenceRow(facts, content, run.tools),
      );
      return { ...answer, result: { type: "chat", content } };
    }
    const schema = run.outputSchema ?? fn.outputSchema;
    const { output, auxiliary } = jsonOutput(result.output, schema);
    const answerable = { outputSchema: schema, tools: undefined };
    this.store(facts, result, answerable, "JsonInference", () =>
      jsonInferenceRow(facts, output, schema, auxiliary),
    );
    return { ...answer, result: { type: "json", output } };
  }

  private store(
    facts: InferenceFacts,
    { calls }: VariantResult,
    answerable: Answerable,
    table: "JsonInference" | "ChatInference",
    row: () => object,
  ): void {
    const { config, writer, files, targets } = this.parts;
    if (facts.request.dryrun || !config.gateway.observability) return;
    files.keep(facts.request.input.messages);
    writer.write(table, row());
    for (const call of calls) writer.write("ModelInference", modelInferenceRow(call, facts));
    targets.add(facts, answerable);
  }
}

/** In JSON mode "tool" the arguments of the tool that stands for the answer are a chat function's text. */
function asAnswer(output: OutputBlock[], { fn, params }: Run): OutputBlock[] {
  if (fn.type !== "chat" || params.json_mode !== "tool") return output;
  return output.map((block) =>
    block.type === "tool_call" ? { type: "text", text: block.arguments } : block,
  );
}

function asAnswerChunk(blocks: ChunkBlock[], { fn, params }: Run): ChunkBlock[] {
  if (fn.type !== "chat" || params.json_mode !== "tool") return blocks;
  return blocks.map((block) =>
    block.type === "tool_call" ? { type: "text", text: block.raw_arguments, id: block.id } : block,
  );
}

import { isRecord } from "../basics/reader";
import type { DiclConfig } from "../config/types";
import { readChat } from "../config/variants";
import { inference, invalidRequest } from "../errors";
import { callEmbedder } from "../models/embedder";
import { findModel, type ModelResult } from "../models/model";
import type { ModelBlock, ModelMessage } from "../models/providers/types";
import type { InputBlock } from "../requests/types";
import { askModel, type Prompt, streamFromModel } from "./chat-completion";
import type { Run, VariantResult, VariantStream, VariantType } from "./run";

/** What TensorZero tells a model about the examples of in-context learning, in our words. */
const DICL_INSTRUCTIONS =
  "Your task is to learn from examples and then to solve the problem at the end. First come several examples: inputs, and behind " +
  "them outputs. Then comes one last set of inputs in the same form. Answer it, led by the examples that you were given.";

/** Shows the model the stored examples that are nearest to the input, then asks for its output. */
export const inContextLearning: VariantType<DiclConfig> = {
  read: (table, base, context) => ({
    ...base,
    type: "experimental_dynamic_in_context_learning",
    embeddingModel: table.requiredString("embedding_model"),
    k: table.integer("k", 1) ?? table.missing("k"),
    maxDistance: table.number("max_distance", 0),
    systemInstructions: context.files.read(table, "system_instructions")?.text ?? DICL_INSTRUCTIONS,
    chat: { ...readChat(table, context, false), ...base, type: "chat_completion" },
  }),
  infer: inferInContext,
  stream: streamInContext,
};

async function inferInContext(variant: DiclConfig, run: Run): Promise<VariantResult> {
  const { prompt, embedding } = await prepare(variant, run);
  const result = await askModel(variant.chat, run, prompt);
  return { ...result, calls: [embedding, ...result.calls] };
}

async function streamInContext(variant: DiclConfig, run: Run): Promise<VariantStream> {
  const { prompt, embedding } = await prepare(variant, run);
  const stream = await streamFromModel(variant.chat, run, prompt);
  const result = () => {
    const answered = stream.result();
    return { ...answered, calls: [embedding, ...answered.calls] };
  };
  return { ...stream, result, previous: [embedding] };
}

async function prepare(
  variant: DiclConfig,
  run: Run,
): Promise<{ prompt: Prompt; embedding: ModelResult }> {
  if (run.request.extraBody.length > 0) {
    throw invalidRequest(
      "Inference-level `extra_body` is not yet supported for dynamic_in_content_learning variant",
    );
  }
  const conversation = run.request.input.messages.map(({ role, content }) => ({
    role,
    content: content.map(withoutTemplate),
  }));
  const input = JSON.stringify({ ...run.request.input, messages: conversation });
  const { call, vector } = await embedText(variant.embeddingModel, input, run);
  const examples = await run.call.examples.nearest(run.fn.name, variant.name, vector, variant.k);
  const near = examples.filter(
    ({ distance }) => variant.maxDistance === undefined || distance <= variant.maxDistance,
  );
  const messages = near.flatMap((example): ModelMessage[] => [
    user(example.input),
    { role: "assistant", content: outputBlocks(example.output) },
  ]);
  // Without examples the conversation itself is asked.
  const asked =
    near.length > 0
      ? [user(input)]
      : conversation.map(({ role, content }) => ({ role, content: content.map(asText) }));
  const prompt = { system: variant.systemInstructions, messages: [...messages, ...asked] };
  return { prompt, embedding: call };
}

/** There are no templates here, so that the arguments of one are a text. */
function withoutTemplate(block: InputBlock): Exclude<InputBlock, { type: "template" }> {
  return block.type === "template" ? { type: "text", text: JSON.stringify(block) } : block;
}

function asText(block: Exclude<InputBlock, { type: "template" }>): ModelBlock {
  return block.type === "raw_text" ? { type: "text", text: block.value } : block;
}

function user(text: string): ModelMessage {
  return { role: "user", content: [{ type: "text", text }] };
}

/** An example's stored output: `{ raw, parsed }` of a JSON function, blocks of a chat function. */
function outputBlocks(output: string): ModelBlock[] {
  const parsed: unknown = JSON.parse(output);
  if (isRecord(parsed))
    return [{ type: "text", text: typeof parsed.raw === "string" ? parsed.raw : "" }];
  const blocks: unknown[] = Array.isArray(parsed) ? parsed : [];
  return blocks.flatMap((block): ModelBlock[] => {
    if (!isRecord(block)) return [];
    if (block.type === "text") return [{ type: "text", text: String(block.text) }];
    if (block.type !== "tool_call") return [];
    return [
      {
        type: "tool_call",
        id: String(block.id),
        name: String(block.raw_name ?? block.name),
        arguments: String(block.raw_arguments ?? block.arguments),
      },
    ];
  });
}

async function embedText(
  modelName: string,
  input: string,
  { call }: Run,
): Promise<{ call: ModelResult; vector: number[] }> {
  const { embeddings, ...response } = await callEmbedder(
    findModel(call.config.embeddingModels, modelName, call.env),
    { input, encodingFormat: "float" },
    call,
  );
  const [vector] = embeddings;
  if (!Array.isArray(vector))
    throw inference("The embedding model gave no numbers for the input of in-context learning");
  return {
    vector,
    call: {
      ...{ ...response, modelName, system: undefined, messages: [user(input)] },
      ...{ cached: false, ttftMs: undefined, apiType: "embeddings" },
    },
  };
}

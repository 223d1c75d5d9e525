import { randomUUID } from "node:crypto";
import { oneLine } from "embedded-gateway";
import { Hono } from "hono";
import { embeddings } from "./embeddings";
import { HASHED_WORDS } from "./hashed-words";
import { nearestExampleModel } from "./nearest-example";
import type { LOCAL_KINDS, ModelAnswer, ModelFunction, ModelFunctions } from "./own-models";
import { randomAction } from "./random";
import { readConversation } from "./reading/conversation";
import { type ChatMessage, type Prompt, readPrompt } from "./reading/prompt";
import { UnreadablePrompt } from "./reading/prompt-error";
import { type CompletionRequest, RefusedRequest, readRequest, unknownModel } from "./request";
import { type Decision, decide } from "./rule-based/rule-based";
import { shippedStudent } from "./student-model";
import { countUsage, type Usage } from "./tokens";

/** Anything that answers requests like a server, in process or behind one. */
export interface ModelServer {
  fetch(request: Request): Response | Promise<Response>;
}

/** The local models. They see nothing else and keep nothing. */
const ours: Record<keyof typeof LOCAL_KINDS, ModelFunction> = {
  random: (messages, { seed }) => JSON.stringify({ action: randomAction(messages, seed) }),
  rule_based: (messages) => {
    const prompt = isConversation(messages) ? readConversation(messages) : readPrompt(messages);
    return say(prompt, decide(prompt));
  },
  student: async (messages, request) => (await shippedStudent())(messages, request),
  nearest_example: nearestExampleModel,
};

/** Without rules in a system message, and with more than the one that asks. */
function isConversation([first, second]: readonly ChatMessage[]): boolean {
  return first?.role === "user" && second !== undefined;
}

function say({ wantsThinking, asks }: Prompt, { thinking, action }: Decision): string {
  if (asks === "JSON") return JSON.stringify(wantsThinking ? { thinking, action } : { action });
  const before = wantsThinking ? `${thinking}\n` : "";
  if (asks === "tags") return `${before}<|ACTION|>${action}<|END|>`;
  return asks === "line" ? `${before}ACTION: ${action}` : action;
}

/**
 * The local models behind OpenAI's API: POST /v1/chat/completions, POST /v1/embeddings, GET /v1/models, and GET /health.
 *
 * - `random`: one of the six actions, see `randomAction`
 * - `rule_based`: plain rules on the prompt's text, see `decide`
 * - `student`: a small network that was trained on the prompt's text, see `studentModel`; data/student has its weights
 * - `nearest_example`: the answer of the first example in the prompt
 * - `hashed_words`, for embeddings: lines and words, each hashed to one of 256 numbers
 *
 * and those that are given. Errors have OpenAI's shape; a prompt without a mission or an observation, or of which `rule_based`
 * does not know the words, is a 400 that says what was expected.
 *
 * @example
 * const response = await localModels().fetch(new Request("http://models/v1/models"));
 */
export function localModels(own: ModelFunctions = {}): ModelServer {
  const models = new Map(Object.entries({ ...ours, ...own }));
  const app = new Hono();
  app.get("/health", (c) => c.json({ status: "ok" }));
  app.get("/v1/models", (c) =>
    c.json({
      object: "list",
      data: [...models.keys(), HASHED_WORDS].map((id) => ({
        id,
        object: "model",
        created: 0,
        owned_by: "babyai-lab",
      })),
    }),
  );
  app.post("/v1/chat/completions", async (c) => {
    const request = readRequest(await c.req.text());
    const completion = await complete(models, request, c.req.raw.signal);
    if (!request.stream) return c.json(completion);
    return c.body(streamed(completion, request.includeUsage), 200, {
      "content-type": "text/event-stream",
    });
  });
  app.post("/v1/embeddings", async (c) => c.json(await embeddings(await c.req.text())));
  app.notFound((c) => {
    const url = `${c.req.method} ${c.req.path}`;
    const error = new RefusedRequest(404, `Unknown request URL: ${url}.`, null, "unknown_url");
    return c.json(error.body(), 404);
  });
  app.onError((error, c) => {
    if (error instanceof RefusedRequest) return c.json(error.body(), error.status);
    const { message } = error;
    return c.json({ error: { message, type: "server_error", param: null, code: null } }, 500);
  });
  return app;
}

interface Completion {
  id: string;
  object: "chat.completion";
  /** Unix time in seconds. */
  created: number;
  model: string;
  choices: [
    {
      index: 0;
      message: { role: "assistant"; content: string; refusal: null };
      logprobs: null;
      finish_reason: "stop";
    },
  ];
  usage: Usage;
}

async function complete(
  models: ReadonlyMap<string, ModelFunction>,
  request: CompletionRequest,
  signal: AbortSignal,
): Promise<Completion> {
  const { model, messages } = request;
  const { content, usage } = await answer(models, request, signal);
  return {
    id: `chatcmpl-${randomUUID()}`,
    object: "chat.completion",
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content, refusal: null },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
    usage: usage ?? (await countUsage(messages, content)),
  };
}

async function answer(
  models: ReadonlyMap<string, ModelFunction>,
  { model: name, messages, seed }: CompletionRequest,
  signal: AbortSignal,
): Promise<{ content: string; usage?: Usage }> {
  const model = models.get(name);
  if (!model) throw unknownModel(name, models.keys());
  try {
    return readAnswer(name, await model(messages, { seed, signal }));
  } catch (cause) {
    if (!(cause instanceof UnreadablePrompt)) throw cause;
    throw new RefusedRequest(400, cause.message, "messages", "unreadable_prompt", { cause });
  }
}

/** @throws TypeError a function of one's own has returned something else */
function readAnswer(model: string, given: ModelAnswer): { content: string; usage?: Usage } {
  if (typeof given === "string") return { content: given };
  const { content, usage } = given ?? {};
  const { prompt_tokens: prompt, completion_tokens: completion } = usage ?? {};
  if (typeof content === "string" && isCount(prompt) && isCount(completion)) {
    const counts = { prompt_tokens: prompt, completion_tokens: completion };
    return { content, usage: { ...counts, total_tokens: prompt + completion } };
  }
  throw new TypeError(
    `The model ${JSON.stringify(model)} returned ${oneLine(JSON.stringify(given) ?? String(given), 100)}. ` +
      "It must return the answer's text, or { content, usage: { prompt_tokens, completion_tokens } }.",
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** The whole answer as one server-sent event, then its end, as a stream of OpenAI's would carry them. */
function streamed({ choices, usage, ...rest }: Completion, includeUsage: boolean): string {
  const [{ message, finish_reason }] = choices;
  const head = { ...rest, object: "chat.completion.chunk" };
  const chunk = (delta: object, finishReason: string | null) => ({
    ...head,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    ...(includeUsage && { usage: null }),
  });
  const chunks: object[] = [
    chunk({ role: message.role, content: message.content }, null),
    chunk({}, finish_reason),
  ];
  if (includeUsage) chunks.push({ ...head, choices: [], usage });
  return `${chunks.map((data) => `data: ${JSON.stringify(data)}\n\n`).join("")}data: [DONE]\n\n`;
}

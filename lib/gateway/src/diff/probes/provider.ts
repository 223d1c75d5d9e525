import { Hono } from "hono";

/** What a probe orders of the provider: its whole answer, or the parts of a good one. */
export interface Order {
  /** Milliseconds before it answers. */
  delay?: number;
  status?: number;
  /** The whole body, as it is. */
  body?: string;
  /** Joins the message of a good answer. */
  message?: Record<string, unknown>;
  finish_reason?: string | null;
  /** null: none. */
  usage?: object | null;
  /** The text is a list of what the provider was sent in headers. */
  showHeaders?: true;
  /** Data of a stream's events, as JSON unless they are text. */
  events?: unknown[];
}

/** The text of a message that orders this. */
export const order = (answer: Order): string => JSON.stringify({ answer });

interface ChatRequest {
  model: string;
  stream?: boolean;
  messages: { role: string; content?: string | { text?: string }[] | null }[];
  tool_choice?: { function?: { name: string } } | string;
}

const GOOD = { content: '{"action":"drop"}' };
const USAGE = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };

/**
 * A provider that speaks OpenAI's chat completions and embeddings and answers the same to the same request: models down,
 * judge and fuser what they are called for, all others what the last message of the user orders.
 */
export function orderedProvider(): Hono {
  const app = new Hono();
  app.post("/v1/embeddings", async (c) => {
    const { input, model } = (await c.req.json()) as { input: string | string[]; model: string };
    const data = [input].flat().map((text, index) => {
      const letters = [...text].map((letter) => letter.charCodeAt(0));
      const embedding = [0, 1, 2, 3].map((i) => letters.filter((code) => code % 4 === i).length);
      return { object: "embedding", index, embedding };
    });
    return c.json({ object: "list", data, model, usage: { prompt_tokens: 3, total_tokens: 3 } });
  });
  app.post("/v1/chat/completions", async (c) => {
    const request = (await c.req.json()) as ChatRequest;
    const wanted = orderOf(request, c.req.header());
    if (wanted.delay !== undefined) await new Promise((end) => setTimeout(end, wanted.delay));
    const { body, status = 200 } = wanted;
    const type = request.stream && status === 200 ? "text/event-stream" : "application/json";
    const text = body ?? (request.stream && status === 200 ? streamed(wanted) : whole(wanted));
    return new Response(text, { status, headers: { "content-type": type } });
  });
  return app;
}

function orderOf(request: ChatRequest, headers: Record<string, string>): Order {
  const { model, messages, tool_choice } = request;
  if (model === "down") return { status: 503, body: '{"error":{"message":"This model is down."}}' };
  const says = (text: string): Order => ({ message: spoken(text, tool_choice) });
  if (model === "judge") return says('{"thinking":"The second.","answer_choice":1}');
  if (model === "fuser") return says('{"action":"fused"}');
  const last = messages.findLast((message) => message?.role === "user")?.content ?? "";
  const text = typeof last === "string" ? last : last.map((part) => part.text ?? "").join("");
  const found = /\{"answer":.*\}/s.exec(text)?.[0];
  if (found === undefined) return says(GOOD.content);
  const { answer } = JSON.parse(found) as { answer: Order };
  if (!answer.showHeaders) return answer;
  const shown = Object.entries(headers).filter(([name]) => /^(x-|authorization)/.test(name));
  return { ...answer, message: { content: JSON.stringify(shown.sort()) } };
}

/** The text, or a call of the tool that must be called. */
function spoken(text: string, choice: ChatRequest["tool_choice"]): Record<string, unknown> {
  const name = typeof choice === "object" ? choice.function?.name : undefined;
  if (name === undefined) return { content: text };
  const call = { id: "call_1", type: "function", function: { name, arguments: text } };
  return { content: null, tool_calls: [call] };
}

function whole({ message = GOOD, finish_reason = "stop", usage = USAGE }: Order): string {
  const choice = { index: 0, message: { role: "assistant", ...message }, finish_reason };
  const ids = { id: "chatcmpl-1", object: "chat.completion", created: 0, model: "m" };
  return JSON.stringify({ ...ids, choices: [choice], ...(usage === null ? {} : { usage }) });
}

/** The events that were ordered, or a good answer in two pieces. */
function streamed({ message = GOOD, finish_reason = "stop", usage = USAGE, events }: Order) {
  const chunk = (delta: object, finish: string | null = null) => ({
    ...{ id: "chatcmpl-1", object: "chat.completion.chunk", created: 0, model: "m" },
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const { content, ...others } = message;
  const text = typeof content === "string" ? content : "";
  const made = [
    chunk({ role: "assistant", ...others, content: text.slice(0, 5) }),
    chunk({ content: text.slice(5) }),
    chunk({}, finish_reason),
    ...(usage === null ? [] : [{ ...chunk({}), choices: [], usage }]),
    "[DONE]",
  ];
  return (events ?? made)
    .map((data) => `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`)
    .join("");
}
